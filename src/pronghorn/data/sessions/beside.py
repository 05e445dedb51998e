"""A second transaction of one request: found outside of production, when it is to begin.

SQLite has one writer at a time.  A request whose own session writes, and which opens another one
by `SessionFactory` meanwhile, waits for itself until it is timed out.  PostgreSQL has both, but
then the request holds two connections, and many such requests at once wait for each other.

A session is of a request if a mark gave it.  Who waits is known only where the same task, or the
same thread, has used both: a task of its own may well wait until the request has committed.
"""

import asyncio
import threading
import warnings
from contextvars import ContextVar
from typing import Any
from weakref import ref

from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session

from pronghorn.data.errors import OwnLockError, TwoConnectionsWarning
from pronghorn.data.sessions.transactions import OneTransaction
from pronghorn.data.watching.places import caller
from pronghorn.exceptions import describe_place
from pronghorn.metering import Place
from pronghorn.mode import mode_of

own: "ContextVar[tuple[ref[WatchedTransaction], ...]]" = ContextVar("pronghorn_own", default=())
"""The sessions that write and were given to this request."""


class WatchedTransaction(OneTransaction):
    """One that knows who has used its connection last, and where it was first asked for."""

    strand: Any = None
    begun_at: Place | None = None

    def _connection_for_bind(self, *arguments: Any, **named: Any) -> Connection:
        # Statements come through here, and flushes do not.
        self.look()
        return super()._connection_for_bind(*arguments, **named)

    def look(self) -> None:
        """See who uses the connection, or wants one."""
        if not has_connection(self):
            check_beside(self)
            self.begun_at = caller()
        self.strand = current_strand()


@event.listens_for(WatchedTransaction, "before_flush")
def look(session: WatchedTransaction, *_: Any) -> None:
    session.look()


def note_own(session: Session) -> None:
    """Tell that *session* was given to the current request; only watched ones are noted."""
    if isinstance(session, WatchedTransaction):
        living = (known for known in own.get() if (it := known()) is not None and not it.is_over)
        own.set((*living, ref(session)))


def current_strand() -> Any:
    """What runs here, one thing after the other: a task, or a thread that runs none."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        task = None
    return task or threading.current_thread()


def has_connection(session: Session) -> bool:
    transaction = session.get_transaction()
    return transaction is not None and bool(transaction._connections)


def check_beside(session: WatchedTransaction) -> None:
    """Refuse, or warn of, what *session* is to begin beside the request's own."""
    known = [it for one in own.get() if (it := one()) is not None]
    bind = session.bind
    if session in known or not isinstance(bind, Engine):
        return
    for other in known:
        if other.strand is not current_strand() or not has_connection(other):
            continue
        if waits_for(bind, other.bind):
            raise OwnLockError(described(caller()), described(other.begun_at))
        if bind.pool is getattr(other.bind, "pool", None):
            place = caller()
            warn_once(TwoConnectionsWarning(described(place), described(other.begun_at)), place)


def waits_for(bind: Engine, other: Any) -> bool:
    """Whether a writer on *bind* waits for one on *other*: SQLite has one for each file."""
    is_sqlite = bind.dialect.name == "sqlite" and isinstance(other, Engine)
    return is_sqlite and bind.url.database == other.url.database


seen: dict[Any, Any] = {}
"""What was warned of, as `warnings` keeps it: each line once, unless filters say more."""


def warn_once(message: Warning, place: Place | None) -> None:
    """Warn of what is done at *place*; in tests not, as it may be meant there."""
    # Tests are often run with warnings as errors.
    if mode_of() == "tests":
        return
    file, line, _ = place or Place("<unknown>", 1, "")
    warnings.warn_explicit(message, type(message), file, line, registry=seen)


def described(place: Place | None) -> str:
    return describe_place(place.function, place.file, place.line) if place else "elsewhere"
