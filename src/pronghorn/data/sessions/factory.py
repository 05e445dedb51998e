"""Sessions for whoever begins and ends them in a block of their own."""

from collections.abc import AsyncIterator, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session as BlockingSession

from pronghorn.data.connections.replicas import RecentWrites
from pronghorn.data.sessions.asynchronous import end, give_up, to_the_end, transaction
from pronghorn.data.sessions.blocking import sync_transaction
from pronghorn.data.sessions.guarding import beneath
from pronghorn.data.sessions.transactions import refuse_changes
from pronghorn.requests import HTTPConnection


class Opened(Protocol):
    """What has sessions: a `Database`."""

    @property
    def sessions(self) -> "Factory": ...
    @property
    def recent_writes(self) -> RecentWrites | None: ...
    def write_session(self, **options: Any) -> AsyncSession: ...
    def reading_session(self, **options: Any) -> AsyncSession: ...
    def write_sync_session(self, **options: Any) -> BlockingSession: ...
    def reading_sync_session(self, **options: Any) -> BlockingSession: ...


class Factory:
    """Makes sessions for what outlives a request's answer, and for scripts.

    Each is a transaction of its own, on a connection of its own.  Options are those of
    SQLAlchemy's sessions, and `isolation_level`.
    """

    def __init__(self, database: Opened) -> None:
        self.database = database

    def __call__(self, **options: Any) -> AbstractAsyncContextManager[AsyncSession]:
        """A session that commits at the end of its block, and rolls back on any exception."""
        return transaction(self.database.write_session(**options))

    @asynccontextmanager
    async def read(self, **options: Any) -> AsyncIterator[AsyncSession]:
        """A session that only reads; with `is_fresh=True` never from a replica."""
        session = self.database.reading_session(**options)
        try:
            yield session
            refuse_changes(session.sync_session)
        except BaseException:
            await to_the_end(give_up(session))
            raise
        await end(session)

    def sync(self, **options: Any) -> AbstractContextManager[BlockingSession]:
        """A blocking session that commits at the end of its block."""
        return sync_transaction(self.database.write_sync_session(**options))

    @contextmanager
    def sync_read(self, **options: Any) -> Iterator[BlockingSession]:
        """A blocking session that only reads."""
        session = self.database.reading_sync_session(**options)
        try:
            yield session
            refuse_changes(session)
        finally:
            beneath(session).close()

    def note_write(self, connection: HTTPConnection) -> None:
        """Remember, where there is a replica, that this client has written."""
        recent = self.database.recent_writes
        if recent is not None:
            recent.note(connection)

    def has_written(self, connection: HTTPConnection) -> bool:
        """Whether this client may miss on the replica what it has written a moment ago."""
        recent = self.database.recent_writes
        return recent is not None and recent.is_recent(connection)
