"""What happens in an application while it answers one request, in order.

The record travels in a context variable, so that endpoints, dependencies, background tasks and
worker threads write to the record of the request that they belong to.
"""

from asyncio import Event
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class Record:
    """The events of one request, or of the life of one application."""

    events: list[str] = field(default_factory=list)
    finished: Event = field(default_factory=Event)

    def add(self, event: str) -> None:
        """Write down that something happened."""
        self.events.append(event)

    def add_once(self, event: str) -> None:
        """Write down what may come in several pieces, which the network decides."""
        if not self.events or self.events[-1] != event:
            self.events.append(event)


CURRENT: ContextVar[Record] = ContextVar("CURRENT")


def note(event: str) -> None:
    """Write down an event of the application's own; for the applications of this folder."""
    record = CURRENT.get(None)
    if record is None:
        message = f"the event {event!r} belongs to no request: its context was lost"
        raise LookupError(message)
    record.add(event)
