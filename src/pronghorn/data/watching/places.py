"""Which line of the user's it was: that wanted a statement, or that an exception came through.

That is the innermost one in a file that was not installed as a package.  Where there is none, the
application itself was installed: then it is the innermost one of a package that is not known to
stand between an application and its database.

It costs a walk up the stack, so it is asked for outside of production, or when something failed.
"""

import os
import re
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import Any, Final

from greenlet import getcurrent  # type: ignore[import-untyped]  # it has no types

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
"""Packages that stand between an application and its database, or around it."""
LOOPS: Final = frozenset({"asyncio.events", "asyncio.runners", "trio._core._run"})
"""Modules that run tasks: who wanted something stands within them, and not around them."""
INSTALLED: Final = re.compile(r"[/\\](?:site|dist)-packages[/\\](\w+)")
NOBODYS: Final = (
    str(Path(os.__file__).parent) + os.sep,
    sysconfig.get_path("scripts") + os.sep,
    str(Path(__file__).parents[2]) + os.sep,
)
"""Folders of Python's, of commands, and ours, wherever we are installed."""
CYTHONS: Final = (".pyx", ".pxi", ".pxd")
"""Files that packages were compiled from, named from a folder that only they know."""


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
        return Whose.NOBODYS if installed[1] in KNOWN else Whose.INSTALLED
    return Whose.NOBODYS if file.startswith(NOBODYS) else Whose.USERS


def whose_frame(frame: FrameType) -> Whose:
    return whose(frame.f_code.co_filename, str(frame.f_globals.get("__name__", "")))


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


def caller() -> Place | None:
    """The line that wanted what is being done now."""
    return first_of((frame, frame.f_lineno) for frame in frames())


def place_of(error: BaseException) -> Place | None:
    """The innermost line that *error* came through."""
    lines = []
    trace = error.__traceback__
    while trace is not None:
        lines.append((trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    return first_of(reversed(lines))


def frames() -> Iterator[FrameType]:
    """The frames from here outwards, as far as the task goes.

    Asynchronous sessions run what is blocking in a greenlet, whose frames end with it.  Those of
    whoever waits for it stand in the greenlet around it.
    """
    current: Any = getcurrent()
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_globals.get("__name__") not in LOOPS:
        yield frame
        frame = frame.f_back
        if frame is None and current is not None:
            current = current.parent
            frame = None if current is None else current.gr_frame
