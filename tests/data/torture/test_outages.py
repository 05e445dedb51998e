"""PostgreSQL goes away, comes back and stalls: errors only meanwhile, and nothing is lost."""

import asyncio
import time
from collections import Counter

import httpx
import pytest
from data.torture.served import Served
from data.torture.writers import Writers, lost, make_outside

from pronghorn.data.testing.postgres import running_postgres

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def postgres():
    with running_postgres(durable=True) as server:
        yield server


@pytest.fixture
def served(postgres):
    server = Served(postgres.url)
    make_outside(postgres.url).dispose()
    server.start()
    yield server
    server.kill()


def test_five_restarts_under_load(postgres, served):
    outside = make_outside(postgres.url)
    writers = Writers(served.port, outside, looks=False)
    writers.begin("load")
    away = []
    time.sleep(1)
    for _ in range(5):
        before = time.monotonic()
        postgres.restart(immediate=True)
        away.append((before, time.monotonic() + 1))
        time.sleep(2)
    writers.end()
    assert writers.statuses[201] > 500
    assert lost(writers.acknowledged, outside) == set()
    at_other_times = [
        how
        for moment, how in writers.failures
        if not any(begin <= moment <= end for begin, end in away)
    ]
    assert at_other_times == []
    # Whoever asked meanwhile was told to come back, by an answer.
    assert set(writers.statuses) <= {201, 503}, writers.statuses
    outside.dispose()


def test_a_restart_while_all_idle(postgres, served):
    """A connection that was long idle is tried before it is used, so nobody sees an error."""
    outside = make_outside(postgres.url)
    writers = Writers(served.port, outside, looks=False)
    writers.begin("before")
    time.sleep(1)
    writers.end()
    assert set(writers.statuses) == {201}
    time.sleep(30)
    postgres.restart(immediate=True)
    time.sleep(30)
    writers.begin("after")
    time.sleep(1)
    writers.end()
    assert writers.failures == []
    assert lost(writers.acknowledged, outside) == set()
    outside.dispose()


def test_a_stall_is_answered_and_blocks_nobody_else(postgres, served):
    outcome = asyncio.run(stall(postgres, served))
    statuses = Counter(status for status, _, _ in outcome.answers)
    assert set(statuses) <= {200, 503}, statuses
    assert statuses[503] > 0
    assert max(outcome.alive) < 0.5, "the loop was blocked"
    late = [status for status, begun, _ in outcome.answers if begun > outcome.resumed + 2]
    assert set(late) == {200}


class Stall:
    def __init__(self):
        self.answers: list[tuple[int, float, float]] = []
        self.alive: list[float] = []
        self.resumed = 0.0


async def stall(postgres, served):
    """Two hundred requests a second; after one second the server stalls for five."""
    outcome = Stall()
    limits = httpx.Limits(max_connections=2000, max_keepalive_connections=2000)
    base_url = f"http://127.0.0.1:{served.port}"
    async with (
        httpx.AsyncClient(base_url=base_url, limits=limits, timeout=30) as client,
        httpx.AsyncClient(base_url=base_url, timeout=30) as other,
    ):

        async def ask():
            begun = time.monotonic()
            response = await client.get("/notes/none")
            outcome.answers.append((response.status_code, begun, time.monotonic() - begun))

        async def look():
            while True:
                begun = time.monotonic()
                await other.get("/alive")
                outcome.alive.append(time.monotonic() - begun)
                await asyncio.sleep(0.1)

        looking = asyncio.create_task(look())
        tasks = []
        begun = time.monotonic()
        is_stalled = False
        for number in range(200 * 11):
            passed = time.monotonic() - begun
            if passed > 1 and not is_stalled and not outcome.resumed:
                postgres.suspend()
                is_stalled = True
            if passed > 6 and is_stalled:
                postgres.resume()
                is_stalled, outcome.resumed = False, time.monotonic()
            tasks.append(asyncio.create_task(ask()))
            await asyncio.sleep(max(0, begun + number / 200 - time.monotonic()))
        await asyncio.gather(*tasks)
        looking.cancel()
    return outcome
