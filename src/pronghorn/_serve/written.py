"""The usual answers to exceptions, as bytes: without a request and a response object.

They are those of the handlers that every application has.  Wherever something may be otherwise
than usual, nothing is written here, and the handler is asked.
"""

from collections.abc import Mapping
from json import JSONEncoder
from json.encoder import encode_basestring
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from pronghorn._pipeline.exits import ExceptionHandlers
from pronghorn._pipeline.replying import JSON_TYPE, STARTED, find_forbidden, json_bytes, length
from pronghorn.echo import MAX_BYTES, weigh, write_errors
from pronghorn.exception_handlers import (
    http_exception_handler,
    request_validation_exception_handler,
)
from pronghorn.foreign import has_foreign_method
from pronghorn.status_codes import is_body_allowed_for_status_code

Written = tuple[int, list[tuple[bytes, bytes]], bytes]
"""Status, headers and body of an answer."""

# As Starlette's `JSONResponse` writes, unless somebody put a function in the place of its own.
write_json = JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
FEW = 8
SCALARS = frozenset((str, int, float, bool, type(None)))
RENDER = None if has_foreign_method(JSONResponse, "render") else JSONResponse.render


def are_usual(handlers: ExceptionHandlers, status: int) -> bool:
    """Whether an `HTTPException` of *status* is answered by our handler, in its usual way."""
    by_class, by_status = handlers
    return is_usual(by_class[HTTPException]) and status not in by_status


# Any: handlers may be whatever can be called, and be there for exceptions of any class.
def is_usual(handler: Any) -> bool:
    return handler is http_exception_handler and JSONResponse.render is RENDER


def written_answer(handler: Any, error: Any) -> Written | None:
    """What *handler* answers to *error*, if it is one of ours and the answer is a usual one."""
    if is_usual(handler):
        return write_detail(error.status_code, error.detail, getattr(error, "headers", None))
    if handler is request_validation_exception_handler:
        body = b'{"detail":' + written_errors(error.errors()) + b"}"
        return 422, [length(body), JSON_TYPE], body
    return None


def written_errors(errors: Any) -> bytes:
    """What `write_errors` writes; a few short errors, as nearly all are, at once."""
    if type(errors) in (list, tuple) and len(errors) <= FEW:
        try:
            if all(is_short(error["input"]) for error in errors):
                written = json_bytes(errors)
                if len(written) <= MAX_BYTES:
                    return written
        except Exception:  # noqa: BLE001, S110 - they are told of by who can write them all
            pass
    return write_errors(errors)


def is_short(value: Any) -> bool:
    """Whether what a client sent is short or, in one piece, written as fast as it was read."""
    return type(value) in SCALARS or weigh(value, MAX_BYTES) <= MAX_BYTES


def write_detail(status: Any, detail: Any, headers: Mapping[str, str] | None) -> Written | None:
    """The answer of `http_exception_handler`; None if that has to decide or to refuse."""
    is_simple = isinstance(status, int) and 200 <= status <= 999
    if not is_simple or not is_body_allowed_for_status_code(status):
        return None
    raw = raw_headers(headers) if headers else []
    if raw is None:
        return None
    if type(detail) is str:
        body = f'{{"detail":{encode_basestring(detail)}}}'.encode()
    else:
        body = write_json({"detail": detail}).encode()
    return status, [*raw, length(body), JSON_TYPE], body


def raw_headers(headers: Mapping[str, str]) -> list[tuple[bytes, bytes]] | None:
    """*headers* as they are sent; None if one of them is not simply added to ours."""
    raw = []
    for key, text in headers.items():
        name, value = key.lower().encode("latin-1"), text.encode("latin-1")
        is_ours = name in (b"content-length", b"content-type")
        if is_ours or find_forbidden(value) or find_forbidden(name):
            return None
        raw.append((name, value))
    return raw


async def send_written(written: Written, scope: Scope, send: Send) -> None:
    status, headers, body = written
    scope[STARTED] = True
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


NOT_FOUND = b'{"detail":"Not Found"}'
NOT_FOUND_LENGTH = length(NOT_FOUND)


async def send_not_found(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answer as the exception is answered that a router raises by default."""
    scope[STARTED] = True
    headers = [NOT_FOUND_LENGTH, JSON_TYPE]
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": NOT_FOUND})
