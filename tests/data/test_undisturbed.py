"""Who is cancelled while a connection is made leaves none behind."""

import asyncio
import gc

import pytest
from data.watched import watched
from sqlalchemy import text

pytestmark = pytest.mark.anyio

COUNT = text(
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def no_collector():
    """The garbage collector must not be needed."""
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_a_connection_that_nobody_waits_for_is_closed(
    postgres_database, driver, no_collector
):
    address = postgres_database.replace("postgresql://", f"postgresql+{driver}://")
    async with watched(address) as seen:
        await seen.db.close()
        for number in range(40):
            task = asyncio.create_task(seen.db.ping())
            await asyncio.sleep(number * 0.0005)
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                await seen.db.close()
        assert await left(seen, seen.db.engine.pool.checkedin()) == 0


async def left(seen, kept):
    """How many connections the server has beyond those that are *kept*."""
    for _ in range(100):
        with seen.outside.connect() as connection:
            count = connection.scalar(COUNT) - kept
        if count <= 0:
            break
        await asyncio.sleep(0.02)
    return max(count, 0)
