"""Pages by a place in an order: whole, stable, in both directions, and safe from any cursor."""

import base64
import datetime as dt
import decimal
import itertools
import json
import random
import uuid
from typing import Annotated

import pytest
from data.library import Author, AuthorOut, Authors, Genre, Thing, library
from drivers.asgi import exchange
from sqlalchemy import Integer, event, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from pronghorn import Depends, FastAPI, Query
from pronghorn.data import CursorPage, CursorPaging, CursorRequest, Ordering, Repository
from pronghorn.data.repositories.cursors import CHECKSUM_SIZE, Cursors
from pronghorn.data.repositories.keysets import sort_key, sort_keys
from pronghorn.exceptions import DeclarationError, RequestValidationError

pytestmark = pytest.mark.anyio


class Things(Repository[Thing]):
    pass


@pytest.fixture
async def db(address):
    async with library(address) as database:
        yield database


async def walk(repository, order_by, *, limit=3, backward=False):
    """All pages, one after the other."""
    pages, cursor = [], None
    while True:
        request = CursorRequest(limit, cursor)
        page = await repository.cursor_page(request, order_by=order_by)
        pages.append(page)
        cursor = page.previous_cursor if backward else page.next_cursor
        if cursor is None:
            return pages


def rows_of(pages):
    return [item for page in pages for item in page.items]


def thing(number):
    """Values of all kinds, with equal ones and nulls among them."""
    chance = random.Random(number)

    def some(*values):
        return chance.choice([None, *values])

    return {
        "number": number,
        "price": some(decimal.Decimal("0.10"), decimal.Decimal("-99999999.99")),
        "weight": some(0.1, -0.0, 1e300, 5e-324, float("inf")),
        "day": some(dt.date.min, dt.date(2026, 11, 26), dt.date.max),
        "hour": some(dt.time(0), dt.time(23, 59, 59, 999999)),
        "span": some(dt.timedelta(0), dt.timedelta(days=-1, microseconds=1)),
        "is_new": some(True, False),
        "genre": some(*Genre),
        "raw": some(b"", b"\0\xff"),
        "text": some("", "é", "a,b|'\"\\", "\N{PILE OF POO}" * 9),
    }


COLUMNS = [
    *("number", "price", "weight", "day", "hour", "span", "is_new", "genre", "raw", "text", "id"),
]


@pytest.fixture
async def things(db):
    async with db.sessions() as session:
        await Things(session).create_many([thing(number) for number in range(20)])
        await session.commit()
        yield Things(session)


# --- whole ---------------------------------------------------------------------------------------


async def test_every_row_is_on_one_page_in_every_order(things):
    for name in COLUMNS:
        column = getattr(Thing, name)
        for order in (column, column.desc(), column.nulls_first(), column.desc().nulls_first()):
            expected = await things.list(order_by=order)
            assert len(expected) == 20
            found = rows_of(await walk(things, order))
            assert [row.number for row in found] == [row.number for row in expected], str(order)


@pytest.mark.parametrize("limit", [1, 2, 5, 19, 20, 21])
async def test_pages_go_backward_as_they_go_forward(things, limit):
    order = [Thing.genre.desc(), Thing.price, Thing.day.desc().nulls_first()]
    forward = await walk(things, order, limit=limit)
    assert len(forward) == -(-20 // limit)
    assert [len(page.items) for page in forward[:-1]] == [limit] * (len(forward) - 1)
    pages = [forward[-1]]
    while pages[0].previous_cursor is not None:
        request = CursorRequest(limit, pages[0].previous_cursor)
        pages.insert(0, await things.cursor_page(request, order_by=order))
    numbers = [row.number for row in rows_of(forward)]
    assert [row.number for row in rows_of(pages)] == numbers
    # And forward again from the first, which is the last one backward.
    assert pages[0].next_cursor == (forward[0].next_cursor if len(forward) > 1 else None)


async def test_orders_of_several_columns_are_whole(things):
    columns = [Thing.genre, Thing.is_new, Thing.text]
    ways = [lambda c: c, lambda c: c.desc(), lambda c: c.nulls_first()]
    for chosen in itertools.product(ways, repeat=3):
        order = [way(column) for way, column in zip(chosen, columns, strict=True)]
        expected = [row.number for row in await things.list(order_by=order)]
        assert [row.number for row in rows_of(await walk(things, order, limit=7))] == expected


async def test_an_order_may_be_by_an_expression(things):
    order = [func.coalesce(Thing.text, "zz").desc(), func.abs(Thing.number, type_=Integer)]
    expected = [row.number for row in await things.list(order_by=order)]
    assert [row.number for row in rows_of(await walk(things, order))] == expected


async def test_rows_of_one_moment_are_all_found(db):
    """SQLite's CURRENT_TIMESTAMP has no fraction of a second, what SQLAlchemy writes has one."""
    async with db.sessions() as session:
        authors = Authors(session)
        await session.execute(insert(Author), [{"name": str(n)} for n in range(7)])
        assert len(set(await session.scalars(select(Author.created_at)))) == 1
        for order in (Author.created_at, Author.created_at.desc()):
            assert len(rows_of(await walk(authors, order, limit=2))) == 7


async def test_one_index_is_enough_where_columns_cannot_be_null():
    keys = sort_keys(Author.__mapper__, [Author.name.desc()])
    assert [key.describe() for key in keys] == [
        "authors.name(True, False, False)",
        "authors.id(True, False, False)",
    ]


# --- stable --------------------------------------------------------------------------------------


async def test_rows_that_come_and_go_move_no_other_row(db):
    async with db.sessions() as session:
        authors = Authors(session)
        made = await authors.create_many(
            [{"name": f"{n:03}", "age": n % 3} for n in range(0, 60, 3)]
        )
        chance = random.Random(7)
        ids, cursor, gone = [], None, set()
        while True:
            page = await authors.cursor_page(CursorRequest(4, cursor), order_by=Author.age)
            ids += [author.id for author in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
            # The row that the cursor was made of goes, too.
            last = page.items[-1]
            gone.add(last.id)
            await authors.delete(last)
            for _ in range(3):
                await authors.create(name=str(chance.random()), age=chance.choice([0, 1, 2, None]))
    first = {author.id for author in made}
    assert len(ids) == len(set(ids))
    assert first <= set(ids)
    assert gone


async def test_a_page_whose_rows_have_all_gone_is_empty(db):
    async with db.sessions() as session:
        authors = Authors(session)
        await authors.create_many([{"name": name} for name in "abc"])
        page = await authors.cursor_page(CursorRequest(limit=2))
        await authors.delete(await authors.get(3))
        page = await authors.cursor_page(CursorRequest(2, page.next_cursor))
    assert (page.items, page.next_cursor, page.previous_cursor) == ([], None, None)


# --- through the web -----------------------------------------------------------------------------


class AuthorOrder(Ordering[Author], by=[Author.name, Author.age, Author.created_at]):
    pass


@pytest.fixture
async def app(db):
    async with db.sessions() as session:
        await Authors(session).create_many([{"name": name, "age": 5} for name in "abcdefg"])
    app = FastAPI(lifespan=db.lifespan)
    app.state.database = db

    @app.get("/authors", response_model=CursorPage[AuthorOut])
    async def list_authors(
        paging: CursorPaging,
        authors: Annotated[Authors, Depends(Authors.reading)],
        order_by: Annotated[AuthorOrder, Query()] = AuthorOrder("name"),
    ):
        return await authors.cursor_page(paging, order_by=order_by, load=[Author.books])

    return app


async def get(app, query):
    return await exchange(app, "GET", f"/authors?{query}")


async def test_the_answer_links_to_the_pages_around_it(app):
    first = await get(app, "limit=2&order_by=-name")
    assert [item["name"] for item in first.json["items"]] == ["g", "f"]
    following = first.json["next_cursor"]
    kept = "limit=2&order_by=-name"
    assert first.json["previous_cursor"] is None
    assert (
        first.headers["link"] == f'<?{kept}>; rel="first", <?{kept}&cursor={following}>; rel="next"'
    )
    second = await get(app, f"{kept}&cursor={following}")
    assert [item["name"] for item in second.json["items"]] == ["e", "d"]
    previous, following = second.json["previous_cursor"], second.json["next_cursor"]
    assert second.headers["link"] == ", ".join(
        [
            f'<?{kept}>; rel="first"',
            f'<?{kept}&cursor={previous}>; rel="prev"',
            f'<?{kept}&cursor={following}>; rel="next"',
        ]
    )


async def test_a_cursor_of_another_order_is_refused(app):
    cursor = (await get(app, "limit=2")).json["next_cursor"]
    assert (await get(app, f"limit=5&cursor={cursor}")).status == 200
    for order in ("-name", "age", "name,age"):
        await refused(app, f"order_by={order}", cursor)


async def refused(app, query, cursor):
    answer = await get(app, f"{query}&cursor={cursor}")
    assert answer.status == 422, cursor
    (error,) = answer.json["detail"]
    assert (error["type"], error["loc"]) == ("cursor", ["query", "cursor"])
    assert "select" not in answer.body.decode().lower()


async def test_a_cursor_that_was_changed_is_refused(app):
    cursor = (await get(app, "limit=2")).json["next_cursor"]
    for index in range(len(cursor)):
        other = "A" if cursor[index] != "A" else "B"
        changed = cursor[:index] + other + cursor[index + 1 :]
        raw = base64.urlsafe_b64decode(changed + "=" * (-len(changed) % 4))
        if raw != base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)):
            await refused(app, "limit=2", changed)
    for changed in (
        "",
        "0",
        "null",
        cursor[:-4],
        cursor[1:],
        cursor * 2,
        "%00",
        "%ED%A0%80",
        "'--",
        "é",
        "A" * 5000,
        "=" * 4,
        "a.b",
    ):
        await refused(app, "limit=2", changed)


def forged(cursors, *values, direction=0):
    """A cursor with the right checksum, as who has read the source can make it."""
    payload = json.dumps([direction, *values]).encode()
    return base64.urlsafe_b64encode(cursors.checksum(payload) + payload).decode().rstrip("=")


BAD_VALUES = [
    *(None, True, [], {}, [1], {"bytes": "zz"}, {"byte": "00"}, {"bytes": 1}, "\0", "\ud800", ""),
    *("1; DROP TABLE things", 2**31, 2**63, -(2**63) - 1, 10**400, 1.5, 1e400, float("nan")),
    *("NaN", "sNaN", "1e999999", "9999-99-99", "2026-11-26T00:00:00+00:00", "24:00", "a novel"),
    *([1, 2], [10**12, 0, 0], [1, 2, "3"], [10**400, 0, 0], "0" * 5000, "-infinity"),
]


@pytest.mark.parametrize("name", COLUMNS)
async def test_a_cursor_with_a_right_checksum_makes_no_error_of_the_database(things, name):
    column = getattr(Thing, name)
    cursors = Cursors(Thing, sort_keys(Thing.__mapper__, column), things._dialect)
    some_id = uuid.uuid4().hex if name != "id" else None
    is_refused = 0
    for value in BAD_VALUES:
        text = forged(cursors, *[value, *([some_id] if some_id else [])])
        try:
            await things.cursor_page(CursorRequest(3, text), order_by=column)
        except RequestValidationError:
            is_refused += 1
    assert is_refused > 5
    for text in (
        forged(cursors),
        forged(cursors, 1, 2, 3, 4),
        forged(cursors, 1, some_id, direction=2),
        forged(cursors, 1, some_id, direction="x"),
    ):
        with pytest.raises(RequestValidationError):
            await things.cursor_page(CursorRequest(3, text), order_by=column)
    # The session still works.
    assert await things.count() == 20


async def test_values_of_a_cursor_reach_the_database_as_parameters(db, things):
    sent = []

    @event.listens_for(db.engine.sync_engine, "before_cursor_execute")
    def note(connection, cursor, statement, parameters, context, executemany):
        sent.append(statement)

    cursors = Cursors(Thing, sort_keys(Thing.__mapper__, Thing.text), things._dialect)
    text = forged(cursors, "' OR 1=1 --", uuid.uuid4().hex)
    await things.cursor_page(CursorRequest(3, text), order_by=Thing.text)
    assert "1=1" not in sent[-1]


def test_a_column_that_no_cursor_can_hold_is_refused():
    column = func.some(Thing.text, type_=postgresql.ARRAY(postgresql.TEXT))
    with pytest.raises(DeclarationError, match="cannot be in a cursor"):
        Cursors(Thing, [sort_key(column)], postgresql.dialect())


def test_a_cursor_is_short_and_needs_no_quoting():
    cursors = Cursors(Author, sort_keys(Author.__mapper__, Author.id), sqlite.dialect())
    text = cursors.write([123], is_backward=False)
    assert len(text) <= 4 * (CHECKSUM_SIZE + len("[0,123]")) / 3 + 2
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert cursors.read(text).values == (123,)
