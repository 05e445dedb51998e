"""A lazy load where none is possible is named: what, by which query, and what would load it."""

from typing import Any

import pytest
from drivers.asgi import exchange_failing
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ForeignKey, create_engine, event, func, select
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    Mapper,
    mapped_column,
    relationship,
    selectinload,
)

from pronghorn import FastAPI
from pronghorn.data import Database, ReadSession, Repository, Session, SessionFactory
from pronghorn.data.errors import NotLoadedError
from pronghorn.data.refusals.loading import keep_place
from pronghorn.data.sessions.transactions import said_of_selects
from pronghorn.exceptions import ResponseValidationError
from pronghorn.responses import PlainTextResponse

pytestmark = [
    pytest.mark.anyio,
    # SQLAlchemy leaves the coroutine that it could not wait for.
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
]


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "authors"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    bio: Mapped[str] = mapped_column(deferred=True)
    changed: Mapped[str] = mapped_column(server_default="now", server_onupdate=func.now())
    books: Mapped[list["Book"]] = relationship(back_populates="author")

    @property
    def titles(self) -> list[str]:
        return [book.title for book in self.books]


class Book(Base):
    __tablename__ = "books"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("authors.id"))
    author: Mapped[Author] = relationship(back_populates="books")
    pages: Mapped[list["Sheet"]] = relationship(lazy="raise")


class Sheet(Base):
    __tablename__ = "sheets"

    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("books.id"))


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class SheetOut(Out):
    id: int


class BookOut(Out):
    pages: list[SheetOut]


class AuthorOut(Out):
    books: list[BookOut]


class Aliased(Out):
    works: list[Any] = Field(validation_alias="books")


class Titled(Out):
    titles: list[str]


class Named(Out):
    author: Any


class Told(Out):
    bio: str


class Changed(Out):
    changed: str


@pytest.fixture
async def db(tmp_path, monkeypatch):
    monkeypatch.setenv("FASTAPI_ENV", "development")
    engine = create_engine(f"sqlite:///{tmp_path / 'test.db'}")
    Base.metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(Author.__table__.insert().values(id=1, name="Ada", bio="long"))
        connection.execute(Book.__table__.insert().values(id=1, title="One", author_id=1))
    engine.dispose()
    async with Database(f"sqlite:///{tmp_path / 'test.db'}") as db:
        yield db


async def fail(db, model, endpoint, **options):
    app = FastAPI(**options)
    app.state.database = db
    app.get("/", response_model=model)(endpoint)
    return await exchange_failing(app, "GET", "/")


async def authors(session: ReadSession):
    return (await session.scalars(select(Author))).all()


async def books_of_authors(session: ReadSession):
    return (await session.scalars(select(Author).options(selectinload(Author.books)))).all()


async def one_book(session: Session):
    return await session.get(Book, 1)


async def in_the_endpoint(session: ReadSession):
    (author,) = await session.scalars(select(Author))
    return author.books


async def raising(session: ReadSession):
    (book,) = await session.scalars(select(Book))
    return book.pages


async def detached(sessions: SessionFactory):
    async with sessions.read() as session:
        return (await session.scalars(select(Author))).all()


CASES = {
    "to many": (list[AuthorOut], authors, "Author.books", "selectinload(Author.books)"),
    "to one": (Named, one_book, "Book.author", "select(Book).options(joinedload(Book.author))"),
    "nested": (
        list[AuthorOut],
        books_of_authors,
        "Book.pages",
        "select(Author).options(selectinload(Author.books).selectinload(Book.pages))",
    ),
    "alias": (list[Aliased], authors, "Author.books", "selectinload(Author.books)"),
    "property": (list[Titled], authors, "Author.books", "selectinload(Author.books)"),
    "in the endpoint": (None, in_the_endpoint, "Author.books", "selectinload(Author.books)"),
    "raise": (None, raising, "Book.pages", "selectinload(Book.pages)"),
    "detached": (list[AuthorOut], detached, "Author.books", "selectinload(Author.books)"),
    "deferred": (list[Told], authors, "Author.bio", "undefer(Author.bio)"),
}


@pytest.mark.parametrize("case", CASES)
async def test_what_was_not_loaded_is_named_with_its_query_and_its_option(db, case):
    model, endpoint, name, option = CASES[case]
    reply, error = await fail(db, model, endpoint)
    assert (reply.status, reply.body) == (500, b"Internal Server Error")
    assert type(error) is NotLoadedError
    text = str(error)
    assert f"`{name}`" in text
    assert option in text
    line = endpoint.__code__.co_firstlineno + (1 if endpoint is not detached else 2)
    assert f"{endpoint.__name__}() at {__file__}:{line}" in text
    assert "[not-loaded]" in text
    for word in ("greenlet", "SELECT"):
        assert word not in text


async def of_a_repository(session: ReadSession):
    return await Repository[Author](session).list()


async def books_of_a_repository(session: ReadSession):
    return await Repository[Author](session).list(load=[Author.books])


@pytest.mark.parametrize(
    ("endpoint", "load"),
    [
        (of_a_repository, "`load=[Author.books]`"),
        (books_of_a_repository, "`load=[(Author.books, Book.pages)]`"),
    ],
)
async def test_who_asks_by_a_repository_is_told_what_to_load(db, endpoint, load):
    _, error = await fail(db, list[AuthorOut], endpoint)
    assert load in str(error)


async def test_a_column_that_the_database_makes_is_named(db):
    async def change(session: Session):
        author = await session.get_one(Author, 1)
        author.name = "Grace"
        await session.flush()
        return author

    _, error = await fail(db, Changed, change)
    assert "`Author.changed`" in str(error)
    assert "eager_defaults" in str(error)


async def test_the_page_of_development_shows_it(db):
    reply, _ = await fail(db, list[AuthorOut], authors, debug=True)
    assert "selectinload(Author.books)" in reply.body.decode()


async def test_each_attribute_is_named_once(db):
    class Both(Out):
        books: list[BookOut]
        bio: str

    _, error = await fail(db, list[Both], authors)
    assert str(error).count("`Author.books`") == 1
    assert str(error).count("`Author.bio`") == 1


async def test_a_handler_of_the_users_wins(db):
    async def mine(request, error):
        return PlainTextResponse(type(error).__name__, 418)

    handlers = {ResponseValidationError: mine}
    reply, _ = await fail(db, list[AuthorOut], authors, exception_handlers=handlers)
    assert (reply.status, reply.body) == (418, b"ResponseValidationError")


async def test_another_fault_of_an_answer_stays_what_it_is(db):
    class Wrong(Out):
        name: int

    _, error = await fail(db, list[Wrong], authors)
    assert type(error) is ResponseValidationError


async def test_in_production_nothing_is_remembered(tmp_path, monkeypatch):
    said_of_selects.clear()  # until the next database is opened
    if event.contains(Mapper, "load", keep_place):
        event.remove(Mapper, "load", keep_place)
    monkeypatch.setattr("pronghorn.data.database.mode_of", lambda app: "production")
    async with Database(f"sqlite:///{tmp_path / 'test.db'}"):
        assert said_of_selects == []
        assert not event.contains(Mapper, "load", keep_place)
