"""The folder `.conformance/`: FastAPI's tests, and an environment for each kind of run and Python.

Nothing here is committed.  An environment is made again when its lock or the release of its
Python has changed.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = HERE.parent
SOURCE = PROJECT / "src"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
FOLDER = PROJECT / ".conformance"
LOCK = HERE / "requirements.txt"
FASTAPI_LOCK = HERE / "fastapi.txt"
RELEASE = "fastapi-0.165.0"
SHA256 = "dd94d4128319c1e1d50535ab023ab698f850a4d2822f0e181747b46f4ff3c0ab"
ARCHIVE = FOLDER / f"{RELEASE}.tar.gz"
SUITE = FOLDER / RELEASE
CONTROL = FOLDER / f"control-{VERSION}"

sys.path.insert(0, str(SOURCE))
from pronghorn_alias import PTH_LINE, PTH_NAME  # noqa: E402  found by the line above


class SetupError(Exception):
    """Something that the run needs could not be had."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to run the suite: who answers `import fastapi`."""

    name: str
    says: str

    @property
    def folder(self) -> Path:
        """Where its environment is."""
        return FOLDER / f"env-{self.name}-{VERSION}"

    @property
    def log(self) -> Path:
        """Where pytest's output of a full run goes."""
        return FOLDER / f"{self.name}-{VERSION}.log"

    @property
    def python(self) -> Path:
        """The Python of its environment."""
        return self.folder / "bin" / "python"

    @property
    def packages(self) -> Path:
        """The site-packages of its environment."""
        return self.folder / sysconfig.get_path(
            "purelib", "venv", {"base": "", "platbase": ""}
        ).lstrip("/")


PRONGHORN = Kind("pronghorn", "Pronghorn, through the alias")
REFERENCE = Kind("reference", "FastAPI itself")
CONTROL_KIND = Kind("control", "FastAPI's sources under another name, through the alias")


def make_environment(kind: Kind) -> None:
    """Make what a run of *kind* needs, or leave it when it is up to date."""
    stamp = kind.folder / "made-from"
    parts = (LOCK.read_text(), FASTAPI_LOCK.read_text(), sys.version, PTH_LINE)
    wanted = hashlib.sha256("".join(parts).encode()).hexdigest()
    if not (stamp.is_file() and stamp.read_text() == wanted):
        say(f"making the environment {kind.folder.relative_to(PROJECT)}")
        FOLDER.mkdir(exist_ok=True)
        run_uv("venv", "--quiet", "--clear", "--python", sys.executable, str(kind.folder))
        install(kind, LOCK)
        if kind is REFERENCE:
            install(kind, FASTAPI_LOCK, "--no-deps")
        else:
            root = SOURCE if kind is PRONGHORN else CONTROL
            (kind.packages / "pronghorn.pth").write_text(f"{root}\n")
            (kind.packages / PTH_NAME).write_text(PTH_LINE)
        stamp.write_text(wanted)
    unpack_suite(kind)
    if kind is CONTROL_KIND:
        make_control()


def install(kind: Kind, lock: Path, *options: str) -> None:
    """Install a hashed lock into the environment of *kind*."""
    run_uv(
        "pip", "install", "--quiet", "--compile-bytecode", "--require-hashes",
        "--python", str(kind.python), *options, "-r", str(lock),
    )  # fmt: skip


def unpack_suite(kind: Kind) -> None:
    """Unpack FastAPI's source distribution, its package left out."""
    if SUITE.is_dir():
        return
    fetch_archive(kind)
    unfinished = FOLDER / "unpacking"
    shutil.rmtree(unfinished, ignore_errors=True)
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(unfinished, filter="data")
    # Were it left in place, pytest's own entry in `sys.path` would make it importable.
    shutil.rmtree(unfinished / RELEASE / "fastapi")
    (unfinished / RELEASE).rename(SUITE)
    unfinished.rmdir()


def fetch_archive(kind: Kind) -> None:
    """Download the source distribution and compare its sum."""
    if not ARCHIVE.is_file():
        say(f"fetching {ARCHIVE.name}")
        run(
            str(kind.python), "-m", "pip", "download", "--quiet", "--no-deps",
            "--no-binary", ":all:", "--no-build-isolation", "--require-hashes",
            "--dest", str(FOLDER), "-r", str(FASTAPI_LOCK),
        )  # fmt: skip
    found = hashlib.sha256(ARCHIVE.read_bytes()).hexdigest()
    if found != SHA256:
        ARCHIVE.unlink()
        message = (
            f"{ARCHIVE.name} has the SHA-256 sum {found}, not {SHA256}: it was deleted. Try again."
        )
        raise SetupError(message)


def make_control() -> None:
    """Put FastAPI's own package in Pronghorn's place, with nothing changed but its name."""
    shutil.rmtree(CONTROL, ignore_errors=True)
    with tarfile.open(ARCHIVE) as archive:
        prefix = f"{RELEASE}/fastapi/"
        members = [m for m in archive.getmembers() if m.name.startswith(prefix)]
        archive.extractall(CONTROL, members, filter="data")
    package = CONTROL / "pronghorn"
    (CONTROL / RELEASE / "fastapi").rename(package)
    for file in package.rglob("*.py"):
        text = file.read_text()
        text = re.sub(r"^(\s*import )fastapi$", r"\1pronghorn as fastapi", text, flags=re.MULTILINE)
        file.write_text(re.sub(r"^(\s*from )fastapi\b", r"\1pronghorn", text, flags=re.MULTILINE))
    shutil.copy(SOURCE / "pronghorn_alias.py", CONTROL)


def run_uv(*arguments: str) -> None:
    """Run uv: the one beside this Python, or the one on the path."""
    beside = str(Path(sys.executable).parent)
    uv = shutil.which("uv", path=f"{beside}{os.pathsep}{os.environ['PATH']}")
    if uv is None:
        message = "uv is missing. Start this by `make conformance`, which installs it."
        raise SetupError(message)
    run(uv, *arguments)


def run(*command: str) -> None:
    """Run a command of the setup; its own output tells what went wrong."""
    if subprocess.run(command, check=False).returncode != 0:  # noqa: S603  our own commands
        message = f"this command failed: {' '.join(command)}"
        raise SetupError(message)


def say(text: str) -> None:
    """Tell what takes time."""
    print(f"conformance: {text}", flush=True)
