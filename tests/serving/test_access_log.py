"""The access log: one record for each request and each WebSocket, whatever became of it."""

import json
import logging
import re
from contextlib import contextmanager

import anyio
import anyio.lowlevel
import pytest
from drivers.asgi import Client, converse, exchange, exchange_failing, leaving_client, make_scope
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.routing import Mount, Route

from pronghorn import (
    APIRouter,
    BackgroundTasks,
    FastAPI,
    Request,
    WebSocket,
    WebSocketDisconnect,
    metering,
)
from pronghorn.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

pytestmark = pytest.mark.anyio


class Keeping(logging.Handler):
    """Keeps what is logged."""

    def __init__(self):
        super().__init__()
        self.kept = []

    def emit(self, record):
        self.kept.append(record)


@pytest.fixture
def records():
    log, handler = logging.getLogger("pronghorn.access"), Keeping()
    log.addHandler(handler)
    yield handler.kept
    log.removeHandler(handler)


def make_app(**options):
    app = FastAPI(**{"access_log": "text", **options})
    router = APIRouter(prefix="/shop")

    @router.get("/items/{item_id}")
    async def read_item(item_id: int) -> int:
        return item_id

    @app.get("/fails")
    async def fail():
        raise LookupError("gone")

    @app.get("/lines")
    async def lines():
        for number in range(3):
            await anyio.lowlevel.checkpoint()
            yield number

    app.include_router(router)
    return app


def told(record):
    """What a record says, but for what is another each time."""
    return (record.method, record.route, record.status)


# --- what is logged ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "target", "expected"),
    [
        ("GET", "/shop/items/7?q=secret", ("GET", "/shop/items/{item_id}", 200)),
        ("GET", "/shop/items/seven", ("GET", "/shop/items/{item_id}", 422)),
        ("POST", "/shop/items/7", ("POST", "/shop/items/{item_id}", 405)),
        ("GET", "/nowhere/7", ("GET", None, 404)),
        ("GET", "/lines", ("GET", "/lines", 200)),
        ("GET", "/openapi.json", ("GET", "/openapi.json", 200)),
    ],
)
@pytest.mark.parametrize("has_middleware", [False, True])
async def test_each_request_is_one_record(records, method, target, expected, has_middleware):
    app = make_app()
    if has_middleware:
        # It gives another scope to what is within.
        async def copying(scope, receive, send):
            await inner({**scope}, receive, send)

        def add(within):
            nonlocal inner
            inner = within
            return copying

        inner = None
        app.add_middleware(add)
    await exchange(app, method, target)
    (record,) = records
    assert told(record) == expected
    assert record.levelno == logging.INFO
    assert record.name == "pronghorn.access"


@pytest.mark.parametrize("has_middleware", [False, True])
async def test_a_request_that_fails_is_logged_with_500(records, has_middleware):
    app = make_app()
    if has_middleware:
        app.add_middleware(BaseHTTPMiddleware, dispatch=pass_on)
    answer, error = await exchange_failing(app, "GET", "/fails")
    (record,) = records
    assert told(record) == ("GET", "/fails", 500)
    assert (answer.status, type(error)) == (500, LookupError)
    assert answer.headers["x-request-id"] == record.request_id


async def pass_on(request, call_next):
    return await call_next(request)


async def test_a_request_whose_path_cannot_be_matched_is_logged(records):
    app = make_app()

    class Broken(Route):
        def matches(self, scope):
            raise LookupError("no match")

    app.router.routes.append(Broken("/broken", pass_on))
    answer, error = await exchange_failing(app, "GET", "/broken")
    (record,) = records
    assert told(record) == ("GET", None, 500)
    assert (answer.status, str(error)) == (500, "no match")


async def test_what_a_middleware_answers_is_logged(records):
    app = make_app()

    async def refuse(request, call_next):
        return PlainTextResponse("no", status_code=403)

    app.add_middleware(BaseHTTPMiddleware, dispatch=refuse)
    answer = await exchange(app, "GET", "/shop/items/7")
    (record,) = records
    assert told(record) == ("GET", "/shop/items/{item_id}", 403)
    assert answer.headers["x-request-id"] == record.request_id


async def test_routes_of_mounted_applications_are_logged_once_and_with_their_whole_path(records):
    app = make_app()
    app.mount("/inner", make_app(access_log="json"))
    app.router.routes.append(
        Mount("/star", routes=[Route("/{name}", lambda request: Response("star"))])
    )
    for target in ("/inner/shop/items/7", "/star/one", "/inner/none"):
        await exchange(app, "GET", target)
    assert list(map(told, records)) == [
        ("GET", "/inner/shop/items/{item_id}", 200),
        ("GET", "/star/{name}", 200),
        ("GET", None, 404),
    ]


async def test_frontends_are_logged(records, tmp_path):
    (tmp_path / "index.html").write_text("home")
    app = make_app()
    app.frontend("/site", directory=tmp_path)
    await exchange(app, "GET", "/site/")
    assert records[0].status == 200
    assert records[0].route.startswith("/site")


async def test_a_lifespan_is_no_request(records):
    app = make_app()
    async with app.router.lifespan_context(app):
        pass
    sent = []
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message["type"])

    await app({"type": "lifespan", "asgi": {}}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert records == []


async def test_an_application_that_does_not_ask_for_it_logs_nothing(records):
    app = make_app(access_log=None)
    answer = await exchange(app, "GET", "/shop/items/7")
    assert "x-request-id" not in answer.headers
    assert records == []


async def test_what_others_added_to_the_meter_is_in_the_record(records):
    app = make_app()

    @app.get("/busy")
    def busy():
        metering.add("db", 0.5, 3)

    await exchange(app, "GET", "/busy")
    await exchange(app, "GET", "/shop/items/7")
    assert [(record.queries, record.database_ms) for record in records] == [(3, 500.0), (0, 0.0)]


async def test_background_tasks_run_after_the_record(records):
    app = make_app()
    seen = []

    @app.get("/later")
    async def later(tasks: BackgroundTasks):
        tasks.add_task(lambda: seen.append(len(records)))

    await exchange(app, "GET", "/later")
    assert seen == [1]
    assert len(records) == 1


# --- streams, and clients that leave -----------------------------------------------------------


async def test_a_stream_is_logged_when_it_ends(records):
    app = make_app()
    seen = []

    @app.get("/counted")
    async def counted():
        for number in range(3):
            seen.append(len(records))
            yield number

    await exchange(app, "GET", "/counted")
    assert seen == [0, 0, 0]
    assert len(records) == 1
    assert not hasattr(records[0], "client_gone")


async def test_a_client_that_leaves_a_stream_is_noted(records):
    app = make_app()

    @app.get("/endless")
    async def endless():
        while True:
            await anyio.sleep(0.001)
            yield "line"

    async with leaving_client(app, "GET", "/endless") as client:
        await client.has_body.wait()
        assert records == []
    (record,) = records
    assert told(record) == ("GET", "/endless", 200)
    assert record.client_gone is True
    assert record.getMessage().endswith("client_gone=True")


async def test_a_server_that_refuses_to_send_means_that_the_client_has_left(records):
    app = make_app()

    async def send(message):
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await app(make_scope("GET", "/shop/items/7"), Client().receive, send)
    (record,) = records
    assert record.client_gone is True


async def test_a_stream_that_fails_is_noted_as_broken_off(records):
    app = make_app()

    @app.get("/breaks")
    async def breaks():
        async def chunks():
            yield b"begun"
            raise LookupError

        return StreamingResponse(chunks())

    await exchange_failing(app, "GET", "/breaks")
    (record,) = records
    assert told(record) == ("GET", "/breaks", 200)
    assert record.broken_off is True


async def test_a_request_that_is_cancelled_is_logged(records):
    app = make_app()
    is_waiting = anyio.Event()

    @app.get("/waits")
    async def wait():
        is_waiting.set()
        await anyio.sleep_forever()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(exchange, app, "GET", "/waits")
        await is_waiting.wait()
        tasks.cancel_scope.cancel()
    (record,) = records
    assert told(record) == ("GET", "/waits", None)
    assert record.broken_off is True


# --- WebSockets ----------------------------------------------------------------------------------


def sockets():
    app = make_app()

    @app.websocket("/talk/{name}")
    async def talk(websocket: WebSocket, name: str, number: int = 0):
        await websocket.accept(headers=[(b"x-own", b"1")])
        if name == "fails":
            raise LookupError
        await websocket.receive_text()
        if name == "closes":
            await websocket.close(4001)
        else:
            await websocket.receive_text()

    @app.websocket("/refuses")
    async def refuse(websocket: WebSocket):
        await websocket.close()

    @app.websocket("/denies")
    async def deny(websocket: WebSocket):
        await websocket.send_denial_response(JSONResponse("no", status_code=401))

    return app


async def test_a_websocket_is_one_record_at_its_end(records):
    sent = await converse(sockets(), "/talk/closes", "hello")
    (record,) = records
    assert told(record) == ("WEBSOCKET", "/talk/{name}", 101)
    assert record.code == 4001
    (accept,) = [message for message in sent if message["type"] == "websocket.accept"]
    assert accept["headers"] == [(b"x-own", b"1"), (b"x-request-id", record.request_id.encode())]


async def test_the_code_that_a_client_left_with_is_in_the_record(records):
    with pytest.raises(WebSocketDisconnect):
        await converse(sockets(), "/talk/listens", "hello", 1001)
    assert told(records[0]) == ("WEBSOCKET", "/talk/{name}", 101)
    assert records[0].code == 1001


async def test_a_websocket_that_nobody_listens_to_any_more_is_noted(records):
    app = FastAPI(access_log="text")

    @app.websocket("/talk")
    async def talk(websocket: WebSocket):
        await websocket.accept()
        await websocket.send_text("hello")

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        if message["type"] == "websocket.send":
            raise OSError("nobody is there")

    with pytest.raises(WebSocketDisconnect):
        await app(make_scope("", "/talk", protocol="websocket"), receive, send)
    (record,) = records
    assert told(record) == ("WEBSOCKET", "/talk", 101)
    assert record.client_gone
    assert not hasattr(record, "broken_off")


async def test_websockets_that_are_refused_or_fail_are_logged(records):
    app = sockets()
    await converse(app, "/refuses")
    extensions = {"websocket.http.response": {}}
    await converse(app, "/denies", extensions=extensions)
    await converse(app, "/talk/x?number=seven")
    await converse(app, "/nowhere")
    with pytest.raises(LookupError):
        await converse(app, "/talk/fails")
    assert list(map(told, records)) == [
        ("WEBSOCKET", "/refuses", 403),
        ("WEBSOCKET", "/denies", 401),
        ("WEBSOCKET", "/talk/{name}", 403),
        ("WEBSOCKET", None, 403),
        ("WEBSOCKET", "/talk/{name}", 101),
    ]
    assert records[-1].broken_off is True


# --- the id --------------------------------------------------------------------------------------


async def test_an_id_of_the_client_is_taken_over(records):
    app = make_app()
    given = "0123-abc.DEF/~!" + "x" * 113
    answer = await exchange(app, "GET", "/lines", headers=[(b"x-request-id", given.encode())])
    assert answer.headers["x-request-id"] == records[0].request_id == given


@pytest.mark.parametrize(
    "given", [b"", b"x" * 129, b"two words", b"line\nbreak", b"\xc3\xa9", b"tab\t", b"\x7f"]
)
async def test_an_id_that_is_not_short_and_visible_is_replaced(records, given):
    answer = await exchange(make_app(), "GET", "/lines", headers=[(b"x-request-id", given)])
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])
    assert answer.headers["x-request-id"] == records[0].request_id


async def test_each_request_without_an_id_gets_one_of_its_own(records):
    app = make_app()
    for _ in range(2):
        await exchange(app, "GET", "/lines")
    assert records[0].request_id != records[1].request_id


async def test_an_endpoint_knows_the_id_and_cannot_give_the_answer_another(records):
    app = make_app()

    @app.get("/id")
    async def tell(request: Request, response: Response):
        response.headers["X-Request-ID"] = "another"
        return request.state.request_id

    answer = await exchange(app, "GET", "/id")
    assert answer.json == answer.headers["x-request-id"] == records[0].request_id


# --- how it is written -----------------------------------------------------------------------------


async def test_a_record_is_a_line_of_text(records):
    headers = [(b"x-request-id", b"abc")]
    await exchange(make_app(), "GET", "/shop/items/7", headers=headers)
    await exchange(make_app(), "GET", "/nowhere", headers=headers)
    first, second = (record.getMessage() for record in records)
    assert re.fullmatch(
        r"GET /shop/items/\{item_id\} 200 \d+\.\dms queries=0 database_ms=0\.0 request_id=abc",
        first,
    )
    assert second.startswith("GET - 404 ")


async def test_or_a_line_of_json(records):
    headers = [(b"x-request-id", b"abc")]
    await exchange(make_app(access_log="json"), "GET", "/shop/items/7", headers=headers)
    (message,) = (record.getMessage() for record in records)
    line = json.loads(message)
    assert "\n" not in message
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", line.pop("time"))
    assert line.pop("ms") >= 0
    assert line == {
        "method": "GET",
        "route": "/shop/items/{item_id}",
        "status": 200,
        "queries": 0,
        "database_ms": 0.0,
        "request_id": "abc",
    }


@pytest.mark.parametrize("form", ["text", "json"])
async def test_a_method_cannot_forge_a_line(records, form):
    await exchange(make_app(access_log=form), "GET\nGET / 200", "/nowhere")
    assert "\n" not in records[0].getMessage()


@contextmanager
def nobody_listening():
    """A block in a process in which nobody has said anything of logs, by its logger."""
    root, log = logging.getLogger(), logging.getLogger("pronghorn.access")
    before = root.handlers[:], log.handlers[:], log.level
    root.handlers[:], log.handlers[:] = [], []
    log.setLevel(logging.NOTSET)
    yield log
    root.handlers[:], log.handlers[:] = before[:2]
    log.setLevel(before[2])


async def test_where_nobody_says_where_logs_go_it_is_written_to_the_standard_output(capsys):
    with nobody_listening():
        await exchange(make_app(), "GET", "/shop/items/7")
    assert capsys.readouterr().out.startswith("GET /shop/items/{item_id} 200 ")


async def test_who_has_said_it_hears_of_it_once(capsys):
    handler = Keeping()
    with nobody_listening() as log:
        log.addHandler(handler)
        await exchange(make_app(), "GET", "/shop/items/7")
    assert len(handler.kept) == 1
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("name", [None, "pronghorn.access"])
async def test_who_says_it_in_the_lifespan_hears_of_it_once(capsys, name):
    handler = Keeping()
    with nobody_listening():
        app = make_app()
        await exchange(app, "GET", "/shop/items/7")
        logging.getLogger(name).addHandler(handler)
        await exchange(app, "GET", "/shop/items/8")
    assert len(handler.kept) == 1
    assert capsys.readouterr().out.count("GET") == 1


async def test_who_wants_less_gets_less(records):
    log = logging.getLogger("pronghorn.access")
    before = log.level
    log.setLevel(logging.WARNING)
    answer = await exchange(make_app(), "GET", "/shop/items/7")
    log.setLevel(before)
    assert records == []
    assert "x-request-id" in answer.headers
