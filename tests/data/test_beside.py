"""A request that begins a second transaction beside its own, which SQLite would have it wait for."""

import asyncio
import warnings
from typing import Annotated

import pytest
from data.models import User
from data.watched import watched
from drivers.asgi import exchange, exchange_failing
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from pronghorn import BackgroundTasks, Depends, FastAPI, WebSocket
from pronghorn.concurrency import run_in_threadpool
from pronghorn.data import (
    ReadSession,
    Session,
    SessionFactory,
    SyncSession,
    session_with,
)
from pronghorn.data.errors import OwnLockError, TwoConnectionsWarning
from pronghorn.testclient import TestClient

pytestmark = pytest.mark.anyio

SHORT = {"pool_timeout": 0.2, "busy_timeout": 0.2}
"""What waits for itself is found out soon, where nobody says so."""


@pytest.fixture
def mode(monkeypatch):
    monkeypatch.setenv("FASTAPI_ENV", "development")


@pytest.fixture
async def seen(tmp_path, mode):
    async with watched(f"sqlite:///{tmp_path / 'test.db'}", **SHORT) as seen:
        yield seen


def application(seen):
    app = FastAPI()
    app.state.database = seen.db
    return app


async def write(sessions, name="log"):
    async with sessions() as session:
        session.add(User(name=name))


# --- what can only wait for itself -------------------------------------------------------


async def test_a_second_writer_in_one_request_is_refused_at_once_and_both_are_named(seen):
    app = application(seen)

    @app.post("/")
    async def create(session: Session, sessions: SessionFactory):
        session.add(User(name="Ada"))
        await session.flush()  # it begins here
        async with sessions() as other:
            await other.execute(select(User))

    answer, error = await exchange_failing(app, "POST", "/")
    assert answer.status == 500
    assert isinstance(error, OwnLockError)
    problem, place, remedy, code = str(error).split("\n")
    first = create.__code__.co_firstlineno
    assert "waits for itself" in problem
    assert f"test_beside.py:{first + 5}" in place
    assert f"test_beside.py:{first + 3}" in place
    assert "background task" in remedy
    assert code == "  [own-lock]"
    assert (seen.names(), seen.held()) == ([], 0)


async def test_the_factory_may_be_the_databases_own_and_the_session_a_dependencys(seen):
    app = application(seen)

    async def current_user(session: Session):
        session.add(User(name="Ada"))
        await session.flush()

    @app.post("/", dependencies=[Depends(current_user)])
    async def create():
        await write(seen.db.sessions)

    _, error = await exchange_failing(app, "POST", "/")
    assert isinstance(error, OwnLockError)


async def test_a_session_with_options_is_one_that_writes(seen):
    app = application(seen)

    @app.post("/")
    async def create(
        session: Annotated[AsyncSession, session_with(isolation_level="SERIALIZABLE")],
        sessions: SessionFactory,
    ):
        await session.execute(select(User))
        await write(sessions)

    _, error = await exchange_failing(app, "POST", "/")
    assert isinstance(error, OwnLockError)


async def test_a_blocking_session_is_refused_as_well(seen):
    app = application(seen)

    @app.post("/")
    def create(session: SyncSession, sessions: SessionFactory):
        session.add(User(name="Ada"))
        session.flush()
        with sessions.sync() as other:
            other.add(User(name="log"))

    _, error = await exchange_failing(app, "POST", "/")
    assert isinstance(error, OwnLockError)
    assert (seen.names(), seen.held()) == ([], 0)


async def test_one_that_blocks_beside_one_that_does_not_is_refused(seen):
    app = application(seen)

    @app.post("/")
    async def create(session: Session, sessions: SessionFactory):
        await session.execute(select(User))
        with sessions.sync() as other:
            other.execute(select(User))

    _, error = await exchange_failing(app, "POST", "/")
    assert isinstance(error, OwnLockError)


# --- what is right -----------------------------------------------------------------------


async def test_before_the_request_s_own_transaction_begins_others_may(seen):
    app = application(seen)

    @app.post("/")
    async def create(session: Session, sessions: SessionFactory):
        session.add(User(name="Ada"))
        await write(sessions)

    assert (await exchange(app, "POST", "/")).status == 200
    assert seen.names() == ["log", "Ada"]


async def test_after_a_commit_of_its_own_others_may(seen):
    app = application(seen)

    @app.post("/")
    async def create(session: Session, sessions: SessionFactory):
        session.add(User(name="Ada"))
        await session.commit()
        await write(sessions)

    assert (await exchange(app, "POST", "/")).status == 200
    assert seen.names() == ["Ada", "log"]


async def test_background_tasks_and_generators_come_after_the_commit(seen):
    app = application(seen)

    async def save(name: str, session: Session):
        session.add(User(name=name))
        await session.flush()

    @app.post("/task", dependencies=[Depends(save)])
    async def create(sessions: SessionFactory, tasks: BackgroundTasks):
        tasks.add_task(write, sessions, "task")

    @app.get("/lines", dependencies=[Depends(save)])
    async def lines(sessions: SessionFactory):
        await write(sessions, "generator")
        yield "line"

    assert (await exchange(app, "POST", "/task?name=Ada")).status == 200
    assert (await exchange(app, "GET", "/lines?name=Bob")).body == b'"line"\n'
    assert seen.names() == ["Ada", "task", "Bob", "generator"]


async def test_a_websocket_comes_after_the_commit(seen):
    app = application(seen)

    async def save(session: Session):
        session.add(User(name="Ada"))
        await session.flush()

    @app.websocket("/", dependencies=[Depends(save)])
    async def talk(socket: WebSocket, sessions: SessionFactory):
        await socket.accept()
        await write(sessions)
        await socket.send_text("written")

    def ask():
        with TestClient(app) as client, client.websocket_connect("/") as socket:
            return socket.receive_text()

    assert await asyncio.to_thread(ask) == "written"
    assert seen.names() == ["Ada", "log"]


async def test_another_database_may_be_written_to(seen, tmp_path):
    app = application(seen)
    async with watched(f"sqlite:///{tmp_path / 'other.db'}", **SHORT) as other:

        @app.post("/")
        async def create(session: Session, sessions: other.db.SessionFactory):
            session.add(User(name="Ada"))
            await session.flush()
            await write(sessions)

        assert (await exchange(app, "POST", "/")).status == 200
        assert (seen.names(), other.names()) == (["Ada"], ["log"])


async def test_who_only_reads_waits_for_nobody(seen):
    app = application(seen)

    @app.post("/")
    async def create(session: Session, sessions: SessionFactory):
        session.add(User(name="Ada"))
        await session.flush()
        async with sessions.read() as other:
            return list(await other.scalars(select(User.name)))

    @app.post("/reading")
    async def beside_reading(session: ReadSession, sessions: SessionFactory):
        await session.execute(select(User))
        await write(sessions)

    assert (await exchange(app, "POST", "/")).json == []
    assert (await exchange(app, "POST", "/reading")).status == 200


@pytest.mark.parametrize("kind", ["task", "thread"])
async def test_a_task_that_the_request_does_not_wait_for_has_its_turn(seen, kind):
    app = application(seen)
    begun = []

    def write_blocking(sessions):
        with sessions.sync() as session:
            session.add(User(name="log"))

    @app.post("/")
    async def create(session: Session, sessions: SessionFactory):
        session.add(User(name="Ada"))
        await session.flush()
        work = write(sessions) if kind == "task" else run_in_threadpool(write_blocking, sessions)
        begun.append(asyncio.create_task(work))
        await asyncio.sleep(0.02)  # it waits for the lock now

    assert (await exchange(app, "POST", "/")).status == 200
    await asyncio.wait_for(begun[0], 10)
    assert seen.names() == ["Ada", "log"]


async def test_a_thread_that_served_another_request_waits_for_it(seen):
    """A request has begun in the thread in which another one now waits for it to end."""
    app = application(seen)
    is_begun, may_end = asyncio.Event(), asyncio.Event()

    def begin(session: SyncSession):
        session.add(User(name="Ada"))
        session.flush()

    @app.post("/slow", dependencies=[Depends(begin)])
    async def slow():
        is_begun.set()
        await asyncio.wait_for(may_end.wait(), 10)

    @app.post("/other")
    def other(sessions: SessionFactory):
        asyncio.run_coroutine_threadsafe(end_soon(), loop)
        with sessions.sync() as session:
            session.add(User(name="Bob"))

    async def end_soon():
        may_end.set()

    loop = asyncio.get_running_loop()
    first = asyncio.create_task(exchange(app, "POST", "/slow"))
    await asyncio.wait_for(is_begun.wait(), 10)
    answers = await asyncio.gather(exchange(app, "POST", "/other"), first)
    assert [answer.status for answer in answers] == [200, 200]


async def test_a_test_that_holds_the_lock_sees_what_requests_answer_then(seen):
    app = application(seen)

    @app.post("/")
    async def create(session: Session):
        session.add(User(name="Ada"))

    async with seen.db.sessions() as session:
        await session.execute(select(User))
        assert (await exchange(app, "POST", "/")).status == 503


# --- elsewhere ---------------------------------------------------------------------------


async def test_in_production_nobody_looks(tmp_path):
    async with watched(f"sqlite:///{tmp_path / 'test.db'}", **SHORT) as seen:
        app = application(seen)

        @app.post("/")
        async def create(session: Session, sessions: SessionFactory):
            await session.execute(select(User))
            await write(sessions)

        assert (await exchange(app, "POST", "/")).status == 503


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_two_transactions_on_postgresql_are_warned_of_once(driver, postgres_database, mode):
    address = postgres_database.replace("postgresql://", f"postgresql+{driver}://")
    async with watched(f"{address}?sslmode=disable") as seen:
        app = application(seen)

        @app.post("/")
        async def create(name: str, session: Session, sessions: SessionFactory):
            session.add(User(name=name))
            await session.flush()
            async with sessions() as other:
                await other.execute(text("SELECT 1"))
                await other.execute(text("SELECT 2"))

        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("default")
            for name in ("Ada", "Bob"):
                assert (await exchange(app, "POST", f"/?name={name}")).status == 200
        assert [one.category for one in told] == [TwoConnectionsWarning]
        assert "two connections" in str(told[0].message)
        assert "[two-connections]" in str(told[0].message)
        assert told[0].filename == __file__
        assert seen.names() == ["Ada", "Bob"]
