"""Sessions for whoever begins and ends them in a block of their own."""

from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session as BlockingSession

from pronghorn.data.connections.replicas import RecentWrites
from pronghorn.data.sessions.blocks import Reading, SyncReading, SyncWriting, Writing
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
        return Writing(self.database.write_session(**options))

    def read(self, **options: Any) -> AbstractAsyncContextManager[AsyncSession]:
        """A session that only reads; with `is_fresh=True` never from a replica."""
        return Reading(self.database.reading_session(**options))

    def sync(self, **options: Any) -> AbstractContextManager[BlockingSession]:
        """A blocking session that commits at the end of its block."""
        return SyncWriting(self.database.write_sync_session(**options))

    def sync_read(self, **options: Any) -> AbstractContextManager[BlockingSession]:
        """A blocking session that only reads."""
        return SyncReading(self.database.reading_sync_session(**options))

    def note_write(self, connection: HTTPConnection) -> None:
        """Remember, where there is a replica, that this client has written."""
        recent = self.database.recent_writes
        if recent is not None:
            recent.note(connection)

    def has_written(self, connection: HTTPConnection) -> bool:
        """Whether this client may miss on the replica what it has written a moment ago."""
        recent = self.database.recent_writes
        return recent is not None and recent.is_recent(connection)
