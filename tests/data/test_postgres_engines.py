"""PostgreSQL by both drivers: settings, time-outs, and connections that died while nobody looked."""

import asyncio
import inspect
import time
import traceback

import pytest
from servers.pgbouncer import running_pgbouncer
from sqlalchemy import event, make_url, text
from sqlalchemy.exc import DBAPIError

from pronghorn.data import Database
from pronghorn.data.connections import upkeep
from pronghorn.data.errors import StandbyError
from pronghorn.data.testing.postgres import running_postgres
from pronghorn.exceptions import DeclarationError

pytestmark = pytest.mark.anyio

SHOWN = ("statement_timeout", "transaction_read_only", "transaction_isolation")
SHOW = text("SELECT " + ", ".join(f"current_setting('{name}')" for name in SHOWN))
OTHERS = text(
    "SELECT pid, state FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid != pg_backend_pid()"
)


@pytest.fixture(params=["asyncpg", "psycopg"])
def driver(request):
    return request.param


@pytest.fixture
def url(driver, postgres_database):
    return with_driver(postgres_database, driver)


def with_driver(url, driver):
    return url.replace("postgresql://", f"postgresql+{driver}://")


@pytest.fixture
async def db(url):
    async with Database(url) as db:
        yield db


async def shown(engine):
    async with engine.connect() as connection:
        return tuple((await connection.execute(SHOW)).one())


def sync_shown(engine):
    with engine.connect() as connection:
        return tuple(connection.execute(SHOW).one())


async def pid(engine):
    async with engine.connect() as connection:
        return await connection.scalar(text("SELECT pg_backend_pid()"))


async def test_each_connection_begins_with_its_settings(db):
    assert await shown(db.engine) == ("30s", "off", "read committed")
    assert await shown(db.read_engine) == ("30s", "on", "read committed")
    assert sync_shown(db.sync_engine) == ("30s", "off", "read committed")
    assert sync_shown(db.sync_read_engine) == ("30s", "on", "read committed")


async def test_what_the_address_says_wins(url):
    address = f"{url}?application_name=shop&options=-c%20statement_timeout%3D1234"
    async with Database(address) as db:
        for engine in (db.engine, db.read_engine):
            async with engine.connect() as connection:
                said = "SELECT current_setting('application_name'), current_setting('{}')"
                found = await connection.execute(text(said.format("transaction_read_only")))
                assert found.one() == ("shop", "on" if engine is db.read_engine else "off")


async def test_the_server_ends_a_statement_that_takes_too_long(url):
    async with Database(url, statement_timeout=0.1) as db:
        with pytest.raises(DBAPIError, match="statement timeout"):
            async with db.engine.connect() as connection:
                await connection.execute(text("SELECT pg_sleep(5)"))
        assert db.engine.pool.checkedout() == 0


async def test_a_reader_cannot_write(db):
    async with db.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE a (x int)"))
    with pytest.raises(DBAPIError, match="read-only"):
        async with db.read_engine.connect() as connection:
            await connection.execute(text("INSERT INTO a VALUES (1)"))
    with pytest.raises(DBAPIError, match="read-only"), db.sync_read_engine.connect() as blocking:
        blocking.execute(text("INSERT INTO a VALUES (1)"))


@pytest.mark.parametrize("is_reader", [False, True])
async def test_what_is_begun_by_hand_is_over_when_it_is_given_back(db, is_reader):
    engine = db.read_engine if is_reader else db.engine
    async with engine.connect() as connection:
        await connection.exec_driver_sql("SELECT 1")
        await connection.exec_driver_sql("BEGIN" if is_reader else "SAVEPOINT x")
    async with db.engine.connect() as connection:
        states = [state for _, state in await connection.execute(OTHERS)]
    assert "idle in transaction" not in states


async def test_a_level_for_one_connection_is_not_the_next_one_s(db):
    for engine in (db.engine, db.read_engine):
        levelled = engine.execution_options(isolation_level="SERIALIZABLE")
        assert (await shown(levelled))[2] == "serializable"
        assert (await shown(engine))[2] == "read committed"


# --- connections that died ---------------------------------------------------------------


KILL = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid != pg_backend_pid()"
)


async def count_others(engine):
    async with engine.connect() as connection:
        pids = [pid for pid, _ in await connection.execute(OTHERS)]
    return len(pids)


@pytest.fixture
async def killer(postgres_database):
    """Ends all connections of the database but its own."""
    async with Database(postgres_database) as other:

        async def kill():
            async with other.engine.begin() as connection:
                await connection.execute(KILL)
            deadline = time.monotonic() + 10
            # In one transaction it would see one state of things again and again.
            while await count_others(other.read_engine) > 1:
                assert time.monotonic() < deadline
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.02)  # what the server said arrives

        yield kill


async def test_a_connection_that_died_is_replaced_without_an_error(db, killer):
    held = [await db.engine.connect() for _ in range(4)]
    for connection in held:
        await connection.close()
    before, read_before = await pid(db.engine), await pid(db.read_engine)
    sync_shown(db.sync_engine)
    await killer()
    for _ in range(5):
        assert await pid(db.engine) != before
    assert await pid(db.read_engine) != read_before
    assert sync_shown(db.sync_engine)[0] == "30s"


async def test_an_idle_connection_is_asked_whether_it_lives_and_a_busy_one_is_not(db, monkeypatch):
    asked = []
    liveness = upkeep.LIVENESS[db.engine.dialect.driver]
    ping = type(liveness).ping
    monkeypatch.setattr(type(liveness), "ping", lambda *call: (asked.append(call), ping(*call))[1])
    first = await pid(db.engine)
    assert await pid(db.engine) == first
    assert asked == []
    monkeypatch.setattr(upkeep, "IDLE_LIMIT", -1.0)
    assert await pid(db.engine) == first
    assert len(asked) == 1
    sync_shown(db.sync_engine)
    sync_shown(db.sync_engine)
    assert len(asked) == (2 if db.engine.dialect.driver == "psycopg" else 1)


async def test_a_connection_that_does_not_answer_is_replaced(db, monkeypatch):
    before = await pid(db.engine)
    monkeypatch.setattr(upkeep, "IDLE_LIMIT", -1.0)
    liveness = upkeep.LIVENESS[db.engine.dialect.driver]

    def no_answer(*_):
        raise TimeoutError

    monkeypatch.setattr(type(liveness), "ping", no_answer)
    assert await pid(db.engine) != before


async def test_after_an_end_by_the_server_all_connections_are_made_anew(db, killer):
    idle = await db.engine.connect()
    used = await db.engine.connect()
    idle_pid = await idle.scalar(text("SELECT pg_backend_pid()"))
    await used.scalar(text("SELECT 1"))
    await idle.close()
    await killer()
    with pytest.raises(DBAPIError) as caught:
        await used.scalar(text("SELECT 1"))
    assert caught.value.connection_invalidated
    await used.close()
    assert await pid(db.engine) != idle_pid


async def test_a_server_that_is_restarted_is_found_again(driver):
    with running_postgres() as server:

        async def work():
            async with Database(with_driver(server.url, driver)) as db:
                engines = (db.engine, db.read_engine)
                for engine in engines:
                    await asyncio.gather(*[pid(engine) for _ in range(5)])
                    sync_shown(db.sync_engine)
                for immediate in (True, False):
                    await asyncio.to_thread(server.restart, immediate=immediate)
                    await asyncio.sleep(0.05)
                    # Nobody who comes afterwards notices.
                    for engine in engines:
                        await asyncio.gather(*[pid(engine) for _ in range(10)])
                    assert sync_shown(db.sync_engine)[0] == "30s"

        await work()


async def test_a_writer_leaves_a_server_that_has_become_a_standby(db):
    before = await pid(db.engine)
    with pytest.raises(DBAPIError) as caught:
        async with db.engine.begin() as connection:
            await connection.execute(text("SET TRANSACTION READ ONLY"))
            await connection.execute(text("CREATE TABLE a (x int)"))
    assert caught.value.connection_invalidated
    assert await pid(db.engine) != before


async def test_a_standby_is_not_ready(url):
    await Database(url).ping()
    db = Database(f"{url}?options=-c%20default_transaction_read_only%3Don")
    with pytest.raises(StandbyError, match="target_session_attrs=read-write"):
        await db.ping()
    await db.close()


# --- cancelled ---------------------------------------------------------------------------


async def test_cancelled_requests_leave_nothing_open(url):
    async with Database(url, pool_size=2, max_overflow=2) as db:
        async with db.engine.begin() as connection:
            await connection.execute(text("CREATE TABLE a (x int)"))
            await connection.execute(text("INSERT INTO a VALUES (0)"))

        async def work():
            async with db.engine.begin() as connection:
                await connection.execute(text("SELECT * FROM a FOR UPDATE"))
                await connection.execute(text("UPDATE a SET x = x + 1"))
                await connection.execute(text("SELECT pg_sleep(0.01)"))

        for number in range(60):
            tasks = [asyncio.create_task(work()) for _ in range(6)]
            await asyncio.sleep(number % 12 / 1000)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        assert db.engine.pool.checkedout() == 0
        deadline = time.monotonic() + 5
        while True:
            async with db.engine.connect() as connection:
                found = (await connection.execute(OTHERS)).all()
            if len(found) < 4 and all(state == "idle" for _, state in found):
                break
            assert time.monotonic() < deadline, found
            await asyncio.sleep(0.05)


# --- opened ------------------------------------------------------------------------------


FINAL = {
    "password": (lambda url: url.replace("postgres:", "postgres:not"), "authentication failed"),
    "database": (lambda url: f"{url.partition('?')[0]}_not", "does not exist"),
    "no encryption": (
        lambda url: f"{url.partition('?')[0]}?sslmode=require",
        "(rejected SSL upgrade|does not support SSL, but SSL was required)",
    ),
}


@pytest.mark.parametrize("case", FINAL)
async def test_what_only_a_person_can_mend_stops_the_start(url, case):
    change, said = FINAL[case]
    db = Database(change(url))
    line = inspect.currentframe().f_lineno - 1
    with pytest.raises(DeclarationError, match=said) as caught:
        await db.open()
    problem, place, *_, code = str(caught.value).splitlines()
    assert problem.startswith("There is no connection to postgresql+")
    assert ":***@" in problem
    assert place.endswith(f"() at tests/data/test_postgres_engines.py:{line}")
    assert code == "  [database-connection]"
    shown = "".join(traceback.format_exception(caught.value))
    assert make_url(change(url)).password not in shown
    # The driver's own words are there, and none of the frames of whoever called it.
    assert "sqlalchemy" not in shown
    await db.close()


async def test_a_replica_that_nobody_gets_into_is_the_one_that_is_named(url):
    replica = f"{url.partition('?')[0]}_not"
    async with Database(url):
        db = Database(url, replica=replica)
        with pytest.raises(DeclarationError, match=r"_not: .*does not exist"):
            await db.open()
        await db.close()


async def test_a_server_that_is_away_does_not_stop_the_start(driver, caplog):
    db = Database(f"postgresql+{driver}://user:secret@127.0.0.1:9/name", connect_timeout=1)
    async with db:
        pass
    address = f"postgresql+{driver}://user:***@127.0.0.1:9/name"
    assert caplog.messages[0].startswith(f"The database is not ready yet: {address}: ")
    assert "\n" not in caplog.messages[0]


async def test_a_database_may_be_opened_and_closed_at_any_time(url):
    db = Database(url)
    await db.close()
    await db.open()
    await db.open()
    first = await pid(db.engine)
    await db.close()
    await db.close()
    assert await pid(db.engine) != first  # opened by its use
    await db.close()


def test_a_database_serves_one_loop_after_the_other(url, recwarn):
    db = Database(url)
    pids = {asyncio.run(pid(db.engine)) for _ in range(3)}
    assert len(pids) == 3
    assert [str(warning.message) for warning in recwarn] == []


async def test_a_replica_is_read_from(url):
    replica = f"{url}?application_name=replica"
    async with Database(url, replica=replica) as db:
        name = text("SELECT current_setting('application_name')")
        async with db.read_engine.connect() as connection:
            assert await connection.scalar(name) == "replica"
        async with db.engine.connect() as connection:
            assert await connection.scalar(name) != "replica"


# --- behind a transaction pooler ---------------------------------------------------------


@pytest.fixture(scope="module")
def bouncer(postgres):
    with running_pgbouncer(postgres) as bouncer:
        yield bouncer


async def test_behind_a_pooler_each_transaction_says_what_it_needs(bouncer, driver):
    async with Database(with_driver(bouncer.url, driver), pooler=True) as db:
        assert await shown(db.engine) == ("30s", "off", "read committed")
        assert await shown(db.read_engine) == ("30s", "on", "repeatable read")
        assert sync_shown(db.sync_engine) == ("30s", "off", "read committed")
        assert sync_shown(db.sync_read_engine) == ("30s", "on", "repeatable read")


async def test_behind_a_pooler_no_prepared_statement_outlives_its_transaction(bouncer, driver):
    async with Database(with_driver(bouncer.url, driver), pooler=True) as db:

        async def work(number):
            for count in range(8):
                async with db.engine.begin() as connection:
                    values = {"a": number, "b": count}
                    add = text("SELECT cast(:a AS int) + cast(:b AS int)")
                    assert await connection.scalar(add, values) == number + count
                    await connection.execute(text("CREATE TEMP TABLE x (a int) ON COMMIT DROP"))
                    await connection.execute(text("INSERT INTO x VALUES (:a)"), [values, values])
                async with db.read_engine.connect() as connection:
                    rows = await connection.stream(text("SELECT generate_series(1, 120)"))
                    assert len([row async for row in rows]) == 120
                    assert await connection.scalar(add, values) == number + count

        # More clients than the pooler has connections to the server.
        await asyncio.gather(*[work(number) for number in range(8)])
        async with db.engine.connect() as connection:
            named = text("SELECT count(*) FROM pg_prepared_statements")
            assert await connection.scalar(named) == 0


async def test_behind_a_pooler_sessions_read_in_one_snapshot(bouncer, driver):
    async with Database(with_driver(bouncer.url, driver), pooler=True) as db:
        async with db.sessions.read() as session:
            rows = await session.stream(SHOW)
            assert [tuple(row) async for row in rows] == [("30s", "on", "repeatable read")]
        with db.sessions.sync_read() as session:
            assert tuple(session.execute(SHOW).one()) == ("30s", "on", "repeatable read")
        assert db.read_engine.pool.checkedout() == 0


async def test_a_pooler_that_nobody_told_of_is_named(bouncer, driver):
    db = Database(with_driver(bouncer.url, driver))
    with pytest.raises(DeclarationError, match=r"Database\(url, pooler=True\)"):
        await db.open()
    await db.close()


async def test_an_address_may_tell_of_the_pooler(bouncer, driver):
    async with Database(f"{with_driver(bouncer.url, driver)}?pgbouncer=true") as db:
        assert (await shown(db.engine))[0] == "30s"


# --- what is not used in all of these ----------------------------------------------------


async def test_the_check_of_life_says_nothing_to_the_server(db):
    statements = []
    event.listen(
        db.engine.sync_engine, "before_cursor_execute", lambda *call: statements.append(call[2])
    )
    await pid(db.engine)
    await pid(db.engine)
    assert statements == ["SELECT pg_backend_pid()"] * 2
