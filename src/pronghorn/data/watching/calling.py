"""Who wanted a statement: the line of a program that is neither SQLAlchemy's nor ours.

It costs a walk up the stack, so it is asked for outside of production only.
"""

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

from greenlet import getcurrent  # type: ignore[import-untyped]  # it has no types

from pronghorn.metering import Place

BETWEEN = frozenset(
    {
        "advanced_alchemy",
        "anyio",
        "asyncio",
        "concurrent",
        "contextlib",
        "functools",
        "greenlet",
        "pronghorn",
        "pydantic",
        "sqlalchemy",
        "sqlmodel",
        "starlette",
        "threading",
    }
)
"""Packages that stand between a line that wants something and the statement for it."""


def caller() -> Place | None:
    """The innermost line that is none of a library in between; None where there is no such."""
    for frame in frames():
        name = str(frame.f_globals.get("__name__", "")).partition(".")[0]
        if name not in BETWEEN:
            return Place(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
    return None


def frames() -> Iterator[FrameType]:
    """The frames from here outwards.

    Asynchronous sessions run what is blocking in a greenlet, whose frames end with it.  Those of
    whoever waits for it stand in the greenlet around it.
    """
    current: Any = getcurrent()
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back
        if frame is None and current is not None:
            current = current.parent
            frame = None if current is None else current.gr_frame
