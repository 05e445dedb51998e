"""The outermost layer of an application that has middleware: it answers what nobody else does."""

from collections.abc import Awaitable
from typing import Any

from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from pronghorn._pipeline.replying import noting_start
from pronghorn._serve.answering import run_handler
from pronghorn._serve.body_limit import answer_signal
from pronghorn.concurrency import run_in_threadpool
from pronghorn.telemetry.notes import note_failure


class LastResort(ServerErrorMiddleware):
    """Starlette's layer, and in it what else is to be done out here.

    It notes exceptions for who observes the request, and knows those that tell of a body which is
    too large for the application that this one is mounted in.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and answer what is raised; it is raised again, for the server's log."""
        if scope["type"] != "http":
            try:
                await self.app(scope, receive, send)
            except Exception as error:
                note_failure(scope, error)
                raise
            return
        is_started = False

        # No coroutine of its own: each message would pay for it.
        def watching_send(message: Message) -> Awaitable[None]:
            nonlocal is_started
            if message["type"] == "http.response.start":
                is_started = True
            return send(message)

        try:
            await self.app(scope, receive, watching_send)
        except Exception as error:
            if await answer_signal(error, scope, receive, send, is_started=is_started):
                return
            note_failure(scope, error)
            response = await failure_response(self, scope, error)
            if not is_started:
                await response(scope, receive, noting_start(scope, send))
            raise


async def failure_response(writer: ServerErrorMiddleware, scope: Scope, error: Exception) -> Any:
    """What *writer* has for an exception that nobody handled: by its handler, if it has one."""
    request = Request(scope)
    if writer.debug:
        return await run_in_threadpool(writer.debug_response, request, error)
    if writer.handler is None:
        return writer.error_response(request, error)
    return await run_handler(writer.handler, request, error)
