"""Which route answers: the first that matches in full, as Starlette finds it one by one."""

import random
from datetime import date
from uuid import UUID

import pytest
from drivers.asgi import exchange, exchange_failing
from starlette.convertors import CONVERTOR_TYPES, Convertor, register_url_convertor
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route, Router
from starlette.websockets import WebSocketDisconnect

from pronghorn import APIRouter, FastAPI, Request, WebSocket
from pronghorn.routing import APIRoute
from pronghorn.testclient import TestClient

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


async def ask(app, target, method="GET"):
    answer = await exchange(app, method, target)
    return answer.status, answer.json


def tell(name):
    """An endpoint that tells its name and the values of the path."""

    async def endpoint(request: Request):
        return {"route": name, **request.path_params}

    return endpoint


def make_app(*paths, **options):
    app = FastAPI(openapi_url=None, **options)
    for path in paths:
        method, _, template = path.rpartition(" ")
        app.add_api_route(template, tell(path), methods=[method or "GET"])
    return app


async def test_the_first_of_two_matching_routes_answers():
    app = make_app("/users/me", "/users/{name}", "/users/you")
    assert (await ask(app, "/users/me"))[1] == {"route": "/users/me"}
    assert (await ask(app, "/users/you"))[1] == {"route": "/users/{name}", "name": "you"}


async def test_a_literal_behind_a_parameter_is_never_found():
    app = make_app("/{a}/x", "/b/{c}", "/b/x")
    assert await ask(app, "/b/x") == (200, {"route": "/{a}/x", "a": "b"})
    assert await ask(app, "/b/y") == (200, {"route": "/b/{c}", "c": "y"})


async def test_a_full_match_later_beats_a_partial_one_earlier():
    app = make_app("GET /items/{item_id}", "POST /items/{item_id}", "PUT /{any}/{item_id}")
    assert (await ask(app, "/items/1", "POST"))[1]["route"] == "POST /items/{item_id}"
    assert (await ask(app, "/items/1", "PUT"))[1]["route"] == "PUT /{any}/{item_id}"
    assert await ask(app, "/items/1", "DELETE") == (405, {"detail": "Method Not Allowed"})


async def test_a_full_match_in_a_later_include_beats_a_partial_one_in_an_earlier():
    app = FastAPI()
    for method in ("GET", "POST"):
        router = APIRouter()
        router.add_api_route("/items", tell(method), methods=[method], name=method)
        app.include_router(router)
    assert await ask(app, "/items", "POST") == (200, {"route": "POST"})


async def test_a_route_with_an_empty_list_of_methods_answers_any():
    router = APIRouter()
    router.add_api_route("/items", lambda: 1, methods=[], operation_id="any")
    app = FastAPI()
    app.include_router(router)
    app.include_router(router, prefix="/old")
    app.add_api_route("/{path:path}", lambda: 2, methods=[], operation_id="rest")
    for method in ("GET", "PUT", "PROPFIND"):
        assert (await exchange(app, method, "/items")).json == 1
        assert (await exchange(app, method, "/old/items")).json == 1
        assert (await exchange(app, method, "/other")).json == 2
    assert app.openapi()["paths"] == {}


async def test_405_names_the_methods_of_the_first_route_with_the_path():
    app = FastAPI()
    app.add_api_route("/items", lambda: 1, methods=["PUT", "get"])
    app.add_api_route("/items", lambda: 1, methods=["DELETE"])
    answer = await exchange(app, "POST", "/items")
    assert answer.status == 405
    assert set(answer.headers["allow"].split(", ")) == {"GET", "PUT"}


@pytest.mark.parametrize(
    ("template", "target", "expected"),
    [
        ("/{x}", "/a", {"x": "a"}),
        ("/{x}", "/a%20b", {"x": "a b"}),
        ("/{x}", "/%C3%A9", {"x": "é"}),
        ("/{x}", "/a:b", {"x": "a:b"}),
        ("/{x:str}", "/a", {"x": "a"}),
        ("/{x:int}", "/7", {"x": 7}),
        ("/{x:int}", "/007", {"x": 7}),
        ("/{x:int}", "/-7", None),
        ("/{x:int}", "/a", None),
        ("/{x:float}", "/1.5", {"x": 1.5}),
        ("/{x:float}", "/1", {"x": 1.0}),
        ("/{x:float}", "/1.", None),
        ("/{x:uuid}", f"/{UUID(int=1)}", {"x": str(UUID(int=1))}),
        ("/{x:uuid}", "/1", None),
        ("/{x:path}", "/", {"x": ""}),
        ("/{x:path}", "/a/b/c", {"x": "a/b/c"}),
        ("/files/{x:path}", "/files/", {"x": ""}),
        ("/files/{x:path}/end", "/files/a/b/end", {"x": "a/b"}),
        ("/files/{x:path}/end", "/files/end", None),
        ("/{x}/{y}", "/a/b", {"x": "a", "y": "b"}),
        ("/{x}/{y}", "/a/", None),
        ("/{x}.{y}", "/a.b", {"x": "a", "y": "b"}),
        ("/{x}.{y}", "/a.b.c", {"x": "a.b", "y": "c"}),
        ("/v{x:int}", "/v2", {"x": 2}),
        ("/v{x:int}", "/va", None),
        ("/a.b", "/a.b", {}),
        ("/a.b", "/aXb", None),
        ("/a+b", "/a+b", {}),
        ("/A", "/a", None),
        ("/a//b", "/a//b", {}),
        ("/a//b", "/a/b", None),
        ("/é", "/%C3%A9", {}),
        ("/ä/{x}", "/%C3%A4/b", {"x": "b"}),
    ],
)
async def test_a_template_matches_what_starlette_says(template, target, expected):
    app = make_app(template, redirect_slashes=False)
    status, body = await ask(app, target)
    if expected is None:
        assert (status, body) == (404, {"detail": "Not Found"})
    else:
        assert (status, body) == (200, {"route": template, **expected})


@pytest.mark.parametrize(
    ("template", "target", "location"),
    [
        ("/items", "/items/", "http://test/items"),
        ("/items/", "/items", "http://test/items/"),
        ("/items/", "/items?q=1&r=a%20b", "http://test/items/?q=1&r=a%20b"),
        ("/items/{x}/", "/items/7", "http://test/items/7/"),
        ("/items", "/items//", "http://test/items"),
        ("/{x:path}/end/", "/a/b/end", "http://test/a/b/end/"),
    ],
)
async def test_a_slash_too_many_or_too_few_is_redirected(template, target, location):
    for method in ("GET", "POST"):
        answer = await exchange(make_app(template), method, target)
        assert (answer.status, answer.headers["location"]) == (307, location)
    answer = await exchange(make_app(template, redirect_slashes=False), "GET", target)
    assert answer.status == 404


async def test_no_slash_is_redirected_where_a_route_matches_with_it():
    app = make_app("/items", "/{x:path}")
    assert await ask(app, "/items/") == (200, {"route": "/{x:path}", "x": "items/"})


async def test_a_target_without_a_slash_is_no_path_though_it_looks_like_a_known_one():
    app = make_app("OPTIONS /{name}")
    assert (await ask(app, "*", "OPTIONS"))[0] == 404
    assert await ask(app, "/a", "OPTIONS") == (200, {"route": "OPTIONS /{name}", "name": "a"})
    assert (await ask(app, "*", "OPTIONS"))[0] == 404


async def test_the_root_path_is_no_part_of_the_path():
    app = make_app("/items/{x}", "/")
    for path, expected in (("/api/items/7", 200), ("/items/7", 200), ("/api/", 200), ("/x", 404)):
        answer = await exchange(app, "GET", path, root_path="/api")
        assert answer.status == expected, path
    answer = await exchange(app, "GET", "/api/items/7/", root_path="/api")
    assert answer.headers["location"] == "http://test/api/items/7"


async def test_the_root_path_of_the_application_counts():
    with pytest.warns(UserWarning, match="root_path"):
        app = make_app("/items", root_path="/api")
    for path in ("/items", "/api/items"):
        assert (await ask(app, path))[0] == 200


async def test_a_convertor_of_ones_own_is_used():
    class Hex(Convertor[int]):
        regex = "[0-9a-f]+"

        def convert(self, value):
            return int(value, 16)

        def to_string(self, value):
            return f"{value:x}"

    register_url_convertor("hex", Hex())
    try:
        app = make_app("/{x:hex}")
        assert await ask(app, "/ff") == (200, {"route": "/{x:hex}", "x": 255})
        assert (await ask(app, "/fg"))[0] == 404
    finally:
        del CONVERTOR_TYPES["hex"]


DIGITS = "7" * 5000


@pytest.mark.parametrize("target", [f"/i/{DIGITS}", f"/i/{DIGITS}/", f"/v{DIGITS}", f"/{DIGITS}/a"])
async def test_more_digits_than_python_reads_are_no_number(target):
    app = make_app("/i/{x:int}", "/v{x:int}", "/{x:int}/{y}")
    for method in ("GET", "POST"):
        assert await ask(app, target, method) == (404, {"detail": "Not Found"})


async def test_more_digits_than_python_reads_are_a_text_all_the_same():
    app = make_app("/{x:int}", "/{x}")
    assert await ask(app, f"/{DIGITS}") == (200, {"route": "/{x}", "x": DIGITS})


async def test_more_digits_than_python_reads_are_no_part_of_a_mount_or_an_included_route():
    app = FastAPI()
    app.mount("/mounted/{x:int}", make_app("/a"))
    app.host("{x:int}.test", make_app("/a"))
    app.router.routes.append(Route("/starlette/{x:int}", lambda _: JSONResponse(1)))
    router = APIRouter()
    router.add_api_route("/a", tell("included"))
    router.mount("/mount/{y:int}", make_app("/a"))
    app.include_router(router, prefix="/included/{x:int}")
    for target in ("/mounted/{}/a", "/starlette/{}", "/included/{}/a", "/included/1/mount/{}/a"):
        assert (await ask(app, target.format(DIGITS)))[0] == 404
        assert (await ask(app, target.format(7)))[0] == 200
    host = (b"host", f"{DIGITS}.test".encode())
    assert (await exchange(app, "GET", "/a", headers=[host])).status == 404


async def test_more_digits_than_python_reads_do_not_match_a_route_that_matches_itself():
    class Own(APIRoute):
        def matches(self, scope):
            return super().matches(scope)

    router = APIRouter(route_class=Own)
    router.add_api_route("/own/{x:int}", tell("own"))
    app = FastAPI()
    app.router.routes.extend(router.routes)
    app.include_router(router, prefix="/included")
    for path in ("/own/{}", "/included/own/{}"):
        assert (await ask(app, path.format(DIGITS)))[0] == 404
        assert (await ask(app, path.format(7)))[0] == 200


async def test_a_websocket_of_more_digits_than_python_reads_is_refused():
    app = FastAPI()

    @app.websocket("/{x:int}")
    async def endpoint(websocket: WebSocket, x: int):
        await websocket.accept()

    with pytest.raises(WebSocketDisconnect), TestClient(app).websocket_connect(f"/{DIGITS}"):
        pytest.fail("it was accepted")


async def test_what_a_convertor_of_ones_own_raises_is_raised():
    class Date(Convertor[date]):
        regex = "[0-9-]+"

        def convert(self, value):
            return date.fromisoformat(value)

        def to_string(self, value):
            return value.isoformat()

    register_url_convertor("date", Date())
    try:
        app = make_app("/{x:int}/{y:date}")
        app.mount("/mounted/{x:int}/{y:date}", make_app("/a"))
        for path in ("/1/2026-02-30", "/mounted/1/2026-02-30/a"):
            reply, error = await exchange_failing(app, "GET", path)
            assert (reply.status, type(error)) == (500, ValueError)
    finally:
        del CONVERTOR_TYPES["date"]


async def test_a_converted_value_is_validated_as_what_it_is():
    app = FastAPI()

    @app.get("/{x:int}/{y:path}")
    async def endpoint(x: str, y: str):
        return [x, y]

    @app.get("/float/{x:float}")
    async def number(x: int):
        return x

    assert (await ask(app, "/7/a"))[0] == 422
    assert await ask(app, "/float/7.0") == (200, 7)
    assert (await ask(app, "/float/7.5"))[0] == 422


async def test_an_unknown_path_is_a_404_with_the_usual_body():
    app = make_app("/items")
    for target in ("/", "/item", "/items/x", "//items", "/items%00", "/" + "a/" * 500):
        assert await ask(app, target) == (404, {"detail": "Not Found"})


async def test_an_unknown_method_is_a_405():
    app = make_app("/items")
    assert await ask(app, "/items", "BREW") == (405, {"detail": "Method Not Allowed"})


SEGMENTS = ["a", "b", "c", "", "{x}", "{y}", "{x:int}", "{y:path}", "a{x}", "{x}b", "{x}.{y}"]
PLAIN_SEGMENTS = ["a", "b", "c", "", "{x}", "{y}", "{z}"]
PARTS = ["a", "b", "c", "", "ab", "7", "a.b", "aab"]
# A pattern of Starlette's ends at the end, or before a line break there.
ENDINGS = ["", "", "", "", "%0A"]


def random_template(chance, choices):
    segments = []
    for _ in range(chance.randint(1, 4)):
        segment = chance.choice(choices)
        used = "/".join(segments)
        # A template cannot use a name twice.
        if any(f"{{{name}" in used and f"{{{name}" in segment for name in "xyz"):
            segment = "a"
        segments.append(segment)
    return "/" + "/".join(segments)


async def tell_mounted(scope, receive, send):
    answer = JSONResponse({"mounted": scope["root_path"], **scope["path_params"]})
    await answer(scope, receive, send)


def random_applications(chance, choices):
    """The same random routes, in an application and in a router of Starlette's."""
    app = FastAPI(openapi_url=None)
    routes = []
    for number in range(chance.randint(1, 12)):
        template = random_template(chance, choices)
        methods = chance.choice([["GET"], ["POST"], ["GET", "POST"]])
        if chance.random() < 0.1 and ":path}" not in template:
            app.mount(template, tell_mounted)
            routes.append(Mount(template, tell_mounted))
            continue
        app.add_api_route(template, tell(str(number)), methods=methods)

        async def endpoint(request, number=number):
            return JSONResponse({"route": str(number), **request.path_params})

        routes.append(Route(template, endpoint, methods=methods))
    return app, Router(routes)


@pytest.mark.parametrize("seed", range(120))
async def test_any_routes_are_found_as_starlette_finds_them(seed):
    chance = random.Random(seed)
    app, starlette = random_applications(chance, SEGMENTS if seed % 2 else PLAIN_SEGMENTS)
    # The tree keeps what it found, so paths are asked for several times.
    for _ in range(60):
        path = "/" + "/".join(chance.choice(PARTS) for _ in range(chance.randint(1, 4)))
        path += chance.choice(ENDINGS)
        method = chance.choice(["GET", "POST"])
        ours = await exchange(app, method, path)
        theirs = await exchange(starlette, method, path)
        assert ours.status == theirs.status, (method, path, [route.path for route in app.routes])
        if ours.status == 200:
            assert ours.json == theirs.json
        assert ours.headers.get("location") == theirs.headers.get("location")
