"""Floors of what is validated and written: dicts, models, parameters and bodies."""

from typing import Any

from pydantic import TypeAdapter, ValidationError
from pydantic_core import SchemaValidator, core_schema, to_json
from starlette.types import Receive, Scope, Send

from bench.floors.answering import (
    JSON,
    NO_METHOD,
    NO_POST,
    NOT_FOUND,
    TOO_LARGE,
    check_int,
    read_body,
    refuse,
    refuse_input,
    split_pairs,
    typed_dict,
)
from bench.models import ACCOUNTS, USERS, Account, Hello, User, UserIn

check_user = UserIn.__pydantic_validator__.validate_json
write_hello = TypeAdapter(Hello).serializer.to_json
write_user = TypeAdapter(User).serializer.to_json
write_users = TypeAdapter(list[User]).serializer.to_json
write_accounts = TypeAdapter(list[Account]).serializer.to_json


async def say_hello() -> dict[str, str]:
    return {"message": "hello"}


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] != "/hello":
        await refuse(send, NOT_FOUND)
        return
    if scope["method"] != "GET":
        await refuse(send, NO_METHOD)
        return
    content = to_json(await say_hello())
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"%d" % len(content)), JSON],
        }
    )
    await send({"type": "http.response.body", "body": content})


async def make_hello() -> Hello:
    return Hello(message="hello")


async def typed(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] != "/typed":
        await refuse(send, NOT_FOUND)
        return
    if scope["method"] != "GET":
        await refuse(send, NO_METHOD)
        return
    content = write_hello(await make_hello())
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"%d" % len(content)), JSON],
        }
    )
    await send({"type": "http.response.body", "body": content})


async def show_params(item_id: int, q: str | None, limit: int) -> dict[str, Any]:
    return {"id": item_id, "q": q, "limit": limit}


check_limit = SchemaValidator(core_schema.int_schema(ge=1, le=100)).validate_python
# All three in one call, so that all errors are found once there is one.
check_params = typed_dict(
    {
        "item_id": (core_schema.int_schema(), True),
        "q": (core_schema.str_schema(), False),
        "limit": (core_schema.int_schema(ge=1, le=100), False),
    }
).validate_python
PLACES = {"item_id": "path", "q": "query", "limit": "query"}


async def params(scope: Scope, receive: Receive, send: Send) -> None:
    path = scope["path"]
    if not path.startswith("/params/") or "/" in (raw := path[8:]):
        await refuse(send, NOT_FOUND)
        return
    if scope["method"] != "GET":
        await refuse(send, NO_METHOD)
        return
    found: dict[str, str] = {}
    limit = 10
    try:
        item_id = check_int(raw)
        if query := scope["query_string"]:
            found = split_pairs(query.decode("latin-1"))
            if "limit" in found:
                limit = check_limit(found["limit"])
    except ValidationError:
        await refuse_params(send, raw, scope["query_string"])
        return
    content = to_json(await show_params(item_id, found.get("q"), limit))
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"%d" % len(content)), JSON],
        }
    )
    await send({"type": "http.response.body", "body": content})


async def refuse_params(send: Send, raw: str, query: bytes) -> None:
    try:
        check_params({**split_pairs(query.decode("latin-1")), "item_id": raw})
    except ValidationError as error:
        await refuse_input(send, error, PLACES)


async def create_user(user: UserIn) -> User:
    return User(id=1, **user.model_dump())


async def body(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] != "/body":
        await refuse(send, NOT_FOUND)
        return
    if scope["method"] != "POST":
        await refuse(send, NO_POST)
        return
    raw = await read_body(receive)
    try:
        user = check_user(raw)
    except ValidationError as error:
        await refuse_input(send, error, {})
        return
    content = write_user(await create_user(user))
    await send(
        {
            "type": "http.response.start",
            "status": 201,
            "headers": [(b"content-length", b"%d" % len(content)), JSON],
        }
    )
    await send({"type": "http.response.body", "body": content})


async def limited(scope: Scope, receive: Receive, send: Send) -> None:
    for name, value in scope["headers"]:
        if name == b"content-length" and int(value) > 1000:
            await refuse(send, TOO_LARGE)
            return
    await body(scope, receive, send)


async def list_accounts() -> list[Account]:
    return list(ACCOUNTS.values())


async def list100(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] != "/list100":
        await refuse(send, NOT_FOUND)
        return
    if scope["method"] != "GET":
        await refuse(send, NO_METHOD)
        return
    content = write_accounts(await list_accounts())
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"%d" % len(content)), JSON],
        }
    )
    await send({"type": "http.response.body", "body": content})


async def list_users() -> list[User]:
    return USERS


async def nested100(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] != "/nested100":
        await refuse(send, NOT_FOUND)
        return
    if scope["method"] != "GET":
        await refuse(send, NO_METHOD)
        return
    content = write_users(await list_users())
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"%d" % len(content)), JSON],
        }
    )
    await send({"type": "http.response.body", "body": content})
