"""Two thousand requests that are cancelled somewhere: no connection and no lock stays behind."""

import asyncio
import random

import pytest
from data.models import User
from data.watched import watched
from drivers.asgi import exchange
from sqlalchemy import select, text

from pronghorn import FastAPI
from pronghorn.data import ReadSession, Session

POOL = 2

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(240)]

ACTIVITY = text(
    "SELECT state, coalesce(extract(epoch FROM now() - state_change), 0) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_cancelled_requests_leave_nothing(postgres_database, driver):
    address = postgres_database.replace("postgresql://", f"postgresql+{driver}://")
    chance = random.Random(11)
    async with watched(address, pool_size=POOL, max_overflow=0, pool_timeout=20) as seen:
        app = FastAPI()
        app.state.database = seen.db
        async with seen.db.sessions() as session:
            session.add_all(User(name=str(number)) for number in range(20))

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

        idle = asyncio.create_task(longest_idle_in_transaction(seen))
        cancelled = 0
        for wave in range(100):
            tasks = [
                asyncio.create_task(
                    exchange(app, "POST" if number % 2 else "GET", f"/{wave + number}")
                )
                for number in range(20)
            ]
            for task in tasks:
                await asyncio.sleep(chance.random() * 0.002)
                cancelled += task.cancel()
            await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 30)
        # The pool still serves whoever comes.
        for number in range(5):
            assert (await exchange(app, "POST", f"/{number}")).status == 200
            assert (await exchange(app, "GET", f"/{number}")).status == 200
        idle.cancel()
        longest = await asyncio.gather(idle, return_exceptions=True)
        assert cancelled > 1500
        assert seen.held() == 0
        connections = await settled(seen, 2 * POOL)
        assert len(connections) <= 2 * POOL
        assert not [state for state, _ in connections if "transaction" in (state or "")]
        assert max(LONGEST, default=0) < 1, longest


LONGEST: list[float] = []


async def longest_idle_in_transaction(seen):
    while True:
        await asyncio.sleep(0.2)
        for state, seconds in await asyncio.to_thread(activity, seen):
            if state == "idle in transaction":
                LONGEST.append(float(seconds))


def activity(seen):
    with seen.outside.connect() as connection:
        return connection.execute(ACTIVITY).all()


async def settled(seen, most):
    """The connections of the server, once those that were given up have ended."""
    connections = activity(seen)
    for _ in range(100):
        if len(connections) <= most:
            break
        await asyncio.sleep(0.05)
        connections = activity(seen)
    return connections
