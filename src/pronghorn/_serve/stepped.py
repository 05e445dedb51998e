"""A `BaseHTTPMiddleware` of Starlette's, run without its task group and memory streams.

What is inside of the middleware runs as a task of its own, as with Starlette.  But it is begun
by `call_next` itself, and where nothing has to be waited for, it has come to the body of its
answer before the event loop hears of it.  Then it waits until its messages are taken, and goes
on when the answer was sent: with background tasks and with what dependencies do after their
`yield`.
"""

from asyncio import _get_running_loop, current_task

from starlette.middleware.base import BaseHTTPMiddleware, _CachedRequest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn._serve.inner_call import InnerCall
from pronghorn.foreign import has_foreign_method

BODY_IS_GONE = (
    "`call_next` was called again, and the call before has read the body. To have it given to both"
    " of them, read it first: `await request.body()`."
)
STARLETTES_CALL = BaseHTTPMiddleware.__call__


def stepped(middleware: BaseHTTPMiddleware) -> ASGIApp:
    """*middleware*, in a `Stepped` if it runs in Starlette's way."""
    is_its_own = type(middleware).__call__ is not BaseHTTPMiddleware.__call__
    if is_its_own or has_foreign_method(BaseHTTPMiddleware, "__call__"):
        return middleware
    return Stepped(middleware)


class Stepped:
    """Runs a middleware, in the place of its `__call__`."""

    def __init__(self, app: BaseHTTPMiddleware) -> None:
        # Tools follow `app` from layer to layer.
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app.app(scope, receive, send)
            return
        loop = _get_running_loop()
        outer = None if loop is None else current_task(loop)
        if loop is None or outer is None:
            # This is Trio, where nobody can step a task.
            await STARLETTES_CALL(self.app, scope, receive, send)
            return
        request = _CachedRequest(scope, receive, send)
        calls: list[InnerCall] = []
        is_open = True

        async def call_next(_: Request) -> Response:
            if not is_open:
                raise RuntimeError("`call_next` was called after the middleware had ended.")
            check_has_body(request, calls)
            # One that is called again is given the body again, since the whole of it was read.
            request._wrapped_rcv_consumed = False
            call = InnerCall(self.app.app, scope, request, loop)
            calls.append(call)
            return await call.response(send)

        try:
            response = await self.app.dispatch_func(request, call_next)
            await response(scope, request.wrapped_receive, send)
            for call in calls:
                call.let_go(outer)
                if not call.done():
                    await call.ended()
        except BaseException as error:
            for call in calls:
                await call.break_off(error)
            raise
        finally:
            is_open = False
        for call in calls:
            call.raise_error()


def check_has_body(request: _CachedRequest, calls: list[InnerCall]) -> None:
    """Refuse one more call where those before have read what it would be given."""
    if not hasattr(request, "_body") and any(call.has_read for call in calls):
        raise RuntimeError(BODY_IS_GONE)
