"""Asynchronous sessions: made, ended and given up."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from functools import cache
from typing import Any, Final

from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Session
from sqlalchemy.util.concurrency import greenlet_spawn

from pronghorn.data.sessions.transactions import OneTransaction


def make_session(
    engine: AsyncEngine,
    session_class: type[AsyncSession],
    sync_class: type[OneTransaction],
    **options: Any,
) -> AsyncSession:
    """A session of *session_class* for one transaction on *engine*."""
    own: Any = session_class.sync_session_class
    made: Any = sync_class
    return session_class(
        engine,
        sync_session_class=with_methods_of(own, made),
        expire_on_commit=False,
        close_resets_only=False,
        **options,
    )


@cache
def with_methods_of(own: type[Session], sync_class: type[Session]) -> type[Session]:
    """*sync_class*, with what an asynchronous session calls on its *own*: SQLModel's `exec`."""
    if issubclass(sync_class, own):
        return sync_class
    return type(sync_class.__name__, (sync_class, own), {"__module__": sync_class.__module__})


ROLLBACK_TIMEOUT: Final = 5.0
"""Seconds until a connection that does not roll back is closed in place of it."""


async def give_up(session: AsyncSession) -> None:
    """Roll back and close.

    After a commit that failed, to close is not enough: on SQLite the transaction would be
    open still, for the next one who gets this connection.  A connection that cannot be rolled
    back serves nobody any more; what led here is what is raised.
    """
    # What is inside asks nobody whether it is in use.
    inner = session.sync_session
    try:
        # Nobody can cancel this, so a server that answers no more must not keep it.
        await asyncio.wait_for(greenlet_spawn(inner.rollback), ROLLBACK_TIMEOUT)
    except Exception:  # noqa: BLE001 - whatever the driver raises
        await greenlet_spawn(tear, inner)
    else:
        await greenlet_spawn(inner.close)


def tear(session: Any) -> None:
    """Take the connections away from a session, in whatever state it is.

    Where two tasks use one session, SQLAlchemy may refuse to roll back, to invalidate and to close
    it, as what one of them has begun is never ended.
    """
    transaction = session.get_transaction()
    for connection, *_ in list(transaction._connections.values()) if transaction else ():
        if not connection.closed:
            connection.invalidate()
            connection.close()
    with suppress(InvalidRequestError):
        session.invalidate()
        session.close()
    session.is_over = True


async def end(session: AsyncSession) -> None:
    """Give the connection back; the session is over for good."""
    if session.in_transaction():
        await greenlet_spawn(session.sync_session.close)
    else:
        # Nothing waits, so it costs no switch.
        session.sync_session.close()


async def to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Do *work* to its end, though the current task be cancelled, even again and again."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as error:
            cancelled = error
    task.result()
    if cancelled is not None:
        raise cancelled
