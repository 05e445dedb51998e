"""Frontends: which path gets which file, and what stands before them."""

import http.client
import os
import socket
import threading
import time
import warnings
from contextlib import contextmanager
from typing import Annotated

import pytest
import uvicorn
from drivers.asgi import exchange, exchange_failing
from starlette.exceptions import HTTPException as StarletteHTTPException

from pronghorn import (
    APIRouter,
    BackgroundTasks,
    Body,
    Depends,
    FastAPI,
    Form,
    HTTPException,
    Request,
    Response,
)
from pronghorn.exceptions import FastAPIError
from pronghorn.staticfiles import StaticFiles
from pronghorn.testclient import TestClient
from pronghorn.websockets import WebSocketDisconnect

PAGE = {"accept": "text/html"}
SCRIPT = {"accept": "*/*"}
SHOP = {"index.html": "the shop", "main.js": "shop()", "about/index.html": "about us"}
OFFICE = {"index.html": "the office", "main.js": "office()"}


def build(folder, files):
    """Write *files*, text by name, as the build of a frontend does."""
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


@pytest.fixture
def shop(tmp_path):
    return build(tmp_path / "shop", SHOP)


@pytest.fixture
def office(tmp_path):
    return build(tmp_path / "office", OFFICE)


def client_of(app, **options):
    return TestClient(app, follow_redirects=False, **options)


def serve_folder(folder, path="/", **options):
    app = FastAPI()
    app.frontend(path, directory=folder, **options)
    return client_of(app)


def seen(response):
    return response.status_code, response.text


NOT_FOUND = (404, '{"detail":"Not Found"}')
NOT_ALLOWED = (405, '{"detail":"Method Not Allowed"}')


# --- files ------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/ui", "/ui/", "/deep/er/ui"])
def test_files_are_served_below_the_path(shop, path):
    client = serve_folder(shop, path)
    below = path.rstrip("/")
    assert seen(client.get(below + "/main.js")) == (200, "shop()")
    assert seen(client.get(below + "/")) == (200, "the shop")
    assert seen(client.get(below + "/about/")) == (200, "about us")


def test_a_file_has_its_type_and_what_caches_ask_for(shop):
    client = serve_folder(shop)
    answer = client.get("/main.js")
    assert answer.headers["content-type"].startswith("text/javascript")
    again = client.get("/main.js", headers={"if-none-match": answer.headers["etag"]})
    assert seen(again) == (304, "")
    part = client.get("/main.js", headers={"range": "bytes=0-3"})
    assert seen(part) == (206, "shop")


def test_a_head_request_gets_the_headers_alone(shop):
    answer = serve_folder(shop).head("/main.js")
    assert seen(answer) == (200, "")
    assert answer.headers["content-length"] == "6"


def test_a_folder_with_an_index_is_redirected_to_its_slash(shop):
    client = serve_folder(shop, "/ui")
    for path in ("/ui/about", "/ui"):
        answer = client.get(path + "?from=mail")
        assert answer.status_code == 307
        assert answer.headers["location"] == f"http://testserver{path}/?from=mail"


def test_a_path_that_only_begins_alike_is_none_of_the_frontend(shop):
    client = serve_folder(shop, "/ui")
    assert seen(client.get("/uix", headers=PAGE)) == NOT_FOUND
    assert seen(client.get("/ui.js", headers=PAGE)) == NOT_FOUND


def test_the_path_is_taken_below_a_root_path_and_below_a_mount(shop):
    app = FastAPI()
    app.frontend("/ui", directory=shop)
    assert seen(client_of(app, root_path="/proxy").get("/proxy/ui/main.js")) == (200, "shop()")
    outer = FastAPI()
    outer.mount("/sub", app)
    assert seen(client_of(outer).get("/sub/ui/main.js")) == (200, "shop()")
    answer = client_of(outer).get("/sub/ui/about")
    assert answer.headers["location"] == "http://testserver/sub/ui/about/"


def test_the_folder_may_be_built_anew_at_any_time(shop):
    client = serve_folder(shop)
    assert seen(client.get("/new.js")) == NOT_FOUND
    build(shop, {"new.js": "new()"})
    assert seen(client.get("/new.js")) == (200, "new()")


# --- what must not be served ------------------------------------------------------------------


@contextmanager
def serving(app):
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                assert thread.is_alive()
                time.sleep(0.01)
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


def test_no_path_leads_out_of_the_folder(shop, tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    build(tmp_path / "shop-too", {"secret.txt": "secret"})
    (shop / "link.txt").symlink_to(tmp_path / "secret.txt")
    (shop / "up").symlink_to(tmp_path)
    app = FastAPI()
    app.frontend("/", directory=shop)
    app.frontend("/ui", directory=shop)
    absolute = os.fspath(tmp_path / "secret.txt")
    paths = [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/..%5csecret.txt",
        "/about/../../secret.txt",
        "/../shop-too/secret.txt",
        "/" + absolute,
        "/ui/" + absolute,
        "/ui/%2f" + absolute,
        "/ui/..%2f../secret.txt",
        "/ui..%2fsecret.txt",
        "/link.txt",
        "/up/secret.txt",
        "/%00",
        "/main.js%00.html",
        "/" + "x" * 5000,
    ]
    # A real server, and a client that sends paths as they are written.
    with serving(app) as port:
        for path in paths:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            connection.request("GET", path)
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (404, b'{"detail":"Not Found"}'), path
            connection.close()


def test_a_link_within_the_folder_is_followed(shop):
    (shop / "alias.js").symlink_to("main.js")
    assert seen(serve_folder(shop).get("/alias.js")) == (200, "shop()")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (PermissionError(), (401, '{"detail":"Unauthorized"}')),
        (OSError(36, "too long"), NOT_FOUND),
        (ValueError("zero byte"), NOT_FOUND),
    ],
)
def test_what_the_file_system_refuses_is_an_answer(shop, monkeypatch, error, expected):
    client = serve_folder(shop)

    def refuse(*_):
        raise error

    monkeypatch.setattr(StaticFiles, "lookup_path", refuse)
    assert seen(client.get("/main.js", headers=PAGE)) == expected


def test_a_broken_disk_is_an_error_of_the_server(shop, monkeypatch):
    client = serve_folder(shop)

    def refuse(*_):
        raise OSError(5, "input or output")

    monkeypatch.setattr(StaticFiles, "lookup_path", refuse)
    with pytest.raises(OSError, match="input or output"):
        client.get("/main.js")


def test_files_are_looked_for_outside_of_the_event_loop(shop, monkeypatch):
    threads = set()
    look_up = StaticFiles.lookup_path

    def watched(self, path):
        threads.add(threading.current_thread().name)
        return look_up(self, path)

    client = serve_folder(shop)
    monkeypatch.setattr(StaticFiles, "lookup_path", watched)
    client.get("/nowhere", headers=PAGE)
    client.post("/main.js")
    assert threads == {"AnyIO worker thread"}


# --- fallbacks --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/orders/7", "/users/jane.doe", "/v/1.2.3", "/about/team"])
@pytest.mark.parametrize("fallback", ["auto", "index.html"])
def test_a_page_that_the_browser_makes_itself_gets_the_index(shop, path, fallback):
    client = serve_folder(shop, fallback=fallback)
    assert seen(client.get(path, headers=PAGE)) == (200, "the shop")
    head = client.head(path, headers=PAGE)
    assert seen(head) == (200, "")
    assert head.headers["content-length"] == "8"


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("text/html", 200),
        ("TEXT/HTML", 200),
        ("application/xhtml+xml", 200),
        ("image/webp, text/html;q=0.1", 200),
        ("text/html; charset=utf-8; q=0.8", 200),
        ("text/html;q=often", 200),
        ("text/html;q", 200),
        ("text/html;q=0", 404),
        ('text/html; Q="0.000"', 404),
        ("text/html;q=0, */*;q=1", 404),
        ("application/xhtml+xml; q=0, */*", 404),
        ("*/*", 404),
        ("text/*", 404),
        ("text/html/x", 404),
        ("application/json", 404),
        ("", 404),
        (",;,", 404),
    ],
)
def test_the_index_is_for_those_who_name_html(shop, accept, status):
    assert serve_folder(shop).get("/orders", headers={"accept": accept}).status_code == status


def test_the_404_page_is_for_everybody_and_stays_a_404(tmp_path):
    folder = build(tmp_path, {"index.html": "the shop", "404.html": "gone"})
    for fallback in ("auto", "404.html"):
        client = serve_folder(folder, fallback=fallback)
        assert seen(client.get("/orders", headers=PAGE)) == (404, "gone")
        assert seen(client.get("/lost.js", headers=SCRIPT)) == (404, "gone")
        assert seen(client.get("/")) == (200, "the shop")


def test_without_a_fallback_a_path_without_file_is_a_404(shop, tmp_path):
    assert seen(serve_folder(shop, fallback=None).get("/orders", headers=PAGE)) == NOT_FOUND
    (tmp_path / "bare").mkdir()
    assert seen(serve_folder(tmp_path / "bare").get("/orders", headers=PAGE)) == NOT_FOUND


# --- methods ----------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_refused_where_there_is_a_file(shop, method):
    (shop / "empty").mkdir()
    client = serve_folder(shop)
    for path in ("/main.js", "/", "/about", "/about/"):
        assert seen(client.request(method, path)) == NOT_ALLOWED
    for path in ("/orders", "/empty/"):
        assert seen(client.request(method, path, headers=PAGE)) == NOT_FOUND


def test_other_methods_are_refused_without_asking_dependencies(shop):
    def never():
        pytest.fail("nothing is served")

    app = FastAPI(dependencies=[Depends(never)])
    app.frontend("/", directory=shop)
    assert seen(client_of(app).post("/main.js")) == NOT_ALLOWED


# --- routes come first ------------------------------------------------------------------------


def test_every_route_wins_whenever_it_was_added(shop):
    build(shop, {"items/index.html": "a file", "late.txt": "a file"})
    app = FastAPI()
    app.frontend("/", directory=shop)
    app.add_api_route("/main.js", lambda: "route")
    app.add_api_route("/items/", lambda: "route")
    router = APIRouter()
    app.include_router(router)
    client = client_of(app)
    assert client.get("/main.js").json() == "route"
    assert client.get("/items/").json() == "route"
    # The slash redirect belongs to the route, and so does the 405.
    assert client.get("/items").headers["location"] == "http://testserver/items/"
    assert seen(client.delete("/main.js")) == NOT_ALLOWED
    assert seen(client.get("/late.txt")) == (200, "a file")
    router.add_api_route("/late.txt", lambda: "route")
    assert client.get("/late.txt").json() == "route"


def test_the_404_of_a_route_is_not_replaced(shop):
    app = FastAPI()
    app.frontend("/", directory=shop)

    @app.get("/orders/{number}")
    def read(number: int):
        raise HTTPException(404, "no such order")

    answer = client_of(app).get("/orders/7", headers=PAGE)
    assert seen(answer) == (404, '{"detail":"no such order"}')


def test_a_web_socket_is_no_business_of_a_frontend(shop):
    client = serve_folder(shop)
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/main.js"):
        pass


def test_frontends_are_neither_in_the_document_nor_among_the_routes(shop):
    app = FastAPI()
    before = list(app.routes)
    app.frontend("/", directory=shop)
    assert app.routes == before
    assert app.openapi()["paths"] == {}


# --- several ----------------------------------------------------------------------------------


def test_the_longest_path_wins_over_all_routers(shop, office):
    router = APIRouter(prefix="/office")
    router.frontend("/", directory=office)
    app = FastAPI()
    app.include_router(router)
    app.frontend("/", directory=shop)
    client = client_of(app)
    assert seen(client.get("/main.js")) == (200, "shop()")
    assert seen(client.get("/office/main.js")) == (200, "office()")
    assert seen(client.get("/office/team", headers=PAGE)) == (200, "the office")
    # And it alone: what it does not have is not looked for in the other.
    build(shop, {"office/more.js": "more()"})
    assert seen(client.get("/office/more.js")) == NOT_FOUND
    assert seen(client.post("/office/more.js")) == NOT_FOUND


def test_of_two_on_one_path_the_first_wins(shop, office):
    app = FastAPI()
    app.frontend("/", directory=shop)
    app.frontend("/", directory=office)
    assert seen(client_of(app).get("/main.js")) == (200, "shop()")


# --- includes ---------------------------------------------------------------------------------


def test_prefixes_of_routers_and_includes_add_up(shop):
    child = APIRouter(prefix="/child")
    child.frontend("/ui", directory=shop)
    parent = APIRouter()
    parent.include_router(child, prefix="/parent")
    app = FastAPI()
    app.include_router(parent, prefix="/v1")
    app.include_router(parent, prefix="/v2")
    client = client_of(app)
    for version in ("v1", "v2"):
        assert seen(client.get(f"/{version}/parent/child/ui/main.js")) == (200, "shop()")


def test_a_frontend_that_is_added_late_is_served(shop):
    child = APIRouter()
    parent = APIRouter()
    app = FastAPI()
    app.include_router(parent, prefix="/parent")
    client = client_of(app)
    assert seen(client.get("/parent/child/main.js")) == NOT_FOUND
    parent.include_router(child, prefix="/child")
    assert seen(client.get("/parent/child/main.js")) == NOT_FOUND
    child.frontend("/", directory=shop)
    assert seen(client.get("/parent/child/main.js")) == (200, "shop()")


@pytest.mark.xfail(
    raises=RuntimeError,
    strict=False,
    reason="Starlette's counter may raise once more after it has answered 413; FastAPI's does too",
)
@pytest.mark.anyio
async def test_each_include_has_its_own_limit_of_bodies(shop):
    router = APIRouter()
    router.frontend("/", directory=shop)
    app = FastAPI()
    app.include_router(router, prefix="/small", max_body_size=1)
    app.include_router(router, prefix="/large", max_body_size=100)
    headers = [(b"content-length", b"2")]
    for path, status in (("/small/main.js", 413), ("/large/main.js", 200)):
        answer = await exchange(app, "GET", path, body=b"xx", headers=headers)
        assert answer.status == status


def test_braces_in_a_prefix_are_taken_as_they_are_written(shop):
    router = APIRouter()
    router.frontend("/", directory=shop)
    app = FastAPI()
    app.include_router(router, prefix="/{tenant}")
    assert seen(client_of(app).get("/acme/main.js")) == NOT_FOUND


def test_a_router_that_is_served_alone_serves_its_frontends(shop):
    router = APIRouter(prefix="/ui")
    router.frontend("/", directory=shop)
    assert seen(client_of(router).get("/ui/main.js")) == (200, "shop()")


# --- dependencies -----------------------------------------------------------------------------


def noting(events, name):
    def note():
        events.append(name)

    return Depends(note)


def test_dependencies_run_from_the_outside_in(shop):
    events = []
    child = APIRouter(dependencies=[noting(events, "child")])
    child.frontend("/", directory=shop)
    parent = APIRouter(dependencies=[noting(events, "parent")])
    parent.include_router(child, prefix="/c", dependencies=[noting(events, "its include")])
    app = FastAPI(dependencies=[noting(events, "app")])
    app.include_router(parent, dependencies=[noting(events, "include")])
    assert seen(client_of(app).get("/c/main.js")) == (200, "shop()")
    assert events == ["app", "include", "parent", "its include", "child"]


def test_only_the_dependencies_of_the_frontend_that_answers_run(shop, office):
    events = []
    app = FastAPI()
    for name, path, folder in (("shop", "", shop), ("office", "/office", office)):
        router = APIRouter(dependencies=[noting(events, name)])
        router.frontend("/", directory=folder)
        app.include_router(router, prefix=path)
    app.add_api_route("/api", lambda: 1)
    client = client_of(app)
    client.get("/office/")
    client.get("/api")
    assert events == ["office"]


def test_a_dependency_guards_files_pages_and_fallbacks(shop):
    def log_in(request: Request):
        if "member" not in request.cookies:
            raise HTTPException(401)

    app = FastAPI(dependencies=[Depends(log_in)])
    app.frontend("/", directory=shop)
    client = client_of(app)
    for path in ("/", "/main.js", "/about", "/orders", "/lost.js"):
        assert client.get(path, headers=PAGE).status_code == 401
    client.cookies.set("member", "yes")
    assert seen(client.get("/orders", headers=PAGE)) == (200, "the shop")
    # Overrides hold here too, also when they come after a request.
    app.dependency_overrides[log_in] = lambda: None
    client.cookies.clear()
    assert seen(client.get("/main.js")) == (200, "shop()")
    app.dependency_overrides.clear()
    assert client.get("/main.js").status_code == 401


def test_headers_cookies_and_tasks_of_dependencies_are_kept(shop):
    events = []

    def prepare(response: Response, tasks: BackgroundTasks):
        response.headers["x-version"] = "7"
        response.set_cookie("seen", "yes")
        response.status_code = 418
        tasks.add_task(events.append, "later")

    app = FastAPI(dependencies=[Depends(prepare)])
    app.frontend("/", directory=shop)
    client = client_of(app)
    for path, status in (("/main.js", 200), ("/about", 307)):
        answer = client.get(path)
        assert answer.status_code == status
        assert answer.headers["x-version"] == "7"
        assert answer.headers["set-cookie"].startswith("seen=yes")
    assert events == ["later", "later"]


@pytest.mark.parametrize(
    ("mark", "place"),
    [
        (None, ["query", "word"]),
        # The body of a GET request is not read.
        (Body(), ["body"]),
        (Body(embed=True), ["body", "word"]),
        (Form(), ["body", "word"]),
    ],
)
def test_parameters_of_dependencies_are_checked(shop, mark, place):
    annotation = str if mark is None else Annotated[str, mark]

    def need(word):
        pass

    need.__annotations__ = {"word": annotation}
    app = FastAPI(dependencies=[Depends(need)])
    app.frontend("/", directory=shop)
    answer = client_of(app).request("GET", "/main.js", json="word")
    assert answer.status_code == 422
    assert [error["loc"] for error in answer.json()["detail"]] == [place]


def test_the_parts_of_a_path_are_no_parameters(shop):
    def need(tenant: str):
        pass

    router = APIRouter(dependencies=[Depends(need)])
    router.frontend("/{tenant}", directory=shop)
    app = FastAPI()
    app.include_router(router)
    client = client_of(app)
    answer = client.get("/{tenant}/main.js")
    assert answer.json()["detail"][0]["loc"] == ["query", "tenant"]
    assert seen(client.get("/{tenant}/main.js?tenant=acme")) == (200, "shop()")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("function", ["in", "out", "http.response.start", "http.response.body"]),
        ("request", ["in", "http.response.start", "http.response.body", "out"]),
    ],
)
async def test_a_function_scope_ends_before_the_file_is_sent(shop, scope, expected):
    # FastAPI ends it after, here alone; then a commit could fail behind a good answer.
    events = []

    async def transaction():
        events.append("in")
        yield
        events.append("out")

    class Outer:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            async def watched(message):
                events.append(message["type"])
                await send(message)

            await self.app(scope, receive, watched)

    app = FastAPI(dependencies=[Depends(transaction, scope=scope)])
    app.frontend("/", directory=shop)
    answer = await exchange(Outer(app), "GET", "/main.js")
    assert answer.body == b"shop()"
    assert events == expected


@pytest.mark.anyio
async def test_a_scope_is_left_when_there_is_no_file(shop):
    events = []

    async def transaction():
        try:
            yield
        except StarletteHTTPException as error:
            events.append(error.status_code)
            raise

    app = FastAPI(dependencies=[Depends(transaction)])
    app.frontend("/", directory=shop)
    answer = await exchange(app, "GET", "/lost.js")
    assert answer.status == 404
    assert events == [404]


def test_middleware_stands_around_the_dependencies(shop):
    events = []
    app = FastAPI(dependencies=[noting(events, "dependency")])
    app.frontend("/", directory=shop)

    @app.middleware("http")
    async def around(request, call_next):
        events.append("before")
        response = await call_next(request)
        events.append("after")
        return response

    assert seen(client_of(app).get("/main.js")) == (200, "shop()")
    assert events == ["before", "dependency", "after"]


def test_handlers_of_exceptions_answer_for_frontends(shop):
    app = FastAPI()
    app.frontend("/", directory=shop)

    @app.exception_handler(404)
    async def own(request, error):
        return Response("nothing here", 404)

    assert seen(client_of(app).get("/lost.js")) == (404, "nothing here")


# --- what is not there ------------------------------------------------------------------------


def test_a_missing_folder_is_named_with_its_whole_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FASTAPI_ENV", raising=False)
    for check_dir in ("auto", True):
        with pytest.raises(RuntimeError, match="'dist' does not exist") as caught:
            FastAPI().frontend("/", directory="dist", check_dir=check_dir)
        assert os.fspath(tmp_path / "dist") in str(caught.value)


@pytest.mark.parametrize("make", [FastAPI, APIRouter])
def test_in_development_a_missing_folder_is_a_warning_at_the_users_line(
    tmp_path, monkeypatch, make
):
    monkeypatch.setenv("FASTAPI_ENV", "development")
    with pytest.warns(UserWarning, match="does not exist") as caught:
        make().frontend("/", directory=tmp_path / "dist")
    assert [warning.filename for warning in caught] == [__file__]
    with pytest.raises(RuntimeError, match="does not exist"):
        make().frontend("/", directory=tmp_path / "dist", check_dir=True)


def test_in_development_nothing_is_said_of_a_folder_that_is_there(tmp_path, monkeypatch):
    monkeypatch.setenv("FASTAPI_ENV", "development")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        FastAPI().frontend("/", directory=tmp_path, fallback="404.html")


@pytest.mark.anyio
async def test_a_folder_that_is_still_missing_at_a_request_is_an_error(tmp_path):
    app = FastAPI()
    app.frontend("/", directory=tmp_path / "dist", check_dir=False)
    for method in ("GET", "POST"):
        answer, error = await exchange_failing(app, method, "/main.js")
        assert answer.status == 500
        assert isinstance(error, FastAPIError)
        assert "does not exist" in str(error)
        assert "[frontend-directory]" in str(error)
    build(tmp_path / "dist", SHOP)
    assert (await exchange(app, "GET", "/main.js")).body == b"shop()"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("fallback", "accept"), [("404.html", b"*/*"), ("index.html", b"text/html")]
)
async def test_a_fallback_that_is_still_missing_at_a_request_is_an_error(
    tmp_path, fallback, accept
):
    app = FastAPI()
    app.frontend("/", directory=tmp_path, fallback=fallback, check_dir=False)
    answer, error = await exchange_failing(app, "GET", "/lost", headers=[(b"accept", accept)])
    assert answer.status == 500
    assert f"'{fallback}' does not exist in directory '{tmp_path}'" in str(error)
    assert "[frontend-file]" in str(error)


# --- what ordinary routes pay -----------------------------------------------------------------


def test_a_frontend_makes_ordinary_routes_no_slower(shop):
    """The tree finds them without a look at the frontends."""
    app = FastAPI()
    app.add_api_route("/items/{number}", lambda number: number)
    app.add_api_route("/items", lambda: 1)
    plain = app.router._grown
    app.frontend("/", directory=shop)
    tree = app.router._grown
    for each in (plain, tree):
        assert each.find({"type": "http", "method": "GET"}, "/items") is not None
        assert each.find({"type": "http", "method": "GET"}, "/items/7") is not None
    assert tree.static.keys() - plain.static.keys() == set()
    assert tree.last.keys() == plain.last.keys() == {("GET", "/items")}
    assert not tree.roots["http"].rest
    assert tree.find({"type": "http", "method": "GET"}, "/orders") is None
