"""The words that read a JSON body: parsed, or made a value at once.

A body that cannot be parsed is refused here, before any dependency is called.  Whether it fits
its type is the business of later steps, but where a value can be made of the bytes at once.
"""

import json
from collections.abc import Callable, Sequence
from email.message import Message
from typing import Any, cast

from pydantic_core import from_json as parse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope

from pronghorn._pipeline.fields import PYDANTIC_VERSION_MINOR_TUPLE, Undefined
from pronghorn._pipeline.json_mode import TRIED, has_long_number
from pronghorn.body_signals import SIGNALS, limit_signal
from pronghorn.exceptions import EndpointContext, RequestValidationError

BODY = "pronghorn.body"
"""Where the body is kept in the scope once it was read."""
Unparsed: Any = object()
"""Stands for a body that nobody has parsed, since a value was made of its bytes."""
PLAIN_LOADS = json.loads
Context = Callable[[Scope], EndpointContext]
Parse = Callable[[bytes], Any]
PASSED_ON: tuple[type[Exception], ...] = (HTTPException, *SIGNALS)
"""What is raised while a body is read, and is no fault of the body's: it goes on as it is."""


def find_header(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> str | None:
    """The first header with the lower-case *name*."""
    for key, value in headers:
        if key == name:
            return value.decode("latin-1")
    return None


async def read_body(receive: Receive) -> bytes:
    """All of the body.  Raises `ClientDisconnect` if the client goes away before its end."""
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body", False):
        return cast("bytes", message.get("body", b""))
    chunks = []
    while message["type"] == "http.request":
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)
        message = await receive()
    raise ClientDisconnect


def is_json_type(content_type: str | None, *, is_strict: bool) -> bool:
    """Whether a body of *content_type* is parsed as JSON."""
    if not content_type:
        return not is_strict
    if content_type == "application/json":
        return True
    message = Message()
    message["content-type"] = content_type
    subtype = message.get_content_subtype()
    is_json = subtype == "json" or subtype.endswith("+json")
    return message.get_content_maintype() == "application" and is_json


def is_usual(body: bytes) -> bool:
    """Whether *body* may be left to pydantic: `json.loads` is Python's, and no number is long."""
    return json.loads is PLAIN_LOADS and not has_long_number(body)


def load_soon(body: bytes) -> Any:
    """What `json.loads` makes of *body*, by pydantic's parser where that makes the same."""
    # All NaN of a text are one object for `json.loads`, which a set can tell.
    if b"NaN" not in body and is_usual(body):
        try:
            return parse(body, cache_strings="keys")
        except ValueError:
            # It takes less than `json.loads` does, and says in other words what it does not take.
            pass
    return json.loads(body)


load: Parse = load_soon if PYDANTIC_VERSION_MINOR_TUPLE in TRIED else json.loads


def made_early(body: bytes, from_json: Parse) -> Any:
    """The value that can be made of *body* at once, or `Undefined`."""
    if not is_usual(body):
        return Undefined
    try:
        return from_json(body)
    except Exception:  # noqa: BLE001 - it is raised again where FastAPI validates, or is no error there
        return Undefined


def make_json_reader(
    is_strict: bool, context: Context, from_json: Parse | None = None
) -> Callable[..., Any]:
    """A word: the body, parsed if it is JSON, else as bytes; `Undefined` if it is empty.

    With *from_json* it is a pair, the second the value that *from_json* made of the bytes, or
    `Undefined`.  Where there is a value, the body is `Unparsed`.
    """
    empty: Any = Undefined if from_json is None else (Undefined, Undefined)

    async def read_json(scope: Scope, receive: Receive) -> Any:
        try:
            # Kept for the handlers of exceptions, who may want to read it again.
            body = scope[BODY] = await read_body(receive)
            if not body:
                return empty
            content_type = find_header(scope["headers"], b"content-type")
            if is_json_type(content_type, is_strict=is_strict):
                if from_json is None:
                    return load(body)
                value = made_early(body, from_json)
                return (load(body) if value is Undefined else Unparsed), value
        except PASSED_ON:
            raise
        except Exception as error:
            raise body_failure(error, context(scope)) from error
        return body if from_json is None else (body, Undefined)

    return read_json


def make_json_reader_of_request(
    is_strict: bool, context: Context, from_json: Parse | None = None
) -> Callable[..., Any]:
    """Like `make_json_reader`; the body stays readable from the request."""
    empty: Any = Undefined if from_json is None else (Undefined, Undefined)

    async def read_json(request: Request) -> Any:
        try:
            body = await request.body()
            if not body:
                return empty
            if is_json_type(request.headers.get("content-type"), is_strict=is_strict):
                if from_json is None:
                    return await request.json()
                request.scope[BODY] = body
                value = made_early(body, from_json)
                return (await request.json() if value is Undefined else Unparsed), value
        except PASSED_ON:
            raise
        except Exception as error:
            raise body_failure(error, context(request.scope)) from error
        return body if from_json is None else (body, Undefined)

    return read_json


def body_now(request: Request, body: Any, value: Any) -> tuple[Any, Any]:
    """*body* and its *value*, unless somebody has parsed the body, and may have changed it."""
    if body is Unparsed and hasattr(request, "_json"):
        return request._json, Undefined
    return body, value


def body_for_errors(body: Any, scope: Scope) -> Any:
    """The *body* as JSON, though a value was made of its bytes."""
    return load(scope[BODY]) if body is Unparsed else body


def body_failure(error: Exception, context: EndpointContext) -> Exception:
    """What is raised for a body that could not be read or parsed."""
    if isinstance(error, json.JSONDecodeError):
        found = {
            "type": "json_invalid",
            "loc": ("body", error.pos),
            "msg": "JSON decode error",
            "input": {},
            "ctx": {"error": error.msg},
        }
        return RequestValidationError([found], body=error.doc, endpoint_ctx=context)
    return limit_signal(error) or HTTPException(
        status_code=400, detail="There was an error parsing the body"
    )
