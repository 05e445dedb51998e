"""Lines of the user's: where an exception came through, and where a query was asked for."""

import sysconfig
from pathlib import Path
from types import FrameType

LIBRARIES = (
    str(Path(__file__).parents[2]) + "/",
    *{sysconfig.get_path(name) + "/" for name in ("stdlib", "purelib", "platlib")},
    "<",
)
"""Files that are nobody's own begin with one of these."""
CYTHONS = (".pyx", ".pxi", ".pxd")
"""Files that packages were compiled from, named from a folder that only they know."""


def is_users(frame: FrameType) -> bool:
    file = frame.f_code.co_filename
    return not file.startswith(LIBRARIES) and not file.endswith(CYTHONS)


def in_words(frame: FrameType, line: int) -> str:
    return f"{frame.f_code.co_filename}:{line} in {frame.f_code.co_name}()"


def place_of(error: BaseException) -> str:
    """The innermost line of the user's that *error* came through; empty if there is none."""
    found = ""
    trace = error.__traceback__
    while trace is not None:
        if is_users(trace.tb_frame):
            found = in_words(trace.tb_frame, trace.tb_lineno)
        trace = trace.tb_next
    return found
