"""Which requests have been answered: noted in development, so that late commits are found.

A transaction that began for a request, and is committed after the answer has begun, is a write
that a client was told of before it was there.  Handlers note the requests; whoever sees commits
asks here.  In production no handler notes anything.
"""

import warnings
from collections.abc import Callable
from contextlib import AsyncExitStack
from contextvars import ContextVar
from typing import Any

from pronghorn.exceptions import LateCommitWarning, find_callable, locate
from pronghorn.metering import Place

beginners: list[Callable[[], None]] = []
"""Called when a request is watched: what looks at commits begins to, if it has not."""


class Route:
    """A watched route, which is warned of once."""

    def __init__(self, endpoint: Callable[..., Any], path: str) -> None:
        self.endpoint = endpoint
        self.path = path
        self.is_told = False

    def tell(self, place: Place | None) -> None:
        """Warn of the COMMIT at *place*; at the endpoint, if no line of the user's asked for it."""
        if self.is_told:
            return
        self.is_told = True
        _, file, line = locate(self.endpoint)
        if place is not None:
            file, line = place.file, place.line
        message = (
            f"A COMMIT of {self.path!r} came after its answer had begun: the client was told of"
            " a write before it was there.\n"
            f"  {find_callable(self.endpoint)}\n"
            "  Make the application with `FastAPI(commit_before_response=True)`, give the"
            ' dependency that commits `scope="function"`, or commit in the endpoint.'
        )
        warnings.warn_explicit(message, LateCommitWarning, file or "<unknown>", line)


class Watched:
    """One request to a watched route."""

    __slots__ = ("is_answered", "route")

    def __init__(self, route: Route) -> None:
        self.route = route
        self.is_answered = False


current: ContextVar[Watched | None] = ContextVar("pronghorn_answered", default=None)
"""The request that is being answered, if its route is watched."""


def make_watch(endpoint: Callable[..., Any], path: str) -> Callable[[AsyncExitStack], Watched]:
    """A word: have a note of a request, until its stack is left."""
    route = Route(endpoint, path)

    def watch(until_end: AsyncExitStack) -> Watched:
        for begin in beginners:
            begin()
        watched = Watched(route)
        before = current.get()
        current.set(watched)
        until_end.callback(current.set, before)
        return watched

    return watch
