"""How a request looks to OpenTelemetry, by its conventions; and whose child it is."""

import pytest
from drivers.asgi import converse, exchange, make_scope
from opentelemetry import baggage
from opentelemetry.trace import get_current_span

from pronghorn import FastAPI, WebSocket

pytestmark = pytest.mark.anyio


@pytest.fixture
def app(told):
    app = FastAPI(telemetry=told.options(operation_spans=False))

    @app.api_route("/", methods=["GET", "BREW"])
    async def read():
        return dict(baggage.get_all())

    @app.websocket("/")
    async def talk(websocket: WebSocket):
        await websocket.accept()
        await websocket.close()

    return app


async def test_what_a_request_has(app, told):
    await exchange(app, "GET", "/?word=hi")
    (span,) = told.spans
    assert span.attributes == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": "/",
        "network.protocol.version": "1.1",
        "server.address": "test",
        "server.port": 80,
        "url.path": "/",
        "url.query": "word=hi",
        "url.scheme": "http",
    }
    assert span.instrumentation_scope.name == "fastapi"
    assert span.instrumentation_scope.version == "0.165.0"


async def test_what_a_socket_has(app, told):
    await converse(app, "/", scheme="wss")
    (span,) = told.spans
    assert span.attributes == {
        "http.route": "/",
        "network.protocol.name": "websocket",
        "server.address": "test",
        "server.port": 443,
        "url.scheme": "wss",
    }


@pytest.mark.parametrize(
    ("host", "address", "port"),
    [
        (b"shop.test", "shop.test", 80),
        (b"shop.test:8080", "shop.test", 8080),
        (b"[::1]:3", "::1", 3),
        (b"shop.test:port", None, None),
        (b"user@shop.test", None, None),
        (b"shop.test/path", None, None),
        (b"shop.test:99999", None, None),
        (b"[::1", None, None),
    ],
)
async def test_the_server_is_whom_the_client_asked_for(app, told, host, address, port):
    scope = {**make_scope("GET", "/"), "headers": [(b"host", host)]}
    await exchange_scope(app, scope)
    (span,) = told.spans
    assert span.attributes.get("server.address") == address
    assert span.attributes.get("server.port") == port


@pytest.mark.parametrize(
    ("server", "address", "port"),
    [(("a", 3), "a", 3), (("/run/socket", None), "/run/socket", None), (None, None, None)],
)
async def test_without_a_host_the_server_is_where_it_listens(app, told, server, address, port):
    await exchange_scope(app, {**make_scope("GET", "/"), "headers": [], "server": server})
    (span,) = told.spans
    assert span.attributes.get("server.address") == address
    assert span.attributes.get("server.port") == port


async def exchange_scope(app, scope):
    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        pass

    await app(scope, receive, send)


async def test_what_would_let_a_reader_in_is_not_told(app, told):
    await exchange(app, "GET", "/?X-Amz-Signature=secret&sig=secret&sign=public&empty=")
    (span,) = told.spans
    query = span.attributes["url.query"]
    assert query == "X-Amz-Signature=REDACTED&sig=REDACTED&sign=public&empty="


async def test_a_method_of_ones_own_is_named_other(app, told):
    await exchange(app, "BREW", "/")
    (span,) = told.spans
    assert span.name == "HTTP /"
    assert span.attributes["http.request.method"] == "_OTHER"
    assert span.attributes["http.request.method_original"] == "BREW"


async def test_methods_that_the_environment_names_are_known(told, monkeypatch):
    monkeypatch.setenv("OTEL_INSTRUMENTATION_HTTP_KNOWN_METHODS", "GET, BREW")
    app = FastAPI(telemetry=told.options())
    await exchange(app, "BREW", "/")
    await exchange(app, "POST", "/")
    assert [span.name for span in told.spans] == ["BREW", "HTTP"]


TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = "b7ad6b7169203331"


async def test_a_request_is_the_child_of_the_span_that_sent_it(app, told):
    headers = [(b"traceparent", f"00-{TRACE}-{PARENT}-01".encode())]
    await exchange(app, "GET", "/", headers=headers)
    (span,) = told.spans
    assert f"{span.context.trace_id:032x}" == TRACE
    assert f"{span.parent.span_id:016x}" == PARENT
    assert span.parent.is_remote
    assert not get_current_span().get_span_context().is_valid


async def test_a_request_that_is_not_sampled_is_answered_and_measured(app, told):
    headers = [(b"traceparent", f"00-{TRACE}-{PARENT}-00".encode())]
    assert (await exchange(app, "GET", "/", headers=headers)).status == 200
    assert told.spans == []
    assert told.points("http.server.request.duration")[0].count == 1


@pytest.mark.parametrize("junk", [b"junk", b"00-0-0-01", b"\xff\xfe"])
async def test_junk_in_the_headers_makes_a_trace_of_its_own(app, told, junk):
    headers = [(b"traceparent", junk), (b"baggage", junk)]
    assert (await exchange(app, "GET", "/", headers=headers)).status == 200
    assert told.spans[0].parent is None


async def test_baggage_may_come_in_several_headers(app):
    headers = [(b"baggage", b"one=1,two=2"), (b"baggage", b"three=3")]
    answer = await exchange(app, "GET", "/", headers=headers)
    assert answer.json == {"one": "1", "two": "2", "three": "3"}
