"""The finder that answers `import fastapi` with Pronghorn's own modules.

It stands outside the package, because the `.pth` form of the alias imports it at
every start of the interpreter: here it costs a fraction of a millisecond, and
Pronghorn is loaded when somebody imports `fastapi`, not before.  So it knows
nothing of Pronghorn but the name.  The doors to it are in `pronghorn.alias`.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # as of `typing`, which is not loaded yet when a `.pth` file is read
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.abc import InspectLoader
    from importlib.machinery import ModuleSpec
    from importlib.metadata import Distribution, DistributionFinder
    from types import CodeType, ModuleType
else:  # nor are `importlib.machinery` and `types`
    ModuleSpec = type(sys.__spec__)
    ModuleType = type(sys)

FASTAPI_VERSION = "0.165.0"
"""The release of FastAPI whose behaviour Pronghorn has."""

PTH_NAME = "pronghorn_alias.pth"
# One line, since `site` runs a `.pth` file line by line.  An environment from which Pronghorn was
# removed must start as before, so a missing module is no error.
PTH_LINE = (
    "import sys; exec('try:\\n import pronghorn_alias\\nexcept ImportError:\\n pass\\n"
    "else:\\n pronghorn_alias.put_first()')\n"
)


class Facade(ModuleType):
    """The module `fastapi`: Pronghorn's names under a version of its own.

    It is not `pronghorn` itself, so that a tool may set an attribute (as
    OpenTelemetry's does with `fastapi.FastAPI`) without changing Pronghorn.
    """

    def __getattr__(self, name: str) -> object:
        """Give what `pronghorn` has got since, unless it is a name of the import system."""
        if name.startswith("__"):
            message = f"module {self.__name__!r} has no attribute {name!r}"
            raise AttributeError(message, name=name, obj=self)
        return getattr(sys.modules["pronghorn"], name)


class FacadeLoader:
    """Makes the module `fastapi`."""

    def create_module(self, spec: ModuleSpec) -> Facade:
        """Make an empty façade."""
        # Loaded before the façade is seen: another thread that finds the façade half made goes on
        # to `pronghorn.x`, and would meet this one inside `pronghorn` in a knot of locks.
        import_module("pronghorn")
        return Facade(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Fill it with the public names of `pronghorn`."""
        real = sys.modules["pronghorn"]
        module.__doc__ = real.__doc__
        # A copy, since another thread may import a submodule, which adds a name.
        names = vars(real).copy()
        module.__dict__.update({name: names[name] for name in names if not name.startswith("_")})
        module.__dict__["__version__"] = FASTAPI_VERSION


class SameModuleLoader:
    """Answers one `fastapi.x.y` with the module object of `pronghorn.x.y`."""

    def __init__(self, real: ModuleSpec) -> None:
        """Remember which module is the real one; it is not imported yet."""
        self.real = real

    def create_module(self, spec: ModuleSpec) -> ModuleType:  # noqa: ARG002  the protocol's
        """Give the module itself, imported under its own name."""
        module = import_module(self.real.name)
        if module.__spec__ is not None:
            self.real = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Give the module its own spec back, which the import system has overwritten."""
        module.__spec__ = self.real

    def get_code(self, fullname: str) -> CodeType | None:  # noqa: ARG002  the protocol's
        """Give the real module's code, for `python -m fastapi`."""
        # Every loader of source files can.
        loader: InspectLoader = self.real.loader  # type: ignore[assignment]
        return loader.get_code(self.real.name)

    def is_package(self, fullname: str) -> bool:  # noqa: ARG002  the protocol's
        """Say whether the real module is a package."""
        return self.real.submodule_search_locations is not None


class Finder:
    """Answers for `fastapi` and all below it, first of all finders."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,  # noqa: ARG002  the protocol's
    ) -> ModuleSpec | None:
        """Find the module of Pronghorn that stands for *fullname*, without importing it."""
        top, dot, rest = fullname.partition(".")
        if top != "fastapi":
            return None
        real = find_real(f"pronghorn{dot}{rest}", path if rest else None)
        if real is None:
            return None
        loader = SameModuleLoader(real) if rest else FacadeLoader()
        spec = ModuleSpec(fullname, loader, origin=real.origin)  # type: ignore[arg-type]  # a loader by protocol
        spec.submodule_search_locations = real.submodule_search_locations
        spec.has_location = real.has_location
        return spec

    def find_distributions(
        self, context: DistributionFinder.Context | None = None
    ) -> Iterator[Distribution]:
        """Answer `importlib.metadata` for the distribution `fastapi`."""
        if context is None or context.name is None or context.name.lower() == "fastapi":
            yield make_distribution()


def put_first() -> None:
    """Put the finder before all others, once."""
    # Two threads at the same time may put two: the second is never asked.
    if not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder())


def import_module(name: str) -> ModuleType:
    """Import *name* and give the module itself."""
    __import__(name)
    return sys.modules[name]


def find_real(name: str, path: Sequence[str] | None) -> ModuleSpec | None:
    """Ask the other finders for *name*.

    Not `importlib.util.find_spec`: that imports the parent, and a finder is called with the
    lock of all imports held (up to Python 3.11), so that two threads would wait for each other.
    """
    for finder in sys.meta_path:
        if not isinstance(finder, Finder) and hasattr(finder, "find_spec"):
            spec = finder.find_spec(name, path, None)
            if spec is not None:
                return spec
    return None


def make_distribution() -> Distribution:
    """Make the metadata of a distribution `fastapi` of the version conformed to."""
    from importlib.metadata import Distribution  # noqa: PLC0415  whoever asks has it loaded
    from pathlib import Path  # noqa: PLC0415  not at the interpreter's start

    class FastAPIDistribution(Distribution):
        """The metadata alone: it has no files of its own."""

        def read_text(self, filename: str) -> str | None:
            if filename != "METADATA":
                return None
            return f"Metadata-Version: 2.1\nName: fastapi\nVersion: {FASTAPI_VERSION}\n"

        def locate_file(self, path: object) -> Path:
            return Path(__file__).parent / str(path)

    return FastAPIDistribution()
