"""The applications of the part `data`: the same routes, written in three ways.

FastAPI has the usual recipe: a session by a dependency with `yield`.  Pronghorn has it by
`pronghorn.data`, once with objects as in the recipe, and once with rows.  What all of them have
below them is in `bench/data_floor.py`.
"""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import selectinload

from bench.data_tables import NewPost, Post, PostIn, User, UserOut, UserWithPosts
from pronghorn import FastAPI
from pronghorn.data import Database, FromRows, ReadSession, Session, rows

BY_ID = select(User).where(User.id == bindparam("user_id"))


def make_fastapi(address: str) -> Any:
    """FastAPI with the usual recipe."""
    import fastapi  # noqa: PLC0415  it is installed where the bench runs, and not where tests do

    engine = create_async_engine(address.replace("postgresql://", "postgresql+asyncpg://"))
    make_session = async_sessionmaker(engine, expire_on_commit=False)

    async def get_session() -> AsyncIterator[AsyncSession]:
        async with make_session() as session:
            yield session

    Given = Annotated[AsyncSession, fastapi.Depends(get_session)]  # noqa: N806  a type
    app = fastapi.FastAPI()
    add_reads(app, Given, fastapi.HTTPException)

    @app.post("/posts", response_model=NewPost, status_code=201)
    async def create_post(post: PostIn, session: Given) -> Any:
        new = Post(**post.model_dump())
        session.add(new)
        await session.commit()
        return new

    return app


def make_plain(address: str) -> Any:
    """Pronghorn with objects."""
    from pronghorn import HTTPException  # noqa: PLC0415  as above

    app = FastAPI(lifespan=Database(address).lifespan)
    add_reads(app, ReadSession, HTTPException)
    add_create(app)
    return app


def make_rows(address: str) -> Any:
    """Pronghorn with rows."""
    app = FastAPI(lifespan=Database(address).lifespan)

    @app.get("/users/{user_id}", response_model=Annotated[UserOut, FromRows(User)])
    async def read_user(user_id: int, session: ReadSession) -> Any:
        return rows(session, select(User).where(User.id == user_id))

    @app.get("/by-id/{user_id}", response_model=Annotated[UserOut, FromRows(User)])
    async def read_by_id(user_id: int, session: ReadSession) -> Any:
        return rows(session, BY_ID, {"user_id": user_id})

    @app.get("/users", response_model=Annotated[list[UserOut], FromRows(User)])
    async def list_users(session: ReadSession, skip: int = 0, limit: int = 100) -> Any:
        return rows(session, page(skip, limit))

    @app.get("/with-posts", response_model=Annotated[list[UserWithPosts], FromRows(User)])
    async def list_with_posts(session: ReadSession, skip: int = 0, limit: int = 20) -> Any:
        return rows(session, page(skip, limit))

    add_create(app)
    return app


def page(skip: int, limit: int) -> Select[User]:
    """Some users, in order."""
    return select(User).order_by(User.id).offset(skip).limit(limit)


def add_reads(app: Any, given: Any, not_found: type[Exception]) -> None:
    """Add the routes that read objects."""

    @app.get("/users/{user_id}", response_model=UserOut)
    async def read_user(user_id: int, session: given) -> Any:
        found = await session.execute(select(User).where(User.id == user_id))
        user = found.scalar_one_or_none()
        if user is None:
            raise not_found(404, "User not found")
        return user

    @app.get("/by-id/{user_id}", response_model=UserOut)
    async def read_by_id(user_id: int, session: given) -> Any:
        user = (await session.execute(BY_ID, {"user_id": user_id})).scalar_one_or_none()
        if user is None:
            raise not_found(404, "User not found")
        return user

    @app.get("/users", response_model=list[UserOut])
    async def list_users(session: given, skip: int = 0, limit: int = 100) -> Any:
        return (await session.scalars(page(skip, limit))).all()

    @app.get("/with-posts", response_model=list[UserWithPosts])
    async def list_with_posts(session: given, skip: int = 0, limit: int = 20) -> Any:
        statement = page(skip, limit).options(selectinload(User.posts))
        return (await session.scalars(statement)).all()


def add_create(app: Any) -> None:
    """Add the route that writes; its commit is the session's."""

    @app.post("/posts", response_model=NewPost, status_code=201)
    async def create_post(post: PostIn, session: Session) -> Any:
        new = Post(**post.model_dump())
        session.add(new)
        await session.flush()
        return new


APPLICATIONS = {
    "FastAPI": make_fastapi,
    "Pronghorn, objects": make_plain,
    "Pronghorn, rows": make_rows,
}
