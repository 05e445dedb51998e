"""Whether forms can be read: the library python-multipart, and not its namesake."""

from importlib import import_module
from typing import Any

from pronghorn.exceptions import DeclarationError
from pronghorn.logger import logger

MISSING = 'Form data requires "python-multipart" to be installed.'
NAMESAKE = (
    'Form data requires "python-multipart" to be installed. What is installed is "multipart",'
    " another package that uses the same name."
)


def require_multipart() -> None:
    """Raise `DeclarationError`, a `RuntimeError`, unless forms can be read."""
    version = attribute("python_multipart", "__version__")
    if version is not None and version > "0.0.12":
        return
    if attribute("multipart", "__version__") is None:
        refuse(MISSING, "pip install python-multipart")
    # Before it was renamed, python-multipart had the name `multipart` and this function.
    if attribute("multipart.multipart", "parse_options_header") is None:
        refuse(NAMESAKE, "pip uninstall multipart, then pip install python-multipart")


def attribute(module: str, name: str) -> Any:
    """*name* of *module*, or None where either does not exist."""
    try:
        return getattr(import_module(module), name, None)
    except ImportError:
        return None


def refuse(problem: str, remedy: str) -> None:
    logger.error("%s %s", problem, remedy)
    raise DeclarationError("multipart-missing", problem=problem, remedy=remedy)
