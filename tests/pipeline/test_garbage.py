"""A request leaves nothing behind that only the garbage collector could find."""

import gc
from contextlib import suppress

import pytest
from drivers.asgi import exchange

from pronghorn import BackgroundTasks, Depends, FastAPI, HTTPException, Request, Response

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


def make_app():
    app = FastAPI(openapi_url=None)

    def blocking():
        yield 1

    async def waiting():
        yield 1

    @app.get("/plain")
    async def plain():
        return 1

    @app.get("/sync")
    def sync():
        return 1

    @app.get("/request")
    async def request(request: Request):
        return 1

    @app.get("/injected")
    async def injected(response: Response, tasks: BackgroundTasks):
        return 1

    @app.get("/yields")
    async def yields(a=Depends(blocking), b=Depends(waiting, scope="function")):
        return 1

    @app.get("/number/{number}")
    async def number(number: int):
        return number

    @app.get("/raises")
    async def raises(request: Request):
        raise HTTPException(400)

    @app.get("/fails")
    async def fails():
        raise LookupError

    @app.get("/stream")
    async def stream():
        yield 1

    return app


TARGETS = [
    "/plain",
    "/sync",
    "/request",
    "/injected",
    "/yields",
    "/number/7",
    "/number/x",
    "/raises",
    "/fails",
    "/stream",
    "/nowhere",
]


@pytest.mark.parametrize("target", TARGETS)
async def test_a_request_makes_no_cycles(target):
    app = make_app()

    async def ask():
        # The exception that nobody handles is raised to the server, which forgets it.
        with suppress(LookupError):
            await exchange(app, "GET", target)

    for _ in range(3):
        await ask()
    while gc.collect():
        # What earlier tests left may let go of more.
        pass
    gc.disable()
    try:
        for _ in range(20):
            await ask()
        # A few objects may be somebody else's; a request in a cycle is twenty of them each time.
        assert gc.collect() < 100
    finally:
        gc.enable()
