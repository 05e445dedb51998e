"""What the blog has of Pronghorn, as applications on FastAPI have it: the usual recipe.

The copy of the blog that runs on FastAPI imports from here what it imports from `pronghorn` and
from `pronghorn.data`: an engine, a session by a dependency with `yield`, a repository of a few
lines.  A session commits before the answer is sent (`scope="function"`), as Pronghorn's does.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any, ClassVar, Self

import fastapi
from fastapi import (  # noqa: F401  the blog imports them from here
    BackgroundTasks,
    Depends,
    HTTPException,
    Path,
    Query,
    Request,
    Response,
    WebSocket,
    WebSocketDisconnect,
    status,
)
from pydantic import BaseModel
from sqlalchemy import Select, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import selectinload

NAMING_CONVENTION: dict[str, str] = {}


def FastAPI(  # noqa: N802  its name
    *, access_log: Any, server_timing: Any, query_budget: Any, **options: Any
) -> fastapi.FastAPI:
    """An application, without the options that are ours."""
    del access_log, server_timing, query_budget
    return fastapi.FastAPI(**options)


class Retry:
    """FastAPI has none."""

    def __init__(self, **options: Any) -> None:
        """Take what is not used."""


class FromRows:
    """FastAPI has none: its answers are made of objects."""

    def __init__(self, entity: Any) -> None:
        """Take what is not used."""


def without_ours(verb: str) -> Callable[..., Any]:
    """A method of routers that leaves out what FastAPI's does not take."""
    add = getattr(fastapi.APIRouter, verb)

    def add_route(
        self: Any, path: str, *, retry: Any = None, query_budget: Any = None, **options: Any
    ) -> Any:
        del retry, query_budget
        return add(self, path, **options)

    return add_route


class APIRouter(fastapi.APIRouter):
    """A router that takes the options of ours."""

    get, post = without_ours("get"), without_ours("post")


class Sessions:
    """Sessions outside of a request's own."""

    def __init__(self, make: Callable[[], AsyncSession]) -> None:
        """Take what makes sessions."""
        self.make = make

    def read(self) -> AsyncSession:
        """A session that is not committed."""
        return self.make()

    @asynccontextmanager
    async def __call__(self) -> AsyncIterator[AsyncSession]:
        async with self.make() as session:
            yield session
            await session.commit()


class Database:
    """The engine and its sessions.  The bench makes one in a process."""

    only: ClassVar["Database"]

    def __init__(self, url: str) -> None:
        """Make the engine, with Pronghorn's sizes."""
        self.engine = create_async_engine(
            url.replace("postgresql://", "postgresql+asyncpg://"),
            pool_size=5,
            max_overflow=5,
            pool_use_lifo=True,
        )
        self.sessions = Sessions(async_sessionmaker(self.engine, expire_on_commit=False))
        Database.only = self

    @asynccontextmanager
    async def lifespan(self, _app: fastapi.FastAPI) -> AsyncIterator[None]:
        """Make the tables."""
        from models import Base  # noqa: PLC0415  the blog's, which imports this

        async with self.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        yield
        await self.engine.dispose()

    async def ping(self) -> None:
        """Ask something."""
        async with self.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))


async def get_session() -> AsyncIterator[AsyncSession]:
    """The session of a request."""
    async with Database.only.sessions() as session:
        yield session


def get_sessions() -> Sessions:
    """What makes more of them."""
    return Database.only.sessions


Session = Annotated[AsyncSession, Depends(get_session, scope="function")]
ReadSession = Session
SessionFactory = Annotated[Sessions, Depends(get_sessions)]


class Repository:
    """As much of a repository as the blog uses."""

    model: ClassVar[Any]

    def __class_getitem__(cls, model: Any) -> type["Repository"]:
        return type("Repository", (cls,), {"model": model})

    def __init__(self, session: Session) -> None:
        """Take the session that somebody else begins and ends."""
        self.session = session

    @classmethod
    def reading(cls, session: ReadSession) -> Self:
        """Make one that only reads; for the recipe that is the same."""
        return cls(session)

    async def get(self, key: Any, *, load: Any = (), for_update: bool = False) -> Any:
        """The row with this key, or None."""
        return await self.session.get(
            self.model,
            key,
            options=[selectinload(relation) for relation in load],
            with_for_update={"of": self.model} if for_update else None,
        )

    async def get_or_404(self, key: Any, *, load: Any = (), for_update: bool = False) -> Any:
        """The row with this key."""
        found = await self.get(key, load=load, for_update=for_update)
        if found is None:
            raise HTTPException(404, f"{self.model.__name__} not found")
        return found

    async def one(self, *where: Any) -> Any:
        """The row that meets the conditions, or None."""
        return await self.session.scalar(select(self.model).where(*where))

    async def list(self, *where: Any, offset: int, limit: int) -> list[Any]:
        """Some of the rows that meet the conditions."""
        query = select(self.model).where(*where).order_by(self.model.id)
        return list(await self.session.scalars(query.offset(offset).limit(limit)))

    async def create(self, data: Any, **values: Any) -> Any:
        """Add a row."""
        given = data.model_dump() if isinstance(data, BaseModel) else data
        instance = self.model(**given, **values)
        self.session.add(instance)
        await self.session.flush()
        return instance

    async def update(self, instance: Any, data: BaseModel | None = None, **values: Any) -> Any:
        """Change a row."""
        given = data.model_dump(exclude_unset=True) if data is not None else {}
        for name, value in {**given, **values}.items():
            setattr(instance, name, value)
        await self.session.flush()
        return instance

    async def delete(self, instance: Any) -> None:
        """Delete a row."""
        await self.session.delete(instance)
        await self.session.flush()


async def rows(session: AsyncSession, query: Select[Any]) -> list[Any]:
    """Objects with all that they refer to, as a response model reads them."""
    entity = query.column_descriptions[0]["entity"]
    loaded = [selectinload(found.class_attribute) for found in inspect(entity).relationships]
    return list(await session.scalars(query.options(*loaded)))
