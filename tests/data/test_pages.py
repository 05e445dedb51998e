"""Pages by number of rows: what is asked for, what is answered, and the links between them."""

from typing import Annotated

import pytest
from data.library import Author, AuthorOut, Authors, Book, library
from drivers.asgi import exchange
from sqlalchemy import event

from pronghorn import Depends, FastAPI
from pronghorn.data import CursorPage, Page, PageRequest, Paging, paged
from pronghorn.data.repositories.links import MOST_BYTES

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def db(shared_address):
    async with library(shared_address) as database:
        async with database.sessions() as session:
            for name in "abcdefg":
                await Authors(session).create(name=name)
        yield database


@pytest.fixture
def app(db):
    app = FastAPI(lifespan=db.lifespan)
    app.state.database = db

    @app.get("/authors", response_model=Page[AuthorOut])
    async def list_authors(
        paging: Paging, authors: Annotated[Authors, Depends(Authors.reading)]
    ) -> Page[Author]:
        return await authors.page(paging, Author.name < "x", order_by=Author.name)

    return app


async def get(app, target):
    return await exchange(app, "GET", target)


def names(answer):
    return "".join(item["name"] for item in answer.json["items"])


async def test_a_page_has_some_rows_and_the_number_of_all(app):
    answer = await get(app, "/authors?limit=3&offset=3")
    assert names(answer) == "def"
    assert {**answer.json, "items": []} == {"items": [], "total": 7, "limit": 3, "offset": 3}
    assert set(answer.json["items"][0]) == {"id", "name", "age"}


@pytest.mark.parametrize(
    ("query", "links"),
    [
        ("limit=3", {"first": 0, "next": 3, "last": 6}),
        ("limit=3&offset=3", {"first": 0, "prev": 0, "next": 6, "last": 6}),
        ("limit=3&offset=1", {"first": 0, "prev": 0, "next": 4, "last": 6}),
        ("limit=3&offset=6", {"first": 0, "prev": 3, "last": 6}),
        ("limit=3&offset=99", {"first": 0, "prev": 6, "last": 6}),
        ("limit=7", {"first": 0, "last": 0}),
    ],
)
async def test_the_answer_links_to_other_pages(app, query, links):
    answer = await get(app, f"/authors?q=%C3%A9%3E&{query}")
    limit = query.partition("&")[0]
    # A target without a path keeps the one that was asked for: RFC 3986, 5.2.2.
    expected = [
        f'<?q=%C3%A9%3E&{limit}&offset={offset}>; rel="{name}"' for name, offset in links.items()
    ]
    assert answer.headers["link"] == ", ".join(expected)


async def test_a_query_that_is_too_long_for_a_header_has_no_links(app):
    answer = await get(app, f"/authors?limit=1&q={'x' * MOST_BYTES}")
    assert answer.status == 200
    assert "link" not in answer.headers


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=-1", "limit=101", "limit=many", "limit=", "limit=99999999999999999999"),
        *("offset=-1", f"offset={2**31}", f"offset={2**63}", "offset=1.5", "offset=%00"),
    ],
)
async def test_the_size_of_a_page_is_bounded(app, query):
    answer = await get(app, f"/authors?{query}")
    assert answer.status == 422
    assert answer.json["detail"][0]["loc"] == ["query", query.partition("=")[0]]


async def test_the_last_offset_that_is_allowed_is_answered(app):
    answer = await get(app, f"/authors?offset={2**31 - 1}&limit=100")
    assert answer.json == {"items": [], "total": 7, "limit": 100, "offset": 2**31 - 1}


async def test_bounds_of_a_route_may_be_its_own(db):
    app = FastAPI()
    few = Annotated[PageRequest, Depends(paged(default=2, most=3))]

    @app.get("/")
    async def read(paging: few) -> list[int]:
        return [paging.limit, paging.offset]

    assert (await get(app, "/")).json == [2, 0]
    assert (await get(app, "/?limit=3&offset=7")).json == [3, 7]
    assert (await get(app, "/?limit=4")).status == 422


async def test_rows_and_their_number_are_found_by_one_statement(db):
    sent = []

    @event.listens_for(db.read_engine.sync_engine, "before_cursor_execute")
    def note(connection, cursor, statement, parameters, context, executemany):
        sent.append(statement)

    async with db.sessions.read() as session:
        page = await Authors(session).page(PageRequest(limit=2), Author.name > "b")
    assert (page.total, len(page.items), len(sent)) == (5, 2, 1)


async def test_rows_that_come_meanwhile_are_not_counted_on_an_empty_page(db, monkeypatch):
    async with db.sessions.read() as session:
        authors = Authors(session)

        async def count(self, *where):
            return 99

        monkeypatch.setattr(Authors, "count", count)
        page = await authors.page(PageRequest(limit=2, offset=50))
    assert (page.items, page.total) == ([], 50)


async def test_a_page_of_no_rows_is_refused(db):
    async with db.sessions() as session:
        with pytest.raises(ValueError, match="at least one row"):
            await Authors(session).page(PageRequest(limit=0))


async def test_a_page_may_be_made_of_models_by_hand(db):
    async with db.sessions() as session:
        page = await Authors(session).page(PageRequest(limit=1), load=[Author.books])
    assert isinstance(page.items[0], Author)
    converted = page.to(AuthorOut)
    assert converted.items == [AuthorOut(id=1, name="a", age=None)]
    assert (converted.total, converted.limit, converted.offset) == (7, 1, 0)


async def test_a_condition_on_another_table_is_counted_with_it(db):
    async with db.sessions() as session:
        session.add(Book(title="x", author_id=1))
        page = await Authors(session).page(
            PageRequest(), Author.books.any(Book.title == "x"), load=[Author.books]
        )
        assert [(author.id, len(author.books)) for author in page.items] == [(1, 1)]
        assert page.total == 1
        await session.rollback()


def test_the_document_describes_pages():
    app = FastAPI()

    @app.get("/pages", response_model=Page[AuthorOut])
    async def read(paging: Paging): ...

    @app.get("/cursors")
    async def read_by_cursor() -> CursorPage[AuthorOut]: ...

    document = app.openapi()
    parameters = {
        parameter["name"]: parameter
        for parameter in document["paths"]["/pages"]["get"]["parameters"]
    }
    assert parameters["limit"]["schema"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 100,
        "default": 50,
        "title": "Limit",
        "description": "At most so many.",
    }
    assert (parameters["offset"]["in"], parameters["offset"]["required"]) == ("query", False)
    schemas = document["components"]["schemas"]
    page, cursor_page = schemas["Page_AuthorOut_"], schemas["CursorPage_AuthorOut_"]
    assert page["required"] == ["items", "total", "limit", "offset"]
    assert page["properties"]["items"]["items"] == {"$ref": "#/components/schemas/AuthorOut"}
    assert list(cursor_page["properties"]) == ["items", "limit", "next_cursor", "previous_cursor"]
