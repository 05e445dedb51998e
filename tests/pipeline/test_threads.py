"""One application, served by the event loops of several threads at once."""

import threading

import anyio
import pytest
from drivers.asgi import exchange

from pronghorn import APIRouter, Depends, FastAPI

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
