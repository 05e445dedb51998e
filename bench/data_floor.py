"""The floor of the part `data`: SQLAlchemy and pydantic alone, without a framework.

Straight ASGI over an asynchronous session, with all that can be left out left out: nothing is
begun or rolled back where it is only read, and no path, parameter or body is looked at.  What
objects cost beyond it is the framework's.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import selectinload
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.data_applications import BY_ID, page
from bench.data_tables import NewPost, Post, PostIn, User, UserOut, UserWithPosts
from bench.floors.answering import JSON, read_body

Work = Callable[[AsyncSession, bytes], Awaitable[Any]]


async def get(session: AsyncSession, _: bytes) -> Any:
    return (await session.execute(select(User).where(User.id == 7))).scalar_one_or_none()


async def get_built_once(session: AsyncSession, _: bytes) -> Any:
    return (await session.execute(BY_ID, {"user_id": 7})).scalar_one_or_none()


async def read_list(session: AsyncSession, _: bytes) -> Any:
    return (await session.scalars(page(0, 100))).all()


async def read_with_many(session: AsyncSession, _: bytes) -> Any:
    return (await session.scalars(page(0, 20).options(selectinload(User.posts)))).all()


READ_POST = TypeAdapter(PostIn).validator.validate_json


async def create(session: AsyncSession, body: bytes) -> Any:
    new = Post(**READ_POST(body).model_dump())
    session.add(new)
    await session.commit()
    return new


WAYS: dict[str, tuple[Work, Any, int]] = {
    "get": (get, UserOut, 200),
    "get_built_once": (get_built_once, UserOut, 200),
    "list": (read_list, list[UserOut], 200),
    "with_many": (read_with_many, list[UserWithPosts], 200),
    "create": (create, NewPost, 201),
}
"""By the name of a case: what is done, the model of the answer, and its status."""


def make_floor(address: str, name: str) -> ASGIApp:
    """What answers the case of that *name*."""
    work, model, status = WAYS[name]
    level: Any = {} if status == 201 else {"isolation_level": "AUTOCOMMIT"}
    engine = create_async_engine(
        address.replace("postgresql://", "postgresql+asyncpg://"),
        pool_reset_on_return=None,
        **level,
    )
    make_session = async_sessionmaker(engine, expire_on_commit=False)
    adapter: TypeAdapter[Any] = TypeAdapter(model)
    check, write = adapter.validator.validate_python, adapter.serializer.to_json

    async def floor(_scope: Scope, receive: Receive, send: Send) -> None:
        body = await read_body(receive) if status == 201 else b""
        async with make_session() as session:
            content = write(check(await work(session, body), from_attributes=True))
        headers = [(b"content-length", b"%d" % len(content)), JSON]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    return floor
