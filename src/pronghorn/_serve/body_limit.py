"""Limits on the size of a request's body, on top of Starlette's counter.

Starlette tells of a body that is too large by two exceptions, which it catches where it began
to count.  What stands between has to let them pass, also out of the exception groups of task
groups, and must not answer them with a 500.
"""

from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import MAX_BODY_SIZE_SCOPE_KEY, RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pronghorn._serve.answering import answering
from pronghorn.body_signals import limit_signal
from pronghorn.exception_handlers import http_exception_handler


def limited(app: ASGIApp, max_body_size: int) -> ASGIApp:
    """*app*, which answers 413 to requests with larger bodies."""
    return RequestBodyLimitMiddleware(ungrouped(app), max_body_size)


def limited_handler(handle: ASGIApp, max_body_size: int) -> ASGIApp:
    """The handler of a route, limited; exceptions are answered within, as FastAPI does it."""
    return limited(answering(handle), max_body_size)


def ungrouped(app: ASGIApp) -> ASGIApp:
    """*app*, with Starlette's exceptions taken out of their groups."""

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await app(scope, receive, send)
        except ExceptionGroup as group:
            signal = limit_signal(group) if scope["type"] == "http" else None
            if signal is None:
                raise
            raise signal from group

    return handle


class BodyLimit:
    """The limit of an application, around its middleware."""

    def __init__(self, app: ASGIApp, max_body_size: int | None) -> None:
        self.app = app if max_body_size is None else limited(app, max_body_size)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if MAX_BODY_SIZE_SCOPE_KEY not in scope:
            await self.app(scope, receive, send)
            return
        # The application is mounted in one that counts.  Its signals must not become a 500
        # here, before they are there.
        is_started = False

        async def watching_send(message: Message) -> None:
            nonlocal is_started
            is_started = is_started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watching_send)
        except Exception as error:
            if not await answer_signal(error, scope, receive, send, is_started=is_started):
                raise


async def answer_signal(
    error: Exception, scope: Scope, receive: Receive, send: Send, *, is_started: bool
) -> bool:
    """Answer an exception that is a signal to who counts further out; false if it is none."""
    signal = limit_signal(error) if MAX_BODY_SIZE_SCOPE_KEY in scope else None
    if is_started or not isinstance(signal, HTTPException):
        return False
    response = await http_exception_handler(Request(scope, receive), signal)
    await response(scope, receive, send)
    return True
