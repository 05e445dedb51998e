"""SQLite as it is set up: nothing is lost, nothing is locked, nothing is left open."""

import asyncio
import inspect
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from pronghorn.data import Database
from pronghorn.data.connections import drivers
from pronghorn.exceptions import DeclarationError, describe_place

pytestmark = pytest.mark.anyio

PRAGMAS = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "query_only")
LEFT_DANGLING = (
    "CREATE TABLE parent (id INTEGER PRIMARY KEY)",
    "CREATE TABLE child (parent_id INTEGER REFERENCES parent DEFERRABLE INITIALLY DEFERRED)",
)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "test.db"


@pytest.fixture
async def db(file):
    async with Database(f"sqlite:///{file}") as db:
        yield db


async def run(engine, *statements):
    async with engine.begin() as connection:
        for statement in statements:
            await connection.exec_driver_sql(statement)


def names_and_values(values):
    return dict(zip(PRAGMAS, values, strict=True))


@pytest.mark.parametrize("is_reader", [False, True])
async def test_each_connection_is_set_up(db, is_reader):
    expected = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
        "query_only": int(is_reader),
    }
    async with (db.read_engine if is_reader else db.engine).connect() as connection:
        found = [await connection.scalar(text(f"PRAGMA {name}")) for name in PRAGMAS]
    assert names_and_values(found) == expected
    with (db.sync_read_engine if is_reader else db.sync_engine).connect() as connection:
        found = [connection.scalar(text(f"PRAGMA {name}")) for name in PRAGMAS]
    assert names_and_values(found) == expected


async def test_options_change_what_is_waited_for_and_what_is_flushed(file):
    address = f"sqlite:///{file}?timeout=1.5"
    async with (
        Database(address, synchronous="NORMAL") as db,
        db.engine.connect() as connection,
    ):
        assert await connection.scalar(text("PRAGMA busy_timeout")) == 1500
        assert await connection.scalar(text("PRAGMA synchronous")) == 1


async def test_a_writer_takes_the_lock_when_it_begins_and_readers_see_the_state_before(db, file):
    await run(db.engine, "CREATE TABLE a (x)")
    other = sqlite3.connect(file, timeout=0)
    async with db.engine.connect() as connection:
        await connection.scalar(text("SELECT 1"))
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        assert other.execute("SELECT count(*) FROM a").fetchone() == (0,)
        async with db.read_engine.connect() as reader:
            assert await reader.scalar(text("SELECT count(*) FROM a")) == 0
    other.execute("BEGIN IMMEDIATE")
    other.close()


async def test_a_reader_cannot_write(db):
    await run(db.engine, "CREATE TABLE a (x)")
    async with db.read_engine.connect() as connection:
        with pytest.raises(OperationalError, match="readonly"):
            await connection.exec_driver_sql("INSERT INTO a VALUES (1)")


async def test_no_update_is_lost(db):
    await run(db.engine, "CREATE TABLE a (x)", "INSERT INTO a VALUES (0)")

    async def add_twenty():
        for _ in range(20):
            async with db.engine.begin() as connection:
                found = await connection.scalar(text("SELECT x FROM a"))
                await asyncio.sleep(0)
                await connection.execute(text("UPDATE a SET x = :x"), {"x": found + 1})

    await asyncio.gather(*[add_twenty() for _ in range(6)])
    async with db.read_engine.connect() as connection:
        assert await connection.scalar(text("SELECT x FROM a")) == 120


def test_no_update_is_lost_between_threads_and_tasks(file):
    db = Database(f"sqlite:///{file}")
    with db.sync_engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE a (x)")
        connection.exec_driver_sql("INSERT INTO a VALUES (0)")

    def add_twenty():
        for _ in range(20):
            with db.sync_engine.begin() as connection:
                found = connection.scalar(text("SELECT x FROM a"))
                connection.execute(text("UPDATE a SET x = :x"), {"x": found + 1})

    async def add_twenty_async():
        for _ in range(20):
            async with db.engine.begin() as connection:
                found = await connection.scalar(text("SELECT x FROM a"))
                await connection.execute(text("UPDATE a SET x = :x"), {"x": found + 1})

    threads = [threading.Thread(target=add_twenty) for _ in range(5)]
    for thread in threads:
        thread.start()
    asyncio.run(add_twenty_async())
    for thread in threads:
        thread.join()
    with db.sync_engine.connect() as connection:
        assert connection.scalar(text("SELECT x FROM a")) == 120
    db.sync_engine.dispose()


async def test_a_commit_that_fails_leaves_no_transaction_in_the_pool(db):
    await run(db.engine, *LEFT_DANGLING)
    for _ in range(20):
        connection = await db.engine.connect()
        await connection.exec_driver_sql("INSERT INTO child (parent_id) VALUES (999)")
        with pytest.raises(IntegrityError):
            await connection.commit()
        await connection.close()
        async with db.engine.connect() as following:
            driver_connection = (await following.get_raw_connection()).driver_connection
            assert not driver_connection.in_transaction
            assert await following.scalar(text("SELECT count(*) FROM child")) == 0


def test_a_commit_that_fails_leaves_no_transaction_in_the_pool_of_threads(file):
    db = Database(f"sqlite:///{file}")
    with db.sync_engine.begin() as connection:
        for statement in LEFT_DANGLING:
            connection.exec_driver_sql(statement)
    connection = db.sync_engine.connect()
    connection.exec_driver_sql("INSERT INTO child (parent_id) VALUES (999)")
    with pytest.raises(IntegrityError):
        connection.commit()
    connection.close()
    with db.sync_engine.connect() as connection:
        assert not connection.connection.driver_connection.in_transaction
        assert connection.scalar(text("SELECT count(*) FROM child")) == 0
    db.sync_engine.dispose()


async def test_what_a_reader_begins_by_hand_is_over_when_it_is_given_back(db):
    async with db.read_engine.connect() as connection:
        await connection.exec_driver_sql("BEGIN")
        await connection.exec_driver_sql("SELECT * FROM sqlite_master")
    async with db.read_engine.connect() as connection:
        driver_connection = (await connection.get_raw_connection()).driver_connection
        assert not driver_connection.in_transaction


async def test_statements_outside_of_transactions_are_possible(db):
    async with db.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.exec_driver_sql("VACUUM")
    async with db.engine.connect() as connection:
        driver_connection = (await connection.get_raw_connection()).driver_connection
        assert driver_connection.isolation_level is None


STARTER = """
import asyncio, sys
from pronghorn.data import Database

async def main():
    async with Database(sys.argv[1]) as db:
        async with db.engine.begin() as connection:
            await connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS a (x)")
            await connection.exec_driver_sql("INSERT INTO a VALUES (1)")

asyncio.run(main())
"""


def test_several_processes_may_begin_at_once(file):
    command = [sys.executable, "-c", STARTER, f"sqlite:///{file}"]
    processes = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(6)]
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
    connection = sqlite3.connect(file)
    assert connection.execute("SELECT count(*) FROM a").fetchone() == (6,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


async def test_writers_and_readers_never_find_the_database_locked(db):
    await run(db.engine, "CREATE TABLE a (x)")
    is_over = False

    async def write():
        while not is_over:
            async with db.engine.begin() as connection:
                await connection.scalar(text("SELECT count(*) FROM a"))
                await connection.exec_driver_sql("INSERT INTO a VALUES (1)")

    async def read():
        while not is_over:
            async with db.read_engine.connect() as connection:
                await connection.scalar(text("SELECT count(*) FROM a"))

    async with asyncio.TaskGroup() as tasks:
        for _ in range(16):
            tasks.create_task(write())
            tasks.create_task(read())
        await asyncio.sleep(1)
        is_over = True


async def test_a_cancelled_statement_keeps_nobody_waiting(db):
    await run(db.engine, "CREATE TABLE a (x)")
    slow = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000) SELECT count(*) FROM n"

    async def work():
        async with db.engine.begin() as connection:
            await connection.exec_driver_sql("INSERT INTO a VALUES (1)")
            await connection.scalar(text(slow))

    for _ in range(5):
        task = asyncio.create_task(work())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert db.engine.pool.checkedout() == 0
    async with db.engine.begin() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM a")) == 0


# --- without a file ----------------------------------------------------------------------


async def test_in_memory_all_connections_see_the_same_until_it_is_closed():
    db = Database("sqlite://")
    async with db:
        await run(db.engine, "CREATE TABLE a (x)")
        async with db.read_engine.connect() as connection:
            assert await connection.scalar(text("SELECT count(*) FROM a")) == 0
        with db.sync_read_engine.connect() as connection:
            assert connection.scalar(text("SELECT count(*) FROM a")) == 0
        assert db._private.folder.stat().st_mode & 0o777 == 0o700
    assert list(db._private.folder.iterdir()) == []
    async with db, db.read_engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM sqlite_master")) == 0


IN_MEMORY = """
import asyncio
from pronghorn.data import Database

async def main():
    db = Database("sqlite:///:memory:")
    await db.open()
    print(db._private.folder)

asyncio.run(main())
"""


def test_in_memory_nothing_outlives_the_process():
    command = [sys.executable, "-c", IN_MEMORY]
    folder = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    assert "pronghorn-" in folder
    assert not Path(folder).exists()


async def test_a_folder_that_is_missing_is_named(tmp_path):
    db, line = Database(f"sqlite:///{tmp_path}/missing/test.db"), here()
    with pytest.raises(DeclarationError, match=r"no folder '.*missing'") as caught:
        await db.open()
    assert caught.value.place == line
    assert f"  {line}\n" in str(caught.value)


async def test_a_file_that_is_no_database_stops_the_start(tmp_path):
    file = tmp_path / "test.db"
    file.write_text("This is a letter, and it is long enough to be read. " * 20)
    db, line = Database(f"sqlite:///{file}"), here()
    with pytest.raises(DeclarationError, match=r"test\.db: file is not a database\.") as caught:
        await db.open()
    assert caught.value.place == line
    await db.close()


async def test_what_shows_when_an_engine_is_made_names_the_line_of_the_database(monkeypatch):
    db, line = Database("postgresql+asyncpg://user@localhost/name"), here()
    monkeypatch.setattr(drivers, "find_spec", lambda _: None)
    with ThreadPoolExecutor(1) as threads:
        asked = threads.submit(getattr, db, "sync_engine")
        with pytest.raises(DeclarationError, match="need psycopg, which is not") as caught:
            asked.result()
    assert f"  {line}\n" in str(caught.value)


def here():
    """The line that asks, as messages name it."""
    frame = inspect.currentframe().f_back
    return describe_place(frame.f_code.co_name, frame.f_code.co_filename, frame.f_lineno)


async def test_who_is_cancelled_while_another_process_writes_does_not_wait_for_it(db, file):
    await run(db.engine, "CREATE TABLE a (x)")
    other = sqlite3.connect(file)
    other.execute("BEGIN IMMEDIATE")
    task = asyncio.create_task(run(db.engine, "INSERT INTO a VALUES (1)"))
    await asyncio.sleep(0.1)
    task.cancel()
    # It would be five seconds.
    done, _ = await asyncio.wait([task], timeout=3)
    assert done
    assert task.cancelled()
    other.close()
    await run(db.engine, "INSERT INTO a VALUES (2)")
