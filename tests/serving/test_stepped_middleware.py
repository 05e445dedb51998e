"""A `BaseHTTPMiddleware` answers as it does in Starlette, however it is run.

Each test runs in Starlette's way, too: what it expects is what Starlette does.
"""

import anyio
import pytest
from drivers.asgi import Client, converse, exchange, exchange_failing, make_scope
from drivers.dispatched import BACKENDS, PATIENCE, WAYS, make_app, passing
from starlette.background import BackgroundTask
from starlette.middleware.base import BaseHTTPMiddleware

from pronghorn import BackgroundTasks, Depends, FastAPI, Request, WebSocket
from pronghorn._serve.stepped import Stepped
from pronghorn.responses import JSONResponse, PlainTextResponse, StreamingResponse

pytestmark = pytest.mark.anyio


@pytest.fixture(params=BACKENDS.values(), ids=BACKENDS)
def anyio_backend(request):
    return request.param


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def middleware(request):
    return request.param


@pytest.fixture
def only_asyncio(anyio_backend):
    if anyio_backend[0] != "asyncio":
        pytest.skip("on Trio it runs in Starlette's way, which leaves generators to be collected")


# --- what it is --------------------------------------------------------------------------------


async def test_the_middleware_stays_what_the_user_made():
    seen = []

    class Own(BaseHTTPMiddleware):
        async def dispatch(self, request, call_next):
            seen.append(self)
            return await call_next(request)

    app = FastAPI()
    app.add_middleware(Own)
    await exchange(app, "GET", "/")
    (own,) = seen
    layer = app.middleware_stack
    while layer is not own:
        layer = layer.app
    assert own.dispatch_func == own.dispatch


async def test_a_call_of_its_own_is_called():
    class Own(BaseHTTPMiddleware):
        async def __call__(self, scope, receive, send):
            await PlainTextResponse("its own")(scope, receive, send)

    app = FastAPI()
    app.add_middleware(Own)
    assert (await exchange(app, "GET", "/")).body == b"its own"


async def test_a_replaced_call_is_called(monkeypatch):
    original = BaseHTTPMiddleware.__call__
    seen = []

    async def replaced(self, scope, receive, send):
        seen.append(scope["path"])
        await original(self, scope, receive, send)

    monkeypatch.setattr(BaseHTTPMiddleware, "__call__", replaced)
    app = make_app(BaseHTTPMiddleware, passing)
    await exchange(app, "GET", "/here")
    assert seen == ["/here"]


def test_others_are_left_alone():
    class Layer:
        def __init__(self, app):
            self.app = app

    app = FastAPI()
    app.add_middleware(Layer)
    layer = app.build_middleware_stack()
    while hasattr(layer, "app"):
        assert not isinstance(layer, Stepped)
        layer = layer.app


# --- answers -----------------------------------------------------------------------------------


async def test_headers_can_be_added_to_an_answer(middleware):
    async def adding(request, call_next):
        response = await call_next(request)
        response.headers["x-added"] = "yes"
        return response

    app = make_app(middleware, adding)

    @app.get("/")
    async def read():
        return {"is": "read"}

    answer = await exchange(app, "GET", "/")
    assert answer.is_complete
    assert answer.json == {"is": "read"}
    assert answer.headers["x-added"] == "yes"
    assert answer.headers["content-length"] == "13"


async def test_the_messages_are_those_of_starlette(middleware):
    app = make_app(middleware, passing, passing)

    @app.get("/")
    async def read():
        return 1

    kinds = [
        (message["type"], message.get("body"), message.get("more_body"))
        for message in (await exchange(app, "GET", "/")).messages
    ]
    assert kinds == [
        ("http.response.start", None, None),
        ("http.response.body", b"1", True),
        ("http.response.body", b"", False),
    ]


async def test_several_are_run_one_in_another(middleware):
    order = []

    def noting(name):
        async def dispatch(request, call_next):
            order.append(f"{name} before")
            response = await call_next(request)
            order.append(f"{name} after")
            response.headers.append("x-passed", name)
            return response

        return dispatch

    app = make_app(middleware, *map(noting, "abc"))

    @app.get("/")
    async def read():
        order.append("endpoint")
        await anyio.sleep(0.001)
        return 1

    answer = await exchange(app, "GET", "/")
    assert answer.body == b"1"
    before, after = [f"{name} before" for name in "abc"], [f"{name} after" for name in "cba"]
    assert order == [*before, "endpoint", *after]
    (start, *_) = answer.messages
    assert [value for name, value in start["headers"] if name == b"x-passed"] == [b"c", b"b", b"a"]


async def test_the_application_need_not_be_called(middleware):
    async def refusing(request, call_next):
        return JSONResponse({"detail": "no"}, status_code=403)

    answer = await exchange(make_app(middleware, refusing), "GET", "/")
    assert (answer.status, answer.json) == (403, {"detail": "no"})


async def test_another_answer_may_be_sent_and_the_application_ends(middleware):
    events = []

    async def replacing(request, call_next):
        await call_next(request)
        return PlainTextResponse("other")

    app = make_app(middleware, replacing)

    async def resource():
        yield
        events.append("exit")

    @app.get("/", dependencies=[Depends(resource)])
    async def read(tasks: BackgroundTasks):
        tasks.add_task(events.append, "task")

    assert (await exchange(app, "GET", "/")).body == b"other"
    assert events == ["task", "exit"]


@pytest.mark.usefixtures("only_asyncio")
async def test_another_answer_may_be_sent_than_a_stream_that_has_begun(middleware):
    events = []

    async def replacing(request, call_next):
        await call_next(request)
        return PlainTextResponse("other")

    app = make_app(middleware, replacing)

    @app.get("/")
    async def stream(tasks: BackgroundTasks):
        tasks.add_task(events.append, "task")

        async def chunks():
            while True:
                yield "chunk"
                await anyio.sleep(0.001)

        return StreamingResponse(chunks(), background=tasks)

    with anyio.fail_after(PATIENCE):
        assert (await exchange(app, "GET", "/")).body == b"other"
    assert events == ["task"]


async def test_a_body_may_be_read_and_replaced(middleware):
    async def shouting(request, call_next):
        response = await call_next(request)
        body = b"".join([chunk async for chunk in response.body_iterator])
        return PlainTextResponse(body.upper(), status_code=response.status_code)

    app = make_app(middleware, shouting)

    @app.get("/", response_class=PlainTextResponse, status_code=201)
    async def read():
        return "quiet"

    answer = await exchange(app, "GET", "/")
    assert (answer.status, answer.body) == (201, b"QUIET")


async def test_an_iterator_may_be_put_around_the_body(middleware):
    async def doubling(request, call_next):
        response = await call_next(request)
        inner = response.body_iterator

        async def doubled():
            async for chunk in inner:
                yield chunk
                yield chunk

        response.body_iterator = doubled()
        return response

    app = make_app(middleware, doubling)

    @app.get("/")
    async def read():
        return StreamingResponse(iter("ab"))

    assert (await exchange(app, "GET", "/")).body == b"aabb"


@pytest.mark.usefixtures("only_asyncio")
async def test_only_the_first_chunk_may_be_read(middleware):
    goes_on = anyio.Event()

    async def peeking(request, call_next):
        response = await call_next(request)
        first = await anext(response.body_iterator)
        with anyio.fail_after(PATIENCE):
            await goes_on.wait()
        return PlainTextResponse(first)

    app = make_app(middleware, peeking)

    @app.get("/")
    async def read():
        async def chunks():
            yield "first"
            goes_on.set()
            yield "second"

        return StreamingResponse(chunks())

    assert (await exchange(app, "GET", "/")).body == b"first"


async def test_an_application_that_answers_nothing_is_an_error(middleware):
    async def silent(scope, receive, send):
        pass

    app = make_app(middleware, passing)
    app.mount("/", silent)
    _, error = await exchange_failing(app, "GET", "/")
    assert isinstance(error, RuntimeError)
    assert str(error) == "No response returned."


async def test_hints_files_and_debug_information_pass(middleware, tmp_path):
    sent = [
        {"type": "http.response.debug", "info": {"template": "t"}},
        {"type": "http.response.early_hint", "links": []},
        {"type": "http.response.start", "status": 200, "headers": []},
        {"type": "http.response.pathsend", "path": str(tmp_path / "file")},
    ]

    async def special(scope, receive, send):
        for message in sent:
            await send(message)

    app = make_app(middleware, passing, passing)
    app.mount("/", special)
    answer = await exchange(app, "GET", "/")
    hint, debug, *rest = answer.messages
    assert [hint, debug, *rest] == [sent[1], sent[0], *sent[2:]]


async def test_what_is_no_request_passes(middleware):
    called = []

    async def noting(request, call_next):
        called.append(request)

    app = make_app(middleware, noting)

    @app.websocket("/")
    async def talk(socket: WebSocket):
        await socket.accept()
        await socket.send_text("hello")

    accept, text, *_ = await converse(app, "/")
    assert (accept["type"], text["text"]) == ("websocket.accept", "hello")
    assert called == []


# --- the body of the request -------------------------------------------------------------------


@pytest.mark.parametrize("reads", ["nothing", "body", "stream"])
async def test_a_body_can_be_read_before_and_within(middleware, reads):
    read = []

    async def reading(request, call_next):
        if reads == "body":
            read.append(await request.body())
        if reads == "stream":
            read.append(b"".join([chunk async for chunk in request.stream()]))
        return await call_next(request)

    app = make_app(middleware, reading, passing)

    @app.post("/")
    async def echo(request: Request):
        return PlainTextResponse(await request.body())

    client = Client([b"a", b"b"])
    with anyio.fail_after(PATIENCE):
        await app(make_scope("POST", "/"), client.receive, client.send)
    # Who reads the stream keeps nothing for others.
    assert client.answer.body == (b"" if reads == "stream" else b"ab")
    assert read == ([] if reads == "nothing" else [b"ab"])


async def test_the_client_leaves_while_the_application_waits_for_it(middleware):
    seen = []
    app = make_app(middleware, passing, passing)

    @app.get("/")
    async def read(request: Request):
        assert (await request.receive())["type"] == "http.request"
        client.leave()
        seen.append((await request.receive())["type"])
        seen.append((await request.receive())["type"])
        return 1

    client = Client()
    await app(make_scope("GET", "/"), client.receive, client.send)
    assert seen == ["http.disconnect", "http.disconnect"]


async def test_after_the_answer_the_client_counts_as_gone(middleware):
    seen = []
    app = make_app(middleware, passing)

    @app.get("/")
    async def read(request: Request, tasks: BackgroundTasks):
        async def ask():
            seen.append((await request.receive())["type"])

        tasks.add_task(ask)

    with anyio.fail_after(PATIENCE):
        await exchange(app, "GET", "/")
    assert seen == ["http.disconnect"]


async def test_who_waits_for_the_client_is_told_when_the_answer_was_sent(middleware):
    seen = []
    app = make_app(middleware, passing)

    async def inner(scope, receive, send):
        async def listen():
            await receive()
            seen.append((await receive())["type"])

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listen)
            await anyio.wait_all_tasks_blocked()
            await PlainTextResponse("sent")(scope, receive, send)

    app.mount("/", inner)
    with anyio.fail_after(PATIENCE):
        assert (await exchange(app, "GET", "/")).body == b"sent"
    assert seen == ["http.disconnect"]


# --- what comes after the answer ---------------------------------------------------------------


async def test_tasks_and_exits_come_after_the_answer(middleware):
    events = []

    async def noting(request, call_next):
        response = await call_next(request)
        events.append("dispatch")
        response.background = BackgroundTask(events.append, "its own task")
        return response

    app = make_app(middleware, noting)

    async def resource():
        yield
        events.append("exit")

    @app.get("/", dependencies=[Depends(resource)])
    async def read(tasks: BackgroundTasks):
        async def slowly():
            await anyio.sleep(0.001)
            events.append("task")

        tasks.add_task(slowly)

    client = Client()

    async def send(message):
        if message["type"] == "http.response.body" and not message["more_body"]:
            events.append("answer")

    await app(make_scope("GET", "/"), client.receive, send)
    assert events == ["dispatch", "answer", "its own task", "task", "exit"]


async def test_what_a_task_raises_is_raised(middleware):
    app = make_app(middleware, passing, passing)

    def fail():
        raise LookupError("in a task")

    @app.get("/")
    async def read(tasks: BackgroundTasks):
        tasks.add_task(fail)

    answer, error = await exchange_failing(app, "GET", "/")
    assert answer.is_complete
    assert isinstance(error, LookupError)
