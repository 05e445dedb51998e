"""What rooms make of exceptions: after the handlers of the user's, before those for `Exception`."""

import pytest
from drivers.asgi import exchange, exchange_failing
from drivers.cycles import cycles_of
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.routing import Mount, Route
from starlette.websockets import WebSocketDisconnect

from pronghorn import APIRouter, FastAPI, HTTPException, WebSocket, WebSocketException
from pronghorn.exception_handlers import fallbacks
from pronghorn.exceptions import RequestValidationError
from pronghorn.responses import PlainTextResponse, StreamingResponse
from pronghorn.routing import APIRoute
from pronghorn.testclient import TestClient

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


class LibraryError(Exception):
    pass


class TakenError(LibraryError):
    pass


class AwayError(LibraryError):
    pass


class WrongError(LibraryError):
    pass


class FaultyError(LibraryError):
    pass


class UnknownError(LibraryError):
    pass


RAISED = {
    "taken": TakenError,
    "away": AwayError,
    "wrong": WrongError,
    "faulty": FaultyError,
    "unknown": UnknownError,
}


class NamedError(Exception):
    """What is made of a fault of the programmer's: nobody answers it, and the log names it."""


def understood(error, protocol):
    if protocol == "websocket":
        return WebSocketException(1013, "later")
    match error:
        case TakenError():
            return HTTPException(409, "`name` is taken")
        case AwayError():
            return HTTPException(503, "away", {"Retry-After": "1"})
        case WrongError():
            return RequestValidationError([{"type": "wrong", "loc": ["body"], "msg": "No"}])
        case FaultyError():
            return NamedError("the fault has a name")
    return None


@pytest.fixture(autouse=True)
def library():
    fallbacks[LibraryError] = understood
    yield
    del fallbacks[LibraryError]


async def fail(name: str):
    raise RAISED[name](name)


async def starlettes(request):
    await fail(request.path_params["name"])


class OwnRoute(APIRoute):
    def get_route_handler(self):
        handler = super().get_route_handler()

        async def own(request):
            return await handler(request)

        return own


async def pass_on(request, call_next):
    return await call_next(request)


def plain(**options):
    app = FastAPI(**options)
    app.get("/{name}")(fail)
    return app


def under_middleware(**options):
    return plain(middleware=[Middleware(BaseHTTPMiddleware, dispatch=pass_on)], **options)


def own_route(**options):
    app = FastAPI(**options)
    app.router.route_class = OwnRoute
    app.get("/{name}")(fail)
    return app


def limited(**options):
    app = FastAPI(**options)
    router = APIRouter(max_body_size=1000)
    router.get("/{name}")(fail)
    app.include_router(router)
    return app


def starlettes_route(**options):
    return FastAPI(routes=[Mount("/", routes=[Route("/{name}", starlettes)])], **options)


def mounted(**options):
    app = FastAPI()
    app.mount("/", plain(**options))
    return app


WAYS = [plain, under_middleware, own_route, limited, starlettes_route, mounted]


@pytest.fixture(params=WAYS, ids=lambda way: way.__name__)
def way(request):
    return request.param


async def test_it_is_answered_as_what_is_made_of_it(way):
    app = way()
    taken = await exchange(app, "GET", "/taken")
    assert (taken.status, taken.json) == (409, {"detail": "`name` is taken"})
    away = await exchange(app, "GET", "/away")
    assert (away.status, away.headers["retry-after"]) == (503, "1")
    wrong = await exchange(app, "GET", "/wrong")
    assert (wrong.status, wrong.json["detail"][0]["type"]) == (422, "wrong")


async def test_what_nobody_understands_is_raised_as_it_is(way):
    reply, error = await exchange_failing(way(), "GET", "/unknown")
    assert (reply.status, type(error)) == (500, UnknownError)


async def test_what_nobody_answers_is_raised_in_its_place(way):
    reply, error = await exchange_failing(way(), "GET", "/faulty")
    assert (reply.status, type(error), type(error.__cause__)) == (500, NamedError, FaultyError)


async def say(request, error):
    return PlainTextResponse(f"{type(error).__name__} of {type(error.__cause__).__name__}", 418)


@pytest.mark.parametrize("kind", [TakenError, LibraryError])
async def test_a_handler_for_the_class_or_a_base_wins(way, kind):
    reply = await exchange(way(exception_handlers={kind: say}), "GET", "/taken")
    assert (reply.status, reply.body.decode()) == (418, "TakenError of NoneType")


@pytest.mark.parametrize("kind", [Exception, 500])
async def test_it_comes_before_the_handler_for_what_nobody_understands(way, kind):
    app = way(exception_handlers={kind: say})
    assert (await exchange(app, "GET", "/taken")).status == 409
    reply, _ = await exchange_failing(app, "GET", "/unknown")
    assert (reply.status, reply.body.decode()) == (418, "UnknownError of NoneType")
    reply, _ = await exchange_failing(app, "GET", "/faulty")
    assert (reply.status, reply.body.decode()) == (418, "NamedError of FaultyError")


@pytest.mark.parametrize("kind", [HTTPException, 409])
async def test_what_is_made_of_it_is_answered_by_the_users_handler(way, kind):
    reply = await exchange(way(exception_handlers={kind: say}), "GET", "/taken")
    assert (reply.status, reply.body.decode()) == (418, "HTTPException of TakenError")


async def test_an_answer_that_has_begun_fails_with_the_error_itself():
    app = FastAPI()

    @app.get("/")
    async def stream():
        async def body():
            yield b"x"
            raise TakenError

        return StreamingResponse(body())

    reply, error = await exchange_failing(app, "GET", "/")
    assert (reply.status, type(error)) == (200, TakenError)


@pytest.mark.parametrize("is_accepted", [False, True])
def test_a_websocket_is_told_by_a_code(is_accepted):
    app = FastAPI()

    @app.websocket("/")
    async def talk(socket: WebSocket):
        if is_accepted:
            await socket.accept()
        raise AwayError

    with pytest.raises(WebSocketDisconnect) as left, TestClient(app).websocket_connect("/") as it:
        it.receive_text()
    assert left.value.code == 1013


async def test_a_refused_request_leaves_nothing_for_the_collector(way):
    app = way()
    assert await cycles_of(lambda: exchange(app, "GET", "/taken")) == 0
