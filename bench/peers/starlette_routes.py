"""Starlette: it validates nothing, so pydantic is called by hand."""

from typing import Any

from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bench.models import ACCOUNTS, Account, User, UserIn

check_int = TypeAdapter(int).validate_python
accounts = TypeAdapter(list[Account])


async def hello(request: Request) -> Response:
    return JSONResponse({"message": "hello"})


async def params(request: Request) -> Response:
    query = request.query_params
    try:
        item_id = check_int(request.path_params["item_id"])
        limit = check_int(query.get("limit", "10"))
    except ValidationError as error:
        return refuse(error)
    if not 1 <= limit <= 100:
        return JSONResponse({"detail": "limit is from 1 to 100"}, 422)
    return JSONResponse({"id": item_id, "q": query.get("q"), "limit": limit})


async def body(request: Request) -> Response:
    try:
        user = UserIn.model_validate_json(await request.body())
    except ValidationError as error:
        return refuse(error)
    made = User(id=1, **user.model_dump())
    return Response(made.model_dump_json(), 201, media_type="application/json")


async def list100(request: Request) -> Response:
    return Response(accounts.dump_json(list(ACCOUNTS.values())), media_type="application/json")


def sync(request: Request) -> Response:
    return JSONResponse({"message": "hello"})


async def read_one_of_many(request: Request) -> Response:
    try:
        item_id = check_int(request.path_params["item_id"])
    except ValidationError as error:
        return refuse(error)
    return JSONResponse({"route": int(request.url.path.split("/")[1][1:]), "id": item_id})


def refuse(error: ValidationError) -> Response:
    return Response(error.json(), 422, media_type="application/json")


HELLO = Route("/hello", hello)
PARAMS = Route("/params/{item_id}", params)
BODY = Route("/body", body, methods=["POST"])
MANY = [Route(f"/r{number}/{{item_id}}", read_one_of_many) for number in range(300)]


APPLICATIONS: dict[str, Any] = {
    "hello": lambda: Starlette(routes=[HELLO]),
    "params": lambda: Starlette(routes=[PARAMS]),
    "body": lambda: Starlette(routes=[BODY]),
    "list100": lambda: Starlette(routes=[Route("/list100", list100)]),
    "route300": lambda: Starlette(routes=MANY),
    "sync": lambda: Starlette(routes=[Route("/sync", sync)]),
    "wire": lambda: Starlette(routes=[HELLO, PARAMS, BODY]),
}
