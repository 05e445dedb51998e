"""An open database: its engines, its sessions, and its life within an application's."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any, Self, Unpack

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Session

from pronghorn.data.connections.collection import AnyEngine, Engines, Purpose, end_all
from pronghorn.data.connections.engines import (
    PoolSettings,
    Settings,
    make_engine,
    make_sync_engine,
)
from pronghorn.data.connections.readiness import (
    ask_postgresql,
    ask_sqlite,
    check_folder,
    for_operators,
    reason_of,
    said_by,
)
from pronghorn.data.connections.replicas import ClientKey, RecentWrites, client_of
from pronghorn.data.connections.sizes import tell_size
from pronghorn.data.connections.temporary import PrivateFile
from pronghorn.data.connections.urls import Address, read_address
from pronghorn.data.declared import declared_at
from pronghorn.data.refusals.answers import listen
from pronghorn.data.refusals.loading import remember_places
from pronghorn.data.sessions.asked import Asked
from pronghorn.data.sessions.asynchronous import make_session
from pronghorn.data.sessions.blocking import make_sync_session
from pronghorn.data.sessions.classes import Classes, guarded
from pronghorn.data.sessions.factory import Factory
from pronghorn.data.sessions.finding import living, standing_around
from pronghorn.data.sessions.transactions import PassingReadTransaction, ReadTransaction
from pronghorn.data.watching.counting import count_queries
from pronghorn.data.watching.places import caller
from pronghorn.logger import logger
from pronghorn.mode import mode_of


class Database(Asked):
    """One database, made where the application is made and opened by its lifespan."""

    def __init__(
        self,
        url: str,
        *,
        replica: str | None = None,
        replica_window: float = 5,
        replica_key: ClientKey = client_of,
        session_class: type[AsyncSession] = AsyncSession,
        is_guarded: bool | None = None,
        **settings: Unpack[Settings],
    ) -> None:
        self.place = caller()
        """The line that made it, for mistakes that show later."""
        self.settings = PoolSettings(**settings)
        self.settings.check()
        self.address = self.begin_with(read_address(url))
        self.replica = read_address(replica) if replica is not None else None
        self.recent_writes = RecentWrites(replica_window, replica_key) if self.replica else None
        """Who reads from the writer's server for the moment; None without a replica."""
        self._engines = self._make_engines(make_engine)
        self._sync_engines = self._make_engines(make_sync_engine)
        self.session_class = session_class
        self.is_guarded = is_guarded
        self.sessions = Factory(self)
        super().__init__()
        self.app: Any = None
        """The application that it was opened by."""
        living.add(self)

    def begin_with(self, address: Address) -> Address:
        """A database in memory gets a file, which is emptied at each close."""
        self._private: PrivateFile | None = None
        if address.is_sqlite and address.file is None:
            self._private = PrivateFile()
            return self._private.stands_in(address)
        return address

    def _make_engines(self, make: Callable[..., AnyEngine]) -> Engines[AnyEngine]:
        make = declared_at(self.place)(make)
        return Engines(make, introduce, self.address, self.replica, self.settings)

    @property
    def is_sqlite(self) -> bool:
        return self.address.is_sqlite

    @property
    def engine(self) -> AsyncEngine:
        """The engine whose transactions write."""
        return self._engines["writer"]

    @property
    def read_engine(self) -> AsyncEngine:
        """The engine that only reads; where there is a replica, from there."""
        return self._engines["reader"]

    @property
    def fresh_read_engine(self) -> AsyncEngine:
        """The engine that only reads, and never from a replica."""
        return self._engines["fresh reader"]

    @property
    def sync_engine(self) -> Engine:
        """The engine of blocking sessions that write."""
        return self._sync_engines["writer"]

    @property
    def sync_read_engine(self) -> Engine:
        """The engine of blocking sessions that only read."""
        return self._sync_engines["reader"]

    @property
    def sync_fresh_read_engine(self) -> Engine:
        """The same, and never from a replica."""
        return self._sync_engines["fresh reader"]

    @cached_property
    def classes(self) -> Classes:
        """The classes of sessions: outside of production they look at how they are used."""
        is_guarded = self.is_guarded
        if is_guarded is None:
            is_guarded = mode_of(self.app) != "production"
        return guarded(self.session_class) if is_guarded else Classes(self.session_class)

    def write_session(self, isolation_level: str | None = None, **options: Any) -> AsyncSession:
        """A new session that writes; whoever takes it commits and closes it."""
        engine = self.engine
        # On SQLite a writer is alone from its first statement on, whatever the level.
        if isolation_level is not None and not self.is_sqlite:
            engine = engine.execution_options(isolation_level=isolation_level)
        return make_session(engine, self.classes.asynchronous, self.classes.writing, **options)

    def reading_session(
        self, *, keeps_connection: bool = True, is_fresh: bool = False, **options: Any
    ) -> AsyncSession:
        """A new session that only reads; whoever takes it closes it."""
        kind = ReadTransaction if keeps_connection else PassingReadTransaction
        engine = self.fresh_read_engine if is_fresh else self.read_engine
        return make_session(engine, self.classes.asynchronous, kind, **options)

    def write_sync_session(self, isolation_level: str | None = None, **options: Any) -> Session:
        """A new blocking session that writes; whoever takes it commits and closes it."""
        engine = self.sync_engine
        if isolation_level is not None and not self.is_sqlite:
            engine = engine.execution_options(isolation_level=isolation_level)
        return make_sync_session(engine, self.classes.blocking_writing, **options)

    def reading_sync_session(self, *, is_fresh: bool = False, **options: Any) -> Session:
        """A new blocking session that only reads; whoever takes it closes it."""
        engine = self.sync_fresh_read_engine if is_fresh else self.sync_read_engine
        return make_sync_session(engine, self.classes.blocking_reading, **options)

    async def open(self) -> None:
        """Make ready for requests: connect, and see whether everything fits.

        A server that is not there yet is waited for by nobody: requests are answered with 503
        until it is.  What only a change of settings can mend raises.
        """
        if mode_of(self.app) != "production":
            remember_places()
        with declared_at(self.place):
            check_folder(self.address)
            is_ready = await self._is_ready(self.address, self._ask_writer)
            if is_ready and self.replica is not None:
                await self._is_ready(self.replica, self._ask_replica)

    async def _is_ready(self, address: Address, ask: Callable[[], Awaitable[None]]) -> bool:
        try:
            await ask()
        except Exception as error:
            final = for_operators(address, error)
            if final is error:
                raise
            if final is not None:
                raise final from reason_of(error)
            said = said_by(reason_of(error))
            logger.warning("The database is not ready yet: %r: %s", address.url, said)
            return False
        return True

    async def close(self) -> None:
        """Close all connections. It may be opened again.

        What fails to be closed keeps nothing else from it.  It is raised in the end, as an
        `ExceptionGroup` if there are several.
        """
        emptying = [self._private.empty] if self._private is not None else []
        # The last comes first.
        await end_all([*emptying, *self._sync_engines.endings(), *self._engines.endings()])

    async def ping(self) -> None:
        """Ask whether requests can be answered; raises what the driver raises, or `StandbyError`.

        For the address that a load balancer asks whether this process is ready.
        """
        await self._ask_writer()
        await self._ask_replica()

    async def _ask_writer(self) -> None:
        if self.is_sqlite:
            await ask_sqlite(self.read_engine)
        else:
            await ask_postgresql(self.engine, is_writer=True)

    async def _ask_replica(self) -> None:
        if self.replica is not None and not self.is_sqlite:
            await ask_postgresql(self.read_engine, is_writer=False)

    async def tell_size(self) -> None:
        """Say how many connections all workers may open, and warn if a server has fewer."""
        if self.is_sqlite:
            return
        # Readers without a replica, and with one those that read what was written a moment ago.
        await tell_size(self.engine, self.address, self.settings, pools=2)
        if self.replica is not None:
            await tell_size(self.read_engine, self.replica, self.settings, pools=1)

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    @asynccontextmanager
    async def lifespan(self, app: Any) -> AsyncIterator[None]:
        """The lifespan of an application: `FastAPI(lifespan=db.lifespan)`."""
        self.app = app
        self.__dict__.pop("classes", None)
        async with self:
            app.state.database = self
            if mode_of(app) != "tests":
                await self.tell_size()
            with standing_around(self, app):
                yield


def introduce(engine: AsyncEngine | Engine, purpose: Purpose) -> None:
    """Have what an engine does counted, and its refusals understood."""
    blocking = engine.sync_engine if isinstance(engine, AsyncEngine) else engine
    listen(blocking, is_reader=purpose.is_reader)
    count_queries(blocking)
