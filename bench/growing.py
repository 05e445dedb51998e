"""Applications that grow: with more routes, levels, dependencies, parameters, items.

Each builder is given the framework and a size.  Beside it stands the floor: the same by hand, over
pydantic-core, for the one route that is asked.  A sweep names both, the sizes, and the request.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic_core import SchemaValidator, core_schema, to_json
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bench.cases import JSON, Case

check_int = SchemaValidator(core_schema.int_schema()).validate_python


class Item(BaseModel):
    """An item of a list that goes out."""

    id: int
    name: str
    price: float
    tags: list[str] = []


class Line(BaseModel):
    """A part of a body that comes in."""

    name: str
    amount: int
    price: float | None = None


class Order(BaseModel):
    """A body with parts."""

    customer: str
    lines: list[Line]


write_items = TypeAdapter(list[Item]).serializer.to_json
check_order = Order.__pydantic_validator__.validate_json


@dataclass(frozen=True, slots=True)
class Sweep:
    """What grows, and what is asked at each size."""

    name: str  # also that of its plot
    what: str
    unit: str  # what is counted
    sizes: tuple[int, ...]
    build: Callable[[Any, int], Any]
    floor: Callable[[int], ASGIApp]
    case: Callable[[int], Case]
    is_logarithmic: bool = True


# --- applications ------------------------------------------------------------------------


def with_routes(framework: Any, count: int) -> Any:
    app = framework.FastAPI()
    for number in range(count):
        add_route(app, number)
    return app


def add_route(app: Any, number: int) -> None:
    async def read(item_id: int) -> Any:
        return {"route": number, "id": item_id}

    app.get(f"/r{number}/{{item_id}}")(read)


def with_levels(framework: Any, count: int) -> Any:
    app = framework.FastAPI()
    routers = [app, *(framework.APIRouter() for _ in range(count))]

    async def read(item_id: int) -> Any:
        return {"id": item_id}

    routers[-1].get("/items/{item_id}")(read)
    for level in range(count, 0, -1):
        routers[level - 1].include_router(routers[level], prefix=f"/level{level}")
    return app


def with_dependencies(framework: Any, count: int) -> Any:
    app = framework.FastAPI()
    marks = {f"value_{at}": framework.Depends(make_dependency(at)) for at in range(count)}
    app.get("/")(make_endpoint(marks))
    return app


def make_dependency(number: int) -> Callable[[], Awaitable[int]]:
    async def give() -> int:
        return number

    return give


def with_parameters(framework: Any, count: int) -> Any:
    app = framework.FastAPI()
    app.get("/")(make_endpoint({f"value_{at}": framework.Query() for at in range(count)}))
    return app


def make_endpoint(marks: dict[str, Any]) -> Callable[..., Any]:
    """An endpoint with so many parameters.  Text is the only way to write a signature of any size.

    It sums them up, so that the answer says whether all were there.
    """
    parameters = ", ".join(f"{name}: int = marks[{name!r}]" for name in marks)
    text = f"async def total({parameters}): return {{'total': {' + '.join(marks) or '0'}}}"
    names: dict[str, Any] = {"marks": marks}
    exec(text, names)  # noqa: S102  the text above, and nothing of anybody else's
    endpoint: Callable[..., Any] = names["total"]
    return endpoint


def with_items(framework: Any, count: int) -> Any:
    app = framework.FastAPI()
    items = make_items(count)

    async def read() -> Any:
        return items

    app.get("/items", response_model=list[Item])(read)
    return app


def make_items(count: int) -> list[Item]:
    return [Item(id=at, name=f"item {at}", price=at / 4, tags=["a", "b"]) for at in range(count)]


def with_body(framework: Any, _: int) -> Any:
    app = framework.FastAPI()

    async def order(order: Order) -> Any:
        return {"lines": len(order.lines)}

    app.post("/orders")(order)
    return app


# --- floors ------------------------------------------------------------------------------


async def answer(send: Send, content: bytes) -> None:
    headers = [(b"content-length", b"%d" % len(content)), *JSON]
    start: Message = {"type": "http.response.start", "status": 200, "headers": headers}
    await send(start)
    await send({"type": "http.response.body", "body": content})


def floor_of_routes(count: int) -> ASGIApp:
    numbers = {f"r{number}": number for number in range(count)}

    async def read(number: int, item_id: int) -> Any:
        return {"route": number, "id": item_id}

    async def app(scope: Scope, _: Receive, send: Send) -> None:
        _, first, item_id = scope["path"].split("/")
        await answer(send, to_json(await read(numbers[first], check_int(item_id))))

    return app


def floor_of_levels(count: int) -> ASGIApp:
    below = "".join(f"/level{level}" for level in range(1, count + 1)) + "/items"

    async def read(item_id: int) -> Any:
        return {"id": item_id}

    async def app(scope: Scope, _: Receive, send: Send) -> None:
        path, _, item_id = scope["path"].rpartition("/")
        if path == below:
            await answer(send, to_json(await read(check_int(item_id))))

    return app


def floor_of_dependencies(count: int) -> ASGIApp:
    dependencies = [make_dependency(at) for at in range(count)]
    endpoint = make_endpoint({f"value_{at}": None for at in range(count)})

    async def app(_: Scope, __: Receive, send: Send) -> None:
        values = [await dependency() for dependency in dependencies]
        await answer(send, to_json(await endpoint(*values)))

    return app


def floor_of_parameters(count: int) -> ASGIApp:
    names = [f"value_{at}" for at in range(count)]
    endpoint = make_endpoint(dict.fromkeys(names))

    async def app(scope: Scope, _: Receive, send: Send) -> None:
        text = scope["query_string"].decode("latin-1")
        raw = dict([pair.split("=", 1) for pair in text.split("&")]) if text else {}
        values = [check_int(raw[name]) for name in names]
        await answer(send, to_json(await endpoint(*values)))

    return app


def floor_of_items(count: int) -> ASGIApp:
    items = make_items(count)

    async def read() -> Any:
        return items

    async def app(_: Scope, __: Receive, send: Send) -> None:
        await answer(send, write_items(await read()))

    return app


def floor_of_body(_: int) -> ASGIApp:
    async def order(order: Order) -> Any:
        return {"lines": len(order.lines)}

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        body = (await receive())["body"]
        await answer(send, to_json(await order(check_order(body))))

    return app


# --- requests ----------------------------------------------------------------------------


def ask_last_route(count: int) -> Case:
    return Case("routes", "the last route", f"/r{count - 1}/7")


def ask_deepest(count: int) -> Case:
    levels = "".join(f"/level{level}" for level in range(1, count + 1))
    return Case("includes", "the deepest route", f"{levels}/items/7")


def ask_total(_: int) -> Case:
    return Case("dependencies", "the total of what they give", "/")


def ask_total_of_query(count: int) -> Case:
    query = "&".join(f"value_{at}={at}" for at in range(count)).encode()
    return Case("parameters", "the total of them", "/", query=query)


def ask_items(_: int) -> Case:
    return Case("lists", "all items", "/items")


def send_order(count: int) -> Case:
    lines = [Line(name=f"thing {at}", amount=at, price=at / 4) for at in range(count)]
    body = Order(customer="bob", lines=lines).model_dump_json().encode()
    return Case("bodies", "an order", "/orders", method="POST", headers=JSON, body=body)


TENS = (1, 10, 100, 1_000, 10_000)

SWEEPS = (
    Sweep(
        "routes",
        "the last of so many routes with a typed path parameter",
        "routes",
        TENS,
        with_routes,
        floor_of_routes,
        ask_last_route,
    ),
    Sweep(
        "includes",
        "a route below so many levels of `include_router`",
        "levels",
        (0, 1, 2, 4, 8),
        with_levels,
        floor_of_levels,
        ask_deepest,
        is_logarithmic=False,
    ),
    Sweep(
        "dependencies",
        "so many async dependencies without parameters",
        "dependencies",
        (0, 1, 2, 4, 8, 16, 32, 64),
        with_dependencies,
        floor_of_dependencies,
        ask_total,
        is_logarithmic=False,
    ),
    Sweep(
        "parameters",
        "so many query parameters, each an `int`",
        "parameters",
        (0, 1, 2, 4, 8, 16, 32),
        with_parameters,
        floor_of_parameters,
        ask_total_of_query,
        is_logarithmic=False,
    ),
    Sweep(
        "lists",
        "a list of so many models through `response_model`",
        "models",
        TENS,
        with_items,
        floor_of_items,
        ask_items,
    ),
    Sweep(
        "bodies",
        "a JSON body of so many models within a model",
        "models",
        TENS,
        with_body,
        floor_of_body,
        send_order,
    ),
)
