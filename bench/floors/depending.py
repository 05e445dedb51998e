"""Floors of dependencies, tokens and forms: the user's functions are called one by one."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import jwt
from pydantic import TypeAdapter, ValidationError
from pydantic_core import core_schema, to_json
from starlette.types import Receive, Scope, Send

from bench.floors.answering import (
    BAD_TOKEN,
    JSON,
    NO_ACCOUNT,
    NO_METHOD,
    NO_POST,
    NO_TOKEN,
    NOT_FOUND,
    check_int,
    read_body,
    refuse,
    refuse_input,
    split_pairs,
    typed_dict,
)
from bench.models import SECRET, Account, Session

write_account = TypeAdapter(Account).serializer.to_json


async def first(x: int = 1) -> int:
    return x


async def second(value: int) -> int:
    return value + 1


async def yielding() -> AsyncIterator[int]:
    yield 5


async def header(x_token: str | None = None) -> str | None:
    return x_token


async def show_values(v: int, w: int, t: str | None) -> dict[str, Any]:
    return {"v": v, "w": w, "t": t}


check_first = typed_dict({"x": (core_schema.int_schema(), False)}).validate_python


async def deps(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] != "/deps":
        await refuse(send, NOT_FOUND)
        return
    if scope["method"] != "GET":
        await refuse(send, NO_METHOD)
        return
    x = 1
    if query := scope["query_string"]:
        try:
            x = check_first(split_pairs(query.decode("latin-1"))).get("x", 1)
        except ValidationError as error:
            await refuse_input(send, error, {"x": "query"})
            return
    token = None
    for name, value in scope["headers"]:
        if name == b"x-token":
            token = value.decode("latin-1")
            break
    v = await second(await first(x))
    until_end = yielding()
    w = await anext(until_end)
    try:
        content = to_json(await show_values(v, w, await header(token)))
        await send(
            {
                "type": "http.response.start",
                "status": 200,
                "headers": [(b"content-length", b"%d" % len(content)), JSON],
            }
        )
        await send({"type": "http.response.body", "body": content})
    except BaseException as error:
        await until_end.athrow(error)  # type: ignore[attr-defined]  # a generator has it
        raise
    await anext(until_end, None)


async def get_session() -> AsyncIterator[Session]:
    session = Session()
    try:
        yield session
        session.commit()
    finally:
        session.close()


async def current_account(token: str, session: Session) -> Account | None:
    try:
        claims = jwt.decode(token, SECRET, algorithms=["HS256"])
    except jwt.PyJWTError:
        return None
    return session.get(int(claims["sub"]))


async def read_account(account_id: int, reader: Account, session: Session) -> Account | None:
    account = session.get(account_id)
    return account if account is not None and account.id == reader.id else None


async def auth(scope: Scope, receive: Receive, send: Send) -> None:
    path = scope["path"]
    if not path.startswith("/accounts/") or "/" in (raw := path[10:]):
        await refuse(send, NOT_FOUND)
        return
    if scope["method"] != "GET":
        await refuse(send, NO_METHOD)
        return
    token = ""
    for name, value in scope["headers"]:
        if name == b"authorization":
            scheme, _, token = value.decode("latin-1").partition(" ")
            if scheme.lower() != "bearer":
                token = ""
            break
    if not token:
        await refuse(send, NO_TOKEN)
        return
    until_reply = get_session()
    session = await anext(until_reply)
    try:
        reader = await current_account(token, session)
        try:
            account_id = check_int(raw)
        except ValidationError as error:
            await refuse_input(send, error, {"": "path"})
            return
        account = await read_account(account_id, reader, session) if reader else None
        content = b"" if account is None else write_account(account)
    except BaseException as error:
        await until_reply.athrow(error)  # type: ignore[attr-defined]  # a generator has it
        raise
    await anext(until_reply, None)
    if not content:
        await refuse(send, NO_ACCOUNT if reader else BAD_TOKEN)
        return
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"%d" % len(content)), JSON],
        }
    )
    await send({"type": "http.response.body", "body": content})


@dataclass(slots=True)
class LogIn:
    """The form of OAuth2's password flow."""

    username: str
    password: str
    scopes: list[str] = field(default_factory=list)
    grant_type: str | None = None
    client_id: str | None = None
    client_secret: str | None = None


async def log_in(form: LogIn) -> dict[str, Any]:
    return {"user": form.username, "scopes": form.scopes}


check_form = typed_dict(
    {
        "username": (core_schema.str_schema(), True),
        "password": (core_schema.str_schema(), True),
        "scope": (core_schema.str_schema(), False),
        "grant_type": (core_schema.str_schema(pattern="^password$"), False),
        "client_id": (core_schema.str_schema(), False),
        "client_secret": (core_schema.str_schema(), False),
    }
).validate_python


async def form(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] != "/form":
        await refuse(send, NOT_FOUND)
        return
    if scope["method"] != "POST":
        await refuse(send, NO_POST)
        return
    found = split_form((await read_body(receive)).decode())
    grant = found.get("grant_type")
    if "username" not in found or "password" not in found or grant not in {None, "password"}:
        await refuse_form(send, found)
        return
    get = found.get
    filled = LogIn(
        found["username"],
        found["password"],
        get("scope", "").split(),
        grant,
        get("client_id"),
        get("client_secret"),
    )
    content = to_json(await log_in(filled))
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"%d" % len(content)), JSON],
        }
    )
    await send({"type": "http.response.body", "body": content})


async def refuse_form(send: Send, found: dict[str, str]) -> None:
    try:
        check_form(found)
    except ValidationError as error:
        await refuse_input(send, error, {})


def split_form(text: str) -> dict[str, str]:
    """The fields of a form; only those that need it are decoded."""
    found = {}
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        found[name] = unquote(value.replace("+", " ")) if "%" in value or "+" in value else value
    return found
