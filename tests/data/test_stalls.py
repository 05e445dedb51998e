"""A server that stalls: whoever is cancelled meanwhile is let go, and the connection is closed."""

import asyncio
import os
import signal

import pytest
from servers.postgres import durable_postgres
from sqlalchemy import text

from pronghorn.data import Database
from pronghorn.data.sessions import asynchronous

pytestmark = pytest.mark.anyio

WORK = "SELECT pg_sleep(60)"
LONGEST = 8
"""Seconds; a client may be gone for long by then, but nobody waits for the server."""


@pytest.fixture(scope="module")
def server():
    with durable_postgres() as server:
        yield server


@pytest.mark.parametrize(("is_reader", "statement"), [(False, None), (False, WORK), (True, WORK)])
@pytest.mark.parametrize("stalls", ["server", "backend"])
@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_a_cancelled_task_ends_though_nobody_answers(
    server, driver, stalls, statement, is_reader, monkeypatch
):
    monkeypatch.setattr(asynchronous, "ROLLBACK_TIMEOUT", 0.5)
    address = f"{server.url}?sslmode=disable".replace("postgresql:", f"postgresql+{driver}:")
    async with Database(address, pool_size=1, max_overflow=0) as db:
        begun = asyncio.get_running_loop().create_future()

        async def work():
            async with db.sessions.read() if is_reader else db.sessions() as session:
                begun.set_result(await session.scalar(text("SELECT pg_backend_pid()")))
                await (session.execute(text(statement)) if statement else asyncio.sleep(60))

        task = asyncio.create_task(work())
        pid = await begun
        await asyncio.sleep(0.1)  # the statement is under way
        suspend(server, pid if stalls == "backend" else None)
        try:
            task.cancel()
            done, _ = await asyncio.wait([task], timeout=LONGEST)
        finally:
            resume(server, pid if stalls == "backend" else None)
            await asyncio.wait([task])
        assert done
        assert task.cancelled()
        # Closed, and not given back: the next one has another.
        async with db.sessions.read() if is_reader else db.sessions() as session:
            assert await session.scalar(text("SELECT pg_backend_pid()")) != pid


def suspend(server, pid):
    os.kill(pid, signal.SIGSTOP) if pid else server.suspend()


def resume(server, pid):
    os.kill(pid, signal.SIGCONT) if pid else server.resume()
