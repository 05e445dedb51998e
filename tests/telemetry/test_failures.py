"""What goes wrong: told once, with its type, and told apart from what is an answer."""

import anyio
import anyio.lowlevel
import pytest
from drivers.asgi import Client, converse, exchange, exchange_failing, leaving_client, make_scope
from drivers.told import DURATION
from opentelemetry.trace import StatusCode

from pronghorn import (
    BackgroundTasks,
    Depends,
    FastAPI,
    HTTPException,
    Request,
    WebSocket,
    WebSocketException,
)
from pronghorn.responses import FileResponse, JSONResponse, PlainTextResponse
from pronghorn.testclient import TestClient

pytestmark = pytest.mark.anyio


class Gone(Exception):
    pass


GONE = f"{__name__}.Gone"
FAILED = "http.server.request.exception"


def failing_app(told, **options):
    app = FastAPI(telemetry=told.options(), **options)

    async def fail_at_exit():
        yield 1
        raise Gone

    def hide():
        try:
            yield 1
        except Gone:
            raise HTTPException(410) from None

    @app.get("/fail")
    async def fail():
        raise Gone("it")

    @app.get("/fail-in-thread")
    def fail_in_thread():
        raise Gone("it")

    @app.get("/answer/{status}")
    async def answer(status: int):
        raise HTTPException(status)

    @app.get("/early-exit")
    async def early_exit(one=Depends(fail_at_exit, scope="function")):
        return one

    @app.get("/late-exit")
    async def late_exit(one=Depends(fail_at_exit)):
        return one

    @app.get("/hidden")
    async def hidden(one=Depends(hide)):
        raise Gone

    @app.get("/late-stream")
    async def late_stream():
        yield 1
        raise Gone

    @app.get("/task")
    async def task(tasks: BackgroundTasks):
        async def fail():
            raise Gone

        tasks.add_task(fail)

    @app.get("/wait")
    async def wait():
        await anyio.sleep_forever()

    @app.get("/status")
    async def status():
        return JSONResponse(1, status_code=503)

    return app


def request_span(told):
    (span,) = [span for span in told.spans if span.parent is None]
    return span


@pytest.mark.parametrize("path", ["/fail", "/fail-in-thread", "/early-exit"])
async def test_what_nobody_handles_is_told_everywhere_once(told, path):
    answer, error = await exchange_failing(failing_app(told), "GET", path)
    span = request_span(told)
    (point,) = told.points(DURATION)
    (log,) = told.logs
    assert answer.status == 500
    assert isinstance(error, Gone)
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes["error.type"] == point.attributes["error.type"] == GONE
    assert span.attributes["http.response.status_code"] == 500
    assert log.event_name == FAILED
    assert log.attributes["exception.type"] == GONE
    assert log.attributes["http.route"] == path
    assert log.severity_text == "ERROR"
    assert log.span_id == span.context.span_id
    # It is a log record, and no event of the span.
    assert span.events == ()


@pytest.mark.parametrize("path", ["/late-exit", "/late-stream", "/task"])
async def test_what_comes_after_the_answer_is_logged(told, path):
    _, error = await exchange_failing(failing_app(told), "GET", path)
    span = request_span(told)
    (log,) = told.logs
    assert isinstance(error, Gone)
    assert log.attributes["exception.type"] == GONE
    assert span.attributes["http.response.status_code"] == 200
    # The answer of a stream that breaks off has no end; the others were complete.
    assert ("error.type" in span.attributes) is (path == "/late-stream")


@pytest.mark.parametrize(
    ("path", "status"), [("/answer/404", 404), ("/hidden", 410), ("/nothing", 404)]
)
async def test_an_answer_is_no_failure(told, path, status):
    answer = await exchange(failing_app(told), "GET", path)
    span = request_span(told)
    assert answer.status == span.attributes["http.response.status_code"] == status
    assert span.status.is_unset
    assert "error.type" not in span.attributes
    assert told.logs == []


@pytest.mark.parametrize("path", ["/answer/503", "/status"])
async def test_a_status_of_the_server_is_an_error_and_no_exception(told, path):
    await exchange(failing_app(told), "GET", path)
    span = request_span(told)
    assert span.status.status_code is StatusCode.ERROR
    assert span.attributes["error.type"] == "503"
    assert told.logs == []


async def test_what_a_handler_answers_is_no_failure(told):
    app = failing_app(told)

    @app.exception_handler(Gone)
    async def answer_gone(request, error):
        return PlainTextResponse("gone", status_code=410)

    assert (await exchange(app, "GET", "/fail")).status == 410
    assert request_span(told).status.is_unset
    assert told.span("fastapi.endpoint").attributes["error.type"] == GONE
    assert told.logs == []


@pytest.mark.parametrize("key", [500, Exception])
async def test_the_handler_of_last_resort_answers_a_failure(told, key):
    app = failing_app(told)

    @app.exception_handler(key)
    async def answer_any(request, error):
        return PlainTextResponse("sorry", status_code=500)

    answer, error = await exchange_failing(app, "GET", "/fail")
    assert (answer.body, type(error)) == (b"sorry", Gone)
    assert request_span(told).attributes["error.type"] == GONE
    assert len(told.logs) == 1


async def test_what_a_handler_raises_is_the_failure(told):
    app = failing_app(told)

    @app.exception_handler(Gone)
    async def answer_gone(request, error):
        raise LookupError

    await exchange_failing(app, "GET", "/fail")
    (log,) = told.logs
    assert log.attributes["exception.type"] == "LookupError"
    assert request_span(told).attributes["error.type"] == "LookupError"


async def test_a_refused_request_is_a_warning(told):
    app = FastAPI(telemetry=told.options())

    @app.get("/{number}")
    async def read(number: int, other: int):
        return number

    await exchange(app, "GET", "/x?other=x")
    (log,) = told.logs
    assert log.event_name == "fastapi.validation.failed"
    assert log.severity_text == "WARN"
    assert log.attributes == {"fastapi.validation.error_count": 2, "http.route": "/{number}"}
    assert log.span_id == request_span(told).context.span_id


async def test_a_request_that_is_cancelled_is_told_and_not_logged(told):
    app = failing_app(told)
    with anyio.move_on_after(0.01):
        await exchange(app, "GET", "/wait")
    span = request_span(told)
    assert span.name == "GET /wait"
    assert span.attributes["error.type"] == "asyncio.exceptions.CancelledError"
    assert "http.response.status_code" not in span.attributes
    assert told.logs == []
    assert told.span("fastapi.endpoint").end_time is not None


async def test_a_client_that_leaves_is_told(told):
    app = FastAPI(telemetry=told.options())

    @app.get("/")
    async def read():
        while True:
            yield "x"
            await anyio.lowlevel.checkpoint()

    async with leaving_client(app, "GET", "/") as client:
        await client.has_body.wait()
    assert request_span(told).attributes["error.type"] == "ConnectionError"


async def test_an_answer_without_an_end_is_told(told):
    app = FastAPI(telemetry=told.options())

    @app.middleware("http")
    async def pass_on(request, call_next):
        return await call_next(request)

    class Silent:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            if scope["path"] == "/half":
                start = {"type": "http.response.start", "status": 200, "headers": []}
                await send(start)

    app.add_middleware(Silent)
    client = Client()
    await app(make_scope("GET", "/half"), client.receive, client.send)
    await app(make_scope("GET", "/none"), client.receive, client.send)
    assert [span.attributes["error.type"] for span in told.spans] == ["RuntimeError"] * 2


async def test_an_answer_may_end_with_a_file_or_with_trailers(told, tmp_path):
    app = FastAPI(telemetry=told.options())
    (tmp_path / "file").write_text("file")

    @app.get("/file")
    async def read_file():
        return FileResponse(tmp_path / "file")

    class Trailing:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            if scope["path"] == "/trailers":
                start = {"type": "http.response.start", "status": 200, "headers": []}
                await send({**start, "trailers": True})
                await send({"type": "http.response.body", "body": b"body"})
                assert told.spans == []
                await send({"type": "http.response.trailers", "headers": []})
            else:
                await self.app(scope, receive, send)

    app.add_middleware(Trailing)
    client = Client()
    await app(make_scope("GET", "/trailers"), client.receive, client.send)
    assert request_span(told).status.is_unset
    told.clear()
    scope = make_scope("GET", "/file", extensions={"http.response.pathsend": {}})
    await app(scope, client.receive, client.send)
    assert client.answer.messages[-1]["type"] == "http.response.pathsend"
    assert request_span(told).status.is_unset


async def test_a_send_that_fails_is_told(told):
    app = failing_app(told)

    async def send(message):
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await app(make_scope("GET", "/status"), Client().receive, send)
    assert request_span(told).attributes["error.type"] == "OSError"


# --- middleware ------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("is_pure", [False, True])
async def test_middleware_that_raises_is_a_failure(told, moment, is_pure):
    app = FastAPI(telemetry=told.options())

    class Pure:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            if moment == "after":
                await self.app(scope, receive, send)
            raise Gone

    async def raise_gone(request, call_next):
        if moment == "after":
            await call_next(request)
        raise Gone

    if is_pure:
        app.add_middleware(Pure)
    else:
        app.middleware("http")(raise_gone)

    @app.get("/{number}")
    async def read(number: int):
        return number

    _, error = await exchange_failing(app, "GET", "/3")
    span = request_span(told)
    (log,) = told.logs
    assert isinstance(error, Gone)
    assert log.attributes["exception.type"] == GONE
    assert span.name == ("GET" if moment == "before" else "GET /{number}")
    # Behind pure middleware the answer was complete before it raised.
    is_complete = is_pure and moment == "after"
    assert span.attributes.get("error.type") == (None if is_complete else GONE)


async def test_an_endpoint_that_fails_behind_middleware_is_told_once(told):
    app = failing_app(told)

    @app.middleware("http")
    async def pass_on(request, call_next):
        return await call_next(request)

    _, error = await exchange_failing(app, "GET", "/fail")
    assert isinstance(error, Gone)
    assert [log.attributes["exception.type"] for log in told.logs] == [GONE]
    assert request_span(told).name == "GET /fail"


async def test_middleware_may_answer_itself(told):
    app = failing_app(told)

    @app.middleware("http")
    async def refuse(request, call_next):
        return PlainTextResponse("slower", status_code=429)

    await exchange(app, "GET", "/fail")
    assert told.names == ["GET"]
    assert request_span(told).attributes["http.response.status_code"] == 429


# --- sockets ---------------------------------------------------------------------------------


def talking_app(told):
    app = FastAPI(telemetry=told.options())

    @app.websocket("/echo")
    async def echo(websocket: WebSocket):
        await websocket.accept()
        while True:
            await websocket.send_text(await websocket.receive_text())

    @app.websocket("/fail")
    async def fail(websocket: WebSocket):
        await websocket.accept()
        raise Gone

    @app.websocket("/refuse")
    async def refuse(websocket: WebSocket):
        raise WebSocketException(1008)

    @app.websocket("/number/{number}")
    async def count(websocket: WebSocket, number: int):
        await websocket.accept()

    return app


@pytest.mark.parametrize("code", [1000, 1001])
async def test_a_client_that_is_done_is_no_failure(told, code):
    await converse_failing(talking_app(told), "/echo", "word", code)
    assert request_span(told).status.is_unset
    assert told.span("fastapi.endpoint").status.is_unset
    assert told.logs == []


async def converse_failing(app, target, *received):
    """The error that a conversation ends with, or None."""
    try:
        await converse(app, target, *received)
    except Exception as error:  # noqa: BLE001  What it raises is what is tested.
        return error
    return None


async def test_a_client_that_breaks_off_is_a_failure(told):
    await converse_failing(talking_app(told), "/echo", 1006)
    span = request_span(told)
    (log,) = told.logs
    assert span.attributes["error.type"] == "starlette.websockets.WebSocketDisconnect"
    assert log.event_name == "fastapi.websocket.exception"


async def test_a_socket_that_fails_is_told(told):
    error = await converse_failing(talking_app(told), "/fail")
    (log,) = told.logs
    assert isinstance(error, Gone)
    assert request_span(told).attributes["error.type"] == GONE
    assert log.attributes["exception.type"] == GONE
    assert log.attributes["http.route"] == "/fail"


async def test_a_socket_that_is_refused_is_no_failure(told):
    await converse(talking_app(told), "/refuse")
    assert request_span(told).status.is_unset
    assert told.logs == []


async def test_a_socket_that_does_not_fit_is_a_warning(told):
    await converse(talking_app(told), "/number/x")
    (log,) = told.logs
    assert log.event_name == "fastapi.validation.failed"
    assert log.attributes["http.route"] == "/number/{number}"


def test_the_test_client_raises_what_it_always_raised(told):
    app = failing_app(told)

    @app.get("/body")
    async def read(request: Request):
        return (await request.body()).decode()

    with TestClient(app) as client:
        assert client.request("GET", "/body", content=b"body").json() == "body"
        with pytest.raises(Gone):
            client.get("/fail")
