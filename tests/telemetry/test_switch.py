"""Handlers are written with spans when a provider hears of a request for the first time."""

import anyio
import pytest
from drivers.asgi import exchange, make_scope
from drivers.golden import targets_of

from pronghorn import BackgroundTasks, Depends, FastAPI
from pronghorn.telemetry.switch import no_operation, switch

pytestmark = pytest.mark.anyio


def text_of(app):
    """The handler that requests to the first route of *app* run now."""
    (target, *_) = targets_of(app)
    target.compile()
    return target.compiled.source.text


def listened_to(told, **more):
    app = FastAPI(telemetry=told.options(**more))

    @app.get("/")
    async def read():
        return "read"

    return app


async def test_handlers_have_spans_while_the_switch_is_on(told):
    app = listened_to(told)
    assert "operation(" not in text_of(app)
    await exchange(app, "GET", "/")
    assert "operation(" in text_of(app)
    assert told.names == [
        "fastapi.dependencies",
        "fastapi.endpoint",
        "fastapi.serialization",
        "GET /",
    ]
    switch.turn_off()
    assert "operation(" not in text_of(app)


async def test_the_next_request_turns_it_on_again(told):
    app = listened_to(told)
    await exchange(app, "GET", "/")
    switch.turn_off()
    await exchange(app, "GET", "/")
    assert told.names.count("GET /") == 2
    assert switch.is_on


async def test_an_application_that_nobody_hears_leaves_it_off(told):
    nothing = {"tracing": False, "metrics": False, "logs": False}
    app = listened_to(told, **nothing)
    assert (await exchange(app, "GET", "/")).json == "read"
    assert not switch.is_on
    assert told.spans == told.logs == []


async def test_an_application_beside_it_answers_without_being_told_of(told):
    quiet = FastAPI()

    def dependency(tasks: BackgroundTasks):
        tasks.add_task(lambda: None)
        yield 1

    @quiet.get("/{number}")
    def read(number: int, one=Depends(dependency)):
        return [number, one]

    await exchange(listened_to(told), "GET", "/")
    told.clear()
    assert (await exchange(quiet, "GET", "/3")).json == [3, 1]
    assert (await exchange(quiet, "GET", "/x")).status == 422
    assert "operation(" in text_of(quiet)
    assert told.spans == told.logs == []


async def test_a_request_that_is_being_answered_ends_as_it_began(told):
    app = FastAPI(telemetry=told.options(exclude=lambda scope: scope["path"] == "/slow"))
    goes_on = anyio.Event()
    log = []

    def dependency():
        yield 1
        log.append("exit")

    @app.get("/slow")
    async def slow(tasks: BackgroundTasks, one=Depends(dependency)):
        tasks.add_task(log.append, "task")
        log.append("waits")
        await goes_on.wait()
        return one

    @app.get("/quick")
    async def quick():
        return "quick"

    quiet = FastAPI(routes=app.routes)
    sent = []

    async def receive():
        await anyio.sleep_forever()

    async def send(message):
        sent.append(message)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(quiet, make_scope("GET", "/slow"), receive, send)
        while not log:
            await anyio.lowlevel.checkpoint()
        assert not switch.is_on
        await exchange(app, "GET", "/quick")
        assert switch.is_on
        goes_on.set()
    assert sent[-1]["body"] == b"1"
    assert log == ["waits", "task", "exit"]
    assert "fastapi.background_task" not in told.names


async def test_a_request_that_is_observed_ends_so_although_it_is_turned_off(told):
    app = FastAPI(telemetry=told.options())

    @app.get("/")
    async def read(tasks: BackgroundTasks):
        switch.turn_off()
        return "read"

    assert (await exchange(app, "GET", "/")).json == "read"
    assert told.tree()["fastapi.serialization"] == "GET /"
    assert switch.operation is no_operation
