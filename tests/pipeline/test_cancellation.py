"""A request that is cancelled still cleans up to the end."""

import asyncio

import anyio
import anyio.lowlevel
import pytest
from drivers.asgi import Client, exchange, leaving_client, make_scope

from pronghorn import Depends, FastAPI
from pronghorn.responses import StreamingResponse

pytestmark = pytest.mark.anyio


class Resource:
    """Something whose cleanup takes a while; it tells how far it came."""

    def __init__(self):
        self.events = []

    async def slowly(self):
        self.events.append("enter")
        try:
            yield self
        except BaseException as error:
            self.events.append("sees cancellation" if is_cancellation(error) else "sees an error")
            raise
        finally:
            await anyio.sleep(0.01)
            await anyio.lowlevel.checkpoint()
            self.events.append("clean")


def is_cancellation(error):
    return isinstance(error, anyio.get_cancelled_exc_class())


@pytest.fixture(params=["function", "request"])
def scope(request):
    return request.param


def waiting_app(resource, scope, started):
    app = FastAPI()

    @app.get("/")
    async def wait(resource=Depends(resource.slowly, scope=scope)):
        started.set()
        await anyio.sleep_forever()

    return app


async def test_a_cancelled_request_cleans_up_to_the_end(scope):
    resource = Resource()
    started = anyio.Event()
    app = waiting_app(resource, scope, started)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(exchange, app, "GET", "/")
        await started.wait()
        tasks.cancel_scope.cancel()
    assert resource.events == ["enter", "sees cancellation", "clean"]


async def test_a_cancelled_request_cleans_up_in_its_thread(scope):
    events = []
    started = anyio.Event()

    def in_a_thread():
        events.append("enter")
        try:
            yield
        finally:
            events.append("clean")

    app = FastAPI()

    @app.get("/", dependencies=[Depends(in_a_thread, scope=scope)])
    async def wait():
        started.set()
        await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(exchange, app, "GET", "/")
        await started.wait()
        tasks.cancel_scope.cancel()
    assert events == ["enter", "clean"]


async def test_several_cleanups_are_all_done_the_last_first():
    events = []
    started = anyio.Event()

    def make(name):
        async def dependency():
            try:
                yield
            finally:
                await anyio.sleep(0.01)
                events.append(name)

        return dependency

    app = FastAPI()
    outer, middle, inner = (make(name) for name in ("outer", "middle", "inner"))

    @app.get(
        "/",
        dependencies=[
            Depends(outer),
            Depends(middle, scope="function"),
            Depends(inner),
        ],
    )
    async def wait():
        started.set()
        await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(exchange, app, "GET", "/")
        await started.wait()
        tasks.cancel_scope.cancel()
    # Those of function scope are left first, whatever came last.
    assert events == ["middle", "inner", "outer"]


async def test_a_cancellation_within_a_dependency_cleans_up_the_ones_before_it():
    resource = Resource()
    started = anyio.Event()
    app = FastAPI()

    async def slow_to_enter():
        started.set()
        await anyio.sleep_forever()
        yield

    @app.get("/", dependencies=[Depends(resource.slowly), Depends(slow_to_enter)])
    async def endpoint():
        raise AssertionError("never called")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(exchange, app, "GET", "/")
        await started.wait()
        tasks.cancel_scope.cancel()
    assert resource.events == ["enter", "sees cancellation", "clean"]


async def test_a_dependency_with_a_task_group_of_its_own_is_left_in_order():
    events = []
    started = anyio.Event()
    app = FastAPI()

    async def workers():
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(anyio.sleep_forever)
            try:
                yield tasks
            finally:
                events.append("stopping")
                tasks.cancel_scope.cancel()

    @app.get("/wait")
    async def wait(workers=Depends(workers)):
        started.set()
        await anyio.sleep_forever()

    @app.get("/")
    async def endpoint(workers=Depends(workers)):
        return 1

    assert (await exchange(app, "GET", "/")).json == 1
    assert events == ["stopping"]
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(exchange, app, "GET", "/wait")
        await started.wait()
        tasks.cancel_scope.cancel()
    assert events == ["stopping", "stopping"]


# Trio complains of generators that are left to the garbage collector, as Starlette leaves them.
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_client_that_leaves_a_stream_ends_it_and_cleans_up():
    resource = Resource()
    app = FastAPI()

    @app.get("/")
    async def endpoint(resource=Depends(resource.slowly)):
        async def chunks():
            while True:
                yield b"x"
                await anyio.lowlevel.checkpoint()

        return StreamingResponse(chunks())

    async with leaving_client(app, "GET", "/") as client:
        await client.has_body.wait()
        assert resource.events == ["enter"]
    assert resource.events[-1] == "clean"


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_client_that_leaves_a_stream_of_lines_ends_it_and_cleans_up():
    resource = Resource()
    app = FastAPI()

    @app.get("/")
    async def endpoint(resource=Depends(resource.slowly)):
        while True:
            yield 1

    async with leaving_client(app, "GET", "/") as client:
        await client.has_body.wait()
    assert resource.events[-1] == "clean"


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
@pytest.mark.parametrize("scope", ["function", "request"])
async def test_a_task_of_asyncio_that_is_cancelled_cleans_up_to_the_end(scope):
    resource = Resource()
    started = anyio.Event()
    task = asyncio.create_task(exchange(waiting_app(resource, scope, started), "GET", "/"))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert resource.events == ["enter", "sees cancellation", "clean"]


async def test_a_cancellation_during_the_cleanup_waits_for_its_end(scope):
    events = []
    cleaning = anyio.Event()
    app = FastAPI()

    async def slowly():
        yield
        cleaning.set()
        await anyio.sleep(0.02)
        events.append("clean")

    @app.get("/", dependencies=[Depends(slowly, scope=scope)])
    async def endpoint():
        return 1

    client = Client()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(app, make_scope("GET", "/"), client.receive, client.send)
        await cleaning.wait()
        tasks.cancel_scope.cancel()
    assert events == ["clean"]
    # What was cleaned up before the answer is not answered any more.
    assert bool(client.answer.messages) is (scope == "request")


async def test_a_shield_does_not_outlive_the_cleanup():
    app = FastAPI()

    async def inner():
        yield
        await anyio.lowlevel.checkpoint()

    async def outer(inner=Depends(inner)):
        yield

    @app.get("/")
    async def endpoint(outer=Depends(outer, scope="function")):
        return 1

    with anyio.move_on_after(5) as timeout:
        assert (await exchange(app, "GET", "/")).json == 1
    assert not timeout.cancelled_caught
    with anyio.CancelScope() as scope:
        await exchange(app, "GET", "/")
        scope.cancel()
        await anyio.sleep_forever()
    assert scope.cancelled_caught
