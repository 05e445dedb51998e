"""An open database: its engines, its sessions, and its life within an application's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any, Self

from sqlalchemy import Engine, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession
from sqlalchemy.orm import Session

from pronghorn.data.asked import Asked, Factory, living
from pronghorn.data.engines import PoolSettings, make_engine, make_sync_engine
from pronghorn.data.loading import remember_places
from pronghorn.data.sessions import guarded, make_session
from pronghorn.data.sync_sessions import make_sync_session
from pronghorn.data.transactions import (
    OneTransaction,
    PassingReadTransaction,
    ReadTransaction,
)
from pronghorn.data.urls import read_address
from pronghorn.mode import mode_of


class Database(Asked):
    """One database, made where the application is made and opened by its lifespan."""

    # For the time of a test, these and the address are others: `testing/redirecting.py`.
    _make_engine = staticmethod(make_engine)
    _make_sync_engine = staticmethod(make_sync_engine)

    def __init__(
        self,
        url: str,
        *,
        session_class: type[AsyncSession] = AsyncSession,
        is_guarded: bool | None = None,
        **settings: Any,
    ) -> None:
        self.address = read_address(url)
        self.settings = PoolSettings(**settings)
        self.session_class = session_class
        self.is_guarded = is_guarded
        self.sessions = Factory(self)
        super().__init__()
        self.app: Any = None
        """The application that it was opened by."""
        living.add(self)

    @property
    def is_sqlite(self) -> bool:
        return self.address.is_sqlite

    @cached_property
    def engine(self) -> AsyncEngine:
        """The engine whose transactions write."""
        return self._make_engine(self.address, self.settings, is_reader=False)

    @cached_property
    def read_engine(self) -> AsyncEngine:
        """The engine that only reads."""
        return self._make_engine(self.address, self.settings, is_reader=True)

    @cached_property
    def sync_engine(self) -> Engine:
        """The engine of blocking sessions that write."""
        return self._make_sync_engine(self.address, self.settings, is_reader=False)

    @cached_property
    def sync_read_engine(self) -> Engine:
        """The engine of blocking sessions that only read."""
        return self._make_sync_engine(self.address, self.settings, is_reader=True)

    @cached_property
    def used_class(self) -> type[AsyncSession]:
        """The class of sessions: outside of production, two tasks cannot use one at once."""
        is_guarded = self.is_guarded
        if is_guarded is None:
            is_guarded = mode_of(self.app) != "production"
        return guarded(self.session_class) if is_guarded else self.session_class

    def write_session(self, isolation_level: str | None = None, **options: Any) -> AsyncSession:
        """A new session that writes; whoever takes it commits and closes it."""
        engine = self.engine
        # On SQLite a writer is alone from its first statement on, whatever the level.
        if isolation_level is not None and not self.is_sqlite:
            engine = engine.execution_options(isolation_level=isolation_level)
        return make_session(engine, self.used_class, OneTransaction, **options)

    def reading_session(self, *, keeps_connection: bool = True, **options: Any) -> AsyncSession:
        """A new session that only reads; whoever takes it closes it."""
        kind = ReadTransaction if keeps_connection else PassingReadTransaction
        return make_session(self.read_engine, self.used_class, kind, **options)

    def write_sync_session(self, isolation_level: str | None = None, **options: Any) -> Session:
        """A new blocking session that writes; whoever takes it commits and closes it."""
        engine = self.sync_engine
        if isolation_level is not None and not self.is_sqlite:
            engine = engine.execution_options(isolation_level=isolation_level)
        return make_sync_session(engine, OneTransaction, **options)

    def reading_sync_session(self, **options: Any) -> Session:
        """A new blocking session that only reads; whoever takes it closes it."""
        return make_sync_session(self.sync_read_engine, ReadTransaction, **options)

    async def open(self) -> None:
        """Make ready for requests."""
        if mode_of(self.app) != "production":
            remember_places()

    async def close(self) -> None:
        """Close all connections. It may be opened again."""
        for name in ("engine", "read_engine"):
            engine = self.__dict__.pop(name, None)
            if engine is not None:
                await engine.dispose()
        for name in ("sync_engine", "sync_read_engine"):
            blocking: Engine | None = self.__dict__.pop(name, None)
            if blocking is not None:
                blocking.dispose()

    async def ping(self) -> None:
        """Ask the database whether it is there; raises what the driver raises."""
        async with self.engine.connect() as connection:
            await connection.execute(select(1))

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    @asynccontextmanager
    async def lifespan(self, app: Any) -> AsyncIterator[None]:
        """The lifespan of an application: `FastAPI(lifespan=db.lifespan)`."""
        self.app = app
        self.__dict__.pop("used_class", None)
        async with self:
            app.state.database = self
            yield
