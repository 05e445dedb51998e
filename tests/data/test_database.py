"""A database within an application: with its lifespan, without one, in several loops, and forked."""

import asyncio
import os
from contextlib import asynccontextmanager

import httpx
import pytest
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession as SQLModelSession

from pronghorn import FastAPI
from pronghorn.data import Database, ReadSession, Session
from pronghorn.exceptions import DeclarationError
from pronghorn.testclient import TestClient

pytestmark = pytest.mark.anyio

PID = text("SELECT pg_backend_pid()")


def application(db, **options):
    app = FastAPI(**options)

    @app.post("/")
    async def write(session: db.Session):
        await session.execute(text("CREATE TABLE IF NOT EXISTS a (x int)"))
        await session.execute(text("INSERT INTO a VALUES (1)"))

    @app.get("/")
    async def read(session: db.ReadSession):
        return await session.scalar(text("SELECT count(*) FROM a"))

    return app


def test_each_test_client_has_a_loop_and_finds_the_database_open(address, recwarn):
    db = Database(address)
    app = application(db, lifespan=db.lifespan)
    for count in range(1, 4):
        with TestClient(app) as client:
            assert client.post("/").status_code == 200
            assert client.get("/").json() == count
        assert db._engines.made() == []
    assert [str(warning.message) for warning in recwarn] == []


def test_without_a_lifespan_it_is_opened_by_its_use(address, recwarn):
    db = Database(address)
    transport = httpx.ASGITransport(app=application(db))

    async def ask(method):
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return (await client.request(method, "/")).json()

    asyncio.run(ask("POST"))
    assert asyncio.run(ask("GET")) == 1
    assert db.engine.pool.shelves() == db.read_engine.pool.shelves() == []
    assert [str(warning.message) for warning in recwarn] == []


def test_a_lifespan_of_one_s_own_may_open_it(address):
    db = Database(address)
    order = []

    @asynccontextmanager
    async def lifespan(app):
        async with db:
            order.append("opened")
            yield {"name": "shop"}
            order.append("served")

    with TestClient(application(db, lifespan=lifespan)) as client:
        assert client.post("/").status_code == 200
        assert client.get("/").json() == 1
    assert order == ["opened", "served"]
    assert db._engines.made() == []


async def test_sessions_are_of_the_class_that_is_wanted(address):
    async with Database(address, session_class=SQLModelSession) as db:
        async with db.sessions() as session:
            assert isinstance(session, SQLModelSession)
        async with db.sessions.read() as session:
            assert isinstance(session, SQLModelSession)


async def test_an_unknown_option_is_refused(address):
    with pytest.raises(TypeError, match="pool_sizes"):
        Database(address, pool_sizes=3)


@pytest.mark.parametrize(
    ("option", "value"),
    [("synchronous", "FULLL"), ("synchronous", "OFF"), ("pool_size", 0), ("max_overflow", -1)],
)
async def test_a_value_that_would_mean_something_else_is_refused(address, option, value):
    with pytest.raises(DeclarationError, match=rf"(?s)`{option}`.*\[database-settings\]"):
        Database(address, **{option: value})


async def test_no_representation_shows_the_password(postgres_database):
    db = Database(postgres_database)
    password = db.address.url.password
    assert password
    assert password not in f"{db!r} {db.address!r} {db.engine!r} {db.engine.pool!r}"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_a_worker_that_is_forked_has_connections_of_its_own(driver, postgres_database):
    db = Database(postgres_database.replace("postgresql://", f"postgresql+{driver}://"))

    async def pid():
        async with db.engine.connect() as connection:
            return await connection.scalar(PID)

    # As gunicorn does with `preload`, whose parent may have used the database before.
    with db.sync_engine.connect() as connection:
        before = connection.scalar(PID)
    with asyncio.Runner() as runner:
        parents = {runner.run(pid()), before}
        child = os.fork()
        if child == 0:
            with db.sync_engine.connect() as connection:
                found = {connection.scalar(PID)}
            asyncio.set_event_loop(None)
            found.add(in_new_thread(pid))
            os._exit(0 if len(found) == 2 and not found & parents else 1)
        assert os.waitpid(child, 0)[1] == 0
        assert runner.run(pid()) in parents
    with db.sync_engine.connect() as connection:
        assert connection.scalar(PID) == before
    db.sync_engine.dispose()


def in_new_thread(work):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, work()).result()


def test_the_marks_of_the_module_are_those_of_the_database_that_was_opened(address):
    other, db = Database("sqlite://"), Database(address)
    app = FastAPI(lifespan=db.lifespan)

    @app.get("/")
    async def read(session: Session):
        return session.bind.url.database == db.address.url.database

    @app.get("/read")
    async def read_only(session: ReadSession):
        return session.bind.url.database == db.address.url.database

    with TestClient(app) as client:
        assert client.get("/").json() is True
        assert client.get("/read").json() is True
    assert other.is_sqlite
