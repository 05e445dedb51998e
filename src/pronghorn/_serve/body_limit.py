"""Limits on the size of a request's body, as Starlette has them.

Starlette tells of a body that is too large by two exceptions, which it catches where it began
to count.  What stands between has to let them pass, also out of the exception groups of task
groups, and must not answer them with a 500.

What counts is an object that is found in the scope, so that limits further in, ours or
Starlette's, change what it counts up to.  Messages of the answer pass it without a coroutine.
"""

from collections.abc import Awaitable

from starlette.exceptions import HTTPException
from starlette.middleware import Middleware, body_limit
from starlette.middleware.body_limit import (
    MAX_BODY_SIZE_SCOPE_KEY,
    RequestBodyLimitMiddleware,
    RequestBodyLimitResponder,
)
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pronghorn._pipeline.replying import length
from pronghorn._serve.answering import answering
from pronghorn.body_signals import limit_signal
from pronghorn.exception_handlers import http_exception_handler

# Starlette has no public names for these.
COUNTER = body_limit._BODY_LIMIT_RESPONDER_SCOPE_KEY
TooLarge = body_limit._RequestBodyTooLarge
ResponseSent = body_limit._RequestBodyLimitResponseSent
TOO_LARGE = b"Content Too Large"
TEXT_TYPE = (b"content-type", b"text/plain; charset=utf-8")


class Counter(RequestBodyLimitResponder):
    """What counts the body of one request."""

    total_size = 0
    response_started = False

    def __init__(self, scope: Scope, receive: Receive, send: Send, max_body_size: int) -> None:
        # All that Starlette's has, but for the application.
        self._scope = scope
        self._receive = receive
        self._send = send
        self.max_body_size = max_body_size
        self.content_length = content_length(scope)

    def pass_on(self, message: Message) -> Awaitable[None]:
        """Send *message*, or the refusal in its place."""
        if message["type"] == "http.response.start":
            self.response_started = True
            size = self.content_length
            if size is not None and size > self.max_body_size:
                return self.refuse_late()
        return self.send(message)

    async def refuse_late(self) -> None:
        await self.refuse()
        raise ResponseSent

    async def refuse(self) -> None:
        headers = [length(TOO_LARGE), TEXT_TYPE]
        await self.send({"type": "http.response.start", "status": 413, "headers": headers})
        await self.send({"type": "http.response.body", "body": TOO_LARGE})

    async def answer(self, error: Exception) -> bool:
        """Answer the signal that *error* is or holds; false if it is something else."""
        signal = limit_signal(error)
        if isinstance(signal, ResponseSent):
            return True
        if not isinstance(signal, TooLarge) or self.response_started:
            return False
        await self.refuse()
        return True


def content_length(scope: Scope) -> int | None:
    for name, value in scope["headers"]:
        if name == b"content-length":
            try:
                return int(value.decode("latin-1"))
            except ValueError:
                return None
    return None


class Limited(RequestBodyLimitMiddleware):
    """*app*, which answers 413 to requests with larger bodies."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count, unless that is done further out; then up to the limit of this one."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        counter = scope.get(COUNTER)
        if counter is None:
            await self.count(scope, receive, send)
            return
        scope[MAX_BODY_SIZE_SCOPE_KEY] = counter.max_body_size = self.max_body_size
        if counter.total_size > self.max_body_size:
            raise TooLarge
        try:
            await self.app(scope, receive, send)
        except ExceptionGroup as group:
            signal = limit_signal(group)
            if signal is None:
                raise
            try:
                raise signal from group
            finally:
                # Nor may it know this frame, which knows it.
                del signal

    async def count(self, scope: Scope, receive: Receive, send: Send) -> None:
        before = scope.get(MAX_BODY_SIZE_SCOPE_KEY)
        scope[MAX_BODY_SIZE_SCOPE_KEY] = self.max_body_size
        counter = scope[COUNTER] = Counter(scope, receive, send, self.max_body_size)
        try:
            await self.app(scope, counter.receive_with_limit, counter.pass_on)
        except Exception as error:
            if not await counter.answer(error):
                raise
        finally:
            scope.pop(COUNTER, None)
            if before is None:
                scope.pop(MAX_BODY_SIZE_SCOPE_KEY, None)
            else:
                scope[MAX_BODY_SIZE_SCOPE_KEY] = before


def limited_handler(handle: ASGIApp, max_body_size: int) -> ASGIApp:
    """The handler of a route, limited; exceptions are answered within, as FastAPI does it."""
    return Limited(answering(handle), max_body_size)


class BodyLimit:
    """The limit of an application, around its middleware."""

    def __init__(self, app: ASGIApp, max_body_size: int | None) -> None:
        self.app = app if max_body_size is None else Limited(app, max_body_size)

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


def limiting_middleware(max_body_size: int | None) -> list[Middleware] | None:
    return None if max_body_size is None else [Middleware(Limited, max_body_size=max_body_size)]
