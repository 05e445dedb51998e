"""FastAPI's private names work when others replace them, and are ours again afterwards.

Each stand-in does what the package does that it is named after, in its own words.
"""

import dataclasses
import functools
import inspect
from typing import Annotated, Any
from unittest import mock

import pytest
import starlette.routing
from drivers.watched import log_app
from pydantic import BaseModel
from starlette.middleware.errors import ServerErrorMiddleware

from pronghorn import (
    APIRouter,
    BackgroundTasks,
    Body,
    FastAPI,
    Request,
    Response,
    WebSocket,
    routing,
)
from pronghorn.dependencies.models import Dependant
from pronghorn.testclient import TestClient


def source_of(app: FastAPI, number: int = -1) -> str:
    """The handler of one route, as it is now."""
    targets = [entry.target for entry in app.router._grown.entries]
    target = [target for target in targets if hasattr(target, "compiled")][number]
    target.compile()
    assert target.compiled is not None
    return target.compiled.source.text


# --- what sentry-sdk does -----------------------------------------------------------------------


def install_like_sentry(monkeypatch: pytest.MonkeyPatch, log: list[str]) -> None:
    made = routing.get_request_handler

    def get_request_handler(*args: Any, **kwargs: Any) -> Any:
        dependant = kwargs.get("dependant")
        if (
            dependant
            and dependant.call is not None
            and not inspect.iscoroutinefunction(dependant.call)
        ):
            call = dependant.call

            @functools.wraps(call)
            def watched(*args: Any, **kwargs: Any) -> Any:
                log.append("call")
                return call(*args, **kwargs)

            dependant.call = watched
        handler = made(*args, **kwargs)

        async def watched_handler(*args: Any, **kwargs: Any) -> Any:
            log.append("handler")
            return await handler(*args, **kwargs)

        return watched_handler

    monkeypatch.setattr(routing, "get_request_handler", get_request_handler)


def two_routes() -> FastAPI:
    app = FastAPI()
    router = APIRouter()

    @app.get("/direct/{item_id}")
    @router.get("/included/{item_id}")
    def read(item_id: int) -> int:
        return item_id

    app.include_router(router)
    return app


@pytest.mark.parametrize("path", ["/direct", "/included"])
def test_a_replaced_get_request_handler_is_called_once_a_route(monkeypatch, path):
    log: list[str] = []
    install_like_sentry(monkeypatch, log)
    client = TestClient(two_routes())
    for item_id in (1, 2, 3):
        log.clear()
        assert client.get(f"{path}/{item_id}").json() == item_id
        assert log == ["handler", "call"]
    assert client.get(f"{path}/x").status_code == 422


@pytest.mark.parametrize("path", ["/direct", "/included"])
def test_replacing_compiles_again_and_so_does_undoing(path):
    log: list[str] = []
    app = two_routes()
    client = TestClient(app)
    assert client.get(f"{path}/1").json() == 1
    for _ in range(2):
        with pytest.MonkeyPatch.context() as patch:
            install_like_sentry(patch, log)
            log.clear()
            assert client.get(f"{path}/1").json() == 1
            assert log == ["handler", "call"]
        log.clear()
        assert client.get(f"{path}/1").json() == 1
        assert log == []


def test_overrides_count_under_a_replaced_get_request_handler(monkeypatch):
    install_like_sentry(monkeypatch, [])
    log: list[str] = []
    app = log_app(log)
    client = TestClient(app)
    dependency = app.routes[-2].dependant.dependencies[0].call
    assert client.get("/").json() == "value"
    app.dependency_overrides[dependency] = lambda: "overridden"
    assert client.get("/").json() == "overridden"
    app.dependency_overrides.clear()
    assert client.get("/").json() == "value"


def test_layers_that_are_watched_are_built_as_starlettes(monkeypatch):
    seen = []
    call = ServerErrorMiddleware.__call__

    async def watched(self: Any, scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["path"])
        await call(self, scope, receive, send)

    monkeypatch.setattr(ServerErrorMiddleware, "__call__", watched)
    assert TestClient(log_app([])).get("/").json() == "value"
    assert seen == ["/"]


# --- what Logfire does --------------------------------------------------------------------------


class Watched(dict[str, Any]):
    request: Any = None


def install_like_logfire(patch: Any, log: list[Any]) -> None:
    solving, running = routing.solve_dependencies, routing.run_endpoint_function

    @functools.wraps(solving)
    async def watched_solving(*, request: Any, **kwargs: Any) -> Any:
        result = await solving(request=request, **kwargs)
        log.append((dict(result.values), [error["loc"] for error in result.errors]))
        values = Watched(result.values)
        values.request = request
        return dataclasses.replace(result, values=values)

    @functools.wraps(running)
    async def watched_running(*, dependant: Any, values: Any, **kwargs: Any) -> Any:
        assert isinstance(values, Watched)
        log.append((dependant.call.__name__, values.request.url.path))
        return await running(dependant=dependant, values=values, **kwargs)

    patch.setattr(routing, "solve_dependencies", watched_solving)
    patch.setattr(routing, "run_endpoint_function", watched_running)


class Answer(BaseModel):
    number: int
    note: str | None = None


def answering_app() -> FastAPI:
    app = FastAPI()

    @app.get("/model", response_model_exclude_none=True)
    def model(number: int, response: Response) -> Answer:
        response.headers["x-number"] = str(number)
        return Answer(number=number)

    @app.get("/plain")
    async def plain() -> Any:
        return {"plain": 1}

    @app.post("/body")
    async def body(text: Annotated[str, Body(embed=True)], tasks: BackgroundTasks) -> str:
        tasks.add_task(done.append, text)
        return text

    @app.get("/lines")
    async def lines(count: int) -> Any:
        for number in range(count):
            yield number

    @app.get("/own")
    def own() -> Response:
        return Response("own", status_code=203)

    @app.websocket("/ws")
    async def talk(websocket: WebSocket, number: int) -> None:
        await websocket.accept()
        await websocket.send_json(number)
        await websocket.close()

    done: list[str] = []
    app.state.done = done
    return app


def answers_of(app: FastAPI) -> list[Any]:
    client = TestClient(app)
    answers = [
        client.get("/model?number=3"),
        client.get("/model?number=x"),
        client.get("/plain"),
        client.post("/body", json={"text": "t"}),
        client.post("/body", content=b"{", headers={"content-type": "application/json"}),
        client.get("/lines?count=2"),
        client.get("/own"),
    ]
    with client.websocket_connect("/ws?number=3") as session:
        sent = session.receive_json()
    return [
        *((answer.status_code, answer.headers, answer.content) for answer in answers),
        app.state.done,
        sent,
    ]


def test_the_open_plan_answers_like_the_straight_one(monkeypatch):
    straight = answers_of(answering_app())
    app = answering_app()
    log: list[Any] = []
    install_like_logfire(monkeypatch, log)
    assert answers_of(app) == straight
    assert "names.solve_dependencies(" in source_of(app)
    refused, found = log[2]
    assert (list(refused), found) == (["response"], [("query", "number")])
    assert log[3:5] == [({}, []), ("plain", "/plain")]
    assert list(log[-1][0]) == ["number", "websocket"]


def test_names_that_are_ours_again_are_not_called():
    app = answering_app()
    before = source_of(app, 1)
    with pytest.MonkeyPatch.context() as patch:
        install_like_logfire(patch, [])
        assert source_of(app, 1) != before
    assert source_of(app, 1) == before


def test_mock_can_replace_a_name():
    app = answering_app()
    client = TestClient(app)

    async def serialize_response(**_: Any) -> Any:
        return b'"replaced"' if _["dump_json"] else "replaced"

    with mock.patch("pronghorn.routing.serialize_response", serialize_response):
        assert client.get("/model?number=3").json() == "replaced"
        assert client.get("/plain").json() == "replaced"
    assert client.get("/plain").json() == {"plain": 1}


def test_a_route_with_a_handler_of_its_own_calls_replaced_names_too(monkeypatch):
    class Timed(routing.APIRoute):
        def get_route_handler(self) -> Any:
            made = super().get_route_handler()

            async def handler(request: Request) -> Response:
                response: Response = await made(request)
                response.headers["x-timed"] = "1"
                return response

            return handler

    app = FastAPI()
    app.router.route_class = Timed

    @app.get("/")
    def read(number: int) -> int:
        return number

    client = TestClient(app)
    assert client.get("/?number=2").headers["x-timed"] == "1"
    log: list[Any] = []
    install_like_logfire(monkeypatch, log)
    answer = client.get("/?number=2")
    assert (answer.json(), answer.headers["x-timed"]) == (2, "1")
    assert log == [({"number": 2}, []), ("read", "/")]


# --- what ddtrace does ----------------------------------------------------------------------------


class Wrapper:
    """A method's stand-in that is no function, as wrapt's is."""

    def __init__(self, method: Any, log: list[str]) -> None:
        self.method = method
        self.log = log

    def __get__(self, instance: Any, owner: type) -> Any:
        return self if instance is None else functools.partial(self.run, instance)

    async def run(self, instance: Any, scope: Any, receive: Any, send: Any) -> None:
        self.log.append(f"{type(instance).__name__} {scope['path']}")
        await self.method(instance, scope, receive, send)


@pytest.mark.parametrize("owner", [routing.APIRoute, starlette.routing.Route])
def test_a_replaced_handle_of_routes_is_called(monkeypatch, owner):
    log: list[str] = []
    monkeypatch.setattr(owner, "handle", Wrapper(owner.handle, log))
    app = FastAPI()

    @app.get("/items/{item_id}")
    def read_item(item_id: int) -> int:
        return item_id

    client = TestClient(app)
    assert client.get("/items/3").json() == 3
    assert client.get("/items/x").status_code == 422
    assert client.post("/items/3").status_code == 405
    assert log == ["APIRoute /items/3", "APIRoute /items/x", "APIRoute /items/3"]


def test_a_replaced_handle_is_called_for_included_routes_and_sockets(monkeypatch):
    log: list[str] = []
    for owner in (routing.APIRoute, routing.APIWebSocketRoute):
        monkeypatch.setattr(owner, "handle", Wrapper(owner.handle, log))
    router = APIRouter(prefix="/items")

    @router.get("/{item_id}")
    def read_item(item_id: int, shop: str) -> list[Any]:
        return [item_id, shop]

    @router.websocket("/{item_id}")
    async def watch_item(websocket: WebSocket, item_id: int, shop: str) -> None:
        await websocket.accept()
        await websocket.send_json([item_id, shop])

    app = FastAPI()
    app.include_router(router, prefix="/{shop}")
    client = TestClient(app)
    assert client.get("/x/items/3").json() == [3, "x"]
    with client.websocket_connect("/x/items/3") as session:
        assert session.receive_json() == [3, "x"]
    assert log == ["APIRoute /x/items/3", "APIWebSocketRoute /x/items/3"]


def test_a_replaced_get_route_handler_makes_the_handlers(monkeypatch):
    log: list[str] = []
    made = routing.APIRoute.get_route_handler

    def get_route_handler(route: routing.APIRoute) -> Any:
        log.append(route.path)
        return made(route)

    monkeypatch.setattr(routing.APIRoute, "get_route_handler", get_route_handler)
    app = FastAPI()
    app.add_api_route("/items", lambda: 1)
    assert TestClient(app).get("/items").json() == 1
    assert log == ["/items"]


@pytest.mark.parametrize("owner", [APIRouter, starlette.routing.Router])
def test_a_replaced_call_of_routers_is_called(monkeypatch, owner):
    log: list[str] = []
    monkeypatch.setattr(owner, "__call__", Wrapper(owner.__call__, log))
    app = FastAPI()
    app.add_api_route("/items", lambda: 1)
    assert TestClient(app).get("/items").json() == 1
    assert log == ["APIRouter /items"]


def test_the_interval_of_keep_alive_comments_may_be_set():
    from pronghorn import sse

    before = sse._PING_INTERVAL
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(routing, "_PING_INTERVAL", 0.05)
        assert sse._PING_INTERVAL == 0.05
    assert before == sse._PING_INTERVAL


def test_mock_takes_back_what_it_has_set():
    app = answering_app()
    route = next(route for route in app.routes if route.path == "/plain")
    app.dependency_overrides[len] = max
    route.dependant.name = "mine"
    for thing, name, value in [
        (app, "dependency_overrides", {}),
        (app.router, "lifespan_context", app.router.lifespan_context),
        (app.router, "routes", []),
        (route, "app", route.app),
        (route, "dependant", Dependant(call=len)),
    ]:
        before = getattr(thing, name)
        with mock.patch.object(thing, name, value):
            assert TestClient(app) is not None
        assert getattr(thing, name) == before, name
    assert TestClient(app).get("/plain").json() == {"plain": 1}


def test_subclasses_may_have_attributes_of_many_names():
    class Router(routing.APIRouter):
        def __init__(self) -> None:
            super().__init__()
            self.version = self.tree = self.includes = self.changed = self.files = "mine"
            self.dependents = self.frontends = self.planted_class = "mine"

    class Route(routing.APIRoute):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.reply = self.body_reading = self.planted_class = "mine"

    app, router = FastAPI(), Router()
    router.route_class = Route
    router.add_api_route("/plain", lambda: "plain")
    app.include_router(router)
    router.add_api_route("/late", lambda: "late")
    client = TestClient(app)
    assert [client.get(path).json() for path in ("/plain", "/late")] == ["plain", "late"]
    assert (router.version, router.routes[0].reply) == ("mine", "mine")
