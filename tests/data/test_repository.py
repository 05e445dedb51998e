"""The rows of a model as methods, on a session that somebody else began."""

from typing import Annotated

import pytest
from data.library import (
    Author,
    AuthorChange,
    AuthorIn,
    AuthorOut,
    Authors,
    Book,
    Books,
    Chapter,
    Setting,
    library,
)
from drivers.asgi import exchange
from pydantic import BaseModel, ConfigDict
from sqlalchemy import event, func, inspect, select
from sqlalchemy.exc import InvalidRequestError, MultipleResultsFound
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm.exc import StaleDataError

from pronghorn import Depends, FastAPI, HTTPException
from pronghorn.data import Repository
from pronghorn.data.errors import ReadOnlySessionError
from pronghorn.exceptions import DeclarationError

pytestmark = pytest.mark.anyio


@pytest.fixture
async def db(address):
    async with library(address) as database:
        yield database


@pytest.fixture
async def session(db):
    async with db.sessions() as session:
        yield session


@pytest.fixture
def authors(session):
    return Authors(session)


@pytest.fixture
def statements(db):
    """The statements that are sent to the database."""
    sent = []

    @event.listens_for(db.engine.sync_engine, "before_cursor_execute")
    def note(connection, cursor, statement, parameters, context, executemany):
        sent.append(statement)

    return sent


async def with_books(session, *names):
    """Authors with two books each, the first of which has a chapter."""
    authors = await Authors(session).create_many([{"name": name} for name in names])
    for author in authors:
        books = [{"title": f"{author.name} {n}", "author_id": author.id} for n in (1, 2)]
        first, _ = await Books(session).create_many(books)
        await Repository[Chapter](session).create(book_id=first.id, number=1)
    session.expunge_all()
    return [author.id for author in authors]


# --- one row -------------------------------------------------------------------------------------


async def test_a_row_is_had_by_its_key(authors):
    ada = await authors.create(name="Ada")
    assert await authors.get(ada.id) is ada
    assert await authors.get(ada.id + 1) is None


async def test_a_row_that_is_not_there_is_404(authors):
    with pytest.raises(HTTPException) as caught:
        await authors.get_or_404(7)
    assert (caught.value.status_code, caught.value.detail) == (404, "Author not found")
    with pytest.raises(HTTPException):
        await authors.one_or_404(Author.name == "Ada")


@pytest.mark.parametrize("key", [2**63, -(2**63) - 1, "one", None, 10**400])
async def test_a_key_that_no_row_can_have_is_not_found(authors, key):
    assert await authors.get(key) is None
    with pytest.raises(HTTPException):
        await authors.get_or_404(key, for_update=True)
    # The transaction is none the worse for it.
    assert await authors.count() == 0


@pytest.mark.parametrize("key", ["a\0b", "\ud800", 1])
async def test_a_text_that_no_row_can_have_is_not_found(session, key):
    assert await Repository[Setting](session).get(key) is None


async def test_a_key_of_several_columns_is_a_tuple(session):
    (author_id,) = await with_books(session, "Ada")
    author = await Authors(session).get(author_id, load=[Author.books])
    chapters = Repository[Chapter](session)
    assert (await chapters.get((author.books[0].id, 1))).number == 1
    assert await chapters.get((author.books[0].id, 2)) is None
    assert await chapters.get((author.books[0].id, "x")) is None
    with pytest.raises(TypeError, match=r"is \(book_id, number\), not 1"):
        await chapters.get(1)


async def test_the_one_row_that_meets_conditions(authors):
    ada = await authors.create(name="Ada", age=36)
    assert await authors.one(Author.name == "Ada", Author.age > 30) is ada
    assert await authors.one(Author.name == "Bob") is None
    await authors.create(name="Bob", age=36)
    with pytest.raises(MultipleResultsFound):
        await authors.one(Author.age == 36)


async def test_for_update_reads_anew_what_is_known(db, authors, session):
    ada = await authors.create(name="Ada", age=1)
    await session.execute(Author.__table__.update().values(age=2))
    assert (await authors.get(ada.id)).age == 1
    assert (await authors.get(ada.id, for_update=True)).age == 2


async def test_for_update_locks_the_row_and_not_what_is_joined_to_it(db, session, statements):
    (author_id,) = await with_books(session, "Ada")
    books = Books(session)
    book = await books.one(Book.title == "Ada 1", load=[Book.author], for_update=True)
    assert book.author.id == author_id
    assert ("FOR UPDATE OF books" in statements[-1]) == (not db.is_sqlite)


# --- several rows --------------------------------------------------------------------------------


async def test_rows_are_listed_by_key_unless_an_order_is_given(authors):
    await authors.create_many([{"name": "b", "age": 1}, {"name": "a"}, {"name": "c", "age": 2}])

    async def names(**options):
        return "".join(author.name for author in await authors.list(**options))

    assert await names() == "bac"
    assert await names(order_by=Author.name) == "abc"
    assert await names(order_by=[Author.name.desc()]) == "cba"
    # Nulls come last on every database, and in both directions.
    assert await names(order_by=Author.age) == "bca"
    assert await names(order_by=Author.age.desc()) == "cba"
    assert await names(order_by=Author.age.nulls_first()) == "abc"
    assert await names(order_by=func.upper(Author.name), limit=1, offset=1) == "b"
    assert [a.name for a in await authors.list(Author.age.is_not(None))] == ["b", "c"]


async def test_rows_are_counted_and_asked_for(authors):
    assert (await authors.count(), await authors.exists()) == (0, False)
    await authors.create_many([{"name": "a", "age": 1}, {"name": "b"}])
    assert await authors.count() == 2
    assert await authors.count(Author.age == 1) == 1
    assert await authors.exists(Author.age == 1) is True
    assert await authors.exists(Author.age == 2) is False


async def test_rows_are_streamed(db, session):
    await with_books(session, *"abcde")
    await session.commit()
    async with db.sessions.read() as reading:
        found = [
            (author.name, len(author.books))
            async for author in Authors(reading).stream(
                order_by=Author.name.desc(), load=[Author.books], batch=2
            )
        ]
    assert found == [(name, 2) for name in "edcba"]


async def test_a_stream_that_is_left_early_holds_nothing(db, session):
    await with_books(session, *"abcde")
    await session.commit()
    async with db.sessions.read() as reading:
        async for author in Authors(reading).stream(batch=1):
            assert author.name == "a"
            break
    assert db.read_engine.pool.checkedout() == 0


# --- relationships -------------------------------------------------------------------------------


async def test_a_relationship_raises_unless_it_is_loaded(session):
    (author_id,) = await with_books(session, "Ada")
    author = await Authors(session).get(author_id)
    with pytest.raises(InvalidRequestError, match=r"'Author\.books' is not available"):
        _ = author.books
    session.expunge_all()
    (author,) = await Authors(session).list(load=[Author.books])
    assert [book.title for book in author.books] == ["Ada 1", "Ada 2"]
    with pytest.raises(InvalidRequestError, match=r"'Book\.chapters' is not available"):
        _ = author.books[0].chapters


async def test_a_path_of_relationships_is_a_tuple(session):
    await with_books(session, "Ada")
    (author,) = await Authors(session).list(load=[(Author.books, Book.chapters)])
    assert [len(book.chapters) for book in author.books] == [1, 0]
    session.expunge_all()
    (book, _) = await Books(session).list(load=[Book.author, (Book.author, Author.books)])
    assert len(book.author.books) == 2


async def test_a_row_that_is_known_gets_what_is_loaded_later(session):
    (author_id,) = await with_books(session, "Ada")
    author = await Authors(session).get(author_id)
    again = await Authors(session).get(author_id, load=[Author.books])
    assert again is author
    assert len(author.books) == 2


async def test_relationships_take_one_statement_each(session, statements):
    await with_books(session, *"abc")
    statements.clear()
    await Books(session).list(load=[Book.author, Book.chapters])
    assert len(statements) == 2, "the author is joined, the chapters are selected"


async def test_a_repository_may_leave_relationships_to_the_mapping(session):
    class LazyAuthors(Repository[Author]):
        may_load_lazily = True

    (author_id,) = await with_books(session, "Ada")
    author = await LazyAuthors(session).get(author_id)
    assert len(await session.run_sync(lambda _: author.books)) == 2


async def test_what_is_no_relationship_of_the_model_is_refused(authors):
    for path in (Author.name, Book.chapters, (Author.books, Author.books), "books"):
        with pytest.raises(DeclarationError, match="is no relationship of"):
            await authors.list(load=[path])


# --- writing -------------------------------------------------------------------------------------


async def test_a_row_is_made_of_a_model_a_mapping_keywords_or_an_object(authors):
    first = await authors.create(AuthorIn(name="a", age=3), age=4)
    assert (first.id, first.name, first.age) == (1, "a", 4)
    assert first.created_at is not None, "what the database decided is known"
    second = await authors.create({"name": "b"})
    third = await authors.create(Author(name="c"), age=5)
    fourth, fifth = await authors.create_many([AuthorIn(name="d"), Author(name="e")])
    made = (first, second, third, fourth, fifth)
    assert [row.id for row in made] == [1, 2, 3, 4, 5]
    assert all(row.created_at for row in made)


async def test_it_flushes_and_does_not_commit(db, session, authors):
    if db.is_sqlite:
        await session.rollback()  # its writers follow one another
    ada = await authors.create(name="Ada")
    async with db.sessions.read() as other:
        assert await Authors(other).count() == 0
    await session.commit()
    async with db.sessions.read() as other:
        assert await Authors(other).get(ada.id)


async def test_a_change_is_what_was_given(authors):
    ada = await authors.create(name="Ada", age=36)
    assert await authors.update(ada, AuthorChange(age=37)) is ada
    assert (ada.name, ada.age) == ("Ada", 37)
    assert ada.seen_at is not None, "what the database decided on an update is known"
    await authors.update(ada, AuthorChange(age=None))
    assert ada.age is None
    await authors.update(ada, {"age": 1}, name="Bob")
    assert (ada.name, ada.age) == ("Bob", 1)
    await authors.update(ada, age=Author.age + 1)
    assert ada.age == 2


async def test_a_change_of_a_foreign_key_changes_the_relationship(session):
    ada, bob = await with_books(session, "Ada", "Bob")
    books = Books(session)
    book = await books.one(Book.title == "Ada 1", load=[Book.author])
    assert book.author.id == ada
    await books.update(book, author_id=bob)
    assert book.author.id == bob


async def test_a_name_that_would_be_lost_is_refused(authors):
    class Signup(AuthorIn):
        password: str

    message = r"`password`, of Signup, is no attribute of `Author`"
    with pytest.raises(TypeError, match=message):
        await authors.create(Signup(name="Ada", password="secret"))
    ada = await authors.create(name="Ada")
    with pytest.raises(TypeError, match="`nam`, of a keyword"):
        await authors.update(ada, nam="Bob")
    with pytest.raises(TypeError, match="`metadata`, of dict"):
        await authors.update(ada, {"metadata": 1})


async def test_a_row_that_the_session_does_not_know_is_not_changed_in_silence(db, authors, session):
    ada = await authors.create(name="Ada")
    await session.commit()
    async with db.sessions() as other:
        with pytest.raises(InvalidRequestError, match=r"not of this session.+\[foreign-row\]"):
            await Authors(other).update(ada, name="Bob")
        taken_in = await other.merge(ada)
        await Authors(other).update(taken_in, name="Bob")


async def test_a_row_is_deleted(authors):
    ada = await authors.create(name="Ada")
    await authors.delete(ada)
    assert await authors.get(ada.id) is None
    assert await authors.count() == 0


async def test_an_upsert_adds_a_row_or_changes_the_one_that_has_its_key(authors):
    ada = await authors.create(name="Ada", age=36)
    same = await authors.upsert({"name": "Ada", "age": 37}, by=["name"])
    assert same is ada
    assert ada.age == 37, "what is known is renewed"
    assert ada.seen_at is not None, "it is an update"
    bob = await authors.upsert(AuthorIn(name="Bob"), by=["name"])
    assert (bob.name, bob.seen_at) == ("Bob", None)
    assert await authors.upsert(name="Bob", by=["name"]) is bob
    with pytest.raises(InvalidRequestError, match="is not available"):
        _ = bob.books


async def test_an_upsert_counts_versions_so_that_others_notice(db, session):
    settings = Repository[Setting](session)
    added = await settings.upsert(name="size", value=1)
    assert (added.version, added.changes) == (1, 0)
    await session.commit()
    async with db.sessions() as other:
        stale = await Repository[Setting](other).get("size")
        # On SQLite the other one would wait, so both are in one transaction.
        changing = Repository[Setting](other if db.is_sqlite else session)
        if db.is_sqlite:
            other.expunge(stale)
        changed = await changing.upsert(name="size", value=2)
        assert (changed.value, changed.version, changed.changes) == (2, 2, 7)
        await changing.session.commit()
        other.expunge_all()
        other.add(stale)
        with pytest.raises(StaleDataError):
            await Repository[Setting](other).update(stale, value=3)
        await other.rollback()


# --- sessions ------------------------------------------------------------------------------------


async def test_any_session_will_do(address):
    async with library(address) as database:
        engine = create_async_engine(database.address.url)
        async with async_sessionmaker(engine, expire_on_commit=False)() as session:
            ada = await Authors(session).create(name="Ada")
            assert await Authors(session).get(ada.id) is ada
        async with engine.connect() as connection, AsyncSession(connection) as session:
            assert await Authors(session).list() == []
        await engine.dispose()


async def test_a_session_that_only_reads_refuses_to_write(db):
    with pytest.raises(ReadOnlySessionError):
        async with db.sessions.read() as session:
            await Authors(session).create(name="Ada")
    async with db.sessions.read() as session:
        with pytest.raises(ReadOnlySessionError):
            await Authors(session).upsert(name="Ada", by=["name"])


async def test_a_repository_is_a_dependency_as_it_stands(db):
    app = FastAPI(lifespan=db.lifespan)
    app.state.database = db

    @app.post("/authors", response_model=AuthorOut, status_code=201)
    async def create(author: AuthorIn, authors: Annotated[Authors, Depends()]):
        return await authors.create(author)

    @app.get("/authors/{author_id}", response_model=AuthorOut)
    async def read(author_id: int, authors: Annotated[Authors, Depends(Authors.reading)]):
        return await authors.get_or_404(author_id)

    @app.get("/books")
    async def count(
        books: Annotated[Repository[Book], Depends(Repository[Book].reading)],
        authors: Annotated[Authors, Depends(Authors.reading)],
    ) -> int:
        assert books.session is authors.session
        return await books.count()

    made = await exchange(app, "POST", "/authors", json_body={"name": "Ada"})
    assert (made.status, made.json) == (201, {"id": 1, "name": "Ada", "age": None})
    read_again = await exchange(app, "GET", "/authors/1")
    assert read_again.json == made.json
    for key in (2, 2**31, 2**63, 10**30):
        missing = await exchange(app, "GET", f"/authors/{key}")
        assert (missing.status, missing.json) == (404, {"detail": "Author not found"})
    assert (await exchange(app, "GET", "/books")).json == 0
    parameters = app.openapi()["paths"]["/authors/{author_id}"]["get"]["parameters"]
    assert [parameter["name"] for parameter in parameters] == ["author_id"]


# --- classes -------------------------------------------------------------------------------------


async def test_a_repository_of_a_model_is_one_class():
    assert Repository[Author] is Repository[Author]
    assert issubclass(Authors, Repository[Author])
    assert Authors.model is Author


async def test_a_generic_repository_may_be_between(session):
    from typing import TypeVar

    Model = TypeVar("Model")

    class Counted(Repository[Model]):
        async def twice(self):
            return 2 * await self.count()

    class CountedAuthors(Counted[Author]):
        pass

    await CountedAuthors(session).create(name="Ada")
    assert await CountedAuthors(session).twice() == 2
    assert await Counted[Book](session).twice() == 0


async def test_a_repository_without_a_model_is_refused_when_it_is_made(session):
    with pytest.raises(DeclarationError, match="`Nobody` has no model"):
        type("Nobody", (Repository,), {})
    with pytest.raises(DeclarationError, match="`Repository` has no model"):
        Repository(session)


async def test_a_model_of_pydantics_may_hold_a_repository(session):
    class Service(BaseModel):
        model_config = ConfigDict(arbitrary_types_allowed=True)
        authors: Authors

    assert await Service(authors=Authors(session)).authors.count() == 0
    with pytest.raises(DeclarationError, match=r"Annotated\[Authors, Depends\(\)\]"):
        type("Other", (BaseModel,), {"__annotations__": {"authors": Authors}})


async def test_a_model_may_be_said_in_the_class():
    made = type("Others", (Repository,), {"model": Author})
    assert made.model is Author


async def test_a_model_that_is_loaded_knows_nothing_of_the_options(session):
    """Raising is of the query, not of the class: SQLAlchemy's own queries are as they were."""
    (author_id,) = await with_books(session, "Ada")
    author = (await session.scalars(select(Author))).one()
    assert len(await session.run_sync(lambda _: author.books)) == 2
    assert inspect(Author).relationships["books"].lazy == "select"
    assert author.id == author_id
