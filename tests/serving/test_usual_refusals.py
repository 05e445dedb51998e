"""Refusals that are written at once are those of the handlers that are asked otherwise."""

from collections.abc import Iterator
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated

import pytest
import starlette.responses
from drivers.asgi import exchange, exchange_failing
from drivers.cycles import cycles_of
from starlette.exceptions import HTTPException as StarletteHTTPException

from pronghorn import APIRouter, Depends, FastAPI, HTTPException
from pronghorn._serve.written import written_errors
from pronghorn.echo import MAX_BYTES, write_errors
from pronghorn.exception_handlers import (
    http_exception_handler,
    request_validation_exception_handler,
)
from pronghorn.exceptions import RequestValidationError
from pronghorn.responses import JSONResponse, PlainTextResponse
from pronghorn.security import HTTPBearer

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


class Colour(StrEnum):
    RED = "red"


EXCEPTIONS = {
    "text": HTTPException(404, "Nothing"),
    "no detail": HTTPException(404),
    "starlettes": StarletteHTTPException(404),
    "quotes": HTTPException(400, 'a "b" \\ c\n\u2028 \x00 é 🦌'),
    "data": HTTPException(400, {"a": [1, None, {"b": 1.5}]}),
    "none": HTTPException(400, None),
    "empty": HTTPException(400, ""),
    "enum": HTTPException(400, Colour.RED),
    "status enum": HTTPException(HTTPStatus.CONFLICT, "again"),
    "headers": HTTPException(401, "who", {"WWW-Authenticate": "Bearer", "X-É": "é"}),
    "no headers": HTTPException(401, "who", {}),
    "own length": HTTPException(400, "x", {"Content-Length": "14"}),
    "own type": HTTPException(400, "x", {"content-type": "application/problem+json"}),
    "no content": HTTPException(204, "x"),
    "reset": HTTPException(205, "x"),
    "not modified": HTTPException(304, "x", {"etag": "1"}),
    "highest": HTTPException(999, "x"),
    "informational": HTTPException(103, "x"),
}
FAULTY = {
    "no status": HTTPException(1000, "x"),
    "no json": HTTPException(400, object()),
    "nan": HTTPException(400, float("nan")),
    "surrogate": HTTPException(400, "\ud800"),
    "two headers": HTTPException(400, "x", {"a": "b\r\nc: d"}),
    "header of a number": HTTPException(400, "x", {"a": 1}),
    "header beyond latin-1": HTTPException(400, "x", {"a": "🦌"}),
}


async def asked(request, error):
    return await http_exception_handler(request, error)


async def asked_for_values(request, error):
    return await request_validation_exception_handler(request, error)


def make_app(**options):
    app = FastAPI(**options)

    @app.get("/raise/{name}")
    async def fail(name: str):
        raise {**EXCEPTIONS, **FAULTY}[name]

    @app.get("/safe")
    async def safe(user: Annotated[object, Depends(HTTPBearer())], page: int):
        return page

    @app.post("/{one}/two")
    @app.put("/one/two")
    async def write():
        return 1

    return app


def make_both():
    """An application, and one that leaves it to handlers of its own to ask ours."""
    asking = {HTTPException: asked, StarletteHTTPException: asked}
    asking[RequestValidationError] = asked_for_values
    return make_app(), make_app(exception_handlers=asking)


async def both(method, target, **more):
    return [(await exchange(app, method, target, **more)).messages for app in make_both()]


@pytest.mark.parametrize("name", EXCEPTIONS)
async def test_an_exception_is_answered_as_its_handler_answers_it(name):
    written, made = await both("GET", f"/raise/{name.replace(' ', '%20')}")
    assert written == made


@pytest.mark.parametrize("name", FAULTY)
async def test_an_exception_that_is_none_to_be_answered_fails_as_with_its_handler(name):
    target = f"/raise/{name.replace(' ', '%20')}"
    answers = [await exchange_failing(app, "GET", target) for app in make_both()]
    assert answers[0][0].messages == answers[1][0].messages
    assert answers[0][0].status == 500
    assert type(answers[0][1]) is type(answers[1][1])
    assert str(answers[0][1]).split(" at 0x")[0] == str(answers[1][1]).split(" at 0x")[0]


@pytest.mark.parametrize(
    ("method", "target", "status"),
    [
        ("GET", "/nothing", 404),
        ("POST", "/raise/text/", 307),
        ("POST", "/raise/text/more", 404),
        ("DELETE", "/one/two", 405),
        ("GET", "/x/two", 405),
        ("GET", "/safe", 401),
        ("GET", "/safe?page=1", 401),
    ],
)
async def test_a_refusal_is_what_the_handler_answers(method, target, status):
    written, made = await both(method, target)
    assert written == made
    assert written[0]["status"] == status


async def test_errors_of_values_are_what_the_handler_answers():
    headers = [(b"authorization", b"Bearer x")]
    for query in ("", "?page=x", "?page=%ED%A0%80"):
        written, made = await both("GET", f"/safe{query}", headers=headers)
        assert written == made
        assert written[0]["status"] == 422


class Strange:
    def __init__(self):
        self.a = 1


VALUES = [
    "text",
    'a "b" \\ c\n\u2028 é 🦌',
    "long " * 70_000,
    "\ud800",
    None,
    True,
    12,
    10**5000,
    1.5,
    float("nan"),
    float("inf"),
    b"bytes",
    b"\xff",
    [1, "a", None, {"b": [{}]}],
    {"a": 1, "_sa_instance": 2, None: 3, 4: 5},
    {"long": ["x" * 1000] * 1000},
    {(1, 2): 3},
    (1, 2),
    {1},
    Colour.RED,
    Strange(),
    ValueError("no"),
    iter([1]),
]


@pytest.mark.parametrize("count", [1, 3, 20])
@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_errors_are_written_as_their_handler_writes_them(value, count):
    error = {"type": "t", "loc": ("body", 3, "x"), "msg": "m", "input": value}
    with_context = {**error, "ctx": {"error": ValueError("no"), "limit": 7, "value": value}}
    for errors in ([error] * count, [with_context] * count, (error,) * count):
        if not isinstance(value, Iterator):
            assert written_errors(errors) == write_errors(errors)
        assert len(written_errors(errors)) <= MAX_BYTES


@pytest.mark.parametrize("errors", [[], (), "text", {"a": 1}, [1], ["text"], [{}], [{"input": 1}]])
def test_errors_that_are_none_of_ours_are_written_too(errors):
    assert written_errors(errors) == write_errors(errors)


async def test_who_changes_the_headers_of_a_refusal_changes_those_of_one():
    class Adding:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            async def adding(message):
                if message["type"] == "http.response.start":
                    message["headers"].append((b"x-seen", b"1"))
                await send(message)

            await self.app(scope, receive, adding)

    app = make_app()
    app.add_middleware(Adding)
    for method, target in (("GET", "/nothing"), ("DELETE", "/one/two"), ("GET", "/safe")):
        answers = [await exchange(app, method, target) for _ in range(2)]
        for answer in answers:
            assert [name for name, _ in answer.messages[0]["headers"]].count(b"x-seen") == 1


# --- where it is otherwise than usual --------------------------------------------------------


async def tell(request, error):
    return PlainTextResponse(f"told {error.status_code} {error.detail}", error.status_code)


@pytest.mark.parametrize("key", [404, HTTPException, StarletteHTTPException])
async def test_a_handler_of_the_author_answers_what_is_not_found(key):
    app = make_app(exception_handlers={key: tell})
    answer = await exchange(app, "GET", "/nothing")
    is_asked = key is not HTTPException
    # A router raises Starlette's class, which is no subclass of ours.
    assert (answer.body == b"told 404 Not Found") is is_asked


@pytest.mark.parametrize("key", [405, StarletteHTTPException])
async def test_a_handler_of_the_author_answers_a_wrong_method(key):
    answer = await exchange(make_app(exception_handlers={key: tell}), "DELETE", "/one/two")
    assert answer.body == b"told 405 Method Not Allowed"


async def test_the_default_of_a_router_answers_what_is_not_found():
    async def default(scope, receive, send):
        await PlainTextResponse("default", 418)(scope, receive, send)

    app = make_app()
    assert (await exchange(app, "GET", "/nothing")).status == 404
    app.router.default = default
    assert (await exchange(app, "GET", "/nothing")).body == b"default"


async def test_a_router_may_have_a_way_of_its_own_not_to_find():
    class Router(APIRouter):
        async def not_found(self, scope, receive, send):
            await PlainTextResponse("own", 404)(scope, receive, send)

    app = FastAPI(openapi_url=None)
    app.router = Router()
    assert (await exchange(app, "GET", "/nothing")).body == b"own"


@pytest.mark.parametrize(
    ("method", "target"), [("GET", "/nothing"), ("DELETE", "/one/two"), ("GET", "/raise/text")]
)
async def test_a_replaced_writer_of_json_writes_refusals(monkeypatch, method, target):
    app = make_app()
    usual = await exchange(app, method, target)
    monkeypatch.setattr(starlette.responses.JSONResponse, "render", lambda *_: b"replaced")
    assert (await exchange(app, method, target)).body == b"replaced"
    monkeypatch.undo()
    assert (await exchange(app, method, target)).messages == usual.messages


async def test_a_router_without_an_application_refuses_as_starlettes_does():
    router = APIRouter()
    router.add_api_route("/one", lambda: 1)
    assert (await exchange(router, "GET", "/two")).body == b"Not Found"
    assert (await exchange(router, "PUT", "/one")).body == b"Method Not Allowed"


async def test_a_mounted_router_refuses_by_the_handlers_of_the_application():
    router = APIRouter()
    router.add_api_route("/one", lambda: 1)
    for handlers, body in (({}, b'{"detail":"Not Found"}'), ({404: tell}, b"told 404 Not Found")):
        app = FastAPI(exception_handlers=handlers)
        app.mount("/below", router)
        assert (await exchange(app, "GET", "/below/two")).body == body


async def test_a_refusal_that_cannot_be_sent_begins_no_second_answer():
    app = make_app()
    app.add_exception_handler(OSError, tell)
    sent = []

    async def failing(message):
        sent.append(message["type"])
        raise OSError

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/nothing",
        "headers": [],
        "query_string": b"",
    }
    with pytest.raises(RuntimeError, match="response already started"):
        await app(scope, None, failing)
    assert sent == ["http.response.start"]


async def test_refusals_leave_nothing_for_the_collector():
    app = make_app()
    targets = ("/nothing", "/safe", "/raise/text", "/one/two")

    async def ask():
        for target in targets:
            await exchange(app, "GET", target)

    assert await cycles_of(ask) == 0


async def test_a_response_class_of_the_author_does_not_write_refusals():
    class Own(JSONResponse):
        def render(self, content):
            return b"own"

    app = FastAPI(default_response_class=Own)
    assert (await exchange(app, "GET", "/nothing")).body == b'{"detail":"Not Found"}'
