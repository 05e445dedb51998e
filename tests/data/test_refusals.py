"""What a database refuses, and what the client is answered: alike on each driver.

FastAPI 0.165.0 with the usual recipe answers 500 to a broken constraint of each kind, to a number
beyond 64 bits that is written, filtered by, a limit or a key, to a lone surrogate, and to
`get_one` of what is not there: tried on aiosqlite, asyncpg and psycopg.
"""

import decimal
import logging
import sqlite3
from contextlib import ExitStack
from itertools import product

import pytest
from data.refused import (
    AWARE,
    Base,
    Book,
    Box,
    Dated,
    Late,
    Map,
    Note,
    Person,
    Shelf,
    Slug,
    Tag,
    ada,
)
from drivers.asgi import exchange_failing
from servers.postgres import fresh_database
from sqlalchemy import create_engine, delete, exc, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from starlette.websockets import WebSocketDisconnect

from pronghorn import FastAPI, WebSocket
from pronghorn.data import Database, Session, SyncSession
from pronghorn.data.refusals import telling
from pronghorn.exceptions import HTTPException, RequestValidationError
from pronghorn.responses import PlainTextResponse
from pronghorn.testclient import TestClient

pytestmark = pytest.mark.anyio

DRIVERS = ("sqlite3", "aiosqlite", "asyncpg", "psycopg", "blocking psycopg")
SQLITE = ("sqlite3", "aiosqlite")


@pytest.fixture(scope="module", params=DRIVERS)
def driver(request):
    return request.param


@pytest.fixture(scope="module")
def outside(driver, postgres, tmp_path_factory):
    """A way into a database with tables that shares nothing with the application's."""
    with ExitStack() as until_end:
        if driver in SQLITE:
            url = f"sqlite:///{tmp_path_factory.mktemp('data') / 'test.db'}"
        else:
            url = until_end.enter_context(fresh_database(postgres))
            url = url.replace("postgresql://", "postgresql+psycopg://")
        engine = create_engine(url)
        Base.metadata.create_all(engine)
        yield engine
        engine.dispose()


@pytest.fixture(scope="module")
async def db(driver, outside):
    name = "psycopg" if driver == "blocking psycopg" else driver
    url = outside.url.set(drivername="sqlite" if driver in SQLITE else f"postgresql+{name}")
    async with Database(url.render_as_string(hide_password=False)) as db:
        yield db


@pytest.fixture(autouse=True)
def rows(outside):
    with outside.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(delete(table))
        for key in (1001, 1002):
            connection.execute(insert(Person).values(id=key, e_mail=f"{key}@x.org", version=1))
        connection.execute(insert(Note).values(id=1001, text="one", person_id=1001))


@pytest.fixture
def ask(db, driver):
    """Let a request do something in a session, and give its answer."""

    async def ask(work, **options):
        app = FastAPI(**options)
        app.state.database = db

        @app.post("/")
        async def endpoint(session: Session):
            await session.run_sync(work)

        @app.post("/blocking")
        def blocking(session: SyncSession):
            work(session)

        is_blocking = driver in ("sqlite3", "blocking psycopg")
        target = "/blocking" if is_blocking else "/"
        reply, error = await exchange_failing(app, "POST", target)
        assert error is None or reply.status == 500
        return reply

    return ask


def added(*objects):
    def work(session):
        session.add_all(objects)
        session.flush()

    return work


def done(statement):
    return lambda session: session.execute(statement)


# --- constraints -------------------------------------------------------------------------

CONFLICTS = {
    "a column": (lambda: added(ada(email="1001@x.org")), "the same `email`"),
    "a key": (lambda: added(ada(id=1001)), "the same `id`"),
    "several columns": (
        lambda: added(ada(first="A", last="B"), ada(email="c@example.org", first="A", last="B")),
        "the same `first` and `last`",
    ),
    "an update": (
        lambda: done(update(Person).where(Person.id == 1002).values(email="1001@x.org")),
        "the same `email`",
    ),
    "a statement of one's own": (
        lambda: done(text("INSERT INTO people (e_mail, version) VALUES ('1001@x.org', 1)")),
        "the same `email`",
    ),
}


@pytest.mark.parametrize("case", CONFLICTS)
async def test_what_must_be_unique_and_is_not_is_a_conflict(ask, case):
    work, words = CONFLICTS[case]
    reply = await ask(work())
    assert (reply.status, reply.json) == (409, {"detail": f"There is one with {words} already."})


async def test_what_an_index_makes_unique_is_named(ask):
    reply = await ask(added(Slug(place="a"), Slug(place="a")))
    assert reply.json == {"detail": "There is one with the same `place` already."}
    reply = await ask(added(Slug(text="a"), Slug(text="A")))
    assert reply.json == {"detail": "There is one with the same `text` already."}


async def test_what_excludes_each_other_is_a_conflict(ask, driver):
    if driver in SQLITE:
        pytest.skip("SQLite has no such constraint")

    def work(session):
        session.execute(
            text(
                "CREATE TABLE stays (at int4range, CONSTRAINT one EXCLUDE USING gist (at WITH &&))"
            )
        )
        for span in ("[1,3)", "[2,4)"):
            session.execute(text(f"INSERT INTO stays VALUES ('{span}')"))

    reply = await ask(work)
    detail = "It excludes, or is excluded by, another one in `at`."
    assert (reply.status, reply.json) == (409, {"detail": detail})


async def test_a_reference_to_nothing_names_its_field(ask):
    reply = await ask(added(Note(text="x", person_id=99)))
    assert reply.status == 422
    assert reply.json["detail"] == [
        {
            "type": "reference",
            "loc": ["body", "person_id"],
            "msg": "Input is a reference to something that does not exist",
        }
    ]


async def test_what_sqlite_does_not_name_is_a_reference(ask, driver):
    reply = await ask(added(Note(text="x", person_id=1001, reader_id=99)))
    (error,) = reply.json["detail"]
    assert (reply.status, error["type"]) == (422, "reference")
    if driver in SQLITE:
        assert (error["loc"], error["msg"][:21]) == (["body"], "Input has a reference")
    else:
        assert error["loc"] == ["body", "reader_id"]


async def test_a_changed_reference_to_nothing_is_invalid(ask):
    reply = await ask(done(update(Note).values(person_id=99)))
    assert (reply.status, reply.json["detail"][0]["loc"]) == (422, ["body", "person_id"])


@pytest.mark.parametrize(
    "statement",
    [
        delete(Person).where(Person.id == 1001),
        update(Person).where(Person.id == 1001).values(id=7),
        text("DELETE FROM people"),
    ],
    ids=["delete", "change of the key", "text"],
)
async def test_what_others_refer_to_cannot_go(ask, statement, driver):
    reply = await ask(done(statement))
    what = "a reference" if driver in SQLITE else "the reference `person_id`"
    assert (reply.status, reply.json) == (409, {"detail": f"Others refer to it still, by {what}."})


@pytest.fixture
def shelves(outside):
    """A shelf with two books, one with a map, and an empty one."""
    with outside.begin() as connection:
        connection.execute(insert(Shelf), [{"id": 1}, {"id": 2}, {"id": 3}])
        books = [{"id": key, "title": f"{key}", "shelf": 1} for key in (1, 2)]
        connection.execute(insert(Book), books)
        connection.execute(insert(Map).values(id=1, shelf=2))


def remove_book(session):
    shelf = session.get(Shelf, 1)
    shelf.books.remove(session.get(Book, 1))


def remove_map(session):
    shelf = session.get(Shelf, 2)
    shelf.maps.clear()


LET_GO = {
    "a delete": lambda session: session.delete(session.get(Shelf, 1)),
    "a delete, with no way back": lambda session: session.delete(session.get(Shelf, 2)),
    "a removal": remove_book,
    "a removal, with no way back": remove_map,
    "another list": lambda session: setattr(session.get(Shelf, 1), "books", []),
}


@pytest.mark.parametrize("case", LET_GO)
@pytest.mark.parametrize("ends", ["flush", "commit"])
async def test_what_is_let_go_and_cannot_be_is_a_conflict(ask, shelves, case, ends):
    """SQLAlchemy empties the references to what is deleted, and of what leaves a collection."""

    def work(session):
        LET_GO[case](session)
        getattr(session, ends)()

    reply = await ask(work)
    detail = "Others refer to it still, by the reference `shelf_id`."
    assert (reply.status, reply.json) == (409, {"detail": detail})


def move(session):
    """A book to another shelf, and another one to none."""
    first, second = session.get(Shelf, 1).books
    first.shelf = session.get(Shelf, 3)
    second.shelf_id = None


def delete_what_is_free(session):
    session.delete(session.get(Shelf, 3))
    session.get(Book, 1).shelf_id = None


EMPTIED = {
    "a column": lambda session: setattr(session.get(Book, 1), "shelf_id", None),
    "a relationship": lambda session: setattr(session.get(Book, 1), "shelf", None),
    "another one was moved": move,
    "something else is deleted": delete_what_is_free,
    "a new one": lambda session: session.add(Book(title="x")),
    "a statement": lambda session: session.execute(update(Book).values(shelf_id=None)),
}


@pytest.mark.parametrize("case", EMPTIED)
async def test_a_reference_that_the_program_itself_empties_is_missing(ask, shelves, case):
    def work(session):
        EMPTIED[case](session)
        session.flush()

    reply = await ask(work)
    error = {"type": "missing", "loc": ["body", "shelf_id"], "msg": "Field required"}
    assert (reply.status, reply.json["detail"]) == (422, [error])


async def test_another_value_is_missing_whatever_is_deleted_with_it(ask, shelves):
    def work(session):
        first, other = session.get(Shelf, 1), session.get(Shelf, 3)
        session.get(Book, 1).title = None
        other.books = first.books
        session.delete(first)
        session.flush()

    reply = await ask(work)
    assert (reply.status, reply.json["detail"][0]["loc"]) == (422, ["body", "title"])


async def test_a_reference_that_fails_at_the_commit_is_no_success(ask, driver):
    reply = await ask(added(Late(person_id=99)))
    if driver in SQLITE:
        # It says neither which one, nor which of the two ways it was broken.
        assert (reply.status, "a reference" in reply.json["detail"]) == (409, True)
    else:
        assert (reply.status, reply.json["detail"][0]["loc"]) == (422, ["body", "person_id"])


async def test_a_broken_rule_is_named(ask):
    reply = await ask(added(ada(age=-1)))
    assert (reply.status, reply.json["detail"]) == (
        422,
        [
            {
                "type": "check",
                "loc": ["body", "age"],
                "msg": "Input breaks the rule `age_positive`",
            }
        ],
    )


async def test_a_rule_without_a_name_shows_no_sql(ask):
    reply = await ask(added(ada(height=0)))
    assert reply.status == 422
    assert b">" not in reply.body


RULES = {
    "a name": ({"width": 0}, "width"),
    "no name": ({"depth": 0}, "depth"),
    "another case": ({"weight": 0}, "weight"),
    "quoted": ({"from_": 0}, "from_"),
    "a text that names another column": ({"kind": "depth"}, "kind"),
    "two columns": ({"width": 5, "depth": 6}, None),
}


@pytest.mark.parametrize("case", RULES)
async def test_a_rule_that_is_a_text_knows_its_column_if_it_names_one(ask, case):
    values, field = RULES[case]
    reply = await ask(added(Box(**{"kind": "a", **values})))
    (error,) = reply.json["detail"]
    assert (reply.status, error["type"]) == (422, "check")
    assert error["loc"] == ["body", *([field] if field else [])]


async def test_what_is_missing_is_a_field_that_is_required(ask):
    reply = await ask(added(Person()))
    assert (reply.status, reply.json["detail"]) == (
        422,
        [{"type": "missing", "loc": ["body", "email"], "msg": "Field required"}],
    )


async def test_a_row_that_somebody_else_changed_is_a_conflict(ask):
    def work(session):
        person = session.get(Person, 1001)
        session.execute(
            text("UPDATE people SET version = 7 WHERE id = 1001"), execution_options={"x": 1}
        )
        person.first = "A"
        session.flush()

    reply = await ask(work)
    assert (reply.status, "Somebody else" in reply.json["detail"]) == (409, True)


ABSENT = {
    "get_one": (lambda session: session.get_one(Person, 99), "Person not found"),
    "scalar_one": (
        lambda session: session.execute(select(Person).where(Person.id == 99)).scalar_one(),
        "Not Found",
    ),
    "one": (
        lambda session: session.scalars(select(Person).where(Person.id == 99)).one(),
        "Not Found",
    ),
}


@pytest.mark.parametrize("case", ABSENT)
async def test_what_is_not_there_is_not_found(ask, case):
    work, detail = ABSENT[case]
    reply = await ask(work)
    assert (reply.status, reply.json) == (404, {"detail": detail})


# --- values that do not fit --------------------------------------------------------------

WRITTEN = {
    "32 bits": {"age": 2**40},
    "64 bits": {"age": 2**70},
    "64 bits of 64": {"big": -(2**63) - 1},
    "16 bits": {"small": 2**15},
    "NUL": {"first": "a\0b"},
    "surrogate": {"first": "\ud800"},
    "too long": {"email": "x" * 21},
    "no number": {"age": "many"},
    "digits": {"price": decimal.Decimal(1000)},
    "no uuid": {"token": "x"},
    "no choice": {"colour": "green"},
    "no date": {"day": "someday"},
    "no time": {"born": "sometime"},
}


@pytest.mark.parametrize("case", WRITTEN)
async def test_a_value_that_a_column_cannot_hold_names_its_field(ask, case):
    (field,) = WRITTEN[case]
    reply = await ask(added(ada(**WRITTEN[case])))
    assert reply.status == 422, reply.body
    (error,) = reply.json["detail"]
    assert (error["type"], error["loc"]) == ("column_value", ["body", field])
    assert set(error) == {"type", "loc", "msg"}


async def test_all_values_that_do_not_fit_are_named(ask):
    reply = await ask(added(ada(first="\0", small=2**15, age=1)))
    fields = {error["loc"][1] for error in reply.json["detail"]}
    assert fields == {"first", "small"}


async def test_one_row_of_many_that_does_not_fit_is_found(ask):
    reply = await ask(added(*(ada(email=f"{number}", small=number) for number in (1, 2**15, 3))))
    assert (reply.status, reply.json["detail"][0]["loc"]) == (422, ["body", "small"])
    assert len(reply.json["detail"]) == 1


async def test_an_update_that_does_not_fit_names_its_field(ask):
    reply = await ask(done(update(Person).where(Person.id == 1001).values(email="x" * 21)))
    assert (reply.status, reply.json["detail"][0]["loc"]) == (422, ["body", "email"])


async def test_a_value_that_the_application_fills_in_is_no_fault_of_the_clients(ask, driver):
    # psycopg and SQLite leave the time zone out.
    reply = await ask(added(Dated()))
    assert reply.status == (500 if driver == "asyncpg" else 200)
    reply = await ask(added(Dated(made=AWARE)))
    if driver == "asyncpg":
        assert (reply.status, reply.json["detail"][0]["loc"]) == (422, ["body", "made"])
    else:
        assert reply.status == 200


FILTERS = {
    "64 bits": (Person.age == 2**70, "age"),
    "64 bits, less": (Person.big < 2**70, "big"),
    "one of many": (Person.age.in_([1, 2**70]), "age"),
    "surrogate": (Person.first == "\ud800", "first"),
    "no uuid": (Person.token == "x", "token"),
    "alias": (Person.email == "\ud800", "email"),
}


@pytest.mark.parametrize("case", FILTERS)
async def test_a_filter_that_no_row_can_meet_names_its_field(ask, case):
    condition, field = FILTERS[case]
    reply = await ask(done(select(Person).where(condition)))
    assert reply.status == 422, reply.body
    assert [error["loc"] for error in reply.json["detail"]] == [["query", field]]


@pytest.mark.parametrize("condition", [Person.age == 2**40, Person.first == "a\0b"])
async def test_sqlite_looks_for_what_it_could_hold(ask, condition, driver):
    reply = await ask(done(select(Person).where(condition)))
    assert reply.status == (200 if driver in SQLITE else 422)


@pytest.mark.parametrize("value", [-1, 2**63, 2**70])
@pytest.mark.parametrize("clause", ["limit", "offset"])
async def test_a_limit_or_an_offset_that_is_none_is_named(ask, clause, value):
    reply = await ask(done(getattr(select(Person).limit(5), clause)(value)))
    assert reply.status == 422, reply.body
    assert [error["loc"] for error in reply.json["detail"]] == [["query", clause]]


KEYS = {
    "get": lambda session: session.get(Person, 2**70),
    "get_one": lambda session: session.get_one(Person, 2**40),
    "where": lambda session: session.scalar(select(Person).where(Person.id == 2**70)),
    "delete": lambda session: session.execute(delete(Person).where(Person.id == 2**70)),
    "update": lambda session: session.execute(
        update(Person).where(Person.id == 2**70).values(first="x")
    ),
    "uuid": lambda session: session.get(Tag, "x"),
}


@pytest.mark.parametrize("case", KEYS)
async def test_a_key_that_cannot_be_is_not_found(ask, case):
    reply = await ask(KEYS[case])
    name = "Tag" if case == "uuid" else "Person"
    assert (reply.status, reply.json) == (404, {"detail": f"{name} not found"}), case


async def test_more_values_than_a_statement_can_have_are_too_many(ask, driver):
    number = {"asyncpg": 2**15, "blocking psycopg": 2**16}.get(driver, 10)
    statement = select(Person).where(Person.id.in_(range(number)))

    def work(session):
        if driver != "sqlite3":
            session.execute(statement)
            return
        connection = session.connection().connection.driver_connection
        before = connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 5)
        try:
            session.execute(statement)
        finally:
            connection.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, before)

    if driver in ("aiosqlite", "psycopg"):
        pytest.skip("as its blocking form, and that takes long enough")
    reply = await ask(work)
    assert (reply.status, reply.json["detail"][0]["loc"]) == (422, ["query"])


# --- who is to blame ---------------------------------------------------------------------

FAULTS = {
    "no table": lambda session: session.execute(text("SELECT * FROM nowhere")),
    "no syntax": lambda session: session.execute(text("SELEKT 1")),
    "object": lambda session: session.execute(insert(Person).values(email=object(), version=1)),
    "several": lambda session: session.execute(select(Person)).scalar_one(),
    "no parameter": lambda session: session.execute(text("SELECT :missing")),
}


@pytest.mark.parametrize("case", FAULTS)
async def test_a_fault_of_the_program_is_the_servers(ask, case):
    assert (await ask(FAULTS[case])).status == 500


@pytest.mark.parametrize("case", WRITTEN)
async def test_the_log_names_the_column_of_a_value_and_not_the_value(ask, caplog, case):
    (field,) = WRITTEN[case]
    with caplog.at_level(logging.DEBUG, telling.log.name):
        reply = await ask(added(ada(**WRITTEN[case])))
    (error,) = reply.json["detail"]
    line = caplog.messages[0]
    assert line.startswith(f"Answered 422: value: 'body.{field}: {error['msg']}'")
    assert "x" * 21 not in line


async def test_the_log_says_what_cannot_be_found(ask, caplog):
    with caplog.at_level(logging.DEBUG, telling.log.name):
        await ask(KEYS["get"])
    assert caplog.messages[0].startswith("Answered 404: value: 'Person not found'")


async def test_the_log_names_the_endpoint_where_no_line_of_it_was_refused(db, driver, caplog):
    """A commit comes when the endpoint has returned."""
    app = FastAPI()
    app.state.database = db

    @app.post("/")
    async def create_person(session: Session):
        session.add(ada(email="1001@x.org"))

    @app.post("/blocking")
    def create_person_blocking(session: SyncSession):
        session.add(ada(email="1001@x.org"))

    is_blocking = driver in ("sqlite3", "blocking psycopg")
    with caplog.at_level(logging.DEBUG, telling.log.name):
        reply, _ = await exchange_failing(app, "POST", "/blocking" if is_blocking else "/")
    assert reply.status == 409
    name = "create_person_blocking" if is_blocking else "create_person"
    assert f"in {name}() at tests/data/test_refusals.py:" in caplog.messages[0]


async def test_an_engine_of_the_users_own_is_answered_alike(db):
    app = FastAPI()
    engine = create_async_engine(db.address.url)

    @app.post("/")
    async def endpoint():
        async with AsyncSession(engine) as session:
            session.add(ada(email="1001@x.org"))
            await session.commit()

    @app.get("/{key}")
    async def find(key: int):
        async with AsyncSession(engine) as session:
            await session.execute(select(Person).where(Person.big == key))

    reply, _ = await exchange_failing(app, "POST", "/")
    assert reply.json == {"detail": "There is one with the same `email` already."}
    reply, _ = await exchange_failing(app, "GET", f"/{2**70}")
    assert [error["loc"] for error in reply.json["detail"]] == [["query", "big"]]
    await engine.dispose()


async def test_a_handler_of_the_users_wins(ask):
    async def mine(request, error):
        return PlainTextResponse(type(error).__name__, 418)

    work = added(ada(email="1001@x.org"))
    for kind, name in (
        (exc.IntegrityError, "IntegrityError"),
        (exc.SQLAlchemyError, "IntegrityError"),
        (HTTPException, "HTTPException"),
        (409, "HTTPException"),
        (Exception, None),
    ):
        reply = await ask(work, exception_handlers={kind: mine})
        assert (reply.status, reply.body.decode()) == (418, name) if name else reply.status == 409
    work = added(Person())
    reply = await ask(work, exception_handlers={RequestValidationError: mine})
    assert (reply.status, reply.body) == (418, b"RequestValidationError")


async def test_no_answer_holds_sql_a_value_or_a_word_of_the_drivers(ask, caplog):
    secret = "s3cr3t@example.org"
    for work in (
        added(ada(email=secret), ada(email=secret)),
        added(ada(email="c", first=secret, height=0)),
        added(ada(email=secret * 2)),
        done(select(Person).where(Person.email == secret + "\ud800")),
    ):
        reply = await ask(work)
        assert reply.status in (409, 422)
        body = reply.body.decode().lower()
        for word in ("s3cr3t", "insert", "select", "constraint", "violates", "varchar", "sqlite"):
            assert word not in body


async def test_the_log_says_what_the_answer_does_not(ask, caplog):
    with caplog.at_level(logging.DEBUG, "pronghorn.data.refusals"):
        await ask(added(ada(email="1001@x.org")))
    line, whole = caplog.records
    assert line.levelname == "WARNING"
    message = line.getMessage()
    for words in ("409", "unique", "INSERT INTO people", "in work()", __file__.split("/")[-1]):
        assert words in message
    assert "ad1001@x.org" not in message
    assert (whole.levelname, whole.exc_info[0]) == ("DEBUG", exc.IntegrityError)


async def test_the_log_does_not_tell_a_value_that_was_refused(ask, caplog, monkeypatch):
    # Another test may have had its line in this second.
    monkeypatch.setattr(telling, "lines", telling.Lines())
    with caplog.at_level(logging.WARNING, "pronghorn.data.refusals"):
        assert (await ask(added(ada(email="secret\x00token")))).status == 422
    (line,) = caplog.records
    assert "secret" not in line.getMessage()


async def test_tables_are_made_and_text_is_sent_without_a_look(db):
    async with db.engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(
            text("INSERT INTO people (e_mail, version) VALUES (:e_mail, 1)"), {"e_mail": "x"}
        )


async def test_an_error_that_has_nothing_to_do_with_a_database_is_left_alone(db):
    app = FastAPI()
    app.state.database = db

    @app.get("/{number}")
    async def fail(number: int):
        raise [OSError, OverflowError, TimeoutError][number]

    @app.get("/within/{number}")
    async def fail_within(number: int, session: Session):
        def work(_):
            raise [OSError, OverflowError, TimeoutError][number]

        await session.run_sync(work)

    kinds = enumerate([OSError, OverflowError, TimeoutError])
    for path, (number, kind) in product(("", "/within"), kinds):
        reply, error = await exchange_failing(app, "GET", f"{path}/{number}")
        assert (reply.status, type(error)) == (500, kind)


@pytest.mark.parametrize("is_accepted", [False, True])
def test_a_websocket_is_closed_with_a_code(db, driver, is_accepted):
    app = FastAPI()

    async def refuse(socket: WebSocket):
        if is_accepted:
            await socket.accept()
        raise exc.TimeoutError("the pool is exhausted")

    app.websocket("/")(refuse)
    with pytest.raises(WebSocketDisconnect) as left, TestClient(app).websocket_connect("/") as it:
        it.receive_text()
    assert (left.value.code, left.value.reason) == (1013, "The database refused.")


async def test_a_refused_request_changes_nothing_and_holds_nothing(ask, outside):
    for _ in range(3):
        assert (await ask(added(ada(), ada()))).status == 409
    with outside.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM people")) == 2
