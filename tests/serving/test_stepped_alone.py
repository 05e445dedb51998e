"""Where a `BaseHTTPMiddleware` that we run does better than one that Starlette runs."""

import asyncio
from contextlib import suppress
from functools import partial

import anyio
import pytest
from drivers.asgi import Client, exchange, exchange_failing, make_scope
from drivers.cycles import cycles_of
from drivers.dispatched import ASYNCIO, PATIENCE, Refused, make_app, passing
from starlette.middleware.base import BaseHTTPMiddleware

from pronghorn import BackgroundTasks, FastAPI, HTTPException, Request
from pronghorn.responses import StreamingResponse
from pronghorn.sse import EventSourceResponse

pytestmark = pytest.mark.anyio


@pytest.fixture(params=ASYNCIO.values(), ids=ASYNCIO)
def anyio_backend(request):
    return request.param


async def test_the_application_may_be_called_again_after_an_exception():
    runs = []

    async def trying_twice(request, call_next):
        await request.body()
        with suppress(Refused):
            return await call_next(request)
        return await call_next(request)

    app = make_app(BaseHTTPMiddleware, trying_twice, passing)

    @app.post("/")
    async def read(body: list[int]):
        runs.append(body)
        if len(runs) == 1:
            raise Refused
        return body

    assert (await exchange(app, "POST", "/", json_body=[1])).json == [1]
    assert runs == [[1], [1]]


async def test_the_application_may_be_called_again_after_it_answered():
    runs = []

    async def calling_twice(request, call_next):
        await call_next(request)
        return await call_next(request)

    app = make_app(BaseHTTPMiddleware, calling_twice, passing)

    @app.get("/")
    async def read(tasks: BackgroundTasks):
        runs.append("run")
        tasks.add_task(runs.append, "task")
        return len(runs)

    assert (await exchange(app, "GET", "/")).json == 2
    assert runs == ["run", "run", "task", "task"]


async def test_who_asks_whether_the_client_has_left_is_told():
    app = make_app(BaseHTTPMiddleware, passing, passing)
    messages = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive():
        return messages.pop() if messages else {"type": "http.disconnect"}

    @app.get("/")
    async def read(request: Request):
        return [await request.is_disconnected(), await request.is_disconnected()]

    client = Client()
    await app(make_scope("GET", "/"), receive, client.send)
    assert client.answer.json == [False, True]


async def test_a_call_after_the_end_is_refused():
    kept = []

    async def keeping(request, call_next):
        kept.append((request, call_next))
        return await call_next(request)

    await exchange(make_app(BaseHTTPMiddleware, keeping), "GET", "/")
    ((request, call_next),) = kept
    with pytest.raises(RuntimeError, match="after the middleware had ended"):
        await call_next(request)


@pytest.mark.parametrize("kind", ["http.response.body", "http.response.start"])
async def test_messages_in_a_wrong_order_are_refused(kind):
    async def confused(scope, receive, send):
        await send({"type": kind, "status": 200, "headers": [], "more_body": True})
        await send({"type": "http.response.start", "status": 200, "headers": []})

    app = make_app(BaseHTTPMiddleware, passing)
    app.mount("/", confused)
    _, error = await exchange_failing(app, "GET", "/")
    assert isinstance(error, RuntimeError)
    assert "'http.response." in str(error)


async def test_a_request_that_is_closed_closes_what_is_inside():
    events = []
    app = make_app(BaseHTTPMiddleware, passing, passing)

    @app.get("/")
    async def wait():
        try:
            await asyncio.sleep(PATIENCE)
        finally:
            events.append("closed")

    client = Client()
    running = app(make_scope("GET", "/"), client.receive, client.send)
    running.send(None)
    running.close()
    assert events == ["closed"]


async def test_a_request_that_does_not_wait_is_answered_without_the_event_loop():
    app = make_app(BaseHTTPMiddleware, passing, passing, passing)

    @app.get("/")
    async def read(request: Request):
        return 1

    client = Client()
    sent = []

    async def send(message):
        sent.append(message)

    async def drive():
        # The loop does not run while a coroutine is driven by hand.
        running = app(make_scope("GET", "/"), client.receive, send)
        with pytest.raises(StopIteration):
            running.send(None)

    await exchange(app, "GET", "/")
    await drive()
    assert b"".join(message.get("body", b"") for message in sent) == b"1"


async def test_what_is_inside_is_a_task_of_our_own():
    app = make_app(BaseHTTPMiddleware, passing)

    @app.get("/")
    async def read():
        task = asyncio.current_task()
        return [isinstance(task, asyncio.Task), isinstance(task, asyncio.Future)]

    assert (await exchange(app, "GET", "/")).json == [False, True]


async def test_a_request_makes_no_cycles():
    async def failing(request, call_next):
        response = await call_next(request)
        if request.url.path == "/refused":
            raise Refused
        return response

    app = make_app(BaseHTTPMiddleware, failing, passing)

    @app.get("/plain")
    async def plain():
        return 1

    @app.get("/fails")
    async def fails():
        raise Refused

    @app.get("/refused")
    async def refused():
        return 1

    async def ask(target):
        with suppress(Refused):
            await exchange(app, "GET", target)

    for target in ("/plain", "/fails", "/refused"):
        # A few objects may be somebody else's; a request in a cycle is twenty of them each time.
        assert await cycles_of(partial(ask, target)) < 100, target


@pytest.mark.parametrize("number", [15, 16, 17, 33, 200])
async def test_any_number_of_middlewares_may_stand_around_each_other(number):
    app = make_app(BaseHTTPMiddleware, *([passing] * number))

    async def parts():
        yield b"a"
        yield b"b"

    @app.post("/")
    async def read(request: Request):
        read = await request.body()
        return StreamingResponse(parts(), headers={"x-read": read.decode()})

    with anyio.fail_after(PATIENCE):
        answer = await exchange(app, "POST", "/", body=b"body")
    assert (answer.status, answer.body) == (200, b"ab")
    assert answer.headers["x-read"] == "body"


async def test_a_body_that_is_gone_is_not_taken_for_an_empty_one():
    bodies = []

    async def trying_twice(request, call_next):
        await call_next(request)
        return await call_next(request)

    app = make_app(BaseHTTPMiddleware, trying_twice)

    @app.post("/")
    async def read(request: Request):
        bodies.append(await request.body())

    answer, error = await exchange_failing(app, "POST", "/", body=b"body")
    assert (answer.status, bodies) == (500, [b"body"])
    assert "await request.body()" in str(error)
    # There was nothing to lose.
    assert (await exchange(app, "POST", "/")).status == 200
    assert bodies == [b"body", b"", b""]


@pytest.mark.parametrize("is_within", [False, True])
async def test_an_event_stream_that_fails_at_once_has_begun_all_the_same(is_within):
    app = FastAPI()

    @app.get("/events", response_class=EventSourceResponse)
    async def events():
        raise HTTPException(404)
        yield

    if is_within:

        @app.middleware("http")
        async def passing(request, call_next):
            return await call_next(request)

    answer, error = await exchange_failing(app, "GET", "/events")

    assert error is not None
    assert answer.status == 200
