"""The folder `.bench/`: an environment with all frameworks, made from a hashed lock.

It is made again when the lock or the release of its Python has changed.  Pronghorn is put beside
FastAPI from this checkout, so what is measured is what is here.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

HERE = Path(__file__).parent
PROJECT = HERE.parent
SOURCE = PROJECT / "src"
LOCK = HERE / "requirements.txt"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
FOLDER = PROJECT / ".bench"
ENVIRONMENT = FOLDER / f"env-{VERSION}"
PYTHON = ENVIRONMENT / "bin" / "python"


class SetupError(Exception):
    """Something that the bench needs could not be had."""


def make_environment() -> None:
    """Make the environment, or leave it when it is up to date."""
    stamp = ENVIRONMENT / "made-from"
    wanted = hashlib.sha256(f"{LOCK.read_text()}{sys.version}{SOURCE}".encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    say(f"making the environment {ENVIRONMENT.relative_to(PROJECT)}")
    FOLDER.mkdir(exist_ok=True)
    run_uv("venv", "--quiet", "--clear", "--python", sys.executable, str(ENVIRONMENT))
    run_uv(
        "pip", "install", "--quiet", "--compile-bytecode", "--require-hashes",
        "--python", str(PYTHON), "-r", str(LOCK),
    )  # fmt: skip
    places = {"base": str(ENVIRONMENT), "platbase": str(ENVIRONMENT)}
    packages = Path(sysconfig.get_path("purelib", "venv", places))
    (packages / "pronghorn.pth").write_text(f"{SOURCE}\n")
    stamp.write_text(wanted)


def is_within() -> bool:
    """Tell whether this process runs in the environment."""
    return Path(sys.prefix) == ENVIRONMENT


def go_there() -> None:
    """Run this command once more, in the environment."""
    os.chdir(PROJECT)
    os.execv(PYTHON, [str(PYTHON), "-m", "bench", *sys.argv[1:]])  # noqa: S606  our own command


def run_uv(*arguments: str) -> None:
    """Run uv: the one beside this Python, or the one on the path."""
    beside = str(Path(sys.executable).parent)
    uv = shutil.which("uv", path=f"{beside}{os.pathsep}{os.environ['PATH']}")
    if uv is None:
        raise SetupError("uv is missing. Start this by `make bench`, which installs it.")
    if subprocess.run([uv, *arguments], check=False).returncode != 0:  # noqa: S603  our own commands
        raise SetupError(f"this command failed: uv {' '.join(arguments)}")


def say(text: str) -> None:
    """Tell what takes time."""
    print(f"bench: {text}", file=sys.stderr, flush=True)
