"""The engines of a database: made once, whoever asks, and all of them closed."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import event, text
from sqlalchemy.util.concurrency import await_

from pronghorn.data import Database
from pronghorn.data.connections import engines

THREADS = 8
NAMES = (
    *("engine", "read_engine", "fresh_read_engine"),
    *("sync_engine", "sync_read_engine", "sync_fresh_read_engine"),
)


@pytest.mark.parametrize("name", NAMES)
def test_threads_that_ask_at_once_get_the_same_engine(name, tmp_path, monkeypatch):
    made = []

    def slow(make):
        def make_slowly(*arguments, **options):
            engine = make(*arguments, **options)
            made.append(engine)
            time.sleep(0.05)  # the others come meanwhile
            return engine

        return make_slowly

    for function in ("create_engine", "create_async_engine"):
        monkeypatch.setattr(engines, function, slow(getattr(engines, function)))
    db = Database(f"sqlite:///{tmp_path / 'test.db'}")
    together = threading.Barrier(THREADS)

    def ask(_):
        together.wait(10)
        return getattr(db, name)

    with ThreadPoolExecutor(THREADS) as threads:
        found = set(threads.map(ask, range(THREADS)))
    assert found == set(made)
    assert len(made) == 1


class Broken(Exception):
    pass


@pytest.mark.anyio
@pytest.mark.parametrize("count", [1, 2])
async def test_all_are_closed_whatever_becomes_of_one(count, monkeypatch):
    db = Database("sqlite://")
    every = [db.engine, db.read_engine, db.sync_engine, db.sync_read_engine]
    async with db.engine.begin() as connection:
        await connection.exec_driver_sql("CREATE TABLE a (x)")
    closed = []
    for engine in every:
        event.listen(getattr(engine, "sync_engine", engine), "engine_disposed", closed.append)
    for engine in every[:count]:
        monkeypatch.setattr(engine.pool, "dispose", fail)

    with pytest.raises((Broken, ExceptionGroup)) as caught:
        await db.close()
    failed = getattr(caught.value, "exceptions", [caught.value])
    assert [type(error) for error in failed] == [Broken] * count
    assert len(closed) == len(every) - count
    assert list(db._private.folder.iterdir()) == []
    # It may be opened again.
    async with db, db.engine.begin() as connection:
        await connection.exec_driver_sql("CREATE TABLE a (x)")


def fail():
    raise Broken


@pytest.mark.parametrize("loops", [2, 5])
def test_loops_that_connect_first_at_once_wait_for_each_other(address, loops):
    """As tests do that have a loop each, and workers that are threads."""
    db = Database(address)
    together = threading.Barrier(loops)

    @event.listens_for(db.engine.sync_engine, "connect")
    def connect(*_):
        await_(asyncio.sleep(0.05))  # the others come meanwhile

    async def use():
        await asyncio.to_thread(together.wait, 10)
        async with asyncio.timeout(20):
            for _ in range(3):
                await asyncio.gather(*(ask() for _ in range(2)))

    async def ask():
        async with db.engine.connect() as connection:
            assert await connection.scalar(text("SELECT 1")) == 1

    with ThreadPoolExecutor(loops) as threads:
        for outcome in [threads.submit(asyncio.run, use()) for _ in range(loops)]:
            outcome.result()
