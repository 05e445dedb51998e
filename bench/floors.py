"""The floors: what a very good programmer would write by hand, for one route each.

Straight ASGI over pydantic-core, without a framework: bound validators that read bytes, headers
that are made once where they are constant, paths found in a dict or by a split.  The bytes and
the headers are FastAPI's, also of the refusals that are measured.  The endpoints and their
dependencies are called, as in the framework: no answer is known beforehand.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote

import jwt
from pydantic import TypeAdapter, ValidationError
from pydantic_core import SchemaValidator, core_schema, to_json
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bench.models import SECRET, USERS, Account, Hello, Session, User, UserIn

JSON = (b"content-type", b"application/json")
check_int = SchemaValidator(core_schema.int_schema()).validate_python
check_user = UserIn.__pydantic_validator__.validate_json
write_hello = TypeAdapter(Hello).serializer.to_json
write_user = TypeAdapter(User).serializer.to_json
write_users = TypeAdapter(list[User]).serializer.to_json
write_account = TypeAdapter(Account).serializer.to_json


TEXT = (b"content-type", b"text/plain; charset=utf-8")


def constant(
    status: int, body: bytes, *more: tuple[bytes, bytes], content_type: tuple[bytes, bytes] = JSON
) -> tuple[Message, Message]:
    """A refusal that is always the same: both messages, made once."""
    length = (b"content-length", b"%d" % len(body))
    return (
        {"type": "http.response.start", "status": status, "headers": [*more, length, content_type]},
        {"type": "http.response.body", "body": body},
    )


NOT_FOUND = constant(404, b'{"detail":"Not Found"}')
NO_METHOD = constant(405, b'{"detail":"Method Not Allowed"}', (b"allow", b"GET"))
NO_POST = constant(405, b'{"detail":"Method Not Allowed"}', (b"allow", b"POST"))
NO_TOKEN = constant(401, b'{"detail":"Not authenticated"}', (b"www-authenticate", b"Bearer"))
BAD_TOKEN = constant(401, b'{"detail":"Could not validate credentials"}')
NO_ACCOUNT = constant(404, b'{"detail":"No such account"}')
TOO_LARGE = constant(413, b"Content Too Large", content_type=TEXT)


async def refuse(send: Send, messages: tuple[Message, Message]) -> None:
    await send(messages[0])
    await send(messages[1])


async def refuse_input(send: Send, error: ValidationError, places: dict[str, str]) -> None:
    """Answer 422, as FastAPI words it; *places* says where a field was read, else the body."""
    detail = [
        {**found, "loc": (places.get(str(found["loc"][0]), "body"), *found["loc"])}
        for found in error.errors(include_url=False)
    ]
    content = to_json({"detail": detail})
    await send(
        {
            "type": "http.response.start",
            "status": 422,
            "headers": [(b"content-length", b"%d" % len(content)), JSON],
        }
    )
    await send({"type": "http.response.body", "body": content})


async def read_body(receive: Receive) -> bytes:
    """The whole body; one message in nearly all requests."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body
    parts = [body]
    while message.get("more_body"):
        message = await receive()
        parts.append(message.get("body", b""))
    return b"".join(parts)


def split_pairs(text: str) -> dict[str, str]:
    """The pairs of a query or a form, the last of a name; decoded only if there is need."""
    if "%" in text or "+" in text:
        return dict(parse_qsl(text, keep_blank_values=True))
    return dict([pair.split("=", 1) for pair in text.split("&") if "=" in pair])


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


def _typed_dict(fields: dict[str, tuple[core_schema.CoreSchema, bool]]) -> SchemaValidator:
    return SchemaValidator(
        core_schema.typed_dict_schema(
            {
                name: core_schema.typed_dict_field(schema, required=is_required)
                for name, (schema, is_required) in fields.items()
            }
        )
    )


# All three in one call, so that all errors are found.
check_params = _typed_dict(
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
    query = scope["query_string"]
    found = split_pairs(query.decode("latin-1")) if query else {}
    found["item_id"] = raw
    try:
        values = check_params(found)
    except ValidationError as error:
        await refuse_input(send, error, PLACES)
        return
    content = to_json(
        await show_params(values["item_id"], values.get("q"), values.get("limit", 10))
    )
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"%d" % len(content)), JSON],
        }
    )
    await send({"type": "http.response.body", "body": content})


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


async def list_users() -> list[User]:
    return USERS


async def list100(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] != "/list100":
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


check_first = _typed_dict({"x": (core_schema.int_schema(), False)}).validate_python


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


check_form = _typed_dict(
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
    raw = await read_body(receive)
    try:
        values = check_form(split_form(raw.decode()))
    except ValidationError as error:
        await refuse_input(send, error, {})
        return
    get = values.get
    content = to_json(
        await log_in(
            LogIn(
                values["username"],
                values["password"],
                get("scope", "").split(),
                get("grant_type"),
                get("client_id"),
                get("client_secret"),
            )
        )
    )
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"%d" % len(content)), JSON],
        }
    )
    await send({"type": "http.response.body", "body": content})


def split_form(text: str) -> dict[str, str]:
    """The fields of a form; only those that need it are decoded."""
    found = {}
    for pair in text.split("&"):
        name, _, value = pair.partition("=")
        found[name] = unquote(value.replace("+", " ")) if "%" in value or "+" in value else value
    return found


async def read_item(item_id: int) -> dict[str, Any]:
    return {"id": item_id}


async def include3(scope: Scope, receive: Receive, send: Send) -> None:
    path = scope["path"]
    if not path.startswith("/a/b/c/items/") or "/" in (raw := path[13:]):
        await refuse(send, NOT_FOUND)
        return
    if scope["method"] != "GET":
        await refuse(send, NO_METHOD)
        return
    try:
        item_id = check_int(raw)
    except ValidationError as error:
        await refuse_input(send, error, {"": "path"})
        return
    content = to_json(await read_item(item_id))
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"%d" % len(content)), JSON],
        }
    )
    await send({"type": "http.response.body", "body": content})


def _make_reader(number: int) -> Callable[[int], Awaitable[dict[str, Any]]]:
    async def read(item_id: int) -> dict[str, Any]:
        return {"route": number, "id": item_id}

    return read


READERS = {f"r{number}": _make_reader(number) for number in range(300)}


async def route300(scope: Scope, receive: Receive, send: Send) -> None:
    parts = scope["path"].split("/")
    read = READERS.get(parts[1]) if len(parts) == 3 else None
    if read is None:
        await refuse(send, NOT_FOUND)
        return
    if scope["method"] != "GET":
        await refuse(send, NO_METHOD)
        return
    try:
        item_id = check_int(parts[2])
    except ValidationError as error:
        await refuse_input(send, error, {"": "path"})
        return
    content = to_json(await read(item_id))
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"%d" % len(content)), JSON],
        }
    )
    await send({"type": "http.response.body", "body": content})


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer nothing, to see what the driver costs."""


ROUTES: dict[str, ASGIApp] = {"hello": hello, "params": params, "body": body, "deps": deps}


async def wire(scope: Scope, receive: Receive, send: Send) -> None:
    """The application that is served over the wire: several routes at once."""
    if scope["type"] != "http":
        raise RuntimeError("It has no life before or after requests.")
    route = ROUTES.get(scope["path"].split("/", 2)[1])
    if route is None:
        await refuse(send, NOT_FOUND)
        return
    await route(scope, receive, send)


FLOORS: dict[str, ASGIApp] = {
    floor.__name__: floor
    for floor in (
        hello, typed, params, body, limited, list100, deps, auth, form, include3, route300,
        nothing, wire,
    )
}  # fmt: skip
