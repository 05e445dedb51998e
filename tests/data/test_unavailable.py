"""Databases that are away, busy or read-only: 503, and good again as soon as they are."""

import asyncio
import socket
from contextlib import asynccontextmanager
from threading import Thread

import pytest
from data.refused import Base, Person, ada
from drivers.asgi import exchange_failing
from servers.ports import free_port
from servers.postgres import fresh_database
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.pool import NullPool

from pronghorn import FastAPI
from pronghorn.data import Database, ReadSession, Session, SyncSession
from pronghorn.data.connections import upkeep
from pronghorn.data.errors import StandbyError
from pronghorn.data.sessions import asynchronous as sessions_module
from pronghorn.data.testing.postgres import running_postgres

pytestmark = pytest.mark.anyio

DRIVERS = ("asyncpg", "psycopg", "blocking psycopg")


@pytest.fixture(scope="module", params=DRIVERS)
def driver(request):
    return request.param


@pytest.fixture(scope="module")
def plain(postgres):
    """The address of a database with tables."""
    with fresh_database(postgres) as url:
        engine = outside(url)
        Base.metadata.create_all(engine)
        yield url


def outside(url):
    return create_engine(url.replace("postgresql://", "postgresql+psycopg://"), poolclass=NullPool)


def with_driver(url, driver):
    return url.replace("postgresql://", f"postgresql+{driver.removeprefix('blocking ')}://")


class Asked:
    """An application, and what a request for one of its endpoints is answered."""

    def __init__(self, db, driver):
        self.is_blocking = driver.startswith(("blocking", "sqlite3"))
        self.app = FastAPI()
        self.app.state.database = db

    async def __call__(self, work):
        app = FastAPI()
        app.state.database = self.app.state.database

        if self.is_blocking:

            @app.get("/")
            def blocking(session: SyncSession):
                work(session)
        else:

            @app.get("/")
            async def endpoint(session: Session):
                await session.run_sync(work)

        reply, error = await exchange_failing(app, "GET", "/")
        assert error is None or reply.status == 500
        return reply


@asynccontextmanager
async def asking(url, driver, **settings):
    # It is not opened: that asks the server, and here the requests are to be the first who do.
    db = Database(with_driver(url, driver), **settings)
    yield Asked(db, driver)
    await db.close()


def find(session):
    session.scalars(select(Person)).all()


def is_late(reply):
    return (reply.status, reply.headers.get("retry-after")) == (503, "1")


async def test_a_server_that_is_not_there(driver):
    async with asking(f"postgresql://a:b@127.0.0.1:{free_port()}/c", driver) as ask:
        reply = await ask(find)
    assert is_late(reply)
    assert reply.json == {"detail": "The database does not answer. Try again."}


async def test_a_server_that_does_not_answer():
    with socket.create_server(("127.0.0.1", 0)) as stalled:
        url = f"postgresql+asyncpg://a:b@127.0.0.1:{stalled.getsockname()[1]}/c"
        engine = create_async_engine(url, connect_args={"timeout": 0.2})
        app = FastAPI()

        @app.get("/")
        async def endpoint():
            async with AsyncSession(engine) as session:
                await session.execute(select(1))

        reply, _ = await exchange_failing(app, "GET", "/")
    assert is_late(reply)


async def test_a_server_that_has_no_room_for_one_more_connection(driver, plain):
    with outside(plain).begin() as connection:
        connection.execute(text("DROP ROLE IF EXISTS many"))
        connection.execute(text("CREATE ROLE many LOGIN PASSWORD 'm' CONNECTION LIMIT 0"))
    url = plain.replace(plain.split("@")[0], "postgresql://many:m")
    async with asking(url, driver) as ask:
        assert is_late(await ask(find))


async def test_a_password_that_is_wrong_is_a_fault_of_who_runs_it(driver, plain):
    url = plain.replace(plain.split("@")[0], "postgresql://postgres:wrong")
    async with asking(url, driver) as ask:
        assert (await ask(find)).status == 500


async def test_a_pool_that_is_exhausted(driver, plain):
    async with asking(plain, driver, pool_size=1, max_overflow=0, pool_timeout=0.1) as ask:
        db = ask.app.state.database
        if ask.is_blocking:
            with db.sync_engine.connect():
                reply = await ask(find)
        else:
            async with db.engine.connect():
                reply = await ask(find)
        assert is_late(reply)
        assert (await ask(find)).status == 200


async def test_a_statement_that_takes_too_long(driver, plain):
    def work(session):
        session.execute(text("SET LOCAL statement_timeout = 20"))
        session.execute(text("SELECT pg_sleep(5)"))

    async with asking(plain, driver) as ask:
        assert is_late(await ask(work))


async def test_a_lock_that_is_not_to_be_had(driver, plain):
    def work(session):
        session.execute(text("SET LOCAL lock_timeout = 20"))
        session.execute(text("LOCK TABLE notes"))

    async with asking(plain, driver) as ask:
        with outside(plain).begin() as connection:
            connection.execute(text("LOCK TABLE notes"))
            assert is_late(await ask(work))


async def test_a_connection_that_the_server_ends(driver, plain):
    async with asking(plain, driver) as ask:
        reply = await ask(
            lambda session: session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        )
        assert is_late(reply)
        assert (await ask(find)).status == 200


@pytest.mark.parametrize(
    "state", ["40001", "40P01", "53100", "53200", "53300", "57P02", "57P03", "08006", "57014"]
)
async def test_what_passes_is_unavailable(driver, plain, state):
    async with asking(plain, driver) as ask:
        reply = await ask(
            lambda session: session.execute(
                text(f"DO $$ BEGIN RAISE SQLSTATE '{state}' USING MESSAGE = 'x'; END $$")
            )
        )
    assert is_late(reply)


@pytest.mark.parametrize("state", ["42601", "XX000", "28P01", "P0001", "0A000"])
async def test_what_does_not_pass_is_an_error(driver, plain, state):
    async with asking(plain, driver) as ask:
        reply = await ask(
            lambda session: session.execute(
                text(f"DO $$ BEGIN RAISE SQLSTATE '{state}' USING MESSAGE = 'x'; END $$")
            )
        )
    assert reply.status == 500


async def test_two_transactions_that_wait_for_each_other(driver, plain):
    first, second = (text(f"SELECT pg_advisory_xact_lock({number})") for number in (1, 2))
    async with asking(plain, driver) as ask:
        outer = create_async_engine(with_driver(plain, "asyncpg"))
        async with outer.connect() as connection:
            await connection.execute(text("SET deadlock_timeout = '10s'"))
            await connection.execute(first)

            def work(session):
                session.execute(text("SET LOCAL deadlock_timeout = 50"))
                session.execute(second)
                session.execute(first)

            asked = asyncio.create_task(ask(work))
            waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            while not await connection.scalar(waiting):
                await asyncio.sleep(0.01)
            await connection.execute(second)
            reply = await asked
        await outer.dispose()
    assert is_late(reply)
    assert "same rows" in reply.json["detail"]


async def test_a_server_that_takes_no_changes_is_left_for_one_that_does(driver, plain):
    name = plain.rpartition("/")[2]
    number = iter(range(100))

    def add(session):
        session.add(ada(email=f"{driver} {next(number)}"))
        session.flush()

    async with asking(plain, driver, pool_size=1, max_overflow=0) as ask:
        with outside(plain).begin() as connection:
            connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only=on"))
        assert is_late(await ask(add))
        with outside(plain).begin() as connection:
            connection.execute(text("SET TRANSACTION READ WRITE"))
            connection.execute(text(f"ALTER DATABASE {name} RESET default_transaction_read_only"))
        # The connection that could not write is gone: it would not learn of it.
        assert (await ask(add)).status == 200


async def test_who_asks_whether_a_standby_is_ready_is_told_that_it_is_not():
    app = FastAPI()

    @app.get("/ready")
    async def ready():
        raise StandbyError  # as `await db.ping()` does

    reply, _ = await exchange_failing(app, "GET", "/ready")
    assert is_late(reply)


async def test_a_write_in_a_session_that_reads_is_a_mistake(plain, driver, tmp_path):
    async with Database(with_driver(plain, driver)) as db:
        app = FastAPI()
        app.state.database = db

        @app.get("/")
        async def endpoint(session: ReadSession):
            await session.execute(text("DELETE FROM notes"))

        reply, _ = await exchange_failing(app, "GET", "/")
    assert reply.status == 500


# --- SQLite ------------------------------------------------------------------------------


@pytest.mark.parametrize("driver", ["sqlite3", "aiosqlite"])
async def test_a_file_that_somebody_else_writes_to(tmp_path, driver):
    url = f"sqlite:///{tmp_path / 'test.db'}"
    engine = create_engine(url, poolclass=NullPool)
    Base.metadata.create_all(engine)
    async with Database(url, busy_timeout=0.05) as db:
        ask = Asked(db, driver)
        assert (await ask(find)).status == 200
        with engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            reply = await ask(find)
            assert is_late(reply)
            assert reply.json == {"detail": "The database is busy. Try again."}
            connection.exec_driver_sql("ROLLBACK")
        assert (await ask(find)).status == 200


async def test_a_file_that_is_not_there(tmp_path):
    async with asking(f"sqlite:///{tmp_path / 'nowhere' / 'test.db'}", "sqlite3") as ask:
        assert is_late(await ask(find))


async def test_a_rollback_that_nobody_answers_keeps_nobody(monkeypatch):
    monkeypatch.setattr(sessions_module, "ROLLBACK_TIMEOUT", 0.2)
    with running_postgres() as server:
        async with Database(f"{server.url}?sslmode=disable") as db:
            has_begun = asyncio.Event()

            async def work():
                async with db.sessions() as session:
                    await session.execute(text("SELECT 1"))
                    has_begun.set()
                    await asyncio.sleep(60)

            task = asyncio.create_task(work())
            await has_begun.wait()
            server.suspend()
            try:
                task.cancel()
                done, _ = await asyncio.wait([task], timeout=10)
            finally:
                server.resume()
            assert done
            assert db.engine.pool.checkedout() == 0
            await asyncio.wait([task])


async def test_who_is_gone_is_noticed_by_asyncpg_as_by_libpq(postgres_database):
    async with Database(postgres_database) as db, db.engine.connect() as connection:
        found = await connection.get_raw_connection()
        used = found.driver_connection._transport.get_extra_info("socket")
        assert used.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)


def test_a_blocking_ping_that_nobody_answers_ends(monkeypatch):
    monkeypatch.setattr(upkeep, "IDLE_LIMIT", -1)
    with running_postgres() as server:
        url = with_driver(f"{server.url}?sslmode=disable", "psycopg")
        db = Database(url, connect_timeout=2)
        with db.sessions.sync_read() as session:
            session.execute(text("SELECT 1"))
        with db.sessions.sync_read() as session:  # an answer that comes
            assert session.scalar(text("SELECT 2")) == 2
        failed = []

        def ask():
            with db.sessions.sync_read() as session:
                try:
                    session.execute(text("SELECT 1"))
                except OperationalError as error:
                    failed.append(error)

        asking = Thread(target=ask)
        server.suspend()
        try:
            asking.start()
            asking.join(10)
            assert len(failed) == 1
        finally:
            server.resume()
            asking.join(10)
        db.sync_read_engine.dispose()
