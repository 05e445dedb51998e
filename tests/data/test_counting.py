"""Statements counted and timed for requests, and the line that wanted each."""

import inspect
from pathlib import Path

import pytest
from data.models import Post, User
from data.watched import watched
from drivers.asgi import exchange, exchange_failing
from sqlalchemy import create_engine, insert, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import selectinload
from sqlalchemy.pool import StaticPool

from pronghorn import FastAPI
from pronghorn.budgets import QueryBudgetError, QueryBudgetWarning
from pronghorn.data import ReadSession, Session, SyncSession, count_queries
from pronghorn.metering import Meter, Place, meter, metered

pytestmark = pytest.mark.anyio


@pytest.fixture
async def seen(address):
    async with watched(address) as seen:
        yield seen


def here(function, line):
    """The place that is *line* lines below the `def` of *function*."""
    code = inspect.unwrap(function).__code__
    return Place(code.co_filename, code.co_firstlineno + line, code.co_name)


def noted(statements):
    """The statements that say something of tables, each with its line."""
    return [(text.split()[0], place) for text, place in statements]


# --- counting ------------------------------------------------------------------------------------


async def test_the_statements_of_a_session_are_counted_and_timed(seen):
    with metered() as spent:
        async with seen.db.sessions() as session:
            session.add(User(name="Ada"))
            await session.flush()
            await session.scalars(select(User))
            await session.execute(text("SELECT 1"))
    assert spent.database.count == 3
    assert spent.database.seconds > 0


async def test_so_are_those_of_sessions_that_read_and_of_blocking_ones(seen):
    with metered() as spent:
        async with seen.db.sessions.read() as session:
            await session.scalars(select(User))
    assert spent.database.count == 1
    with metered() as spent, seen.db.sessions.sync() as blocking:
        blocking.scalars(select(User)).all()
        blocking.execute(insert(User), [{"name": "Ada"}, {"name": "Bob"}])
    assert spent.database.count == 2


async def test_what_begins_and_ends_a_snapshot_is_not_counted(seen):
    async with seen.db.sessions() as session:
        session.add(User(name="Ada"))
    with metered() as spent:
        async with seen.db.sessions.read() as session:
            await session.scalars(select(User).options(selectinload(User.posts)))
    assert spent.database.count == 2


async def test_statements_that_fail_are_counted(seen):
    with metered() as spent, pytest.raises(DBAPIError):
        async with seen.db.sessions() as session:
            await session.execute(text("SELECT nothing"))
    assert spent.database.count == 1


async def test_where_there_is_no_meter_statements_are_sent_all_the_same(seen):
    assert meter.get() is None
    async with seen.db.sessions() as session:
        assert await session.scalar(text("SELECT 1")) == 1


async def test_two_requests_have_a_count_each(seen):
    app = FastAPI(lifespan=seen.db.lifespan, server_timing=True)
    app.state.database = seen.db

    @app.get("/{times}")
    async def read(times: int, session: ReadSession) -> int:
        for _ in range(times):
            await session.execute(text("SELECT 1"))
        return times

    for times in (3, 1):
        answer = await exchange(app, "GET", f"/{times}")
        assert f'desc="{times}"' in answer.headers["server-timing"]


@pytest.mark.parametrize("is_connected", [False, True])
def test_an_engine_of_ones_own_is_counted_when_it_is_told_to_be(is_connected):
    engine = create_engine("sqlite://", poolclass=StaticPool)
    if is_connected:
        engine.connect().close()
    assert count_queries(engine) is engine
    # Twice is no more than once.
    count_queries(engine)
    with metered() as spent, engine.connect() as connection:
        connection.execute(text("SELECT 1"))
    engine.dispose()
    assert spent.database.count == 1


async def test_an_asynchronous_engine_of_ones_own_is_counted_too():
    engine = count_queries(create_async_engine("sqlite+aiosqlite://"))
    with metered() as spent:
        async with engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
    await engine.dispose()
    assert spent.database.count == 1


# --- whose line it was -----------------------------------------------------------------------------


def noting():
    """A meter that notes statements, as it is outside of production."""
    spent = Meter()
    spent.statements = []
    return spent


async def test_a_statement_knows_the_line_that_wanted_it(seen):
    async def ask(session):
        await session.scalars(select(User))
        return await session.scalar(text("SELECT 1"))

    token = meter.set(spent := noting())
    async with seen.db.sessions() as session:
        await ask(session)
    meter.reset(token)
    assert noted(spent.statements) == [("SELECT", here(ask, 1)), ("SELECT", here(ask, 2))]


async def test_so_does_one_of_a_blocking_session_and_one_that_is_sent_by_a_flush(seen):
    def ask(session):
        session.add(User(name="Ada"))
        session.flush()
        return len(session.scalars(select(User)).one().posts)

    token = meter.set(spent := noting())
    with seen.db.sessions.sync() as session:
        ask(session)
    meter.reset(token)
    assert noted(spent.statements) == [
        ("INSERT", here(ask, 2)),
        ("SELECT", here(ask, 3)),
        ("SELECT", here(ask, 3)),
    ]


# --- budgets ---------------------------------------------------------------------------------------


@pytest.fixture
async def blog(seen):
    """Users with a post each, and an application that looks them up one by one."""
    async with seen.db.sessions() as session:
        for number in range(4):
            session.add(User(name=f"user {number}", posts=[Post(title=f"post {number}")]))
    app = FastAPI(lifespan=seen.db.lifespan)
    app.state.database = seen.db

    @app.get("/posts", query_budget=2)
    async def list_posts(session: ReadSession) -> list[str]:
        posts = (await session.scalars(select(Post).order_by(Post.id))).all()
        return [f"{await name_of(session, post.author_id)}: {post.title}" for post in posts]

    async def name_of(session, author_id):
        return await session.scalar(select(User.name).where(User.id == author_id))

    @app.get("/blocking", query_budget=2)
    def list_blocking(session: SyncSession) -> list[int]:
        users = session.scalars(select(User)).all()
        return [len(user.posts) for user in users]

    @app.post("/one", query_budget=1)
    async def add_one(session: Session) -> str:
        session.add(User(name="one more"))
        return "added"

    app.state.lines = (here(name_of, 1), here(list_blocking, 3))
    return app


async def test_in_tests_a_request_over_its_budget_fails_and_names_the_repeated_statement(
    blog, monkeypatch
):
    monkeypatch.setattr("pronghorn.mode._plugins", {"tests"})
    answer, error = await exchange_failing(blog, "GET", "/posts")
    assert (answer.status, type(error)) == (500, QueryBudgetError)
    first, repeated, place, remedy, code = str(error).splitlines()
    assert first == "GET /posts sent 5 statements; its query_budget is 2."
    assert repeated.startswith("  4 times: SELECT users.name FROM users WHERE users.id = ")
    line = blog.state.lines[0].line
    assert place == f"  in name_of() at {Path(__file__).relative_to(Path.cwd())}:{line}"
    assert "selectinload" in remedy
    assert "`IN`" in remedy
    assert code == "  [query-budget]"


async def test_relationships_that_are_loaded_one_by_one_are_named(blog, monkeypatch):
    monkeypatch.setattr("pronghorn.mode._plugins", {"tests"})
    _, error = await exchange_failing(blog, "GET", "/blocking")
    assert "4 times: SELECT posts.id" in str(error)
    assert f"test_counting.py:{blog.state.lines[1].line}" in str(error)


async def test_what_stays_within_its_budget_is_answered_the_commit_is_not_counted(
    blog, monkeypatch
):
    monkeypatch.setattr("pronghorn.mode._plugins", {"tests"})
    assert (await exchange(blog, "POST", "/one")).json == "added"


async def test_in_development_it_is_a_warning_and_the_answer_is_sent(blog, monkeypatch):
    monkeypatch.setattr("pronghorn.mode._plugins", set())
    monkeypatch.setattr("pronghorn.budgets.seen", {})
    monkeypatch.setenv("FASTAPI_ENV", "development")
    with pytest.warns(QueryBudgetWarning, match="sent 5 statements"):
        answer = await exchange(blog, "GET", "/posts")
    assert len(answer.json) == 4


async def test_in_production_nothing_is_said_and_nothing_is_noted(blog, monkeypatch, recwarn):
    monkeypatch.setattr("pronghorn.mode._plugins", set())
    monkeypatch.delenv("FASTAPI_ENV", raising=False)
    assert len((await exchange(blog, "GET", "/posts")).json) == 4
    assert not [warning for warning in recwarn if warning.category is QueryBudgetWarning]
    assert [step for step in blog.plan("GET /posts")._plan.steps if "Measure" in repr(step)] == []
