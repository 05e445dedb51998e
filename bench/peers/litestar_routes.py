"""Litestar: it validates by itself, models of pydantic too."""

from typing import Annotated, Any

from litestar import Litestar, get, post
from litestar.params import Parameter

from bench.models import ACCOUNTS, Account, User, UserIn


@get("/hello")
async def hello() -> dict[str, Any]:
    return {"message": "hello"}


@get("/params/{item_id:int}")
async def params(
    item_id: int, q: str | None = None, limit: Annotated[int, Parameter(ge=1, le=100)] = 10
) -> dict[str, Any]:
    return {"id": item_id, "q": q, "limit": limit}


@post("/body")
async def body(data: UserIn) -> User:
    return User(id=1, **data.model_dump())


@get("/list100")
async def list100() -> list[Account]:
    return list(ACCOUNTS.values())


def make(*handlers: Any) -> Litestar:
    return Litestar(list(handlers), openapi_config=None)


APPLICATIONS: dict[str, Any] = {
    "hello": lambda: make(hello),
    "params": lambda: make(params),
    "body": lambda: make(body),
    "list100": lambda: make(list100),
    "wire": lambda: make(hello, params, body),
}
