"""The groups of packages that share an environment, and the environments.

A group is a pair of files in `locks/`: what it needs, and the lock of it.  FastAPI is left out
of the locks, though packages depend on it: in its place is Pronghorn behind the alias, or, for
the reference, FastAPI from a lock of its own.
"""

import hashlib
import re
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from environments import (  # noqa: E402  found by the line above
    FASTAPI_LOCK,
    FOLDER,
    PROJECT,
    SOURCE,
    Kind,
    SetupError,
    install,
    run_uv,
    say,
)

from pronghorn_alias import PTH_LINE, PTH_NAME  # noqa: E402  found by `environments`


@dataclass(frozen=True, slots=True)
class Package:
    """A package under test; its checks are in `with_<name>.py`."""

    name: str
    group: str

    @property
    def checks(self) -> Path:
        """The file with its application and its checks."""
        return HERE / f"with_{self.name.replace('-', '_')}.py"

    @property
    def lock(self) -> Path:
        """The lock of its group."""
        return HERE / "locks" / f"{self.group}.txt"

    @property
    def version(self) -> str:
        """Which release of it the lock has."""
        found = re.search(rf"^{re.escape(self.name)}==(\S+)", self.lock.read_text(), re.MULTILINE)
        return found[1] if found else "?"

    def find_kind(self, *, is_reference: bool) -> Kind:
        """Find the environment that its checks run in."""
        if is_reference:
            return Kind(f"{self.group}-reference", "FastAPI itself")
        return Kind(f"{self.group}-pronghorn", "Pronghorn, through the alias")


PACKAGES = (
    Package("opentelemetry-instrumentation-fastapi", "telemetry"),
    Package("sentry-sdk", "telemetry"),
    Package("logfire", "telemetry"),
    Package("strawberry-graphql", "tools"),
    Package("fastapi-filter", "tools"),
    Package("fastapi-cli", "tools"),
    Package("nicegui", "nicegui"),
    Package("gradio", "gradio"),
)


def make_group(kind: Kind, lock: Path, *, is_reference: bool) -> None:
    """Make the environment of a group, or leave it when it is up to date."""
    stamp = kind.folder / "made-from"
    parts = (lock.read_text(), FASTAPI_LOCK.read_text(), sys.version, PTH_LINE)
    wanted = hashlib.sha256("".join(parts).encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    say(f"making the environment {kind.folder.relative_to(PROJECT)}")
    FOLDER.mkdir(exist_ok=True)
    run_uv("venv", "--quiet", "--clear", "--python", sys.executable, str(kind.folder))
    # The lock is whole but for FastAPI, which must not come in as what another package needs.
    install(kind, lock, "--no-deps")
    if is_reference:
        install(kind, FASTAPI_LOCK, "--no-deps")
    else:
        (kind.packages / "pronghorn.pth").write_text(f"{SOURCE}\n")
        (kind.packages / PTH_NAME).write_text(PTH_LINE)
        if (kind.packages / "fastapi").exists():
            message = f"{lock.relative_to(PROJECT)} brings FastAPI, which Pronghorn stands for"
            raise SetupError(message)
    stamp.write_text(wanted)
