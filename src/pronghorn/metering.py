"""What one request has cost so far: how often something was done, and how long that took.

Whoever does something may add to the meter of the request in whose midst it is done:
`metering.add("mail", seconds)`.  There is a meter only while somebody wants to know; else nothing
is added.  It is found by a context variable, so tasks and threads of the request find it, too.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple


class Tally:
    """How often something was done, and in how many seconds all together."""

    __slots__ = ("count", "seconds")

    def __init__(self) -> None:
        self.count = 0
        self.seconds = 0.0


class Place(NamedTuple):
    """A line of a program."""

    file: str
    line: int
    function: str


class Statement(NamedTuple):
    """A statement that was sent to a database, and the line that wanted it."""

    text: str
    place: Place | None


class Meter:
    """What one request has cost, by the names of what was done."""

    __slots__ = ("database", "statements", "tallies")

    def __init__(self) -> None:
        self.database = Tally()
        self.tallies: dict[str, Tally] = {"db": self.database}
        self.statements: list[Statement] | None = None
        """What was sent to databases; None unless somebody wants to know that, too."""

    def tally(self, name: str) -> Tally:
        """That of *name*, made when it is first asked for."""
        return self.tallies.get(name) or self.tallies.setdefault(name, Tally())


meter: ContextVar[Meter | None] = ContextVar("pronghorn_meter", default=None)
"""That of the request; None where nobody wants to know, and outside of requests."""


def add(name: str, seconds: float = 0.0, count: int = 1) -> None:
    """Note that *name* was done *count* times, in *seconds* all together."""
    current = meter.get()
    if current is not None:
        tally = current.tally(name)
        tally.count += count
        tally.seconds += seconds


@contextmanager
def metered() -> Iterator[Meter]:
    """A block with a meter: the one that there is, or a new one."""
    current = meter.get()
    if current is not None:
        yield current
        return
    current = Meter()
    token = meter.set(current)
    try:
        yield current
    finally:
        meter.reset(token)
