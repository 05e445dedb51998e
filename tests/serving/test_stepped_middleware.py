"""A `BaseHTTPMiddleware` does what it does in Starlette, however it is run.

Each test runs in Starlette's way, too: what it expects is what Starlette does.
"""

import asyncio
import contextvars
import gc
from contextlib import suppress

import anyio
import anyio.lowlevel
import pytest
from drivers.asgi import Client, converse, exchange, exchange_failing, leaving_client, make_scope
from starlette.background import BackgroundTask
from starlette.middleware.base import BaseHTTPMiddleware

from pronghorn import BackgroundTasks, Depends, FastAPI, HTTPException, Request, WebSocket
from pronghorn._serve.stepped import Stepped
from pronghorn.responses import JSONResponse, PlainTextResponse, StreamingResponse
from pronghorn.sse import EventSourceResponse

pytestmark = pytest.mark.anyio

PATIENCE = 5


@pytest.fixture(
    params=[
        ("asyncio", {"use_uvloop": False}),
        ("asyncio", {"use_uvloop": True}),
        ("asyncio", {"debug": True}),
        ("trio", {}),
    ],
    ids=["asyncio", "uvloop", "debug", "trio"],
)
def anyio_backend(request):
    return request.param


class InStarlettesWay(BaseHTTPMiddleware):
    async def __call__(self, scope, receive, send):
        await super().__call__(scope, receive, send)


@pytest.fixture(params=[BaseHTTPMiddleware, InStarlettesWay], ids=["stepped", "starlettes"])
def middleware(request):
    return request.param


@pytest.fixture
def only_stepped(middleware):
    if middleware is InStarlettesWay:
        pytest.skip("Starlette does it otherwise")


async def passing(request, call_next):
    return await call_next(request)


def make_app(middleware, *dispatches):
    """An application with *dispatches* around it, the first one outermost."""
    app = FastAPI(openapi_url=None)
    for dispatch in reversed(dispatches):
        app.add_middleware(middleware, dispatch=dispatch)
    return app


# --- what it is -------------------------------------------------------------------------------


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


# --- answers ------------------------------------------------------------------------------------


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

    @app.get("/stream")
    async def stream(tasks: BackgroundTasks):
        tasks.add_task(events.append, "task")

        async def chunks():
            for number in range(3):
                yield f"{number}"
                events.append(number)

        return StreamingResponse(chunks(), background=tasks)

    assert (await exchange(app, "GET", "/")).body == b"other"
    assert events == ["task", "exit"]
    events.clear()
    assert (await exchange(app, "GET", "/stream")).body == b"other"
    # Whether the stream is told of the disconnect in time, or is read to its end, is open.
    assert events[-1] == "task"


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


# --- the body of the request --------------------------------------------------------------------


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
        seen.append(await request.is_disconnected())
        return 1

    client = Client()
    await app(make_scope("GET", "/"), client.receive, client.send)
    assert seen == ["http.disconnect", True]


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


# --- what comes after the answer ------------------------------------------------------------------


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


# --- exceptions ---------------------------------------------------------------------------------


class Refused(Exception):
    pass


async def test_an_exception_comes_out_of_the_call_and_may_be_answered(middleware):
    async def catching(request, call_next):
        try:
            return await call_next(request)
        except Refused as error:
            return PlainTextResponse(str(error), status_code=418)

    app = make_app(middleware, passing, catching, passing)

    @app.get("/")
    async def refuse():
        raise Refused("short and stout")

    answer = await exchange(app, "GET", "/")
    assert (answer.status, answer.body) == (418, b"short and stout")


async def test_an_exception_is_raised_with_its_cause(middleware):
    app = make_app(middleware, passing, passing)

    @app.get("/")
    async def fail():
        try:
            raise LookupError
        except LookupError:
            raise Refused  # noqa: B904 - this is what is tested

    answer, error = await exchange_failing(app, "GET", "/")
    assert answer.status == 500
    assert isinstance(error, Refused)
    assert isinstance(error.__cause__, LookupError)


async def test_an_exception_after_the_start_ends_the_body_and_is_raised(middleware):
    app = make_app(middleware, passing, passing)

    @app.get("/")
    async def break_off():
        async def chunks():
            yield "part"
            raise Refused

        return StreamingResponse(chunks())

    answer, error = await exchange_failing(app, "GET", "/")
    assert answer.body == b"part"
    assert answer.is_complete
    # Starlette's responses run in task groups, which wrap what is raised in them.
    while isinstance(error, ExceptionGroup):
        (error,) = error.exceptions
    assert isinstance(error, Refused)


async def test_an_exception_of_the_middleware_cancels_the_application(middleware):
    events = []

    async def failing(request, call_next):
        await call_next(request)
        raise HTTPException(409)

    app = make_app(middleware, failing)

    async def resource():
        try:
            yield
        except BaseException as error:
            events.append(isinstance(error, anyio.get_cancelled_exc_class()))
            raise
        finally:
            await anyio.sleep(0.001)
            events.append("clean")

    @app.get("/", dependencies=[Depends(resource)])
    async def read(tasks: BackgroundTasks):
        tasks.add_task(events.append, "task")

    answer, error = await exchange_failing(app, "GET", "/")
    assert answer.status == 500
    assert isinstance(error, HTTPException)
    assert events == [True, "clean"]


# --- scopes, timeouts, cancellation -------------------------------------------------------------


@pytest.mark.parametrize("wait", [0, 0.001])
async def test_a_timeout_that_does_not_fire_stays_apart_from_scopes_within(middleware, wait):
    async def limiting(request, call_next):
        with anyio.fail_after(PATIENCE):
            response = await call_next(request)
        with anyio.CancelScope():
            await anyio.sleep(wait)
        return response

    app = make_app(middleware, limiting, limiting)

    async def grouped():
        async with anyio.create_task_group() as tasks:
            yield tasks
            tasks.cancel_scope.cancel()

    async def timed():
        with anyio.fail_after(PATIENCE):
            yield

    @app.get("/")
    async def read(a=Depends(grouped), b=Depends(timed)):
        await anyio.sleep(wait)
        return 1

    @app.get("/stream")
    async def stream():
        async def chunks():
            with anyio.fail_after(PATIENCE):
                async with anyio.create_task_group():
                    for letter in "abc":
                        await anyio.sleep(wait)
                        yield letter

        return StreamingResponse(chunks())

    @app.get("/events", response_class=EventSourceResponse)
    async def events():
        for letter in "abc":
            await anyio.sleep(wait)
            yield letter

    assert (await exchange(app, "GET", "/")).body == b"1"
    assert (await exchange(app, "GET", "/stream")).body == b"abc"
    assert (await exchange(app, "GET", "/events")).body.count(b"data:") == 3


async def test_after_a_timeout_another_answer_is_sent_and_the_application_goes_on(middleware):
    events = []

    async def limiting(request, call_next):
        try:
            with anyio.fail_after(0.005):
                return await call_next(request)
        except TimeoutError:
            events.append("timeout")
            return PlainTextResponse("too late", status_code=504)

    app = make_app(middleware, passing, limiting, passing)

    async def grouped():
        async with anyio.create_task_group():
            yield

    @app.get("/", dependencies=[Depends(grouped)])
    async def read(tasks: BackgroundTasks):
        tasks.add_task(events.append, "task")
        with anyio.fail_after(PATIENCE):
            await anyio.sleep(0.02)
        events.append("endpoint")

    assert (await exchange(app, "GET", "/")).status == 504
    assert events == ["timeout", "endpoint", "task"]


async def test_a_timeout_within_stays_within(middleware):
    app = make_app(middleware, passing, passing)

    @app.get("/")
    async def read():
        with anyio.move_on_after(0.001) as scope:
            await anyio.sleep_forever()
        return scope.cancelled_caught

    assert (await exchange(app, "GET", "/")).json is True


async def test_a_scope_that_is_held_open_may_fire_while_the_middleware_runs(middleware):
    seen = []

    async def slow(request, call_next):
        response = await call_next(request)
        await anyio.sleep(0.02)
        seen.append("dispatch")
        return response

    app = make_app(middleware, slow)

    async def limited():
        with anyio.move_on_after(0.005):
            try:
                yield
            except anyio.get_cancelled_exc_class():
                seen.append("cancelled")
                raise

    @app.get("/", dependencies=[Depends(limited)])
    async def read():
        return 1

    with suppress(Exception):
        # What becomes of an answer that is cancelled is not the matter here.
        await exchange(app, "GET", "/")
    assert seen == ["cancelled", "dispatch"]


async def test_a_cancelled_request_cleans_up_within_and_without(middleware):
    events = []
    started = anyio.Event()

    async def noting(request, call_next):
        try:
            return await call_next(request)
        finally:
            events.append("dispatch")

    app = make_app(middleware, noting, passing)

    async def resource():
        try:
            yield
        finally:
            await anyio.sleep(0.001)
            events.append("clean")

    @app.get("/", dependencies=[Depends(resource)])
    async def wait():
        started.set()
        await anyio.sleep_forever()

    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(exchange, app, "GET", "/")
            await started.wait()
            tasks.cancel_scope.cancel()
    assert sorted(events) == ["clean", "dispatch"]


async def test_a_cancellation_does_not_break_into_what_is_shielded(middleware):
    events = []
    started = anyio.Event()
    app = make_app(middleware, passing, passing)

    @app.get("/")
    async def wait():
        with anyio.CancelScope(shield=True):
            started.set()
            await anyio.sleep(0.01)
            events.append("shielded")
        await anyio.sleep(0)
        events.append("not shielded")

    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(exchange, app, "GET", "/")
            await started.wait()
            tasks.cancel_scope.cancel()
    assert events == ["shielded"]


async def test_a_cancellation_that_is_caught_comes_again(middleware):
    caught = []
    started = anyio.Event()
    app = make_app(middleware, passing)

    @app.get("/")
    async def wait():
        for _ in range(3):
            with suppress(anyio.get_cancelled_exc_class()):
                started.set()
                await anyio.sleep(PATIENCE)
                return
            caught.append(1)

    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(exchange, app, "GET", "/")
            await started.wait()
            tasks.cancel_scope.cancel()
    assert len(caught) == 3


async def test_a_client_that_leaves_ends_a_stream(middleware):
    events = []
    app = make_app(middleware, passing, passing)

    @app.get("/")
    async def stream():
        async def chunks():
            try:
                while True:
                    yield "chunk"
                    await anyio.sleep(0.001)
            finally:
                events.append("ended")

        return StreamingResponse(chunks())

    @app.get("/events", response_class=EventSourceResponse)
    async def stream_events():
        try:
            while True:
                yield "event"
                await anyio.sleep(0.001)
        finally:
            events.append("ended")

    for target in ("/", "/events"):
        async with leaving_client(app, "GET", target) as client:
            await client.has_body.wait()
    gc.collect()
    await anyio.sleep(0.01)
    assert events == ["ended", "ended"]


async def test_a_stream_passes_chunk_by_chunk(middleware):
    app = make_app(middleware, passing, passing, passing)
    turn = anyio.Event()

    @app.get("/")
    async def stream():
        async def chunks():
            yield "first"
            await turn.wait()
            yield "second"

        return StreamingResponse(chunks())

    client = Client()
    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(app, make_scope("GET", "/"), client.receive, client.send)
            await client.has_body.wait()
            assert client.answer.body == b"first"
            turn.set()
    assert client.answer.body == b"firstsecond"


# --- context variables ----------------------------------------------------------------------------

variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="unset")


async def test_context_variables_go_in_and_stay_in(middleware):
    seen = []

    async def setting(request, call_next):
        token = variable.set("outer")
        response = await call_next(request)
        seen.append(variable.get())
        variable.reset(token)
        return response

    app = make_app(middleware, setting)

    async def dependency():
        token = variable.set("dependency")
        yield
        seen.append(variable.get())
        variable.reset(token)
        seen.append(variable.get())

    @app.get("/", dependencies=[Depends(dependency)])
    async def read():
        await anyio.sleep(0.001)
        return variable.get()

    assert (await exchange(app, "GET", "/")).json == "dependency"
    assert seen == ["outer", "dependency", "outer"]


# --- asyncio's own --------------------------------------------------------------------------------


@pytest.fixture
def only_asyncio(anyio_backend):
    if anyio_backend[0] != "asyncio":
        pytest.skip("it is asyncio's own")


@pytest.mark.usefixtures("only_asyncio")
async def test_timeouts_and_groups_of_asyncio_stay_apart(middleware):
    async def limiting(request, call_next):
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup():
            return await call_next(request)

    app = make_app(middleware, limiting, limiting)

    async def grouped():
        async with asyncio.timeout(PATIENCE), asyncio.TaskGroup() as tasks:
            tasks.create_task(asyncio.sleep(0.001))
            yield

    @app.get("/", dependencies=[Depends(grouped)])
    async def read():
        with suppress(TimeoutError):
            async with asyncio.timeout(0.001):
                await asyncio.sleep(PATIENCE)
        await asyncio.gather(asyncio.sleep(0), asyncio.sleep(0.001))
        task = asyncio.current_task()
        return [task.get_name() != "", task.cancelling(), task.done(), len(task.get_stack())]

    assert (await exchange(app, "GET", "/")).json == [True, 0, False, 1]


@pytest.mark.usefixtures("only_asyncio")
async def test_a_call_may_be_waited_for_in_another_task(middleware):
    async def limiting(request, call_next):
        return await asyncio.wait_for(asyncio.create_task(call_next(request)), PATIENCE)

    app = make_app(middleware, limiting, limiting)

    @app.get("/")
    async def read():
        return StreamingResponse(iter("ab"))

    assert (await exchange(app, "GET", "/")).body == b"ab"


@pytest.mark.usefixtures("only_asyncio")
@pytest.mark.parametrize("phase", ["endpoint", "task"])
async def test_a_task_that_is_cancelled_ends_cancelled_and_clean(middleware, phase):
    events = []
    started = asyncio.Event()
    app = make_app(middleware, passing, passing)

    async def wait():
        started.set()
        await asyncio.sleep(PATIENCE)

    async def resource():
        try:
            yield
        finally:
            await asyncio.sleep(0.001)
            events.append("clean")

    @app.get("/", dependencies=[Depends(resource)])
    async def read(tasks: BackgroundTasks):
        if phase == "endpoint":
            await wait()
        tasks.add_task(wait)

    task = asyncio.create_task(exchange(app, "GET", "/"))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert events == ["clean"]


@pytest.mark.usefixtures("only_asyncio")
async def test_an_endpoint_that_cancels_itself_has_no_answer(middleware):
    app = make_app(middleware, passing)

    @app.get("/")
    async def read():
        asyncio.current_task().cancel()
        await asyncio.sleep(PATIENCE)

    _, error = await exchange_failing(app, "GET", "/")
    assert isinstance(error, RuntimeError)


# --- what is ours -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("only_stepped", "only_asyncio")
async def test_the_application_may_be_called_again(middleware):
    async def trying_twice(request, call_next):
        try:
            return await call_next(request)
        except Refused:
            return await call_next(request)

    async def calling_twice(request, call_next):
        await call_next(request)
        return await call_next(request)

    runs = []
    for dispatch in (trying_twice, calling_twice):
        app = make_app(middleware, dispatch, passing)

        @app.post("/")
        async def read(request: Request, tasks: BackgroundTasks):
            runs.append("run")
            tasks.add_task(runs.append, "task")
            if dispatch is trying_twice and len(runs) == 1:
                raise Refused
            return len(runs)

        assert (await exchange(app, "POST", "/")).json == 2
    assert runs == ["run", "run", "task", "run", "run", "task", "task"]


@pytest.mark.usefixtures("only_stepped", "only_asyncio")
async def test_a_request_that_does_not_wait_is_answered_without_the_event_loop(middleware):
    app = make_app(middleware, passing, passing, passing)

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


@pytest.mark.usefixtures("only_stepped", "only_asyncio")
async def test_a_request_makes_no_cycles(middleware):
    async def failing(request, call_next):
        response = await call_next(request)
        if request.url.path == "/refused":
            raise Refused
        return response

    app = make_app(middleware, failing, passing)

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
        for _ in range(3):
            await ask(target)
        gc.collect()
        gc.disable()
        try:
            for _ in range(20):
                await ask(target)
            assert gc.collect() < 100, target
        finally:
            gc.enable()
