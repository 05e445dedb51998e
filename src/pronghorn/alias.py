"""The name `fastapi` for Pronghorn's modules: in this process, in a test run, in an environment.

The finder itself is `pronghorn_alias`, outside of the package; here are the ways to
put it in place.
"""

import os
import sys
import sysconfig
from pathlib import Path

from pronghorn.exceptions import DeclarationError
from pronghorn_alias import PTH_LINE, PTH_NAME, Facade, put_first

IN_CHILDREN = "PRONGHORN_AS_FASTAPI"
"""The variable by which a process tells those that it starts."""


def install_as_fastapi() -> None:
    """Let every later `import fastapi…` of this process give Pronghorn's own modules.

    It makes no difference whether FastAPI is installed, and a second call does nothing.
    Raises `DeclarationError` when FastAPI itself has been imported already: two
    frameworks under one name would take each other's objects for foreign ones.
    """
    imported = sys.modules.get("fastapi")
    if imported is not None and not isinstance(imported, Facade):
        raise DeclarationError(
            "alias-too-late",
            problem=f"`fastapi` has been imported already, from {find_origin(imported)}: "
            "Pronghorn cannot take its name any more.",
            remedy="Call `pronghorn.install_as_fastapi()` before the first `import fastapi`; "
            "for a whole process use `python -m pronghorn alias on`, for tests "
            "`pytest -p pronghorn.alias`.",
        )
    put_first()


def install_in_children() -> None:
    """Let the processes that our command line starts install the alias, too.

    They are copies of it (`multiprocessing` starts them with the same main module), and find
    this in their environment.
    """
    os.environ[IN_CHILDREN] = "1"


def install_if_child() -> None:
    """Install the alias if the process was started by one that wants it."""
    if os.environ.get(IN_CHILDREN) and "fastapi" not in sys.modules:
        put_first()


def pytest_addoption() -> None:
    """Install the alias as a plugin: `pytest -p pronghorn.alias`.

    Of pytest's hooks this is the first that a plugin gets, before any `conftest.py`.
    """
    install_as_fastapi()


def turn_on() -> Path:
    """Install the alias in every process of this environment, from its next start on."""
    file = find_pth()
    file.write_text(PTH_LINE)
    return file


def turn_off() -> Path:
    """Undo `turn_on()`."""
    file = find_pth()
    file.unlink(missing_ok=True)
    return file


def find_pth() -> Path:
    """Tell which file turns the alias on, whether it is there or not."""
    return Path(sysconfig.get_path("purelib"), PTH_NAME)


def find_origin(module: object) -> str:
    """Tell where a module came from."""
    return str(getattr(module, "__file__", None) or "a place without a file")
