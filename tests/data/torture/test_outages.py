"""PostgreSQL goes away, comes back and stalls: errors only meanwhile, and nothing is lost."""

import asyncio
import time
from contextlib import ExitStack, contextmanager

import pytest
from data.torture.served import Served
from data.torture.writers import Writers, answered, lost, make_outside
from servers.postgres import durable_postgres

DRIVERS = ("asyncpg", "psycopg")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def postgres():
    with durable_postgres() as server:
        yield server


@pytest.fixture
def outside(postgres):
    engine = make_outside(postgres.url)
    yield engine
    engine.dispose()


@contextmanager
def serving(postgres, driver):
    served = Served(postgres.url.replace("postgresql://", f"postgresql+{driver}://"))
    try:
        served.start()
        yield served
    finally:
        served.kill()


@pytest.fixture
def all_writers(postgres, outside):
    """Writers for the application with each driver: by whatever happens both are tried."""
    with ExitStack() as stack:
        ports = [stack.enter_context(serving(postgres, driver)).port for driver in DRIVERS]
        yield [Writers(port, outside, count=2, looks=False) for port in ports]


def write(all_writers, name, seconds):
    """Let them write for a while, each its own keys."""
    begin(all_writers, name)
    time.sleep(seconds)
    end(all_writers)


def begin(all_writers, name):
    for writers, driver in zip(all_writers, DRIVERS, strict=True):
        writers.begin(f"{driver}-{name}")


def end(all_writers):
    for writers in all_writers:
        writers.end()


def test_five_restarts_under_load(postgres, outside, all_writers):
    begin(all_writers, "load")
    away = []
    time.sleep(1)
    for _ in range(5):
        before = time.monotonic()
        postgres.restart(immediate=True)
        away.append((before, time.monotonic() + 1))
        time.sleep(2)
    end(all_writers)
    for writers in all_writers:
        assert writers.statuses[201] > 100
        assert lost(writers.acknowledged, outside) == set()
        at_other_times = [
            how
            for moment, how in writers.failures
            if not any(begun <= moment <= over for begun, over in away)
        ]
        assert at_other_times == []
        # Whoever asked meanwhile was told to come back, by an answer.
        assert set(writers.statuses) == {201, 503}


def test_a_restart_while_all_idle(postgres, outside, all_writers):
    """A connection that was long idle is tried before it is used, so nobody sees an error."""
    write(all_writers, "before", 1)
    time.sleep(60)
    postgres.restart(immediate=True)
    write(all_writers, "after", 1)
    for writers in all_writers:
        assert set(writers.statuses) == {201}
        assert lost(writers.acknowledged, outside) == set()


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_stall_is_answered_and_blocks_nobody_else(postgres, outside, driver):
    with serving(postgres, driver) as served:
        outcome = asyncio.run(stall(postgres, served))
    statuses = {status for status, _ in outcome.answers}
    assert statuses == {200, 503}
    # Longer than the longest pause that a busy machine makes, shorter than what the stall took.
    assert max(outcome.alive) < 2, "the loop was blocked"
    late = [status for status, begun in outcome.answers if begun > outcome.resumed + 2]
    assert set(late) == {200}


class Stall:
    def __init__(self):
        self.answers: list[tuple[int | str, float]] = []
        """How each request was answered, and when it began."""
        self.alive: list[float] = []
        self.resumed = 0.0


async def stall(postgres, served):
    """Two hundred requests a second; after one second the server stalls for five."""
    outcome = Stall()

    async def ask():
        begun = time.monotonic()
        outcome.answers.append((await get(served.port, "/notes/none"), begun))

    async def look():
        while True:
            begun = time.monotonic()
            assert await get(served.port, "/alive") == 200
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
    assert not looking.done()
    looking.cancel()
    return outcome


async def get(port, target):
    """How one request was answered. A client's library would cost more than the server."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {target} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n".encode())
    head = (await asyncio.wait_for(reader.read(), 30)).partition(b"\r\n\r\n")[0].decode()
    writer.close()
    first, *fields = head.splitlines()
    headers = {
        name.lower(): value for name, _, value in (field.partition(": ") for field in fields)
    }
    return answered(int(first.split()[1]), headers)
