"""Tables of the tests for repositories, and a database that has them."""

import datetime as dt
import decimal
import enum
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, Numeric, String, func
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from pronghorn.data import Database, Repository

Name = Annotated[str, mapped_column(String(100))]


class Base(DeclarativeBase):
    pass


class Genre(enum.Enum):
    POEM = "a poem"
    NOVEL = "a novel"


class Author(Base):
    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[Name] = mapped_column(unique=True)
    age: Mapped[int | None]
    # As in the seed: on SQLite its text has no fraction of a second.
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    seen_at: Mapped[dt.datetime | None] = mapped_column(onupdate=func.now())
    books: Mapped[list["Book"]] = relationship(back_populates="author", order_by="Book.id")


class Book(Base):
    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[Name]
    genre: Mapped[Genre | None]
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author] = relationship(back_populates="books")
    chapters: Mapped[list["Chapter"]] = relationship(back_populates="book")


class Chapter(Base):
    __tablename__ = "chapters"

    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    book: Mapped[Book] = relationship(back_populates="chapters")


class Setting(Base):
    """Its version is that of SQLAlchemy's unit of work."""

    __tablename__ = "settings"

    name: Mapped[Name] = mapped_column(primary_key=True)
    value: Mapped[int]
    version: Mapped[int] = mapped_column()
    changes: Mapped[int] = mapped_column(default=0, onupdate=lambda: 7)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - as SQLAlchemy has it


class Thing(Base):
    """A column of each kind that a cursor may hold."""

    __tablename__ = "things"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    number: Mapped[int]
    price: Mapped[decimal.Decimal | None] = mapped_column(Numeric(10, 2))
    weight: Mapped[float | None]
    day: Mapped[dt.date | None]
    hour: Mapped[dt.time | None]
    span: Mapped[dt.timedelta | None]
    is_new: Mapped[bool | None]
    genre: Mapped[Genre | None]
    raw: Mapped[bytes | None]
    text: Mapped[str | None]


class AuthorIn(BaseModel):
    name: str
    age: int | None = None


class AuthorChange(BaseModel):
    name: str | None = None
    age: int | None = None


class AuthorOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    age: int | None


class Authors(Repository[Author]):
    pass


class Books(Repository[Book]):
    pass


@asynccontextmanager
async def library(address: str) -> AsyncIterator[Database]:
    """A database with all tables, and nothing in them."""
    async with Database(address) as database:
        async with database.engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        yield database
