"""Sessions that refuse what goes well by luck: outside of production only, as it costs something.

SQLAlchemy refuses two tasks in one session only where a connection is being had.  Later their calls
follow one another, so that what passes in a trial fails under load.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

from pronghorn.data.errors import BlockedLoopWarning, SharedSessionError
from pronghorn.data.sessions.beside import WatchedTransaction, described, warn_once
from pronghorn.data.sessions.transactions import ReadTransaction
from pronghorn.data.watching.places import caller

USING = (
    "commit",
    "connection",
    "execute",
    "flush",
    "get",
    "get_one",
    "merge",
    "refresh",
    "scalar",
    "scalars",
)
"""The methods that use the connection."""
ENDING = ("close", "invalidate", "reset", "rollback")
"""Those that end its use.  We end sessions whatever others do, and call what is beneath these."""


# --- tasks -------------------------------------------------------------------------------


def for_one_task(session_class: type[AsyncSession]) -> type[AsyncSession]:
    """*session_class*, refusing to be used by two tasks at once."""
    names = (*USING, *ENDING, "aclose", "delete", "exec", "run_sync", "stream_scalars")
    methods: dict[str, Any] = {
        name: one_task(getattr(session_class, name))
        for name in names
        if hasattr(session_class, name)
    }
    methods |= {
        "stream": one_task(read_by_one_task(session_class.stream)),
        "__module__": session_class.__module__,
        "_used_by": None,
    }
    return type(session_class.__name__, (session_class,), methods)


def one_task(method: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    @wraps(method)
    async def used(self: Any, *arguments: Any, **named: Any) -> Any:
        with use_by_task(self):
            return await method(self, *arguments, **named)

    return used


@contextmanager
def use_by_task(session: Any) -> Iterator[None]:
    task, user = asyncio.current_task(), session._used_by
    if user is not None and user is not task:
        raise SharedSessionError
    session._used_by = task
    try:
        yield
    finally:
        session._used_by = user


FETCHING = ("_fetchone_impl", "_fetchmany_impl", "_fetchall_impl")
"""What all results fetch rows by, in whichever form they give them."""


def read_by_one_task(stream: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """*stream*, to fetch rows of whose results is to use the session."""

    @wraps(stream)
    async def streamed(self: Any, *arguments: Any, **named: Any) -> Any:
        found = await stream(self, *arguments, **named)
        for name in FETCHING:
            fetch = getattr(found._real_result, name)
            setattr(found._real_result, name, fetching(self, fetch))
        return found

    return streamed


def fetching(session: Any, fetch: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(fetch)
    def fetched(*arguments: Any, **named: Any) -> Any:
        with use_by_task(session):
            return fetch(*arguments, **named)

    return fetched


# --- threads -----------------------------------------------------------------------------


class OneThread(Session):
    """A session that refuses to be used by two threads at once.

    If it was given to a request, it warns of being used where the event loop runs.
    """

    is_of_request = False

    def __init__(self, *arguments: Any, **named: Any) -> None:
        self._in_use = threading.RLock()
        super().__init__(*arguments, **named)


def one_thread(name: str) -> Callable[..., Any]:
    """The method *name* of `OneThread`."""
    method = getattr(Session, name)

    @wraps(method)
    def used(self: OneThread, *arguments: Any, **named: Any) -> Any:
        if not self._in_use.acquire(blocking=False):
            raise SharedSessionError
        try:
            if self.is_of_request and is_loop_running():
                place = caller()
                warn_once(BlockedLoopWarning(described(place)), place)
            return getattr(super(OneThread, self), name)(*arguments, **named)
        finally:
            self._in_use.release()

    return used


def is_loop_running() -> bool:
    """Whether this thread is the event loop's, which waits for what is called here."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


for _name in (*USING, *ENDING):
    setattr(OneThread, _name, one_thread(_name))


class BlockingWatchedTransaction(OneThread, WatchedTransaction):
    """One transaction that writes."""


class BlockingRead(OneThread, ReadTransaction):
    """One transaction that only reads."""


def note_given(session: Session) -> None:
    """Tell that *session* was given to a request; only guarded ones look where they are used."""
    if isinstance(session, OneThread):
        session.is_of_request = True


def beneath(session: Session) -> Any:
    """The methods of *session* that ask nobody whether it is in use."""
    return super(OneThread, session) if isinstance(session, OneThread) else session
