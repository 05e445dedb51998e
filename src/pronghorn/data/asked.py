"""What signatures ask for: sessions, and the factory for those that need them later."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Annotated, Any, Protocol
from weakref import WeakSet

from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn.data.errors import WhichDatabaseError
from pronghorn.data.sessions import end, transaction
from pronghorn.params import Depends
from pronghorn.requests import HTTPConnection


class Opened(Protocol):
    """What has sessions: a `Database`."""

    @property
    def sessions(self) -> "Factory": ...
    def write_session(self, **options: Any) -> AsyncSession: ...
    def reading_session(self, **options: Any) -> AsyncSession: ...


class Factory:
    """Makes sessions for what outlives a request's answer, and for scripts."""

    def __init__(self, database: Opened) -> None:
        self.database = database

    def __call__(self, **options: Any) -> AbstractAsyncContextManager[AsyncSession]:
        """A transaction: it commits at the end of its block, and rolls back on any exception."""
        return transaction(self.database.write_session(**options))

    @asynccontextmanager
    async def read(self, **options: Any) -> AsyncIterator[AsyncSession]:
        """A session that only reads."""
        session = self.database.reading_session(**options)
        try:
            yield session
        finally:
            await end(session)


class Lives:
    """The lives of sessions in requests: providers, as dependencies of function scope."""

    def __init__(self, find: Callable[[HTTPConnection], Opened]) -> None:
        self.find = find

    async def write(self, connection: HTTPConnection) -> AsyncIterator[AsyncSession]:
        async with self.find(connection).sessions() as session:
            yield session

    async def read(self, connection: HTTPConnection) -> AsyncIterator[AsyncSession]:
        async with self.find(connection).sessions.read() as session:
            yield session

    def factory(self, connection: HTTPConnection) -> Factory:
        return self.find(connection).sessions


class Marks:
    """What stands in signatures for one database: as `Annotated` types, and as marks alone."""

    def __init__(self, lives: Lives) -> None:
        self.session = Depends(lives.write, scope="function")
        self.read_session = Depends(lives.read, scope="function")
        self.session_factory = Depends(lives.factory)
        self.Session: Any = Annotated[AsyncSession, self.session]
        self.ReadSession: Any = Annotated[AsyncSession, self.read_session]
        self.SessionFactory: Any = Annotated[Factory, self.session_factory]


living: "WeakSet[Opened]" = WeakSet()
"""All databases of this process."""


def find_database(connection: HTTPConnection) -> Opened:
    """The database whose lifespan the application ran; else the only one of the process."""
    database: Opened | None = getattr(connection.app.state, "database", None)
    if database is not None:
        return database
    if len(living) != 1:
        raise WhichDatabaseError(len(living))
    return next(iter(living))


marks = Marks(Lives(find_database))

Session = Annotated[AsyncSession, marks.session]
"""A session that writes: its transaction commits before the answer is sent."""
ReadSession = Annotated[AsyncSession, marks.read_session]
"""A session that only reads."""
SessionFactory = Annotated[Factory, marks.session_factory]
"""Makes sessions for streams, WebSockets and background tasks."""
