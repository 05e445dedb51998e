"""Where Pronghorn answers otherwise than FastAPI, on purpose; `docs/differences.md` tells why."""

from contextlib import suppress
from contextvars import ContextVar
from typing import Annotated

import pytest
from drivers.asgi import exchange, exchange_failing, make_scope
from pydantic import BaseModel, Field, GetPydanticSchema
from starlette.applications import Starlette
from starlette.background import BackgroundTask

from pronghorn import APIRouter, BackgroundTasks, Depends, FastAPI, WebSocket
from pronghorn.exceptions import FastAPIError
from pronghorn.responses import JSONResponse
from pronghorn.routing import APIRoute

pytestmark = pytest.mark.anyio

JSON = (b"content-type", b"application/json")


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


class Price(BaseModel):
    amount: float = Field(ge=0, le=10)
    currency: int = 1


# --- what clients send ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "headers", "echo"),
    [
        (b'{"amount": NaN}', [JSON], "NaN"),
        (b'{"amount": Infinity}', [JSON], "Infinity"),
        (b'{"amount": 1, "currency": "\\ud800"}', [JSON], "\\ud800"),
        (b"\xff\xfe", [], "\\xff\\xfe"),
    ],
)
async def test_an_error_may_echo_what_json_cannot_say(body, headers, echo):
    app = FastAPI()

    @app.post("/prices")
    async def create(price: Price):
        return price

    answer = await exchange(app, "POST", "/prices", body=body, headers=headers)

    assert answer.status == 422
    assert answer.json["detail"][0]["input"] == echo


async def test_the_errors_of_a_large_body_are_not_as_large():
    app = FastAPI()

    @app.post("/")
    async def create(numbers: list[int]):
        return numbers

    answer = await exchange(app, "POST", "/", json_body=["x" * 1000] * 2000)

    assert answer.status == 422
    assert len(answer.body) < 300_000
    assert answer.json["detail"][-1]["type"] == "errors_left_out"


async def test_a_refused_websocket_is_told_a_reason_that_is_text():
    app = FastAPI()

    @app.websocket("/{number}")
    async def talk(websocket: WebSocket, number: int):
        await websocket.accept()

    sent = []

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        sent.append(message)

    await app(make_scope("", "/x", protocol="websocket"), receive, send)

    (close,) = sent
    assert close["code"] == 1008
    assert close["reason"].startswith('[{"type":"int_parsing"')
    assert len(close["reason"].encode()) <= 123


# --- background tasks -----------------------------------------------------------------------------


async def test_tasks_run_beside_those_of_a_returned_response():
    app = FastAPI()
    done = []

    @app.get("/")
    def read(tasks: BackgroundTasks):
        tasks.add_task(done.append, "added")
        return JSONResponse(1, background=BackgroundTask(done.append, "returned"))

    await exchange(app, "GET", "/")

    assert sorted(done) == ["added", "returned"]


async def test_tasks_that_are_added_after_the_yield_run():
    app = FastAPI()
    done = []

    async def late(tasks: BackgroundTasks):
        yield
        tasks.add_task(done.append, "late")

    @app.get("/")
    def read(late: Annotated[None, Depends(late)]):
        return 1

    await exchange(app, "GET", "/")

    assert done == ["late"]


@pytest.mark.parametrize("scope", [None, "function", "request"])
async def test_the_tasks_of_a_websocket_run_when_its_endpoint_has_returned(scope):
    done = []
    app = FastAPI()

    def dependency(tasks: BackgroundTasks):
        tasks.add_task(done.append, "of the dependency")
        yield
        done.append("left")
        tasks.add_task(done.append, "of the exit")

    depends = [] if scope is None else [Depends(dependency, scope=scope)]

    @app.websocket("/", dependencies=depends)
    async def endpoint(websocket: WebSocket, tasks: BackgroundTasks):
        tasks.add_task(done.append, "of the endpoint")
        done.append("returned")

    # It says nothing, and hears nothing.
    await app(make_scope("", "/", protocol="websocket"), None, None)

    orders = {
        None: "returned, of the endpoint",
        "function": "returned, left, of the dependency, of the endpoint, of the exit",
        "request": "returned, of the dependency, of the endpoint, left, of the exit",
    }
    assert ", ".join(done) == orders[scope]


# --- dependencies ---------------------------------------------------------------------------------


async def test_a_context_variable_that_a_blocking_dependency_sets_is_seen():
    app = FastAPI()
    tenant = ContextVar("tenant", default="nobody")
    seen_at_exit = []

    def set_tenant():
        tenant.set("acme")

    def generator():
        tenant.set("acme")
        yield
        seen_at_exit.append(tenant.get())

    @app.get("/function", dependencies=[Depends(set_tenant)])
    async def read_after_function():
        return tenant.get()

    @app.get("/generator", dependencies=[Depends(generator)])
    def read_after_generator():
        return tenant.get()

    assert (await exchange(app, "GET", "/function")).json == "acme"
    tenant.set("nobody")
    assert (await exchange(app, "GET", "/generator")).json == "acme"
    assert seen_at_exit == ["acme"]


async def test_a_context_variable_that_a_blocking_endpoint_sets_is_seen_by_its_tasks():
    app = FastAPI()
    tenant = ContextVar("tenant", default="nobody")
    seen = []

    async def look():
        seen.append(tenant.get())

    @app.get("/")
    def read(tasks: BackgroundTasks):
        tenant.set("acme")
        tasks.add_task(look)

    await exchange(app, "GET", "/")
    assert seen == ["acme"]


async def test_an_exception_swallowed_before_the_answer_is_named_as_such():
    app = FastAPI()

    async def swallow():
        with suppress(ValueError):
            yield

    @app.get("/")
    def read(swallowed: Annotated[None, Depends(swallow, scope="function")]):
        raise ValueError

    answer, error = await exchange_failing(app, "GET", "/")

    assert answer.status == 500
    assert isinstance(error, FastAPIError)
    assert "Response not awaited" in str(error)


async def test_parameters_may_be_positional_only():
    app = FastAPI()

    @app.get("/{item_id}")
    def read(item_id: int, /, q: str = ""):
        return [item_id, q]

    assert (await exchange(app, "GET", "/7?q=x")).json == [7, "x"]


class Counting:
    """A dependency that compares by value, and so has no hash."""

    def __init__(self):
        self.calls = 0

    def __call__(self, q: int = 1):
        self.calls += q
        return self.calls

    def __eq__(self, other):
        return isinstance(other, Counting)

    __hash__ = None


@pytest.mark.parametrize("overrides", [{}, {Counting: Counting}])
async def test_a_dependency_may_have_no_hash(overrides):
    app = FastAPI()
    app.dependency_overrides.update(overrides)
    one, two = Counting(), Counting()

    @app.get("/")
    def read(a=Depends(one), b=Depends(one), c=Depends(two), d=Depends(one, use_cache=False)):
        return [a, b, c, d]

    assert (await exchange(app, "GET", "/?q=2")).json == [2, 2, 2, 4]
    assert app.openapi()["paths"]["/"]["get"]["parameters"][0]["name"] == "q"
    assert app.plan("GET /").depends_on(one)


# --- routers and overrides ------------------------------------------------------------------------


async def test_a_route_taken_out_of_an_included_router_is_gone():
    app = FastAPI()
    router = APIRouter()

    @router.get("/")
    def read():
        return 1

    app.include_router(router, prefix="/items")
    assert (await exchange(app, "GET", "/items/")).status == 200

    router.routes.pop()

    assert (await exchange(app, "GET", "/items/")).status == 404


@pytest.mark.parametrize(
    "serve", [lambda router: router, lambda router: Starlette(routes=router.routes)]
)
async def test_a_router_needs_no_application(serve):
    router = APIRouter()

    @router.get("/items/{number}")
    def read(number: int):
        return number

    answer = await exchange(serve(router), "GET", "/items/3")
    assert (answer.status, answer.json) == (200, 3)


async def test_assigned_overrides_are_copied():
    app = FastAPI()

    def dependency():
        return "own"

    @app.get("/")
    def read(value: Annotated[str, Depends(dependency)]):
        return value

    mine = {dependency: lambda: "first"}
    app.dependency_overrides = mine
    assert (await exchange(app, "GET", "/")).json == "first"

    mine[dependency] = lambda: "second"
    assert (await exchange(app, "GET", "/")).json == "first"

    app.dependency_overrides[dependency] = lambda: "second"
    assert (await exchange(app, "GET", "/")).json == "second"


async def test_an_override_counts_from_the_next_request_on():
    app = FastAPI()

    def original():
        return "original"

    async def install():
        app.dependency_overrides[original] = lambda: "replacement"

    @app.get("/")
    def read(_: Annotated[None, Depends(install)], value: Annotated[str, Depends(original)]):
        return value

    assert (await exchange(app, "GET", "/")).json == "original"
    assert (await exchange(app, "GET", "/")).json == "replacement"


# --- the document ---------------------------------------------------------------------------------


def test_the_document_has_no_schema_built_once_more():
    built = []

    def build(source, handler):
        built.append(source)
        return handler(source)

    class Item(BaseModel):
        value: Annotated[int, GetPydanticSchema(build)]

    class Envelope(BaseModel):
        item: Item

    app = FastAPI()

    @app.get("/")
    def read() -> Envelope: ...

    assert built == [int]
    assert app.openapi()["components"]["schemas"].keys() == {"Envelope", "Item"}
    assert built == [int]


async def test_a_handler_that_cannot_be_made_is_no_business_of_the_document():
    faults = [RuntimeError("not now")]

    class Failing(APIRoute):
        def get_route_handler(self):
            if faults:
                raise faults.pop()
            return super().get_route_handler()

    app = FastAPI()
    router = APIRouter(route_class=Failing)
    faults.clear()
    router.add_api_route("/items", lambda: "all")
    app.include_router(router, prefix="/api")
    faults.append(RuntimeError("not now"))

    assert "/api/items" in app.openapi()["paths"]
    _, error = await exchange_failing(app, "GET", "/api/items")
    assert str(error) == "not now"
    assert (await exchange(app, "GET", "/api/items")).json == "all"


# --- mistakes -------------------------------------------------------------------------------------


def test_a_mistake_raises_what_fastapi_raises_with_a_remedy_and_a_code():
    with pytest.raises(AssertionError, match="A path prefix must start with '/'") as raised:
        APIRouter(prefix="items")

    assert isinstance(raised.value, FastAPIError)
    assert "Write '/items'." in str(raised.value)
    assert str(raised.value).endswith("[prefix-start]")
