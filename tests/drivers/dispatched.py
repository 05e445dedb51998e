"""Applications with a `BaseHTTPMiddleware` around them, run by us and in Starlette's way."""

from starlette.middleware.base import BaseHTTPMiddleware

from pronghorn import FastAPI

PATIENCE = 5  # Seconds.

ASYNCIO = {
    "asyncio": ("asyncio", {"use_uvloop": False}),
    "uvloop": ("asyncio", {"use_uvloop": True}),
    "debug": ("asyncio", {"debug": True}),
}
BACKENDS = {**ASYNCIO, "trio": ("trio", {})}


class InStarlettesWay(BaseHTTPMiddleware):
    """Has a `__call__` of its own, which is left alone."""

    async def __call__(self, scope, receive, send):
        await super().__call__(scope, receive, send)


WAYS = {"stepped": BaseHTTPMiddleware, "starlettes": InStarlettesWay}


class Refused(Exception):
    """What nobody but the test has a handler for."""


async def passing(request, call_next):
    """Only pass the request on."""
    return await call_next(request)


def make_app(middleware, *dispatches):
    """An application with *dispatches* around it, the first one outermost."""
    app = FastAPI(openapi_url=None)
    for dispatch in reversed(dispatches):
        app.add_middleware(middleware, dispatch=dispatch)
    return app
