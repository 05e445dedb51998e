"""What signatures ask for: sessions, and the factory for those that need them later."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from typing import Annotated, Any, Protocol
from weakref import WeakSet

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session as BlockingSession

from pronghorn.data.errors import WhichDatabaseError
from pronghorn.data.sessions import end, give_up, to_the_end, transaction
from pronghorn.data.sync_sessions import sync_transaction
from pronghorn.params import Depends
from pronghorn.requests import HTTPConnection


class Opened(Protocol):
    """What has sessions: a `Database`."""

    @property
    def sessions(self) -> "Factory": ...
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
        """A session that only reads."""
        session = self.database.reading_session(**options)
        try:
            yield session
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
        finally:
            session.close()


class Lives:
    """The lives of sessions in requests: generators, as dependencies of function scope."""

    def __init__(self, find: Callable[[HTTPConnection], Opened], **options: Any) -> None:
        self.find = find
        self.options = options

    async def write(self, connection: HTTPConnection) -> AsyncIterator[AsyncSession]:
        session = self.find(connection).write_session(**self.options)
        async with transaction(session):
            yield session

    async def read(self, connection: HTTPConnection) -> AsyncIterator[AsyncSession]:
        async with self.find(connection).sessions.read(**self.options) as session:
            yield session

    def sync(self, connection: HTTPConnection) -> Iterator[BlockingSession]:
        with self.find(connection).sessions.sync(**self.options) as session:
            yield session

    def factory(self, connection: HTTPConnection) -> Factory:
        return self.find(connection).sessions


class Marks:
    """What stands in signatures for one database: as marks, and as `Annotated` types."""

    def __init__(self, find: Callable[[HTTPConnection], Opened]) -> None:
        self.find = find
        lives = Lives(find)
        self.session = Depends(lives.write, scope="function")
        self.read_session = Depends(lives.read, scope="function")
        self.sync_session = Depends(lives.sync, scope="function")
        self.session_factory = Depends(lives.factory)

    def session_with(self, **options: Any) -> Depends:
        """The mark of a session with *options*, such as `isolation_level="REPEATABLE READ"`."""
        return Depends(Lives(self.find, **options).write, scope="function")


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


class Asked:
    """The marks of one database, as attributes of the database."""

    def __init__(self) -> None:
        marks = Marks(lambda _: self)  # type: ignore[arg-type,return-value]  # what inherits has sessions
        self.session, self.read_session = marks.session, marks.read_session
        self.sync_session, self.session_factory = marks.sync_session, marks.session_factory
        self.session_with = marks.session_with
        # Names of types, as signatures have them.
        self.Session: Any = Annotated[AsyncSession, self.session]
        self.ReadSession: Any = Annotated[AsyncSession, self.read_session]
        self.SyncSession: Any = Annotated[BlockingSession, self.sync_session]
        self.SessionFactory: Any = Annotated[Factory, self.session_factory]


marks = Marks(find_database)

Session = Annotated[AsyncSession, marks.session]
"""A session that writes: its transaction commits before the answer is sent."""
ReadSession = Annotated[AsyncSession, marks.read_session]
"""A session that only reads."""
SyncSession = Annotated[BlockingSession, marks.sync_session]
"""A blocking session that writes, for `def` endpoints."""
SessionFactory = Annotated[Factory, marks.session_factory]
"""Makes sessions for streams, WebSockets and background tasks."""
