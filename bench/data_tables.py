"""The tables of the part `data`, what is in them, and the models of its answers."""

from datetime import UTC, datetime, timedelta

from pydantic import BaseModel, ConfigDict
from sqlalchemy import DateTime, ForeignKey, String
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

USERS = 100
POSTS_OF_EACH = 5
STARTED = datetime(2026, 1, 1, tzinfo=UTC)


class Base(DeclarativeBase):
    """What the tables have in common."""


class User(Base):
    """A user, who writes posts."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    is_active: Mapped[bool]
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    about: Mapped[str | None]
    posts: Mapped[list["Post"]] = relationship(back_populates="author", order_by="Post.id")


class Post(Base):
    """A post of a user's."""

    __tablename__ = "posts"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    content: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    author: Mapped[User] = relationship(back_populates="posts")


class Out(BaseModel):
    """What answers have in common."""

    model_config = ConfigDict(from_attributes=True)


class UserOut(Out):
    """A user, as answers show it."""

    id: int
    email: str
    name: str
    is_active: bool
    created_at: datetime
    about: str | None


class PostIn(BaseModel):
    """A post, as it is sent."""

    title: str
    content: str
    author_id: int


class PostOut(Out):
    """A post, as answers show it."""

    id: int
    title: str
    content: str


class NewPost(PostOut):
    """A post that was just made."""

    author_id: int


class UserWithPosts(UserOut):
    """A user with all posts."""

    posts: list[PostOut]


async def fill(engine: AsyncEngine) -> None:
    """Make the tables, and fill them."""
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with async_sessionmaker(engine)() as session:
        session.add_all(map(make_user, range(1, USERS + 1)))
        await session.commit()


def make_user(number: int) -> User:
    """A user with posts; every other one says something about oneself."""
    return User(
        id=number,
        email=f"user{number}@example.com",
        name=f"User {number}",
        is_active=number % 3 != 0,
        created_at=STARTED + timedelta(minutes=number),
        about="Some words. " * 5 if number % 2 else None,
        posts=[
            Post(title=f"Post {count}", content="Some words of content. " * 5)
            for count in range(POSTS_OF_EACH)
        ],
    )
