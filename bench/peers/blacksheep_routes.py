"""BlackSheep: it binds and validates by itself; what it has no constraint for is asked by hand."""

from typing import Any

from blacksheep import Application, Content, FromJSON, Response, Router, json
from pydantic import TypeAdapter

from bench.models import ACCOUNTS, Account, User, UserIn

accounts = TypeAdapter(list[Account])


async def hello() -> Response:
    return json({"message": "hello"})


async def params(item_id: int, q: str | None = None, limit: int = 10) -> Response:
    if not 1 <= limit <= 100:
        return json({"detail": "limit is from 1 to 100"}, 422)
    return json({"id": item_id, "q": q, "limit": limit})


async def body(data: FromJSON[UserIn]) -> Response:
    made = User(id=1, **data.value.model_dump())
    return Response(201, content=Content(b"application/json", made.model_dump_json().encode()))


async def list100() -> Response:
    return Response(
        200, content=Content(b"application/json", accounts.dump_json(list(ACCOUNTS.values())))
    )


ROUTES = {
    "hello": ("GET", "/hello", hello),
    "params": ("GET", "/params/{item_id}", params),
    "body": ("POST", "/body", body),
    "list100": ("GET", "/list100", list100),
}


def make(*names: str) -> Application:
    """An application of its own, with these routes."""
    app = Application(router=Router())
    for name in names:
        method, path, endpoint = ROUTES[name]
        app.router.add(method, path, endpoint)
    return app


APPLICATIONS: dict[str, Any] = {
    **{name: lambda name=name: make(name) for name in ROUTES},
    "wire": lambda: make("hello", "params", "body"),
}
