"""An open database: its engines, its sessions, and its life within an application's."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from typing import Any, Self

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from pronghorn.data.asked import Factory, Lives, Marks, living
from pronghorn.data.engines import PoolSettings, make_engine
from pronghorn.data.sessions import OneTransaction, ReadTransaction, make_session
from pronghorn.data.urls import read_address


class Database:
    """One database, made where the application is made and opened by its lifespan."""

    def __init__(
        self,
        url: str,
        *,
        session_class: type[AsyncSession] = AsyncSession,
        **settings: Any,
    ) -> None:
        self.address = read_address(url)
        self.settings = PoolSettings(**settings)
        self.session_class = session_class
        self.sessions = Factory(self)
        marks = Marks(Lives(lambda _: self))
        self.session, self.Session = marks.session, marks.Session
        self.read_session, self.ReadSession = marks.read_session, marks.ReadSession
        self.session_factory, self.SessionFactory = marks.session_factory, marks.SessionFactory
        living.add(self)

    @property
    def is_sqlite(self) -> bool:
        return self.address.is_sqlite

    @cached_property
    def engine(self) -> AsyncEngine:
        """The engine whose transactions write."""
        return make_engine(self.address, self.settings, is_reader=False)

    @cached_property
    def read_engine(self) -> AsyncEngine:
        """The engine that only reads."""
        return make_engine(self.address, self.settings, is_reader=True)

    def write_session(self, **options: Any) -> AsyncSession:
        """A new session that writes; whoever takes it commits and closes it."""
        return make_session(self.engine, self.session_class, OneTransaction, **options)

    def reading_session(self, **options: Any) -> AsyncSession:
        """A new session that only reads; whoever takes it closes it."""
        return make_session(self.read_engine, self.session_class, ReadTransaction, **options)

    async def open(self) -> None:
        """Make ready for requests."""

    async def close(self) -> None:
        """Close all connections. It may be opened again."""
        for name in ("engine", "read_engine"):
            engine = self.__dict__.pop(name, None)
            if engine is not None:
                await engine.dispose()

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
        async with self:
            app.state.database = self
            yield
