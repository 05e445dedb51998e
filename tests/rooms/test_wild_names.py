"""What third parties do to FastAPI's private names works, and is undone when they undo it."""

from contextlib import AsyncExitStack

import pytest
from starlette.requests import Request

from pronghorn import APIRouter, Depends, FastAPI, routing
from pronghorn.dependencies.models import Dependant
from pronghorn.dependencies.utils import get_dependant, solve_dependencies
from pronghorn.testclient import TestClient


@pytest.fixture
def app():
    app = FastAPI()
    router = APIRouter()

    def number(n: int):
        return n

    @app.get("/plain")
    async def plain(n: int = Depends(number)):
        return {"n": n}

    @router.get("/blocking")
    def blocking(n: int):
        return {"n": n}

    app.include_router(router, prefix="/in")
    return app


def test_a_replaced_get_request_handler_wraps_handlers_and_edits_the_call(app, monkeypatch):
    client = TestClient(app)
    assert client.get("/in/blocking?n=1").json() == {"n": 1}
    ours = routing.get_request_handler
    seen = []

    def patched(*args, **kwargs):
        dependant = kwargs["dependant"]
        call = dependant.call

        def traced(**values):
            seen.append(("call", values))
            return call(**values)

        if call.__name__ == "blocking":
            dependant.call = traced
        handler = ours(*args, **kwargs)

        async def wrapped(request):
            seen.append(("request", request.url.path))
            return await handler(request)

        return wrapped

    with monkeypatch.context() as patch:
        patch.setattr(routing, "get_request_handler", patched)
        assert client.get("/in/blocking?n=2").json() == {"n": 2}
        assert client.get("/in/blocking?n=x").status_code == 422
    assert seen == [
        ("request", "/in/blocking"),
        ("call", {"n": 2}),
        ("request", "/in/blocking"),
    ]


def test_replaced_steps_are_called_and_given_back(app, monkeypatch):
    client = TestClient(app)
    solve, run = routing.solve_dependencies, routing.run_endpoint_function
    seen = []

    async def patched_solve(*, request, **kwargs):
        result = await solve(request=request, **kwargs)
        seen.append((result.values, len(result.errors)))
        return result

    async def patched_run(*, dependant, values, is_coroutine):
        seen.append((dependant.call.__name__, is_coroutine))
        return await run(dependant=dependant, values=values, is_coroutine=is_coroutine)

    assert client.get("/plain?n=1").json() == {"n": 1}
    with monkeypatch.context() as patch:
        patch.setattr(routing, "solve_dependencies", patched_solve)
        patch.setattr(routing, "run_endpoint_function", patched_run)
        assert client.get("/plain?n=2").json() == {"n": 2}
        assert client.get("/plain").status_code == 422
        assert client.get("/in/blocking?n=3").json() == {"n": 3}
    assert seen == [
        ({"n": 2}, 0),
        ("plain", True),
        ({}, 1),
        ({"n": 3}, 0),
        ("blocking", False),
    ]
    assert client.get("/plain?n=4").json() == {"n": 4}
    assert len(seen) == 5


def test_an_edited_dependant_and_an_assigned_app_answer(app):
    route = next(route for route in app.routes if getattr(route, "path", "") == "/plain")
    seen = []
    extra = get_dependant(path=route.path, call=lambda: seen.append("extra"))
    route.dependant.dependencies.append(extra)
    route.app = routing.request_response(route.get_route_handler())
    assert TestClient(app).get("/plain?n=1").json() == {"n": 1}
    assert seen == ["extra"]


def test_the_stack_may_be_replaced_and_built_again(app):
    client = TestClient(app)
    assert client.get("/plain?n=1").status_code == 200
    build = app.build_middleware_stack
    paths = []

    def instrumented():
        inner = build()

        async def outer(scope, receive, send):
            paths.append(scope["path"])
            await inner(scope, receive, send)

        return outer

    app.build_middleware_stack = instrumented
    app.middleware_stack = None
    assert client.get("/plain?n=1").status_code == 200
    assert paths == ["/plain"]


def test_a_route_that_is_taken_out_is_gone_at_once(app):
    client = TestClient(app)
    assert client.get("/plain?n=1").status_code == 200
    app.routes.remove(next(r for r in app.routes if getattr(r, "path", "") == "/plain"))
    assert client.get("/plain?n=1").status_code == 404


def test_a_document_may_be_replaced(app):
    app.openapi = lambda: {"own": True}
    assert TestClient(app).get("/openapi.json").json() == {"own": True}


@pytest.mark.anyio
async def test_dependencies_are_solved_on_their_own():
    def twice(n: int):
        return 2 * n

    async def call(n: int, double: int = Depends(twice)): ...

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": [],
        "query_string": b"n=4",
        "path_params": {},
    }
    async with AsyncExitStack() as until_end, AsyncExitStack() as until_reply:
        scope["fastapi_inner_astack"] = until_end
        scope["fastapi_function_astack"] = until_reply
        dependant = get_dependant(path="/", call=call)
        assert isinstance(dependant, Dependant)
        solved = await solve_dependencies(
            request=Request(scope),
            dependant=dependant,
            async_exit_stack=until_end,
            embed_body_fields=False,
        )
    assert (solved.values, solved.errors) == ({"n": 4, "double": 8}, [])
