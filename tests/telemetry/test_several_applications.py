"""Applications beside and within each other, each with providers of its own or with none."""

import pytest
from drivers.asgi import Answer, converse, exchange
from drivers.told import ACTIVE, DURATION, Told

from pronghorn import BackgroundTasks, FastAPI, WebSocket
from pronghorn.telemetry import get_telemetry_data

pytestmark = pytest.mark.anyio

QUIET = {"tracing": False, "metrics": False, "logs": False}


@pytest.fixture
def other():
    return Told()


def numbers_app(**options):
    app = FastAPI(**options)

    @app.get("/{number}")
    async def read(number: int):
        return [number, get_telemetry_data() is not None]

    @app.websocket("/")
    async def talk(websocket: WebSocket):
        await websocket.accept()
        await websocket.close()

    return app


async def test_each_tells_its_own_providers(told, other):
    one = numbers_app(telemetry=told.options())
    two = numbers_app(telemetry=other.options())
    await exchange(one, "GET", "/1")
    await exchange(two, "GET", "/2")
    await exchange(two, "GET", "/x")
    assert told.names.count("GET /{number}") == 1
    assert other.names.count("GET /{number}") == 2
    assert (len(told.logs), len(other.logs)) == (0, 1)
    assert [point.count for point in told.points(DURATION)] == [1]


async def test_what_is_mounted_is_told_of_by_what_it_is_mounted_in(told, other):
    outer = FastAPI(telemetry=told.options())
    outer.mount("/inner", numbers_app(telemetry=other.options()))
    assert (await exchange(outer, "GET", "/inner/1")).json == [1, True]
    await converse(outer, "/inner/")
    assert "GET /inner/{number}" in told.names
    assert "WS /inner/" in told.names
    assert other.spans == []


async def test_what_is_mounted_tells_where_nobody_does_around_it(told):
    outer = FastAPI(telemetry=QUIET)
    outer.mount("/inner", numbers_app(telemetry=told.options()))
    assert (await exchange(outer, "GET", "/inner/1")).json == [1, True]
    # The way to it was not noted by anybody.
    assert told.names[-1] == "GET /{number}"


async def test_what_is_mounted_is_left_out_with_what_it_is_mounted_in(told, other):
    outer = FastAPI(telemetry=told.options(exclude=lambda scope: True))
    outer.mount("/inner", numbers_app(telemetry=other.options()))
    assert (await exchange(outer, "GET", "/inner/1")).json == [1, False]
    assert told.spans == other.spans == []


async def test_a_request_within_a_request_has_data_of_its_own(told, other):
    inner = numbers_app(telemetry=other.options())
    outer = FastAPI(telemetry=told.options())

    @outer.get("/")
    async def ask():
        answer = await exchange(inner, "GET", "/1")
        return [answer.json, get_telemetry_data().request.url.path]

    assert (await exchange(outer, "GET", "/")).json == [[1, True], "/"]
    (request,) = [span for span in other.spans if span.name == "GET /{number}"]
    # Only headers make one request the child of another.
    assert request.parent is None


# --- what is left out --------------------------------------------------------------------------


async def test_whoever_excludes_is_shown_the_scope(told):
    seen = []

    def exclude(scope):
        seen.append((scope["type"], scope["path"], scope["app"]))
        return scope["path"] == "/health"

    app = FastAPI(telemetry=told.options(exclude=exclude))
    log = []

    @app.get("/health")
    async def health(tasks: BackgroundTasks):
        tasks.add_task(log.append, get_telemetry_data())
        return "well"

    @app.get("/fail")
    async def fail():
        raise LookupError

    @app.websocket("/talk")
    async def talk(websocket: WebSocket):
        await websocket.accept()
        await websocket.close()

    assert (await exchange(app, "GET", "/health")).json == "well"
    assert (log, told.spans) == ([None], [])
    assert told.points(DURATION) == told.points(ACTIVE) == []
    await converse(app, "/talk")
    assert told.names[-1] == "WS /talk"
    assert seen == [("http", "/health", app), ("websocket", "/talk", app)]


async def test_a_request_that_is_left_out_within_another_one_has_no_data(told):
    app = FastAPI(telemetry=told.options(exclude=lambda scope: scope["path"] == "/out"))

    @app.get("/in")
    async def ask():
        return (await exchange(app, "GET", "/out")).json

    @app.get("/out")
    async def read():
        return get_telemetry_data() is None

    assert (await exchange(app, "GET", "/in")).json is True
    assert told.names.count("GET /in") == 1
    assert "GET /out" not in told.names


async def test_what_is_neither_a_request_nor_a_socket_is_not_told_of(told):
    app = numbers_app(telemetry=told.options())

    class Other:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            if scope["type"] != "other":
                await self.app(scope, receive, send)

    app.add_middleware(Other)
    await exchange(app, "GET", "/1", type="other", answer=Answer())
    assert told.spans == []
    assert (await exchange(app, "GET", "/1")).json == [1, True]


# --- signals -----------------------------------------------------------------------------------


@pytest.mark.parametrize("signal", ["tracing", "metrics", "logs"])
async def test_each_signal_can_be_switched_off(told, signal):
    app = numbers_app(telemetry=told.options(**{signal: False}))
    await exchange(app, "GET", "/x")
    heard = {
        "tracing": bool(told.spans),
        "metrics": bool(told.points(DURATION)),
        "logs": bool(told.logs),
    }
    assert heard == {"tracing": True, "metrics": True, "logs": True, signal: False}


async def test_requests_are_measured(told):
    app = numbers_app(telemetry=told.options())
    for target in ("/1", "/2", "/x"):
        await exchange(app, "GET", target)
    await converse(app, "/")
    found = {
        point.attributes["http.response.status_code"]: point for point in told.points(DURATION)
    }
    assert {status: point.count for status, point in found.items()} == {200: 2, 422: 1}
    assert found[200].attributes == {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.route": "/{number}",
        "network.protocol.version": "1.1",
        "url.scheme": "http",
    }
    assert found[200].explicit_bounds[:3] == (0.005, 0.01, 0.025)
    (active,) = told.points(ACTIVE)
    assert active.value == 0
    assert active.attributes == {"http.request.method": "GET", "url.scheme": "http"}


async def test_requests_that_are_under_way_are_counted(told):
    app = FastAPI(telemetry=told.options())

    @app.get("/")
    async def read():
        (active,) = told.points(ACTIVE)
        return active.value

    assert (await exchange(app, "GET", "/")).json == 1
    (active,) = told.points(ACTIVE)
    assert active.value == 0
