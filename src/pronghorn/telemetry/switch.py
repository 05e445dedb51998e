"""Whether anything in this process is told to OpenTelemetry.

As long as it is off, handlers are written without spans, and OpenTelemetry is not asked for.
It is turned on by the first request that a provider is there for.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from threading import Lock
from typing import Any

OBSERVED = "fastapi.telemetry"
"""Where the observation of a request is kept in its scope; None there: it is left out."""

Operation = Callable[[str, Callable[..., Any]], AbstractContextManager[None]]


def no_operation(
    name: str,  # noqa: ARG001 - operations are all called in one way
    function: Callable[..., Any],  # noqa: ARG001
) -> AbstractContextManager[None]:
    return NOTHING


NOTHING = nullcontext()


class Switch:
    """Off, until somebody listens."""

    def __init__(self) -> None:
        self.is_on = False
        """Whether handlers are written with spans."""
        self.is_told = False
        """Whether those that were written without are gone."""
        self.lock = Lock()
        self.operation: Operation = no_operation
        """Makes a span around one operation of the request that is being answered."""
        self.on_change: list[Callable[[], None]] = []
        """Called when it was turned on or off: handlers have to be written once more."""

    def turn_on(self, operation: Operation) -> None:
        """Let *operation* make spans, and all handlers be written so that they ask for them."""
        if self.is_told:
            return
        with self.lock:
            if not self.is_told:
                self.is_on, self.operation = True, operation
                self.tell()
                self.is_told = True

    def turn_off(self) -> None:
        """Let all handlers be written without spans again."""
        with self.lock:
            self.is_on, self.is_told, self.operation = False, False, no_operation
            self.tell()

    def tell(self) -> None:
        for listener in self.on_change:
            listener()


switch = Switch()
