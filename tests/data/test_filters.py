"""Conditions and orders that a client may choose, out of those that a class allows."""

import datetime as dt
from typing import Annotated, TypeVar

import pytest
from data.library import Author, AuthorOut, Authors, Book, Books, Genre, library
from drivers.asgi import exchange
from pydantic import ConfigDict, ValidationError
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pronghorn import Depends, FastAPI, Query
from pronghorn.data import Filter, Ordering, Where
from pronghorn.data.repositories.filters import MOST_VALUES
from pronghorn.exceptions import DeclarationError, RequestValidationError

pytestmark = pytest.mark.anyio


class AuthorOrder(Ordering[Author], by=[Author.name, Author.age]):
    pass


class AuthorFilter(Filter[Author]):
    name: str | None = None
    name__ne: str | None = None
    name__contains: str | None = None
    name__icontains: str | None = None
    name__startswith: str | None = None
    name__istartswith: str | None = None
    name__endswith: str | None = None
    name__iendswith: str | None = None
    age__lt: int | None = None
    age__le: int | None = None
    age__gt: int | None = None
    age__ge: int | None = None
    age__is_null: bool | None = None
    id__in: list[int] | None = None
    id__not_in: list[int] | None = None
    created_at__ge: dt.datetime | None = None
    writes: Annotated[Genre | None, Where(lambda genre: Author.books.any(Book.genre == genre))] = (
        None
    )
    order_by: AuthorOrder = AuthorOrder("name")


@pytest.fixture(scope="module")
async def db(shared_address):
    async with library(shared_address) as database:
        async with database.sessions() as session:
            authors = Authors(session)
            for name, age in (("Ada", 36), ("Bob%", 20), ("Cy_d", None), ("d\\e", 40)):
                await authors.create(name=name, age=age)
            await Books(session).create(title="x", genre=Genre.POEM, author_id=2)
        yield database


@pytest.fixture
def app(db):
    app = FastAPI(lifespan=db.lifespan)
    app.state.database = db

    @app.get("/authors", response_model=list[AuthorOut])
    async def list_authors(
        filter: Annotated[AuthorFilter, Query()],
        authors: Annotated[Authors, Depends(Authors.reading)],
    ):
        return await authors.list(filter)

    return app


async def ask(app, query):
    answer = await exchange(app, "GET", f"/authors?{query}")
    return answer.json if answer.status == 200 else answer


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", [1, 2, 3, 4]),
        ("name=Ada", [1]),
        ("name__ne=Ada", [2, 3, 4]),
        ("name__contains=da", [1]),
        ("name__icontains=DA", [1]),
        ("name__startswith=Bo", [2]),
        ("name__istartswith=bo", [2]),
        ("name__endswith=e", [4]),
        ("name__iendswith=E", [4]),
        ("age__lt=36", [2]),
        ("age__le=36", [1, 2]),
        ("age__gt=36", [4]),
        ("age__ge=36", [1, 4]),
        ("age__ge=30&age__lt=38", [1]),
        ("age__is_null=true", [3]),
        ("age__is_null=false", [1, 2, 4]),
        ("id__in=1&id__in=3", [1, 3]),
        ("id__not_in=1&id__not_in=3", [2, 4]),
        ("created_at__ge=1999-12-31T23:59:59", [1, 2, 3, 4]),
        ("created_at__ge=9999-12-31T23:59:59", []),
        ("writes=a%20poem", [2]),
        ("writes=a%20novel", []),
        ("limit=1&unknown=x", [1, 2, 3, 4]),
        # What is a pattern in SQL is text here.
        ("name__contains=%25", [2]),
        ("name__icontains=_", [3]),
        ("name__endswith=%5Ce", [4]),
        ("name__startswith=/", []),
        ("name='%20OR%201=1%20--", []),
    ],
)
async def test_rows_are_those_that_a_filter_asks_for(app, query, ids):
    assert [author["id"] for author in await ask(app, query)] == ids


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("order_by=-name", [4, 3, 2, 1]),
        ("order_by=age", [2, 1, 4, 3]),
        ("order_by=-age", [4, 1, 2, 3]),
        ("order_by=-age,name", [4, 1, 2, 3]),
    ],
)
async def test_rows_are_in_the_order_that_is_asked_for(app, query, ids):
    assert [author["id"] for author in await ask(app, query)] == ids


@pytest.mark.parametrize(
    "order",
    [
        "",
        "id",
        "name,",
        ",name",
        "--name",
        "name,name",
        "name,-name",
        "name desc",
        "name;",
        "NAME",
        "name%00",
        "books",
        "created_at",
        "1",
        "name)%20--",
        "%ED%A0%80",
    ],
)
async def test_an_order_that_is_not_allowed_is_refused(app, order):
    answer = await ask(app, f"order_by={order}")
    assert answer.status == 422
    (error,) = answer.json["detail"]
    assert (error["type"], error["loc"]) == ("ordering", ["query", "order_by"])


@pytest.mark.parametrize(
    ("query", "field", "reason"),
    [
        (f"age__lt={2**63}", "age__lt", "beyond"),
        (f"id__in=1&id__in={-(2**63) - 1}", "id__in", "beyond"),
        ("name=a%00b", "name", "a text with a NUL"),
        ("name__contains=%00", "name__contains", "a text with a NUL"),
        ("created_at__ge=2026-01-01T00:00:00Z", "created_at__ge", "a time with a time zone"),
        ("&".join(f"id__in={n}" for n in range(MOST_VALUES + 1)), "id__in", "a list of more than"),
    ],
)
async def test_a_value_that_no_row_can_have_is_refused(app, query, field, reason):
    answer = await ask(app, query)
    assert answer.status == 422
    (error,) = answer.json["detail"]
    assert (error["type"], error["loc"]) == ("column_value", ["query", field])
    assert error["msg"].startswith(f"Input is {reason}")


async def test_a_pattern_that_is_too_long_for_the_database_is_refused(app):
    answer = await ask(app, "name__contains=" + "x" * 60_000)
    answer = answer if isinstance(answer, list) else answer.json["detail"]
    # PostgreSQL takes it, and finds nothing.
    assert [error["type"] for error in answer] in ([], ["too_long"])


async def test_as_many_values_as_are_allowed_are_asked_for(app):
    query = "&".join(f"id__in={n}" for n in range(MOST_VALUES))
    assert len(await ask(app, query)) == 4


async def test_a_number_of_more_bits_than_the_column_has_is_refused(app, db):
    answer = await ask(app, f"age__lt={2**31}")
    # An INTEGER of SQLite has 64 bits.
    assert (isinstance(answer, list)) == db.is_sqlite
    assert db.is_sqlite or answer.status == 422


@pytest.mark.parametrize("query", ["age__like=1", "name__regexp=.*", "hash__startswith=a"])
async def test_a_condition_that_is_not_declared_is_refused(app, query):
    answer = await ask(app, query)
    assert answer.status == 422
    assert answer.json["detail"][0]["type"] == "unknown_filter"
    assert f"There is no filter {query.partition('=')[0]}" in answer.json["detail"][0]["msg"]


class NameFilter(Filter[Author]):
    name: str | None = None


class OnlyNameFilter(NameFilter):
    model_config = ConfigDict(extra="forbid")


async def test_a_column_without_an_operator_may_be_a_parameter_of_the_endpoints_own(db):
    app = FastAPI()
    app.state.database = db

    @app.get("/authors")
    async def list_authors(filter: Annotated[NameFilter, Query()], age: int = 0) -> int:
        return age

    assert (await exchange(app, "GET", "/authors?age=3")).json == 3
    assert (await exchange(app, "GET", "/authors?id=3")).json == 0


async def test_a_filter_may_forbid_all_names_but_its_own(db):
    app = FastAPI()
    app.state.database = db

    @app.get("/authors")
    async def list_authors(filter: Annotated[OnlyNameFilter, Query()]) -> str | None:
        return filter.name

    assert (await exchange(app, "GET", "/authors?name=Ada")).json == "Ada"
    answer = await exchange(app, "GET", "/authors?age=3")
    assert answer.status == 422
    assert answer.json["detail"][0]["loc"] == ["query", "age"]


async def test_a_filter_works_without_a_request(db):
    async with db.sessions() as session:
        authors = Authors(session)
        chosen = AuthorFilter(age__ge=20, order_by=AuthorOrder("-name"))
        assert [author.id for author in await authors.list(chosen)] == [4, 2, 1]
        assert [author.id for author in await authors.list(chosen, order_by=Author.id)] == [1, 2, 4]
        assert await authors.count(chosen, Author.name != "Ada") == 2
        assert await authors.exists(AuthorFilter(name="Eve")) is False
        with pytest.raises(RequestValidationError):
            await authors.count(AuthorFilter(name="\0"))


def test_a_filter_and_an_order_are_documented():
    app = FastAPI()

    class Small(Filter[Author]):
        name__icontains: str | None = None
        order_by: AuthorOrder = AuthorOrder("-name")

    @app.get("/")
    async def read(filter: Annotated[Small, Query()], alone: AuthorOrder): ...

    @app.get("/alone")
    async def read_alone(order_by: AuthorOrder = AuthorOrder("age")): ...

    @app.get("/filter")
    async def read_filter(filter: Annotated[Small, Query()]): ...

    paths = app.openapi()["paths"]
    (order,) = paths["/alone"]["get"]["parameters"]
    assert order["schema"]["pattern"] == "^-?(name|age)(,-?(name|age))*$"
    assert (order["schema"]["type"], order["schema"]["default"]) == ("string", "age")
    name, order = paths["/filter"]["get"]["parameters"]
    assert name["schema"]["anyOf"] == [{"type": "string"}, {"type": "null"}]
    assert (order["name"], order["schema"]["default"]) == ("order_by", "-name")


# --- classes -------------------------------------------------------------------------------------


def test_a_field_that_is_no_column_is_refused_at_import():
    with pytest.raises(DeclarationError, match=r"`Wrong\.nam` filters nothing: `nam` is no column"):

        class Wrong(Filter[Author]):
            nam: str | None = None

    with pytest.raises(DeclarationError, match="there is no operator `like`"):

        class WrongOperator(Filter[Author]):
            name__like: str | None = None

    with pytest.raises(DeclarationError, match="`books` is no column"):

        class Relation(Filter[Author]):
            books: str | None = None


@pytest.mark.parametrize(
    ("name", "annotation", "problem"),
    [
        ("age__contains", str | None, "only a text contains one"),
        ("created_at__istartswith", str | None, "only a text contains one"),
        ("id__in", int | None, "`in` takes a list"),
        ("id__not_in", int, "`not_in` takes a list"),
    ],
)
def test_an_operator_that_the_field_cannot_have_is_refused_at_import(name, annotation, problem):
    namespace = {"__annotations__": {name: annotation}, "__module__": __name__, name: None}
    with pytest.raises(DeclarationError, match=problem):
        type("Wrong", (Filter[Author],), namespace)


@pytest.mark.parametrize("annotation", [list[int], set[int] | None, tuple[int, ...], list])
def test_a_list_may_be_of_any_kind(annotation):
    namespace = {"__annotations__": {"id__in": annotation}, "__module__": __name__}
    assert type("Right", (Filter[Author],), namespace).conditions


def test_an_order_by_what_is_no_column_is_refused_at_import():
    for column in (Book.title, Author.books, "nam", None):
        with pytest.raises(DeclarationError, match="is no column of `Author`"):

            class Wrong(Ordering[Author], by=[column]):
                pass


def test_a_filter_may_come_from_another_one():
    Model = TypeVar("Model")

    class Named(Filter[Model]):
        name: str | None = None

    class NamedAuthor(Named[Author]):
        age__ge: int | None = None

    found = NamedAuthor(name="Ada", age__ge=1).criteria()
    assert [str(condition) for condition in found] == [
        "authors.name = :name_1",
        "authors.age >= :age_1",
    ]


def test_columns_may_be_hybrid_renamed_or_have_two_underscores():
    class Base(DeclarativeBase):
        pass

    class Odd(Base):
        __tablename__ = "odd"

        id: Mapped[int] = mapped_column("ID", primary_key=True)
        a__in: Mapped[int]

        @hybrid_property
        def double(self) -> int:
            return self.id * 2

    class OddFilter(Filter[Odd]):
        id: int | None = None
        a__in: int | None = None
        double__gt: int | None = None

    found = OddFilter(id=1, a__in=2, double__gt=3).criteria()
    assert [str(condition).split()[0] for condition in found] == [
        'odd."ID"',
        "odd.a__in",
        'odd."ID"',
    ]


def test_an_order_is_a_value():
    order = AuthorOrder("-name,age")
    assert order == AuthorOrder("-name,age")
    assert {order: 1}[AuthorOrder("-name,age")] == 1
    assert order != AuthorOrder("name")
    assert (str(order), repr(order)) == ("-name,age", "AuthorOrder('-name,age')")
    with pytest.raises(ValueError, match="is no list of name, age"):
        AuthorOrder("books")
    with pytest.raises(ValidationError):
        AuthorFilter(order_by=3)
