"""The answers to exceptions that every application has by default.

Rooms add what they know of the exceptions of their libraries: that a broken constraint is the
client's fault, and that a server which is away is a 503.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.status import WS_1008_POLICY_VIOLATION
from starlette.websockets import WebSocket

from pronghorn.echo import write_errors
from pronghorn.exceptions import RequestValidationError, WebSocketRequestValidationError
from pronghorn.incidental import incidental
from pronghorn.status_codes import is_body_allowed_for_status_code

# RFC 6455 section 5.5: a control frame holds 125 bytes, of which the code takes two.
_MAX_REASON_BYTES = 123


class _WrittenJSONResponse(JSONResponse):
    """JSON that is bytes already."""

    def render(self, content: bytes) -> bytes:
        return content


Fallback = Callable[[Exception, str], Exception | None]
"""Makes another exception of one, for a connection of the type "http" or "websocket".

None: it is not understood, and is answered as if nothing were registered.  If nobody has a handler
for what is made, that is raised in its place.
"""

fallbacks: dict[type[Exception], Fallback] = {}
"""What rooms make of exceptions, by class; the nearest of an exception's classes counts.

They are asked last.  So a handler of the user's for the class or for one of its bases wins, but
for one for `Exception`: that is for what nobody understands.
"""


def retold(error: Exception, protocol: str) -> Exception | None:
    """Return what *error* means, as an exception that can be answered; None if nobody knows."""
    for kind in type(error).__mro__:
        if kind in fallbacks:
            return fallbacks[kind](error, protocol)
    return None


# ruff: noqa: ARG001  Starlette calls every handler with the request.


async def http_exception_handler(request: Request, exc: HTTPException) -> Response:
    """Answer with the status and headers of `exc`, and its detail as JSON."""
    headers = getattr(exc, "headers", None)
    if not is_body_allowed_for_status_code(exc.status_code):
        return Response(status_code=exc.status_code, headers=headers)
    return JSONResponse({"detail": exc.detail}, status_code=exc.status_code, headers=headers)


async def request_validation_exception_handler(
    request: Request, exc: RequestValidationError
) -> JSONResponse:
    """Answer 422 with the list of errors, in a body of bounded size."""
    body = b'{"detail":' + write_errors(exc.errors()) + b"}"
    return _WrittenJSONResponse(status_code=422, content=body)


async def websocket_request_validation_exception_handler(
    websocket: WebSocket, exc: WebSocketRequestValidationError
) -> None:
    """Close with 1008 and as much of the errors, as JSON text, as a reason can hold."""
    reason = _cut_reason(write_errors(exc.errors()))
    await websocket.close(code=WS_1008_POLICY_VIOLATION, reason=reason)


def _cut_reason(text: bytes) -> str:
    if len(text) <= _MAX_REASON_BYTES:
        return text.decode()
    # A character of several bytes that the cut divides is left out.
    ending = "…"
    return text[: _MAX_REASON_BYTES - len(ending.encode())].decode(errors="ignore") + ending


if not TYPE_CHECKING:
    __getattr__ = incidental(__name__)
