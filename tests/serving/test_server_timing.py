"""`Server-Timing`: clients are told what a request has cost, if the application wants it."""

import re

import anyio
import pytest
from drivers.asgi import converse, exchange, exchange_failing

from pronghorn import FastAPI, WebSocket, metering
from pronghorn._serve.timing import written

pytestmark = pytest.mark.anyio


def make_app(**options):
    app = FastAPI(**{"server_timing": True, **options})

    @app.get("/plain")
    async def plain():
        return "plain"

    @app.get("/busy")
    def busy():
        metering.add("db", 0.0015, 3)
        metering.add("mail", 0.25)
        metering.add("mail", 0.25)
        metering.add("no token", 1)
        metering.add("nothing", 0, 0)

    @app.get("/fails")
    async def fail():
        raise LookupError

    return app


def timing(answer):
    return answer.headers["server-timing"]


async def test_the_whole_time_is_told(anyio_backend):
    assert re.fullmatch(r"total;dur=\d+\.\d", timing(await exchange(make_app(), "GET", "/plain")))


async def test_and_what_it_was_for_with_how_often():
    told = timing(await exchange(make_app(), "GET", "/busy"))
    assert re.fullmatch(r'total;dur=\d+\.\d, db;dur=1\.5;desc="3", mail;dur=500\.0;desc="2"', told)


async def test_a_thread_may_add_something_while_it_is_told():
    class Adding(metering.Tally):
        """Asks, as it is told of, for another one, as a thread may."""

        @property
        def count(self):
            meter.tally("other")
            return 1

    meter = metering.Meter()
    meter.tallies["adding"] = Adding.__new__(Adding)
    meter.tallies["adding"].seconds = 0.001
    assert written(meter, 0.002) == 'total;dur=2.0, adding;dur=1.0;desc="1"'


async def test_what_is_refused_or_fails_is_told_too():
    app = make_app()
    assert timing(await exchange(app, "GET", "/nowhere"))
    answer, _ = await exchange_failing(app, "GET", "/fails")
    assert timing(answer)


async def test_a_mounted_application_does_not_tell_it_once_more():
    app = make_app()
    app.mount("/inner", make_app())
    answer = await exchange(app, "GET", "/inner/plain")
    (start,) = [message for message in answer.messages if "headers" in message]
    assert [name for name, _ in start["headers"]].count(b"server-timing") == 1


async def test_requests_at_the_same_time_have_a_meter_each():
    app = FastAPI(server_timing=True)
    both = anyio.Event()
    waiting = []

    @app.get("/{number}")
    async def add(number: int):
        waiting.append(number)
        metering.add("calls", 0, number)
        if len(waiting) == 2:
            both.set()
        await both.wait()
        metering.add("calls", 0, number)

    answers = {}

    async def ask(number):
        answers[number] = await exchange(app, "GET", f"/{number}")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask, 2)
        tasks.start_soon(ask, 5)
    assert 'desc="4"' in timing(answers[2])
    assert 'desc="10"' in timing(answers[5])
    assert metering.meter.get() is None


async def test_websockets_and_applications_that_do_not_ask_for_it_have_none():
    app = make_app(server_timing=False)
    assert "server-timing" not in (await exchange(app, "GET", "/busy")).headers
    app = make_app()

    @app.websocket("/talk")
    async def talk(websocket: WebSocket):
        await websocket.accept()

    (accept,) = await converse(app, "/talk")
    assert accept["headers"] == []


async def test_outside_of_requests_nothing_is_added():
    metering.add("db", 1)
    assert metering.meter.get() is None


async def test_a_block_within_a_metered_one_adds_to_the_same_meter():
    with metering.metered() as outer:
        with metering.metered() as inner:
            metering.add("db", 1)
        assert inner is outer
    assert (outer.database.count, outer.database.seconds) == (1, 1)
