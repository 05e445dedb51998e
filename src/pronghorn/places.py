"""Which line of the user's it was: that made a mistake, wanted something, or that failed.

That is the innermost one in a file that was not installed as a package.  Where there is none, the
application itself was installed: then it is the innermost one of a package that is not known to
stand between an application and its database.

It costs a walk up the stack, so it is asked for when something is declared or failed, or outside
of production.
"""

import os
import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import cache, lru_cache
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import FrameType
from typing import Final

from pronghorn.metering import Place

KNOWN: Final = frozenset(
    {
        # What asks for statements.
        *("advanced_alchemy", "fastapi", "pronghorn", "pydantic", "sqlalchemy", "sqlmodel"),
        # What sends them.
        *("aiomysql", "aiosqlite", "asyncmy", "asyncpg", "greenlet", "MySQLdb", "oracledb"),
        *("psycopg", "psycopg2", "psycopg_binary", "psycopg_c", "pymysql", "pyodbc"),
        # What calls whoever asks for them.
        *("anyio", "click", "granian", "gunicorn", "hypercorn", "httpx", "opentelemetry"),
        *("pluggy", "pytest", "_pytest", "sentry_sdk", "starlette", "trio", "typer", "uvicorn"),
    }
)
"""Packages that stand between an application and what it asks for, or around it."""
LOOPS: Final = frozenset({"asyncio.events", "asyncio.runners", "trio._core._run"})
"""Modules that run tasks: who wanted something stands within them, and not around them."""
INSTALLED: Final = re.compile(r"[/\\](?:site|dist)-packages[/\\](\w+)")
CYTHONS: Final = (".pyx", ".pxi", ".pxd")
"""Files that packages were compiled from, named from a folder that only they know."""

COMPILED: Final = tuple(EXTENSION_SUFFIXES)
"""Files of modules that were compiled."""


@cache
def nobodys() -> tuple[str, ...]:
    """Folders of Python's, of commands, and ours, wherever we are installed."""
    folders = Path(os.__file__).parent, sysconfig.get_path("scripts"), Path(__file__).parent
    return tuple(f"{folder}{os.sep}" for folder in folders)


class Whose(Enum):
    """Whose a line may be."""

    USERS = "the user's"
    INSTALLED = "of a package that was installed, which may be the application"
    NOBODYS = "of Python, or of a package in between"


@lru_cache(4096)
def whose(file: str, module: str) -> Whose:
    """Whose the lines of *module* in *file* are."""
    package = module.partition(".")[0]
    # What is typed in and run is the user's; else it was written by some package as text.
    is_written = file.startswith("<") and module != "__main__"
    installed = INSTALLED.search(file)
    if is_written or package in KNOWN or file.endswith(CYTHONS):
        return Whose.NOBODYS
    if installed is not None:
        is_nobodys = installed[1] in KNOWN or file.endswith(COMPILED)
        return Whose.NOBODYS if is_nobodys else Whose.INSTALLED
    return Whose.NOBODYS if file.startswith(nobodys()) else Whose.USERS


def whose_frame(frame: FrameType) -> Whose:
    # A compiled module names its lines from a folder that only its makers know.
    module = str(frame.f_globals.get("__file__") or "")
    file = module if module.endswith(COMPILED) else frame.f_code.co_filename
    return whose(file, str(frame.f_globals.get("__name__", "")))


def is_users(frame: FrameType) -> bool:
    return whose_frame(frame) is Whose.USERS


def first_of(lines: Iterable[tuple[FrameType, int]]) -> Place | None:
    """The first of *lines* that is the user's, or may be; None where there is no such."""
    found = None
    for frame, line in lines:
        owner = whose_frame(frame)
        if owner is Whose.USERS or (owner is Whose.INSTALLED and found is None):
            found = Place(frame.f_code.co_filename, line, frame.f_code.co_name)
        if owner is Whose.USERS:
            break
    return found


def place_of(error: BaseException) -> Place | None:
    """The innermost line that *error* came through."""
    lines = []
    trace = error.__traceback__
    while trace is not None:
        lines.append((trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    return first_of(reversed(lines))


def stack() -> Iterator[FrameType]:
    """The frames from here outwards, as far as the task goes."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__") not in LOOPS:
        yield frame
        frame = frame.f_back
