"""What signatures ask for: marks of sessions, and of the factory for those that need them later."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Annotated, Any, Final

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session as BlockingSession

from pronghorn.data.errors import TwoNamesError
from pronghorn.data.sessions.asynchronous import end, give_up, to_the_end
from pronghorn.data.sessions.beside import note_own
from pronghorn.data.sessions.factory import Factory, Opened
from pronghorn.data.sessions.finding import find_database
from pronghorn.data.sessions.guarding import note_given
from pronghorn.data.sessions.transactions import refuse_changes
from pronghorn.exceptions import DeclarationValueError
from pronghorn.params import Depends, Resource
from pronghorn.requests import HTTPConnection

FACTORY_INSTEAD = (
    "What runs once the answer has begun needs a session of its own: ask for"
    " `sessions: SessionFactory`, and write `async with sessions() as session:`. Or have the"
    " session in a dependency, which returns what the endpoint needs."
)

TWO_TRANSACTIONS = (
    "`Session`, one of `session_with(...)`, and a blocking `SyncSession` or `SyncReadSession` are"
    " each a transaction on a connection of its own, and might wait for each other."
)


class Marks:
    """What stands in signatures for one database: marks of its sessions.

    A request has one connection of a database.  So where several of these are asked for, the
    session that writes stands in for the one that reads.  Asynchronous and blocking sessions
    cannot share a connection: two that write exclude each other, and an asynchronous one that
    reads gives its connection back after each statement.
    """

    def __init__(self, find: "Callable[[HTTPConnection], Opened]") -> None:
        """For the database that *find* gives for a request."""

        async def is_alone() -> bool:
            return True

        async def is_beside_blocking() -> bool:
            return False

        alone = Resource(is_alone, yields_to=(is_beside_blocking,))
        beside = Depends(is_beside_blocking)

        async def write(connection: HTTPConnection) -> AsyncIterator[AsyncSession]:
            sessions = self.had(connection)
            async with sessions() as session:
                note_own(session.sync_session)
                yield session
            sessions.note_write(connection)

        async def read(
            connection: HTTPConnection, keeps_connection: Annotated[bool, alone]
        ) -> AsyncIterator[AsyncSession]:
            sessions = self.had(connection)
            session = sessions.database.reading_session(
                keeps_connection=keeps_connection, is_fresh=sessions.has_written(connection)
            )
            # As in a block of `sessions.read()`, which costs three calls more.
            try:
                yield session
                refuse_changes(session.sync_session)
            except BaseException:
                await to_the_end(give_up(session))
                raise
            await end(session)

        def sync(
            connection: HTTPConnection, _: Annotated[bool, beside]
        ) -> Iterator[BlockingSession]:
            sessions = self.had(connection)
            with sessions.sync() as session:
                note_own(session)
                note_given(session)
                yield session
            sessions.note_write(connection)

        def sync_read(
            connection: HTTPConnection, _: Annotated[bool, beside]
        ) -> Iterator[BlockingSession]:
            sessions = self.had(connection)
            with sessions.sync_read(is_fresh=sessions.has_written(connection)) as session:
                note_given(session)
                yield session

        async def factory(connection: HTTPConnection) -> Factory:
            return find(connection).sessions

        self.blocking = (sync, sync_read)
        self.session = brief(write, excludes=self.blocking, reason=TWO_TRANSACTIONS)
        # `session_with` adds to them.
        self.writers = Callables([write])
        self.read_session = brief(read, yields_to=self.writers)
        self.sync_session = brief(sync)
        self.sync_read_session = brief(sync_read, yields_to=(sync,))
        self.session_factory = Depends(factory)
        self.find = find
        self.with_options: dict[tuple[tuple[str, Any], ...], Resource] = {}

    def had(self, connection: HTTPConnection) -> Factory:
        """The factory of the request's database, asked for by no other marks.

        Those know nothing of these, so the request would have two connections, and on SQLite
        wait for itself.
        """
        database = self.find(connection)
        by = connection.scope.setdefault(ASKED, {}).setdefault(database, self)
        if by is not self:
            raise TwoNamesError
        return database.sessions

    def session_with(self, **options: Any) -> Resource:
        """The mark of a session that writes, with *options* such as an `isolation_level`.

        The same options give the same session, if it is asked for several times in a request.
        """
        check_level(options.get("isolation_level"))
        key = tuple(sorted(options.items()))
        if key not in self.with_options:

            async def write_so(connection: HTTPConnection) -> AsyncIterator[AsyncSession]:
                sessions = self.had(connection)
                async with sessions(**options) as session:
                    note_own(session.sync_session)
                    yield session
                sessions.note_write(connection)

            others = (*self.writers, *self.blocking)
            self.with_options[key] = brief(write_so, excludes=others, reason=TWO_TRANSACTIONS)
            self.writers.append(write_so)
        return self.with_options[key]


ASKED = "pronghorn.asked"
"""In the scope of a request: its databases, each with the marks that asked for it."""


class Callables(list[Callable[..., Any]]):
    """Callables, as a mark has them; it is looked at when a route is added, so it may grow."""

    __hash__ = object.__hash__  # type: ignore[assignment]  # marks are compared as they are


LEVELS: Final = (
    "READ UNCOMMITTED",
    "READ COMMITTED",
    "REPEATABLE READ",
    "SERIALIZABLE",
    "AUTOCOMMIT",
)
"""Those of PostgreSQL's drivers; on SQLite a writer is alone, whatever is asked for."""


def check_level(level: Any) -> None:
    """Refuse an isolation level that there is not; SQLAlchemy takes them in any case."""
    if level is None or str(level).replace("_", " ").upper() in LEVELS:
        return
    raise DeclarationValueError(
        "isolation-level",
        problem=f"There is no isolation level {level!r}.",
        remedy=f"Levels are {', '.join(LEVELS)}.",
    )


def brief(life: Callable[..., Any], **company: Any) -> Resource:
    """The mark of a session with this *life*, over before a byte of the answer is sent."""
    return Resource(life, is_brief=True, remedy=FACTORY_INSTEAD, **company)


class Asked:
    """The marks of one database, as attributes of the database.

    `session` and its like are marks, for `Annotated[AsyncSession, db.session]`; `Session` and
    its like are the same as types, for signatures that no type checker reads.
    """

    def __init__(self) -> None:
        marks = Marks(lambda _: self)  # type: ignore[arg-type,return-value]  # what inherits has sessions
        self.session, self.read_session = marks.session, marks.read_session
        self.sync_session, self.sync_read_session = marks.sync_session, marks.sync_read_session
        self.session_factory = marks.session_factory
        self.session_with = marks.session_with
        self.Session: Any = Annotated[AsyncSession, self.session]
        self.ReadSession: Any = Annotated[AsyncSession, self.read_session]
        self.SyncSession: Any = Annotated[BlockingSession, self.sync_session]
        self.SyncReadSession: Any = Annotated[BlockingSession, self.sync_read_session]
        self.SessionFactory: Any = Annotated[Factory, self.session_factory]


marks = Marks(find_database)
session_with = marks.session_with
"""Gives the mark of a session with options: `session_with(isolation_level="REPEATABLE READ")`."""

Session = Annotated[AsyncSession, marks.session]
"""A session that writes: its transaction commits before the answer is sent."""
ReadSession = Annotated[AsyncSession, marks.read_session]
"""A session that only reads."""
SyncSession = Annotated[BlockingSession, marks.sync_session]
"""A blocking session that writes, for `def` endpoints."""
SyncReadSession = Annotated[BlockingSession, marks.sync_read_session]
"""A blocking session that only reads."""
SessionFactory = Annotated[Factory, marks.session_factory]
"""Makes sessions for streams, WebSockets and background tasks."""
