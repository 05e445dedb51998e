"""Exceptions: who answers them, what happens when that fails, and what the server sees."""

import pytest
from drivers.asgi import exchange, exchange_failing
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware

from pronghorn import APIRouter, Depends, FastAPI, HTTPException, Request, Response
from pronghorn.exceptions import RequestValidationError
from pronghorn.responses import JSONResponse, PlainTextResponse, StreamingResponse
from pronghorn.routing import APIRoute, Mount

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


class Pure:
    """A middleware that does nothing, and so changes who is the outermost."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


class Copying(Pure):
    """A middleware that passes on a scope of its own."""

    async def __call__(self, scope, receive, send):
        await self.app(dict(scope), receive, send)


async def pass_on(request, call_next):
    return await call_next(request)


LAYERS = {
    "none": [],
    "pure": [Middleware(Pure)],
    "copying": [Middleware(Copying)],
    "http": [Middleware(BaseHTTPMiddleware, dispatch=pass_on)],
}


@pytest.fixture(params=list(LAYERS))
def layers(request):
    return LAYERS[request.param]


class Gone(LookupError):
    pass


def make_app(layers=(), **options):
    app = FastAPI(middleware=list(layers), **options)

    @app.get("/{name}")
    async def endpoint(name: str):
        raise {"gone": Gone, "lookup": LookupError, "http": HTTPException, "other": OSError}[name](
            *([404, "Nothing"] if name == "http" else [name])
        )

    return app


def text(prefix, status=400):
    async def handler(request, error):
        return PlainTextResponse(f"{prefix} {error}", status)

    return handler


async def test_a_handler_is_found_by_the_nearest_class(layers):
    app = make_app(layers)
    app.add_exception_handler(LookupError, text("lookup:"))
    assert (await exchange(app, "GET", "/gone")).body == b"lookup: gone"
    app = make_app(layers)
    app.add_exception_handler(LookupError, text("lookup:"))
    app.add_exception_handler(Gone, text("gone:"))
    assert (await exchange(app, "GET", "/gone")).body == b"gone: gone"
    assert (await exchange(app, "GET", "/lookup")).body == b"lookup: lookup"


async def test_a_handler_by_status_comes_before_one_by_class(layers):
    app = make_app(layers)
    app.add_exception_handler(StarletteHTTPException, text("class:"))
    app.add_exception_handler(404, text("status:"))
    assert (await exchange(app, "GET", "/http")).body == b"status: 404: Nothing"
    answer = await exchange(app, "DELETE", "/http")
    assert answer.body == b"class: 405: Method Not Allowed"


async def test_a_handler_may_be_blocking(layers):
    app = make_app(layers)
    app.add_exception_handler(Gone, lambda request, error: PlainTextResponse("blocking", 410))
    answer = await exchange(app, "GET", "/gone")
    assert (answer.status, answer.body) == (410, b"blocking")


async def test_handlers_are_given_to_the_application_or_added_by_decorator():
    app = FastAPI(exception_handlers={Gone: text("given:")})

    @app.exception_handler(OSError)
    async def added(request: Request, error):
        return JSONResponse({"added": request.url.path})

    @app.get("/gone")
    async def gone():
        raise Gone("gone")

    @app.get("/os")
    async def os_error():
        raise OSError

    assert (await exchange(app, "GET", "/gone")).body == b"given: gone"
    assert (await exchange(app, "GET", "/os")).json == {"added": "/os"}


async def test_a_handler_of_validation_errors_replaces_the_usual_one(layers):
    app = FastAPI(middleware=layers)

    @app.get("/{number}")
    async def endpoint(number: int):
        pass

    @app.exception_handler(RequestValidationError)
    async def handler(request, error):
        return JSONResponse({"count": len(error.errors())}, 400)

    answer = await exchange(app, "GET", "/x")
    assert (answer.status, answer.json) == (400, {"count": 1})


async def test_what_a_handler_raises_is_answered_by_its_own_handler(layers):
    app = make_app(layers)

    @app.exception_handler(Gone)
    async def handler(request, error):
        raise HTTPException(410, "From the handler")

    answer, error = await exchange_failing(app, "GET", "/gone")
    assert (answer.status, answer.json, error) == (410, {"detail": "From the handler"}, None)


async def test_a_handler_that_raises_the_same_again_is_asked_once_more(layers):
    app = make_app(layers)
    calls = []

    @app.exception_handler(Gone)
    async def handler(request, error):
        calls.append(error)
        raise Gone("again")

    answer, error = await exchange_failing(app, "GET", "/gone")
    assert (answer.status, answer.body) == (500, b"Internal Server Error")
    assert isinstance(error, Gone)
    assert len(calls) == 2


async def test_what_nobody_answers_is_a_500_and_reaches_the_server(layers):
    answer, error = await exchange_failing(make_app(layers), "GET", "/other")
    assert (answer.status, answer.body) == (500, b"Internal Server Error")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert isinstance(error, OSError)


@pytest.mark.parametrize("key", [500, Exception])
async def test_a_handler_of_last_resort_answers_and_the_server_still_sees_it(layers, key):
    app = make_app(layers, exception_handlers={key: text("last:", 500)})
    answer, error = await exchange_failing(app, "GET", "/other")
    assert (answer.status, answer.body) == (500, b"last: other")
    assert isinstance(error, OSError)


async def test_a_raised_500_is_answered_by_its_own_handler(layers):
    app = FastAPI(middleware=layers, exception_handlers={500: text("last:", 500)})

    @app.get("/")
    async def endpoint():
        raise HTTPException(500, "Own")

    answer, error = await exchange_failing(app, "GET", "/")
    assert (answer.status, answer.json, error) == (500, {"detail": "Own"}, None)


async def test_a_failing_handler_of_last_resort_leaves_no_answer(layers):
    async def fail(request, error):
        raise ZeroDivisionError

    app = make_app(layers, exception_handlers={Exception: fail})
    answer, error = await exchange_failing(app, "GET", "/other")
    assert answer.messages == []
    assert isinstance(error, ZeroDivisionError)


async def test_the_debug_page_shows_the_traceback(layers):
    app = make_app(layers, debug=True)
    headers = [(b"accept", b"text/html")]
    answer, error = await exchange_failing(app, "GET", "/other", headers=headers)
    assert answer.status == 500
    assert answer.headers["content-type"].startswith("text/html")
    assert b"OSError" in answer.body
    assert b"test_exceptions.py" in answer.body
    assert isinstance(error, OSError)
    answer, _ = await exchange_failing(app, "GET", "/other")
    assert answer.headers["content-type"].startswith("text/plain")
    assert b"OSError: other" in answer.body


async def chunks(error):
    yield b"begun"
    raise error


@pytest.mark.parametrize(
    "error", [OSError("broken"), HTTPException(418), RequestValidationError([])], ids=repr
)
async def test_an_exception_after_the_answer_has_begun_makes_no_second_answer(layers, error):
    app = FastAPI(middleware=layers, exception_handlers={Exception: text("last:", 500)})

    @app.get("/")
    async def endpoint():
        return StreamingResponse(chunks(error))

    answer, raised = await exchange_failing(app, "GET", "/")
    assert answer.status == 200
    assert answer.body == b"begun"
    assert isinstance(raised, (OSError, RuntimeError))
    if isinstance(raised, RuntimeError):
        assert str(raised) == "Caught handled exception, but response already started."
        assert raised.__cause__ is error


async def raw(scope, receive, send):
    """A foreign application that breaks off in the middle of its answer."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"begun", "more_body": True})
    raise OSError("broken")


def mounted():
    app = FastAPI()
    app.mount("/x", raw)
    return app


def mounted_in_an_include():
    app = FastAPI()
    router = APIRouter()
    router.routes.append(Mount("/x", app=raw))
    app.include_router(router)
    return app


def plain_route():
    app = FastAPI(openapi_url=None)

    async def endpoint(request):
        return StreamingResponse(chunks(OSError("broken")))

    app.add_route("/x/", endpoint)
    return app


def own_route_class():
    class Own(APIRoute):
        async def handle(self, scope, receive, send):
            await raw(scope, receive, send)

    app = FastAPI()
    app.router.route_class = Own
    app.add_api_route("/x/", lambda: 1)
    return app


def mounted_application(*layers):
    def make():
        app = FastAPI()
        inner = FastAPI(middleware=layers)

        @inner.get("/")
        async def endpoint():
            return StreamingResponse(chunks(OSError("broken")))

        app.mount("/x", inner)
        return app

    return make


def router_as_application():
    app = FastAPI()
    router = APIRouter()

    @router.get("/")
    async def endpoint():
        return StreamingResponse(chunks(OSError("broken")))

    app.mount("/x", router)
    return app


FOREIGN = {
    "mount": mounted,
    "mount in an include": mounted_in_an_include,
    "plain route": plain_route,
    "own route class": own_route_class,
    "application": mounted_application(),
    "application with middleware": mounted_application(Middleware(Pure)),
    "application with copying middleware": mounted_application(Middleware(Copying)),
    "router": router_as_application,
}


@pytest.mark.parametrize("make", FOREIGN.values(), ids=FOREIGN)
@pytest.mark.parametrize("layer", ["none", "copying"])
async def test_a_foreign_answer_that_breaks_off_gets_no_second_start(make, layer):
    app = make()
    app.user_middleware = list(LAYERS[layer])
    answer, error = await exchange_failing(app, "GET", "/x/")
    assert isinstance(error, OSError)
    assert [message["type"] for message in answer.messages] == [
        "http.response.start",
        "http.response.body",
    ]


async def test_a_mounted_application_answers_its_own_exceptions_once(layers):
    inner = make_app(layers)
    app = FastAPI()
    app.mount("/inner", inner)
    inner.add_exception_handler(Gone, text("inner:"))
    app.add_exception_handler(Gone, text("outer:"))
    app.add_exception_handler(LookupError, text("outer:"))
    assert (await exchange(app, "GET", "/inner/gone")).body == b"inner: gone"
    answer, error = await exchange_failing(app, "GET", "/inner/other")
    assert answer.is_complete
    assert answer.status == 500
    assert isinstance(error, OSError)


async def test_plain_routes_use_the_same_handlers(layers):
    app = FastAPI(middleware=layers)
    app.add_exception_handler(Gone, text("handled:"))

    async def plain(request):
        raise Gone("plain")

    app.add_route("/plain", plain)
    assert (await exchange(app, "GET", "/plain")).body == b"handled: plain"


async def test_a_404_is_answered_by_its_handler(layers):
    app = FastAPI(middleware=layers)
    app.add_exception_handler(404, text("nothing:", 404))
    answer = await exchange(app, "GET", "/nowhere")
    assert (answer.status, answer.body) == (404, b"nothing: 404: Not Found")


async def test_an_exception_object_that_is_raised_again_keeps_no_tracebacks():
    app = FastAPI()
    error = Gone("the same")

    @app.get("/")
    async def endpoint():
        raise error

    app.add_exception_handler(Gone, text("handled:"))
    for _ in range(3):
        await exchange(app, "GET", "/")
    depth, traceback = 0, error.__traceback__
    while traceback is not None:
        depth, traceback = depth + 1, traceback.tb_next
    assert depth < 20


async def test_a_handler_that_is_added_late_counts_when_the_stack_is_built():
    app = make_app()
    assert (await exchange(app, "GET", "/http")).status == 404
    app.add_exception_handler(Gone, text("late:"))
    app.middleware_stack = app.build_middleware_stack()
    assert (await exchange(app, "GET", "/gone")).body == b"late: gone"


async def test_middleware_sees_what_the_handlers_answer():
    app = FastAPI()
    seen = []

    @app.middleware("http")
    async def watch(request, call_next):
        response = await call_next(request)
        seen.append(response.status_code)
        return response

    def refuse():
        raise HTTPException(401)

    @app.get("/", dependencies=[Depends(refuse)])
    async def endpoint():
        pass

    assert (await exchange(app, "GET", "/")).status == 401
    assert (await exchange(app, "GET", "/nowhere")).status == 404
    assert seen == [401, 404]


STATUSES = (0, 99, 1000, -1)


async def test_an_injected_response_that_is_returned_with_no_status_is_one_clear_server_error():
    app = FastAPI()

    @app.get("/")
    async def endpoint(response: Response):
        return response

    answer, error = await exchange_failing(app, "GET", "/")
    assert answer.status == 500
    assert isinstance(error, ValueError)
    assert "the status None" in str(error)


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("by", ["response", "injection", "exception", "plain route", "option"])
async def test_a_status_that_is_none_is_one_clear_server_error(status, by):
    app = FastAPI()

    async def plain(request):
        return Response(status_code=status)

    app.add_route("/plain", plain)

    @app.get("/")
    async def endpoint(response: Response):
        if by == "response":
            return Response(status_code=status)
        if by == "exception":
            raise HTTPException(status)
        response.status_code = status
        return None

    if status:
        app.add_api_route("/option", lambda: 1, status_code=status)
    if not status and by in ("injection", "option"):
        pytest.skip("0 means that nobody chose a status")
    target = {"plain route": "/plain", "option": "/option"}.get(by, "/")
    answer, error = await exchange_failing(app, "GET", target)
    assert answer.status == 500
    assert isinstance(error, ValueError)
    assert answer.is_complete


@pytest.mark.parametrize("value", ["a\r\nb: c", "a\nb", "a\0b"])
@pytest.mark.parametrize("by", ["response", "injection", "exception"])
async def test_a_header_that_would_be_two_is_one_clear_server_error(value, by):
    app = FastAPI()

    @app.get("/")
    async def endpoint(response: Response):
        if by == "response":
            return Response(headers={"x-a": value})
        if by == "exception":
            raise HTTPException(400, headers={"x-a": value})
        response.headers["x-a"] = value
        return None

    answer, error = await exchange_failing(app, "GET", "/")
    assert answer.status == 500
    assert isinstance(error, ValueError)
