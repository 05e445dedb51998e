"""Two thousand requests that are cancelled somewhere: no connection and no lock stays behind."""

import asyncio
import gc
import logging
import random
from contextlib import asynccontextmanager

import pytest
from data.models import User
from data.watched import watched
from drivers.asgi import exchange
from sqlalchemy import select, text

from pronghorn import FastAPI
from pronghorn.data import ReadSession, Session

POOL = 2
CLIENTS = 6
ENOUGH = 2000
LATEST = 0.012
"""Seconds: some are done by then, and some wait for a connection still."""

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(300)]

ACTIVITY = text(
    "SELECT state, coalesce(extract(epoch FROM clock_timestamp() - state_change), 0)"
    " FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_cancelled_requests_leave_nothing(postgres_database, driver, caplog, capfd):
    caplog.set_level(logging.WARNING)
    address = postgres_database.replace("postgresql://", f"postgresql+{driver}://")
    async with watched(address, pool_size=POOL, max_overflow=0, pool_timeout=60) as seen:
        async with seen.db.sessions() as session:
            session.add_all(User(name=str(number)) for number in range(20))
        app = application(seen)
        async with idle_in_transaction(seen) as longest:
            clients = [client(app, number) for number in range(CLIENTS)]
            assert sum(await asyncio.gather(*clients)) >= ENOUGH
            # The pools serve whoever comes, and all their connections are there.
            requests = [exchange(app, "POST", f"/{number}") for number in range(20)]
            requests += [exchange(app, "GET", f"/{number}") for number in range(20)]
            assert {answer.status for answer in await asyncio.gather(*requests)} == {200}
        assert seen.held() == 0
        states = [state for state, _ in await settled(seen)]
        assert states == ["idle"] * 2 * POOL
        assert max(longest) < 1
    gc.collect()
    assert [record.getMessage() for record in caplog.records] == []
    assert capfd.readouterr().err == ""


def application(seen):
    app = FastAPI()
    app.state.database = seen.db

    @app.post("/{number}")
    async def change(number: int, session: Session):
        query = select(User).where(User.id == number % 20 + 1).with_for_update()
        user = (await session.scalars(query)).one()
        await session.execute(text("SELECT pg_sleep(0.001)"))
        user.name = f"changed {number}"

    @app.get("/{number}")
    async def read(number: int, session: ReadSession):
        await session.execute(text("SELECT pg_sleep(0.001)"))
        return list(await session.scalars(select(User.name)))

    return app


async def client(app, number):
    """Ask and turn away, again and again; how often it was before the answer."""
    chance = random.Random(number)
    cancelled = 0
    while cancelled < ENOUGH / CLIENTS:
        method = chance.choice(["GET", "POST"])
        task = asyncio.create_task(exchange(app, method, f"/{chance.randrange(20)}"))
        await asyncio.sleep(chance.random() * LATEST)
        task.cancel()
        await asyncio.wait([task], timeout=60)
        cancelled += task.cancelled()
        if not task.cancelled():
            assert task.result().status == 200
    return cancelled


@asynccontextmanager
async def idle_in_transaction(seen):
    """For how long, in seconds, sessions were seen idle in a transaction."""
    found = [0.0]
    is_over = asyncio.Event()

    async def look():
        while not is_over.is_set():
            for state, seconds in await asyncio.to_thread(activity, seen):
                if state == "idle in transaction":
                    found.append(float(seconds))
            await asyncio.sleep(0.2)

    looking = asyncio.create_task(look())
    try:
        yield found
    finally:
        is_over.set()
        await looking


def activity(seen):
    with seen.outside.connect() as connection:
        return connection.execute(ACTIVITY).all()


async def settled(seen):
    """The connections of the server, once those that were given up have ended."""
    for _ in range(100):
        connections = activity(seen)
        if len(connections) == 2 * POOL:
            break
        await asyncio.sleep(0.05)
    return connections
