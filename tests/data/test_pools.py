"""Pools serve in the order of asking, give connections back whatever happens, and know their loop."""

import asyncio
import os
import sqlite3
import threading
import time

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import create_async_engine

from pronghorn.data.connections.pools import AsyncFairPool, FairPool
from pronghorn.data.connections.sqlite import sqlite_connector

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


def make_async(tmp_path, **options):
    options = {"pool_size": 1, "max_overflow": 1, "pool_timeout": 5} | options
    options["connect_args"] = {"async_creator_fn": sqlite_connector()}
    return create_async_engine(
        f"sqlite+aiosqlite:///{tmp_path}/a.db", poolclass=AsyncFairPool, **options
    )


def make_sync(tmp_path, **options):
    options = {"pool_size": 1, "max_overflow": 1, "pool_timeout": 5} | options
    return create_engine(f"sqlite:///{tmp_path}/a.db", poolclass=FairPool, **options)


@pytest.fixture
async def engine(tmp_path):
    engine = make_async(tmp_path)
    yield engine
    await engine.dispose()


async def hold_both(engine):
    return await engine.connect(), await engine.connect()


async def test_tasks_are_served_in_the_order_of_asking(engine):
    first, second = await hold_both(engine)
    served = []

    async def ask(name):
        async with engine.connect():
            served.append(name)
            await asyncio.sleep(0)

    tasks = []
    for name in range(20):
        tasks.append(asyncio.create_task(ask(name)))
        await asyncio.sleep(0)
    await first.close()
    # A newcomer does not take what was given back for somebody who waits.
    tasks.append(asyncio.create_task(ask(20)))
    await second.close()
    await asyncio.gather(*tasks)
    assert served == sorted(served)
    assert engine.pool.checkedout() == 0


def test_threads_are_served_in_the_order_of_asking(tmp_path):
    engine = make_sync(tmp_path, max_overflow=0)
    held = engine.connect()
    served = []

    def ask(name):
        with engine.connect():
            served.append(name)

    threads = []
    for name in range(8):
        threads.append(threading.Thread(target=ask, args=(name,)))
        threads[-1].start()
        wait_until(lambda: len(engine.pool.shelf.waiting) > name)  # noqa: B023 - it is called here
    held.close()
    for thread in threads:
        thread.join()
    assert served == sorted(served)
    engine.dispose()


def wait_until(condition):
    deadline = time.monotonic() + 10
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.001)
    assert condition()


async def test_who_waits_too_long_is_told_so_and_the_next_is_served(tmp_path):
    engine = make_async(tmp_path, max_overflow=0, pool_timeout=0.05)
    async with engine.connect():
        with pytest.raises(PoolTimeoutError, match=r"within 0\.05 s: all 1 are in use"):
            await engine.connect()
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1
    await engine.dispose()


def test_a_thread_that_waits_too_long_is_told_so(tmp_path):
    engine = make_sync(tmp_path, max_overflow=0, pool_timeout=0.05)
    with engine.connect(), pytest.raises(PoolTimeoutError):
        engine.connect()
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    engine.dispose()


async def test_what_is_given_to_a_task_that_is_cancelled_goes_to_the_next(engine):
    first, second = await hold_both(engine)
    loser = asyncio.create_task(engine.connect().start())
    await asyncio.sleep(0)
    winner = asyncio.create_task(engine.connect().start())
    await asyncio.sleep(0)
    await first.close()  # handed to the loser
    loser.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loser
    connection = await asyncio.wait_for(winner, 2)
    await connection.close()
    await second.close()
    assert engine.pool.checkedout() == 0


async def test_cancelled_tasks_leave_every_place_of_the_pool(engine):
    async def work():
        async with engine.connect() as connection:
            await connection.scalar(text("SELECT 1"))

    for count in range(150):
        task = asyncio.create_task(work())
        for _ in range(count % 15):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
    assert engine.pool.checkedout() == 0
    await asyncio.gather(work(), work(), work())


async def test_a_connection_that_cannot_be_made_leaves_its_place_to_who_waits(tmp_path):
    engine = make_async(tmp_path, max_overflow=0)
    attempts = []

    @event.listens_for(engine.sync_engine, "do_connect")
    def do_connect(*_):
        attempts.append(1)
        if len(attempts) == 1:
            raise OSError("nobody there")

    results = await asyncio.gather(*[use(engine) for _ in range(3)], return_exceptions=True)
    assert [type(result) for result in results].count(OSError) == 1
    assert results.count(1) == 2
    await engine.dispose()


async def use(engine):
    async with engine.connect() as connection:
        return await connection.scalar(text("SELECT 1"))


async def test_what_is_beyond_the_size_is_closed_and_its_place_is_free_again(engine):
    first, second = await hold_both(engine)
    assert engine.pool.overflow() == 1
    await first.close()
    await second.close()
    assert (engine.pool.checkedin(), engine.pool.checkedout()) == (1, 0)
    await asyncio.gather(use(engine), use(engine), use(engine))
    assert "Connections in pool: 1" in engine.pool.status()


def test_one_engine_serves_one_loop_after_the_other_and_leaves_nothing_open(tmp_path, recwarn):
    engine = make_async(tmp_path)
    closed = []
    event.listen(engine.sync_engine, "close", lambda *_: closed.append(1))
    for count in range(3):
        assert asyncio.run(use(engine)) == 1
        assert len(closed) == count + 1
    assert engine.pool.shelves() == []
    assert [str(warning.message) for warning in recwarn] == []


def test_loops_in_several_threads_have_connections_of_their_own(tmp_path):
    engine = make_async(tmp_path, max_overflow=0)
    answers = []
    # SQLAlchemy looks at the database once, behind a lock that belongs to one loop.
    asyncio.run(use(engine))

    async def work():
        answers.extend([await use(engine) for _ in range(20)])

    threads = [threading.Thread(target=asyncio.run, args=(work(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [1] * 80


def test_what_is_in_use_when_a_pool_is_left_is_closed_when_it_comes_back(tmp_path):
    engine = make_sync(tmp_path)
    connection = engine.connect()
    used = connection.connection.driver_connection
    engine.dispose()
    assert connection.scalar(text("SELECT 1")) == 1
    connection.close()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        used.execute("SELECT 1")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_process_begins_anew_and_leaves_the_connections_of_its_parent_alone(tmp_path):
    engine = make_sync(tmp_path)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE a (x)")
        parents = connection.connection.driver_connection
    pid = os.fork()
    if pid == 0:
        with engine.begin() as connection:
            is_another = connection.connection.driver_connection is not parents
            connection.exec_driver_sql("INSERT INTO a VALUES (1)")
        engine.dispose()
        os._exit(0 if is_another else 1)
    assert os.waitpid(pid, 0)[1] == 0
    with engine.connect() as connection:
        assert connection.connection.driver_connection is parents
        assert connection.scalar(text("SELECT count(*) FROM a")) == 1
    engine.dispose()
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        parents.execute("SELECT 1")
