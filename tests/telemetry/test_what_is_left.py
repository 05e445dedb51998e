"""When a request has ended, nothing of its observation is left."""

import gc
import weakref
from contextlib import contextmanager

import pytest
from drivers.asgi import Client, exchange, exchange_failing, make_scope
from opentelemetry import context as contexts

from pronghorn import BackgroundTasks, Depends, FastAPI, Request
from pronghorn.responses import PlainTextResponse

pytestmark = pytest.mark.anyio


@contextmanager
def no_collector():
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


@pytest.mark.parametrize("path", ["/async", "/sync", "/fail", "/task", "/refused"])
async def test_the_request_is_let_go_of_although_a_context_is_kept(told, path):
    app = FastAPI(telemetry=told.options())
    kept, requests = [], []

    def keep(request: Request):
        kept.append(contexts.get_current())
        requests.append(weakref.ref(request))

    @app.get("/async", dependencies=[Depends(keep)])
    async def read():
        return 1

    @app.get("/sync", dependencies=[Depends(keep)])
    def read_in_thread():
        return 1

    @app.get("/fail", dependencies=[Depends(keep)])
    async def fail():
        raise LookupError

    @app.get("/task", dependencies=[Depends(keep)])
    async def work(tasks: BackgroundTasks):
        tasks.add_task(lambda: None)

    @app.get("/refused", dependencies=[Depends(keep)])
    async def refuse(number: int):
        return number

    await exchange_failing(app, "GET", path)
    told.clear()
    gc.collect()
    assert [request() for request in requests] == [None]
    assert len(kept) == 1


TARGETS = ["/plain", "/sync", "/yields", "/number/7", "/number/x", "/refuses", "/nowhere"]


@pytest.mark.parametrize("target", TARGETS)
async def test_an_observed_request_makes_no_cycles(told, target):
    # Metrics and spans only: log records of the SDK are kept by the test.
    app = FastAPI(openapi_url=None, telemetry=told.options(logs=False))

    def blocking():
        yield 1

    async def waiting():
        yield 1

    @app.get("/plain")
    async def plain():
        return 1

    @app.get("/sync")
    def sync(request: Request, tasks: BackgroundTasks):
        tasks.add_task(lambda: None)
        return 1

    @app.get("/yields")
    async def yields(a=Depends(blocking), b=Depends(waiting, scope="function")):
        return 1

    @app.get("/number/{number}")
    async def number(number: int):
        return number

    @app.get("/refuses")
    async def refuses(request: Request):
        return PlainTextResponse("no", status_code=400)

    for _ in range(3):
        await exchange(app, "GET", target)
    told.clear()
    with no_collector():
        for _ in range(20):
            await exchange(app, "GET", target)
        told.clear()
        # A few objects may be somebody else's; a request in a cycle is twenty of them each time.
        assert gc.collect() < 100


async def test_the_scope_is_left_as_it_came(told):
    app = FastAPI(telemetry=told.options(exclude=lambda scope: scope["path"] == "/out"))

    @app.get("/{path}")
    async def read(path: str):
        return path

    for path in ("/in", "/out"):
        scope = make_scope("GET", path)
        client = Client()
        before = contexts.get_current()
        await app(scope, client.receive, client.send)
        assert "fastapi.telemetry" not in scope
        assert contexts.get_current() == before
