"""Routers within routers: live, repeated, late, nested, and in the order of their dependencies."""

import inspect

import pytest
from drivers.asgi import exchange
from starlette.routing import BaseRoute, Match, Route

from pronghorn import APIRouter, Depends, FastAPI, HTTPException, Request, Response, WebSocket
from pronghorn.responses import HTMLResponse, JSONResponse, PlainTextResponse
from pronghorn.routing import APIRoute, APIWebSocketRoute, Mount
from pronghorn.testclient import TestClient

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


async def ask(app, target, method="GET"):
    answer = await exchange(app, method, target)
    return answer.status, answer.json


async def test_the_same_router_twice_has_two_prefixes_and_two_lists_of_dependencies():
    app = FastAPI()
    router = APIRouter()
    calls = []

    @router.get("/items/{item_id}")
    async def read(item_id: int):
        return item_id

    app.include_router(router, prefix="/a", dependencies=[Depends(lambda: calls.append("a"))])
    app.include_router(router, prefix="/b", dependencies=[Depends(lambda: calls.append("b"))])
    app.include_router(router)
    assert await ask(app, "/a/items/1") == (200, 1)
    assert await ask(app, "/b/items/2") == (200, 2)
    assert await ask(app, "/items/3") == (200, 3)
    assert await ask(app, "/c/items/3") == (404, {"detail": "Not Found"})
    assert calls == ["a", "b"]


async def test_a_route_that_is_added_after_the_include_is_served():
    app = FastAPI()
    outer, inner = APIRouter(prefix="/outer"), APIRouter(prefix="/inner")
    app.include_router(outer)
    outer.include_router(inner)
    assert await ask(app, "/outer/inner/late") == (404, {"detail": "Not Found"})
    inner.add_api_route("/late", lambda: "late")
    assert await ask(app, "/outer/inner/late") == (200, "late")
    outer.add_api_route("/later", lambda: "later")
    assert await ask(app, "/outer/later") == (200, "later")
    app.add_api_route("/last", lambda: "last")
    assert await ask(app, "/last") == (200, "last")


async def test_a_router_that_is_included_late_is_served():
    app = FastAPI()
    outer = APIRouter(prefix="/outer")
    app.include_router(outer)
    assert (await ask(app, "/outer/inner/"))[0] == 404
    inner = APIRouter(prefix="/inner")
    inner.add_api_route("/", lambda: "inner")
    outer.include_router(inner)
    assert await ask(app, "/outer/inner/") == (200, "inner")


async def test_routes_can_be_taken_away_replaced_and_put_in_another_order():
    app = FastAPI(openapi_url=None)
    app.add_api_route("/{name}", lambda name: f"any {name}")
    app.add_api_route("/a", lambda: "a")
    assert await ask(app, "/a") == (200, "any a")
    app.router.routes.reverse()
    assert await ask(app, "/a") == (200, "a")
    app.routes.pop(0)
    assert await ask(app, "/a") == (200, "any a")
    app.router.routes = []
    assert (await ask(app, "/a"))[0] == 404
    app.router.routes.append(APIRoute("/a", lambda: "again"))
    assert await ask(app, "/a") == (200, "again")
    app.router.routes[0] = APIRoute("/b", lambda: "b")
    assert (await ask(app, "/a"))[0] == 404
    assert await ask(app, "/b") == (200, "b")
    del app.router.routes[:]
    assert (await ask(app, "/b"))[0] == 404


async def test_a_parameter_of_the_prefix_reaches_the_endpoint_and_its_dependencies():
    app = FastAPI()
    router = APIRouter(prefix="/users/{user_id}")

    def user(user_id: int):
        return user_id

    @router.get("/items/{item_id}")
    async def read(org_id: int, item_id: int, user_id: str, user=Depends(user)):
        return [org_id, item_id, user_id, user]

    outer = APIRouter(prefix="/orgs/{org_id}")
    outer.include_router(router)
    app.include_router(outer, prefix="/api")
    assert await ask(app, "/api/orgs/1/users/2/items/3") == (200, [1, 3, "2", 2])
    status, body = await ask(app, "/api/orgs/x/users/y/items/3")
    assert status == 422
    assert [error["loc"] for error in body["detail"]] == [["path", "user_id"], ["path", "org_id"]]


async def test_what_is_a_path_parameter_in_one_include_is_a_query_parameter_in_another():
    app = FastAPI()
    router = APIRouter()

    @router.get("/")
    async def read(org_id: int):
        return org_id

    app.include_router(router, prefix="/orgs/{org_id}")
    app.include_router(router, prefix="/mine")
    assert await ask(app, "/orgs/1/") == (200, 1)
    assert await ask(app, "/mine/?org_id=2") == (200, 2)
    assert (await ask(app, "/mine/"))[1]["detail"][0]["loc"] == ["query", "org_id"]


async def test_dependencies_run_from_the_outside_in():
    calls = []

    def depend(name):
        return [Depends(lambda: calls.append(name))]

    app = FastAPI(dependencies=depend("app"))
    outer = APIRouter(dependencies=depend("outer"))
    inner = APIRouter(dependencies=depend("inner"))

    @inner.get("/", dependencies=depend("route"))
    async def read(own=Depends(lambda: calls.append("own"))):
        pass

    outer.include_router(inner, dependencies=depend("include in outer"))
    app.include_router(outer, prefix="/x", dependencies=depend("include in app"))
    assert (await ask(app, "/x/"))[0] == 200
    assert calls == [
        "app",
        "include in app",
        "outer",
        "include in outer",
        "inner",
        "route",
        "own",
    ]


async def test_no_dependency_runs_where_nothing_is_found():
    calls = []
    app = FastAPI(dependencies=[Depends(lambda: calls.append(1))])
    app.add_api_route("/a", lambda: 1)
    assert (await ask(app, "/b"))[0] == 404
    assert (await ask(app, "/a", "DELETE"))[0] == 405
    assert calls == []


async def test_the_nearest_response_class_counts():
    app = FastAPI(default_response_class=PlainTextResponse)
    router = APIRouter(default_response_class=HTMLResponse)
    plain = APIRouter()
    for each in (app, router, plain):
        each.add_api_route("/a", lambda: "text")
    router.add_api_route("/b", lambda: "text", response_class=PlainTextResponse)
    app.include_router(router, prefix="/html")
    app.include_router(plain, prefix="/plain")
    app.include_router(plain, prefix="/given", default_response_class=HTMLResponse)
    for target, kind in (
        ("/a", "plain"),
        ("/html/a", "html"),
        ("/html/b", "plain"),
        ("/plain/a", "plain"),
        ("/given/a", "html"),
    ):
        answer = await exchange(app, "GET", target)
        assert answer.headers["content-type"] == f"text/{kind}; charset=utf-8", target


async def test_strictness_of_content_types_is_taken_from_the_nearest_router():
    app = FastAPI(strict_content_type=False)
    strict = APIRouter(strict_content_type=True)
    loose = APIRouter()

    async def echo(item: dict):
        return item

    for router, prefix in ((strict, "/strict"), (loose, "/loose")):
        router.add_api_route("/", echo, methods=["POST"])
        app.include_router(router, prefix=prefix)
    assert (await exchange(app, "POST", "/loose/", body=b"{}")).status == 200
    assert (await exchange(app, "POST", "/strict/", body=b"{}")).status == 422


async def test_plain_routes_and_mounts_are_included_too():
    app = FastAPI()
    router = APIRouter()

    async def plain(request: Request):
        return Response(f"{request.path_params['name']} at {request.url.path}")

    router.add_route("/plain/{name}", plain)
    sub = FastAPI()
    sub.add_api_route("/hello", lambda: "hello")
    router.routes.append(Mount("/sub", app=sub))
    app.include_router(router, prefix="/api")
    assert (await exchange(app, "GET", "/api/plain/x")).body == b"x at /api/plain/x"
    assert await ask(app, "/api/sub/hello") == (200, "hello")


async def test_a_route_of_a_kind_that_cannot_be_moved_is_not_included():
    class Greedy(BaseRoute):
        def matches(self, scope):
            return Match.FULL, {}

        async def handle(self, scope, receive, send):
            await Response("greedy")(scope, receive, send)

    app = FastAPI()
    router = APIRouter(routes=[Greedy()])
    app.include_router(router, prefix="/api")
    assert (await exchange(app, "GET", "/api/missing")).status == 404
    assert (await exchange(router, "GET", "/api/missing")).body == b"greedy"


async def test_an_empty_path_below_a_prefix_is_served():
    leaf, branch, app = APIRouter(), APIRouter(), FastAPI()
    leaf.add_api_route("", lambda: "all")
    branch.include_router(leaf, prefix="/items")
    app.include_router(branch)
    assert await ask(app, "/items") == (200, "all")


async def test_a_custom_get_route_handler_passes_on_a_changed_request():
    class Upper(Request):
        async def body(self):
            return (await super().body()).upper()

    class UpperRoute(APIRoute):
        def get_route_handler(self):
            handler = super().get_route_handler()

            async def own(request):
                return await handler(Upper(request.scope, request.receive))

            return own

    app = FastAPI()
    router = APIRouter(route_class=UpperRoute)

    @router.post("/{item_id}")
    async def echo(item_id: int, item: dict, request: Request, q: str = ""):
        return [item_id, item, q, type(request).__name__]

    app.include_router(router, prefix="/x")
    answer = await exchange(app, "POST", "/x/7?q=a", json_body={"name": "a"})
    assert answer.json == [7, {"NAME": "A"}, "a", "Upper"]


async def test_a_custom_get_route_handler_changes_the_response_and_sees_exceptions():
    seen = []

    class Own(APIRoute):
        def get_route_handler(self):
            handler = super().get_route_handler()

            async def own(request):
                try:
                    response = await handler(request)
                except Exception as error:
                    seen.append(type(error).__name__)
                    raise
                response.headers["x-own"] = "yes"
                return response

            return own

    app = FastAPI()
    app.router.route_class = Own

    @app.get("/{number}")
    async def read(number: int) -> int:
        if number == 0:
            raise LookupError
        return number

    app.add_exception_handler(LookupError, lambda request, error: Response(status_code=404))
    answer = await exchange(app, "GET", "/7")
    assert (answer.status, answer.json, answer.headers["x-own"]) == (200, 7, "yes")
    assert (await exchange(app, "GET", "/x")).status == 422
    assert (await exchange(app, "GET", "/0")).status == 404
    assert seen == ["RequestValidationError", "LookupError"]


@pytest.mark.parametrize("is_typed", [False, True])
async def test_a_custom_get_route_handler_is_given_a_response_that_writes_as_its_class(is_typed):
    class Own(APIRoute):
        def get_route_handler(self):
            handler = super().get_route_handler()

            async def own(request):
                response = await handler(request)
                # FastAPI writes what has a type itself, so no class for JSON is needed there.
                assert isinstance(response, JSONResponse) is not is_typed
                assert response.media_type == "application/json"
                if not is_typed:
                    response.body = response.render({"more": 2})
                    response.headers["content-length"] = str(len(response.body))
                return response

            return own

    app = FastAPI()
    app.router.route_class = Own

    @app.get("/", response_model=dict[str, int] if is_typed else None)
    async def read():
        return {"one": 1}

    assert await ask(app, "/") == (200, {"one": 1} if is_typed else {"more": 2})


async def test_a_custom_handler_that_answers_itself_runs_nothing_else():
    calls = []

    class Closed(APIRoute):
        def get_route_handler(self):
            def own(request):
                return PlainTextResponse("closed", 503)

            return own

    app = FastAPI()
    app.router.route_class = Closed

    @app.get("/", dependencies=[Depends(lambda: calls.append(1))])
    async def read():
        calls.append(2)

    answer = await exchange(app, "GET", "/")
    assert (answer.status, answer.body) == (503, b"closed")
    assert calls == []


async def test_dependencies_of_a_custom_route_are_left_at_their_times():
    journal = []

    class Own(APIRoute):
        def get_route_handler(self):
            handler = super().get_route_handler()

            async def own(request):
                response = await handler(request)
                journal.append("handler done")
                return response

            return own

    async def inner():
        yield
        journal.append("inner left")

    def outer():
        yield
        journal.append("outer left")

    app = FastAPI()
    app.router.route_class = Own

    @app.get("/", dependencies=[Depends(outer), Depends(inner, scope="function")])
    async def read():
        journal.append("endpoint")

    await exchange(app, "GET", "/")
    assert journal == ["endpoint", "handler done", "inner left", "outer left"]


async def test_the_scope_names_the_endpoint_the_route_and_the_application():
    app = FastAPI()
    router = APIRouter()
    seen = {}

    @router.get("/{name}", name="reader")
    async def read(request: Request):
        seen.update(request.scope)

    app.include_router(router, prefix="/x")
    await exchange(app, "GET", "/x/a")
    assert seen["endpoint"] is read
    assert seen["route"] is router.routes[0]
    assert seen["path_params"] == {"name": "a"}
    assert seen["app"] is app
    assert seen["router"] is app.router


async def test_the_scope_names_the_whole_path_of_an_included_route_of_starlette():
    app, sub, router = FastAPI(), FastAPI(), APIRouter()
    seen = []

    async def plain(scope, receive, send):
        context = scope["fastapi"]["effective_route_context"]
        seen.append((context.path, context.starlette_route.path, scope.get("route")))
        await PlainTextResponse("plain")(scope, receive, send)

    router.routes.append(Mount("/plain", plain))
    app.include_router(router, prefix="/x")
    sub.include_router(router, prefix="/y")
    app.mount("/sub", sub)
    await exchange(app, "GET", "/x/plain/a")
    await exchange(app, "GET", "/sub/y/plain/a")
    assert seen == [("", "/x/plain", None), ("", "/y/plain", None)]


def test_the_scope_of_an_included_websocket_has_a_route_with_the_whole_path():
    app = FastAPI()
    router = APIRouter()
    seen = {}

    @router.websocket("/{name}")
    async def talk(websocket: WebSocket):
        seen.update(websocket.scope)
        await websocket.accept()
        await websocket.close()

    app.include_router(router, prefix="/x")
    with TestClient(app).websocket_connect("/x/a"):
        pass
    assert type(seen["route"]) is APIWebSocketRoute
    assert seen["route"].path == "/x/{name}"
    assert seen["fastapi"]["effective_route_context"].original_route is router.routes[0]
    assert seen["endpoint"] is talk


@pytest.mark.parametrize("is_included", [True, False])
async def test_the_scope_of_a_starlette_route_names_no_route(is_included):
    seen = {}

    async def answer(request):
        seen.update(request.scope)
        return PlainTextResponse("answer")

    app = FastAPI()
    router = APIRouter()
    (router if is_included else app).routes.append(Route("/x/{name}", answer))
    app.include_router(router)
    assert (await exchange(app, "GET", "/x/a")).body == b"answer"
    assert seen["endpoint"] is answer
    assert "route" not in seen


async def test_urls_are_made_of_the_names_of_included_routes():
    app = FastAPI()
    router = APIRouter(prefix="/users/{user_id}")

    @router.get("/items/{item_id}")
    async def read_item(request: Request, user_id: int, item_id: int):
        return str(request.url_for("read_item", user_id=1, item_id=2))

    app.include_router(router, prefix="/api")
    assert app.url_path_for("read_item", user_id=3, item_id=4) == "/api/users/3/items/4"
    assert await ask(app, "/api/users/5/items/6") == (200, "http://test/api/users/1/items/2")


@pytest.mark.parametrize("is_early", [True, False])
async def test_what_is_changed_of_an_included_route_before_requests_come_counts(is_early):
    app, router = FastAPI(), APIRouter()

    def refuse():
        raise HTTPException(401)

    def number(value: int):
        return value

    @router.get("/guarded")
    async def guarded():
        return "secret"

    @router.get("/exchanged")
    async def exchanged():
        return "before"

    @router.get("/signed")
    async def signed(value):
        return value

    def change():
        router.routes[0].dependencies.append(Depends(refuse))
        router.routes[1].endpoint = number
        signed.__signature__ = inspect.signature(number)

    if is_early:
        change()
    app.include_router(router, prefix="/x")
    if not is_early:
        change()
    assert (await exchange(app, "GET", "/x/guarded")).status == 401
    assert (await exchange(app, "GET", "/x/exchanged?value=2")).json == 2
    assert (await exchange(app, "GET", "/x/signed?value=3")).json == 3


def test_the_tree_is_there_before_the_first_request_of_an_application_that_was_started():
    app = FastAPI()
    app.get("/")(lambda: 1)
    assert app.router._tree is None

    with TestClient(app) as client:
        assert app.router._tree is not None
        app.get("/late")(lambda: 2)
        assert client.get("/late").json() == 2
