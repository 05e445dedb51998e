"""Answer what a route raises, by the handlers that the application names in the scope.

Whoever answers an exception gives its handler the request as it was read, and afterwards
lets go of what was kept for that.
"""

from typing import Any

from starlette._utils import is_async_callable
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from pronghorn._pipeline.exits import FORM, HANDLERS, ExceptionHandlers
from pronghorn._pipeline.json_bodies import BODY
from pronghorn._pipeline.reading import REQUEST
from pronghorn._pipeline.replying import STARTED, noting_start
from pronghorn._serve.written import send_written, written_answer
from pronghorn.concurrency import run_in_threadpool
from pronghorn.exception_handlers import retold

NO_HANDLERS = ExceptionHandlers({}, {})


def answering(handle: ASGIApp) -> ASGIApp:
    """*handle*, with the exceptions answered that somebody has a handler for."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await handle(scope, receive, send)
        except Exception as error:
            handlers = ExceptionHandlers(*scope.get(HANDLERS, NO_HANDLERS))
            if not await answer(error, handlers, scope, receive, send):
                raise
            await let_go(scope)

    return app


async def answer(
    error: Exception, handlers: ExceptionHandlers, scope: Scope, receive: Receive, send: Send
) -> bool:
    """Answer *error* by the handler for it, else as what a room makes of it; false if nobody can.

    What a room makes of it is raised if nobody has a handler for that.
    """
    meant = error
    handler = handler_for(error, handlers)
    if handler is None:
        # Once an answer has begun, the log is all that is left, and that needs the error itself.
        told = None if scope.get(STARTED) else retold(error, scope["type"])
        if told is None:
            return False
        if not isinstance(error, ExceptionGroup):
            # What was one of a group has a cause of its own.
            told.__cause__ = error
        meant, told = told, None
        handler = handler_for(meant, handlers)
    try:
        if handler is None:
            try:
                raise meant
            finally:
                if isinstance(error, ExceptionGroup):
                    # What is raised in place of a group does not keep it, nor it itself by a frame
                    # of the task group's: both would live until the garbage collector comes.
                    meant.__context__ = error.__traceback__ = None
        if scope.get(STARTED):
            message = "Caught handled exception, but response already started."
            raise RuntimeError(message) from meant
        written = written_answer(handler, meant) if scope["type"] == "http" else None
        if written is None:
            connection = connection_of(scope, receive, send)
            response = await run_handler(handler, connection, meant)
            if response is not None:
                await response(scope, receive, noting_start(scope, send))
        else:
            await send_written(written, scope, send)
        # An exception object that is raised again would collect the tracebacks of requests.
        error.__traceback__ = None
    finally:
        # Nor may it know this frame, which knows it.
        del error, meant
    return True


def handler_for(error: Exception, handlers: ExceptionHandlers) -> Any:
    by_class, by_status = handlers
    if by_status and isinstance(error, HTTPException) and error.status_code in by_status:
        return by_status[error.status_code]
    for kind in type(error).__mro__:
        if kind in by_class:
            return by_class[kind]
    return None


async def run_handler(handler: Any, connection: Any, error: Exception) -> Any:
    if is_async_callable(handler):
        return await handler(connection, error)
    return await run_in_threadpool(handler, connection, error)


def connection_of(scope: Scope, receive: Receive, send: Send) -> Request | WebSocket:
    """What handlers of exceptions are given: the request, its body still readable.

    A WebSocket knows how far it came: one that was accepted is talked to as it is.
    """
    if scope["type"] != "http":
        session: WebSocket | None = scope.get(REQUEST)
        return session or WebSocket(scope, receive, send)
    request: Request = scope.get(REQUEST) or Request(scope, receive, send)
    if BODY in scope and not hasattr(request, "_body"):
        request._body = scope[BODY]
    if FORM in scope and request._form is None:
        request._form = scope[FORM]
        request._stream_consumed = True
    return request


async def let_go(scope: Scope) -> None:
    """Close the files that were left open for handlers, and forget the request."""
    scope.pop(REQUEST, None)
    form = scope.pop(FORM, None)
    if form is not None:
        await form.close()
