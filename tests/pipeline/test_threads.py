"""One application, served by the event loops of several threads at once."""

import threading

import anyio
import pytest
from drivers.asgi import exchange

from pronghorn import APIRouter, Depends, FastAPI, routing
from pronghorn._pipeline.handler import build
from pronghorn._serve import target

THREADS = 8


def run_in_threads(work):
    """Let each of some threads run *work* in an event loop of its own; raises what they raise."""
    barrier = threading.Barrier(THREADS)
    failures = []

    def run(number):
        barrier.wait()
        try:
            anyio.run(work, number)
        except BaseException as error:  # noqa: BLE001  Told by the test's own thread.
            failures.append(error)

    threads = [threading.Thread(target=run, args=[number]) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


@pytest.mark.parametrize("is_included", [False, True])
def test_the_first_requests_of_many_threads_are_all_right(is_included):
    app = FastAPI()
    router = APIRouter() if is_included else app.router

    def doubled(number: int):
        return number * 2

    for name in range(20):

        @router.get(f"/{name}/{{number}}")
        async def endpoint(number: int, doubled=Depends(doubled), name=name):
            return [number, doubled]

    if is_included:
        app.include_router(router, prefix="/x")

    async def ask(number):
        for name in range(20):
            prefix = "/x" if is_included else ""
            answer = await exchange(app, "GET", f"{prefix}/{name}/{number}")
            assert answer.json == [number, number * 2]

    run_in_threads(ask)


def test_routes_are_added_while_other_threads_serve():
    app = FastAPI()
    router = APIRouter()
    app.include_router(router, prefix="/x")

    async def work(number):
        for turn in range(20):
            path = f"/{number}/{turn}"
            # The default is a query parameter: it tells the routes apart.
            router.add_api_route(path, lambda own=path: own)
            answer = await exchange(app, "GET", f"/x{path}")
            assert (answer.status, answer.json) == (200, path)

    run_in_threads(work)
    assert len(router.routes) == THREADS * 20


def test_a_handler_that_was_written_while_something_changed_is_not_kept(monkeypatch):
    app = FastAPI()

    @app.get("/")
    async def read():
        return "read"

    is_writing, may_end = threading.Event(), threading.Event()

    def build_slowly(plan):
        handler = build(plan)
        if not is_writing.is_set():
            is_writing.set()
            may_end.wait(10)
        return handler

    called = []

    async def run_endpoint_function(*, dependant, values, is_coroutine):
        called.append(dependant.call)
        return await dependant.call(**values)

    monkeypatch.setattr(target, "build", build_slowly)
    first = threading.Thread(target=anyio.run, args=[exchange, app, "GET", "/"])
    first.start()
    is_writing.wait(10)
    monkeypatch.setattr(routing, "run_endpoint_function", run_endpoint_function)
    may_end.set()
    first.join()
    called.clear()
    assert anyio.run(exchange, app, "GET", "/").json == "read"
    assert called == [read]
