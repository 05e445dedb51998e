"""The floors: what a very good programmer would write by hand, for one route each.

Straight ASGI over pydantic-core, without a framework: bound validators that read bytes, headers
that are made once where they are constant, paths found in a dict or by a split.  The bytes and
the headers are FastAPI's, also of the refusals that are measured.  The endpoints and their
dependencies are called, as in the framework: no answer is known beforehand.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

from bench.floors.answering import NOT_FOUND, refuse
from bench.floors.depending import auth, deps, form
from bench.floors.finding import include3, nothing, route300
from bench.floors.validating import body, hello, limited, list100, nested100, params, typed

ROUTES: dict[str, ASGIApp] = {
    # by the first part of the path
    "hello": hello,
    "params": params,
    "body": body,
    "deps": deps,
}


async def wire(scope: Scope, receive: Receive, send: Send) -> None:
    """The application that is served over the wire: several routes at once."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    route = ROUTES.get(scope["path"].split("/", 2)[1])
    if route is None:
        await refuse(send, NOT_FOUND)
        return
    await route(scope, receive, send)


FLOORS: dict[str, ASGIApp] = {
    floor.__name__: floor
    for floor in (
        hello, typed, params, body, limited, list100, nested100, deps, auth, form, include3,
        route300, nothing, wire,
    )
}  # fmt: skip
