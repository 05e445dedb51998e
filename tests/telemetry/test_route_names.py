"""The template of the route's path is in the span's name, in `http.route` and in the metrics."""

import pytest
from drivers.asgi import converse, exchange, exchange_failing
from drivers.told import DURATION
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Host, Mount, Route

from pronghorn import APIRouter, FastAPI, Request, WebSocket

pytestmark = pytest.mark.anyio


@pytest.fixture
def app(told, tmp_path):
    (tmp_path / "index.html").write_text("page")
    (tmp_path / "main.js").write_text("script")
    app = FastAPI(telemetry=told.options())
    inner = APIRouter(prefix="/shelves/{shelf}")
    mounted = FastAPI()
    deeper = FastAPI()

    @inner.get("/books/{book}")
    async def read_book(shelf: int, book: int):
        return [shelf, book]

    @inner.get("/open/")
    async def read_open(shelf: int):
        return shelf

    @inner.websocket("/talk/{topic}")
    async def talk(websocket: WebSocket, topic: str):
        await websocket.accept()
        await websocket.close()

    @mounted.get("/leaves/{leaf}")
    async def read_leaf(leaf: int):
        return leaf

    @deeper.websocket("/roots/{root}")
    async def talk_of_root(websocket: WebSocket, root: int):
        await websocket.accept()
        await websocket.close()

    @app.post("/small", max_body_size=3)
    async def read_small(request: Request):
        return len(await request.body())

    async def plain(request):
        return PlainTextResponse("plain")

    outer = APIRouter(prefix="/{town}")
    outer.include_router(inner)
    app.include_router(outer, prefix="/api")
    mounted.mount("/deeper", deeper)
    app.mount("/trees/{tree}", mounted)
    app.mount("/starlette", Starlette(routes=[Route("/plain/{word}", plain)]))
    app.include_router(APIRouter(routes=[Mount("/again", app=mounted)]), prefix="/mounts")
    app.add_route("/plain/{word}", plain)
    app.router.routes.append(Host("other", app=mounted))
    app.frontend("/site", directory=tmp_path)
    return app


BOOKS = "/api/{town}/shelves/{shelf}/books/{book}"
OPEN = "/api/{town}/shelves/{shelf}/open/"


@pytest.mark.parametrize(
    ("request_line", "status", "route"),
    [
        ("GET /api/ulm/shelves/1/books/2", 200, BOOKS),
        ("GET /api/ulm/shelves/1/books/x", 422, BOOKS),
        ("PUT /api/ulm/shelves/1/books/2", 405, BOOKS),
        ("GET /api/ulm/shelves/1/open", 307, OPEN),
        ("GET /trees/oak/leaves/1", 200, "/trees/{tree}/leaves/{leaf}"),
        ("PUT /trees/oak/leaves/1", 405, "/trees/{tree}/leaves/{leaf}"),
        ("GET /trees/oak/leaves/1/", 307, "/trees/{tree}/leaves/{leaf}"),
        ("GET /trees/oak/nothing", 404, "/trees/{tree}/{path}"),
        ("GET /trees/oak/deeper/nothing", 404, "/trees/{tree}/deeper/{path}"),
        ("GET /starlette/plain/word", 200, "/starlette/{path}"),
        ("GET /mounts/again/leaves/1", 200, "/mounts/again/leaves/{leaf}"),
        ("GET /plain/word", 200, "/plain/{word}"),
        ("POST /plain/word", 405, "/plain/{word}"),
        ("GET /site/main.js", 200, "/site/{path}"),
        ("HEAD /site/main.js", 200, "/site/{path}"),
        ("GET /site/nothing.js", 404, "/site/{path}"),
        ("POST /site/main.js", 405, "/site/{path}"),
        ("POST /small", 413, "/small"),
        ("GET /openapi.json", 200, "/openapi.json"),
        ("GET /nothing", 404, None),
    ],
)
async def test_a_request_is_named_by_its_route(app, told, request_line, status, route):
    method, target = request_line.split()
    answer, _ = await exchange_failing(app, method, target, body=b"1234")
    span = [span for span in told.spans if span.parent is None][-1]
    (point,) = told.points(DURATION)
    assert answer.status == status
    assert span.name == (method if route is None else f"{method} {route}")
    assert span.attributes.get("http.route") == point.attributes.get("http.route") == route
    assert span.attributes["http.response.status_code"] == status
    assert point.attributes["http.response.status_code"] == status
    assert span.attributes["url.path"] == target


@pytest.mark.parametrize(
    ("target", "route"),
    [
        ("/api/ulm/shelves/1/talk/ships", "/api/{town}/shelves/{shelf}/talk/{topic}"),
        ("/trees/oak/deeper/roots/7", "/trees/{tree}/deeper/roots/{root}"),
        ("/trees/oak/deeper/roots/x", "/trees/{tree}/deeper/roots/{root}"),
        ("/nothing", None),
    ],
)
async def test_a_socket_is_named_by_its_route(app, told, target, route):
    await converse(app, target)
    span = told.spans[-1]
    assert span.name == ("WS" if route is None else f"WS {route}")
    assert span.attributes.get("http.route") == route
    assert told.points(DURATION) == []


async def test_what_the_server_has_cut_off_the_path_belongs_to_the_route(app, told):
    await exchange(app, "GET", "/proxy/trees/oak/leaves/1", root_path="/proxy")
    assert told.spans[-1].name == "GET /proxy/trees/{tree}/leaves/{leaf}"


async def test_an_application_within_one_that_is_not_ours_has_its_own_path(told):
    inner = FastAPI(telemetry=told.options())

    @inner.get("/leaves/{leaf}")
    async def read_leaf(leaf: int):
        return leaf

    outer = Starlette(routes=[Mount("/trees/{tree}", app=inner)])
    await exchange(outer, "GET", "/trees/oak/leaves/1")
    # Nobody tells the template of what it is mounted in.
    assert told.spans[-1].name == "GET /leaves/{leaf}"


async def test_a_body_that_is_too_large_for_the_application_has_its_route(told):
    app = FastAPI(telemetry=told.options(), max_body_size=3)

    @app.post("/words")
    async def read(request: Request):
        return len(await request.body())

    answer = await exchange(app, "POST", "/words", body=b"1234")
    assert answer.status == 413
    assert told.spans[-1].name == "POST /words"
    assert told.spans[-1].status.is_unset
