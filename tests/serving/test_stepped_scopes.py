"""Exceptions, scopes and timeouts around a `BaseHTTPMiddleware` and within it stay apart.

Each test runs in Starlette's way, too: what it expects is what Starlette does.
"""

import asyncio
import contextvars
import gc
import threading
from contextlib import suppress

import anyio
import anyio.lowlevel
import pytest
from drivers.asgi import Client, exchange, exchange_failing, leaving_client, make_scope
from drivers.dispatched import BACKENDS, PATIENCE, WAYS, Refused, make_app, passing

from pronghorn import BackgroundTasks, Depends, HTTPException
from pronghorn.responses import PlainTextResponse, StreamingResponse
from pronghorn.sse import EventSourceResponse

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
        pytest.skip("it is asyncio's own, or Starlette leaves generators to be collected")


# --- exceptions --------------------------------------------------------------------------------


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


@pytest.mark.parametrize("is_blocking", [False, True])
async def test_what_a_thread_still_uses_is_not_closed_under_it(middleware, is_blocking):
    events = []
    may_end = threading.Event()

    async def impatient(request, call_next):
        with anyio.move_on_after(0.05):
            return await call_next(request)
        threading.Timer(0.05, may_end.set).start()
        raise HTTPException(504)

    app = make_app(middleware, impatient)

    async def resource():
        try:
            yield
        finally:
            events.append("closed")

    def closing_resource():
        try:
            yield
        finally:
            events.append("closed")

    @app.get("/", dependencies=[Depends(closing_resource if is_blocking else resource)])
    def read():
        may_end.wait(PATIENCE)
        events.append("used")

    answer, _ = await exchange_failing(app, "GET", "/")
    assert answer.status == 500
    assert events == ["used", "closed"]


# --- scopes, timeouts, cancellation ------------------------------------------------------------


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


async def test_a_call_that_is_given_up_lets_the_application_go_on(middleware):
    events = []
    scopes = []

    async def giving_up(request, call_next):
        with anyio.CancelScope() as scope:
            scopes.append(scope)
            return await call_next(request)
        events.append("given up")
        return PlainTextResponse("too late", status_code=504)

    app = make_app(middleware, passing, giving_up, passing)

    async def grouped():
        async with anyio.create_task_group():
            yield

    @app.get("/", dependencies=[Depends(grouped)])
    async def read(tasks: BackgroundTasks):
        tasks.add_task(events.append, "task")
        scopes[0].cancel()
        with anyio.fail_after(PATIENCE):
            await anyio.sleep(0.01)
        events.append("endpoint")

    assert (await exchange(app, "GET", "/")).status == 504
    assert events == ["given up", "endpoint", "task"]


async def test_a_timeout_within_stays_within(middleware):
    app = make_app(middleware, passing, passing)

    @app.get("/")
    async def read():
        with anyio.move_on_after(0.001) as scope:
            await anyio.sleep_forever()
        return scope.cancelled_caught

    assert (await exchange(app, "GET", "/")).json is True


async def test_a_scope_that_is_held_open_may_be_cancelled_while_the_middleware_runs(middleware):
    events = []
    scopes = []

    async def cancelling(request, call_next):
        response = await call_next(request)
        scopes[0].cancel()
        await anyio.sleep(0.01)
        events.append("dispatch")
        return response

    app = make_app(middleware, cancelling)

    async def scoped():
        with anyio.CancelScope() as scope:
            scopes.append(scope)
            try:
                yield
            except anyio.get_cancelled_exc_class():
                events.append("cancelled")
                raise

    @app.get("/", dependencies=[Depends(scoped)])
    async def read():
        return 1

    with suppress(Exception):
        # What becomes of an answer that is cancelled is not the matter here.
        await exchange(app, "GET", "/")
    assert events == ["cancelled", "dispatch"]


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
        await anyio.lowlevel.checkpoint()
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


@pytest.mark.usefixtures("only_asyncio")
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


# --- context variables -------------------------------------------------------------------------

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


# --- asyncio's own -----------------------------------------------------------------------------


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
        return [task.get_name() != "", task.cancelling(), task.done(), bool(task.get_stack())]

    assert (await exchange(app, "GET", "/")).json == [True, 0, False, True]


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
@pytest.mark.parametrize("phase", ["endpoint", "task", "exit"])
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
            started.set()
            await asyncio.sleep(0.01)
            events.append("clean")

    @app.get("/", dependencies=[Depends(resource)])
    async def read(tasks: BackgroundTasks):
        if phase == "endpoint":
            await wait()
        if phase == "task":
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
