"""No two requests share an object that one of them could change for the other."""

import copy
from dataclasses import dataclass, field
from typing import Annotated

import pytest
from drivers.asgi import Client, exchange, make_scope
from pydantic import BaseModel

from pronghorn import (
    BackgroundTasks,
    Body,
    Cookie,
    Depends,
    FastAPI,
    Form,
    Header,
    HTTPException,
    Query,
    Request,
    Response,
    Security,
)
from pronghorn.exceptions import RequestValidationError
from pronghorn.responses import JSONResponse, PlainTextResponse
from pronghorn.security import SecurityScopes

pytestmark = pytest.mark.anyio

FORM = (b"content-type", b"application/x-www-form-urlencoded")
JSON = (b"content-type", b"application/json")
CHANGEABLE = (list, dict, set, bytearray, BaseModel)


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


class Item(BaseModel):
    tags: list[str] = []


@dataclass
class Page:
    sizes: list[int] = field(default_factory=list)


class Found(Exception):
    pass


def make_app():
    app = FastAPI()

    @app.get("/plain")
    async def plain():
        return {"a": 1}

    @app.get("/model")
    async def model() -> Item:
        return Item(tags=["a"])

    @app.get("/sync")
    def sync():
        return {"a": 1}

    @app.get("/raised")
    async def raised():
        raise HTTPException(400, {"a": 1}, headers={"x-a": "1"})

    @app.get("/custom")
    async def custom():
        raise Found

    @app.exception_handler(Found)
    async def handle(request, error):
        return PlainTextResponse("found", 418)

    @app.get("/number/{number}")
    async def number(number: int):
        return number

    @app.get("/injected")
    async def injected(response: Response):
        response.headers["x-a"] = "1"
        return {"a": 1}

    @app.get("/own")
    async def own():
        return PlainTextResponse("a")

    @app.get("/stream")
    async def stream():
        yield {"a": 1}

    @app.get("/none", status_code=204)
    async def none():
        return None

    @app.post("/form")
    async def form(a: Annotated[str, Form()]):
        return a

    return app


REQUESTS = [
    ("GET", "/plain"),
    ("GET", "/model"),
    ("GET", "/sync"),
    ("GET", "/raised"),
    ("GET", "/custom"),
    ("GET", "/number/7"),
    ("GET", "/number/x"),
    ("GET", "/injected"),
    ("GET", "/own"),
    ("GET", "/stream"),
    ("GET", "/none"),
    ("POST", "/form"),
    ("GET", "/nowhere"),
    ("DELETE", "/plain"),
    ("GET", "/plain/"),
    ("GET", "/openapi.json"),
    ("GET", "/docs"),
]


async def messages_of(app, method, target):
    body = b"a=1" if method == "POST" else b""
    return (await exchange(app, method, target, body=body, headers=[FORM])).messages


@pytest.mark.parametrize(("method", "target"), REQUESTS)
async def test_who_changes_an_answer_changes_no_other(method, target):
    """As a middleware may do, after it has passed the answer on."""
    app = make_app()
    await messages_of(app, method, target)
    untouched = copy.deepcopy(await messages_of(app, method, target))

    async def changing(scope, receive, send):
        async def change_and_send(message):
            await send(copy.deepcopy(message))
            for header in message.get("headers", ()):
                assert type(header) is tuple
                assert {type(part) for part in header} == {bytes}
            if "headers" in message:
                message["headers"].append((b"x-changed", b"1"))
                message["headers"][0] = (b"content-length", b"0")
                message["status"] = 500
            message["body"] = b"changed"
            message["added"] = True

        await app(scope, receive, change_and_send)

    assert await messages_of(changing, method, target) == untouched
    assert await messages_of(app, method, target) == untouched


@pytest.mark.parametrize(("method", "target"), REQUESTS)
async def test_two_answers_share_no_message_and_no_list_of_headers(method, target):
    app = make_app()
    await messages_of(app, method, target)
    first, second = [await messages_of(app, method, target) for _ in range(2)]
    shared = {id(part) for part in changeable_in(first)}
    assert shared
    assert not shared & {id(part) for part in changeable_in(second)}


def changeable_in(value):
    """All within *value*, itself included, that could be changed."""
    if isinstance(value, CHANGEABLE):
        yield value
    if isinstance(value, BaseModel):
        value = vars(value)
    if isinstance(value, dict):
        yield from (part for item in value.values() for part in changeable_in(item))
    elif isinstance(value, (list, tuple, set)):
        yield from (part for item in value for part in changeable_in(item))


# --- what endpoints and dependencies are given ---------------------------------------------------------


async def test_defaults_that_can_be_changed_are_each_requests_own():
    app = FastAPI()
    given = []
    written = ["a"]

    def settings(sizes: Annotated[list[int], Query()] = [1]):  # noqa: B006  That is what is tried.
        given.append(sizes)
        return sizes

    @app.post("/")
    async def endpoint(
        settings: Annotated[list, Depends(settings)],
        query: Annotated[list[str], Query()] = written,
        header: Annotated[list[str], Header()] = written,
        names: Annotated[set[str], Query()] = {"a"},  # noqa: B006
        item: Item = Item(tags=["a"]),
        body: Annotated[dict, Body()] = {"a": [1]},  # noqa: B006
        page: Annotated[Page, Body()] = Page([1]),
        cookie: Annotated[str, Cookie()] = "a",
    ):
        values = [settings, query, header, names, item, body, page.sizes]
        given.extend([*values, item.tags, body["a"], page])
        seen = copy.deepcopy(values)
        for value in (settings, query, header, item.tags, body["a"], page.sizes):
            value.append("changed")
        names.add("changed")
        body["changed"] = True
        return seen

    first, second = [(await exchange(app, "POST", "/")).json for _ in range(2)]
    assert first == second == [[1], ["a"], ["a"], ["a"], {"tags": ["a"]}, {"a": [1]}, [1]]
    assert written == ["a"]
    # A dependency and who takes its value share it, within a request.
    assert len({id(value) for value in given}) == len(given) - 2


@pytest.mark.parametrize("wants_request", [False, True])
async def test_defaults_of_a_form_that_can_be_changed_are_each_requests_own(wants_request):
    app = FastAPI()
    given = []

    def read(tags, options):
        given.extend([tags, options])
        seen = [list(tags), dict(options)]
        tags.append("changed")
        options["changed"] = 1
        return seen

    if wants_request:

        @app.post("/")
        async def endpoint_with_request(
            request: Request,
            tags: Annotated[list[str], Form()] = ["a"],  # noqa: B006
            options: Annotated[dict, Form()] = {"a": 1},  # noqa: B006
        ):
            return read(tags, options)
    else:

        @app.post("/")
        async def endpoint(
            tags: Annotated[list[str], Form()] = ["a"],  # noqa: B006
            options: Annotated[dict, Form()] = {"a": 1},  # noqa: B006
        ):
            return read(tags, options)

    for _ in range(2):
        assert (await exchange(app, "POST", "/", headers=[FORM])).json == [["a"], {"a": 1}]
    assert len({id(value) for value in given}) == 4


async def test_two_requests_are_two_objects_and_so_is_all_that_they_have():
    app = FastAPI()
    given = []

    async def resource(request: Request, scopes: SecurityScopes):
        given.append((scopes, scopes.scopes))
        scopes.scopes.append("changed")
        yield request

    @app.post("/{number}")
    @app.post("/static")
    async def endpoint(
        request: Request,
        response: Response,
        tasks: BackgroundTasks,
        same=Security(resource, scopes=["a"]),
        item: Annotated[dict | None, Body()] = None,
    ):
        assert same is request
        given.append((request, request.scope, request.path_params, request.headers, request.state))
        given.append((request.query_params, request.cookies, await request.json(), item))
        given.append((response, response.headers, response.raw_headers, tasks, tasks.tasks))
        request.scope["path_params"]["changed"] = True
        request.state.changed = True
        response.headers["x-changed"] = str(len(request.path_params))
        return [sorted(request.path_params), item]

    for target, names in (("/static", ["changed"]), ("/7", ["changed", "number"])):
        for _ in range(2):
            answer = await exchange(app, "POST", target, body=b'{"a": [1]}', headers=[JSON])
            assert answer.json == [names, {"a": [1]}]
            assert answer.headers["x-changed"] == str(len(names))
    flat = [part for parts in given for part in parts]
    assert {tuple(scopes.scopes) for scopes, *_ in given[::4]} == {("a", "changed")}
    assert len({id(part) for part in flat}) == len(flat)


async def test_the_lists_of_a_server_are_not_kept():
    """A server may use them again: what belongs to one request is looked up in its own scope."""
    app = FastAPI()

    @app.get("/{number}")
    async def endpoint(number: int, q: int, x_who: Annotated[str, Header()]):
        return [number, q, x_who]

    headers = [(b"x-who", b"0")]
    for number in range(3):
        headers[0] = (b"x-who", b"%d" % number)
        client = Client()
        scope = make_scope("GET", f"/{number}?q={number}")
        scope["headers"] = headers
        await app(scope, client.receive, client.send)
        assert client.answer.json == [number, number, str(number)]
        scope.clear()


@pytest.mark.parametrize("target", ["/?number=x", "/", "/?number=1&page=x"])
async def test_who_changes_the_errors_of_a_request_changes_no_others(target):
    app = FastAPI()

    @app.exception_handler(RequestValidationError)
    async def handle(request, error):
        answer = JSONResponse([error.errors(), error.endpoint_ctx], 422)
        for found in error.errors():
            found["msg"] = "changed"
            found.setdefault("ctx", {})["changed"] = "changed"
        error.errors().append({"msg": "changed"})
        error.endpoint_ctx.clear()
        return answer

    @app.get("/")
    async def endpoint(number: Annotated[int, Query(ge=5)], page: int = 1):
        return number

    first, second = [await exchange(app, "GET", target) for _ in range(2)]
    assert first.body == second.body
    assert b"changed" not in second.body


async def test_a_handler_of_exceptions_gets_the_request_of_its_own_exception():
    app = FastAPI()
    kept = HTTPException(400, {"a": []})
    given = []

    @app.exception_handler(HTTPException)
    async def handle(request, error):
        given.append(request)
        return JSONResponse([request.url.path, await request.json()], 400)

    @app.post("/{number}")
    async def endpoint(number: int, item: Annotated[dict, Body()]):
        # The same exception, raised by every request.
        raise kept

    for number in range(3):
        body = b'{"a": %d}' % number
        answer = await exchange(app, "POST", f"/{number}", body=body, headers=[JSON])
        assert answer.json == [f"/{number}", {"a": number}]
    assert len({id(request) for request in given}) == 3
    assert kept.__traceback__ is None
