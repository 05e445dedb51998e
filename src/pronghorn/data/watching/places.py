"""Which line of the user's wants what is being done now, through greenlets as well."""

import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any

from greenlet import getcurrent  # type: ignore[import-untyped]  # it has no types

from pronghorn.metering import Place
from pronghorn.places import LOOPS, first_of


def caller() -> Place | None:
    """The line that wanted what is being done now."""
    return first_of((frame, frame.f_lineno) for frame in frames())


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
