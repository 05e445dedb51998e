"""A function from a request to a response, as something that can be served.

This is how routes are run that handle requests in a way of their own: the scopes of their
dependencies are kept where FastAPI keeps them, in the request's scope.
"""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from starlette._utils import is_async_callable
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from pronghorn._pipeline.reading import REQUEST
from pronghorn._pipeline.replying import BACKGROUND, noting_start, run_late, unanswered
from pronghorn._pipeline.stack import COMMIT_STACK, Exits
from pronghorn._serve.answering import answering
from pronghorn._serve.early import commits_early
from pronghorn.concurrency import run_in_threadpool

RequestHandler = Callable[[Request], Awaitable[Response] | Response]
Answer = Callable[[RequestHandler, Request, AsyncExitStack], Awaitable[Any]]
"""Makes the response, and leaves what ends before it is sent; the stack ends after that."""


def opened(handler: RequestHandler, route: Any = None) -> ASGIApp:
    """Serve *handler*; what it raises is for the caller to answer.

    *route* is what it is the handler of, if that is known.
    """
    provider = getattr(route, "dependency_overrides_provider", None)
    has_resources = getattr(getattr(route, "declaration", None), "has_resources", False)
    answer_late = answer_strictly if has_resources else answer_of
    answer_early = make_early(route, handler, answer_late)

    def answer_for(app: Any) -> Answer:
        return answer_early if commits_early(app) else answer_late

    # Of a router that is mounted the request knows the application.
    known = None if provider is None else answer_for(provider)

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        request = scope[REQUEST] = Request(scope, receive, send)
        is_done = False
        async with AsyncExitStack() as until_end:
            scope["fastapi_inner_astack"] = until_end
            answer = known or answer_for(scope.get("app"))
            response = await answer(handler, request, until_end)
            await response(scope, receive, noting_start(scope, send))
            background = scope.get(BACKGROUND)
            tasks_run = len(background.tasks) if background else 0
            is_done = True
        if not is_done:
            # An exit that swallowed the exception got us here without an answer.
            raise unanswered()
        if background and len(background.tasks) > tasks_run:
            await run_late(background, tasks_run)
        # The request holds the scope, and the scope the request: a circle for the collector.
        scope.pop(REQUEST, None)

    return handle


def make_early(route: Any, handler: RequestHandler, answer: Answer) -> Answer:
    """A function like *answer*, which also leaves what is to be left before the answer."""
    from pronghorn._pipeline.committing import make_leaver  # noqa: PLC0415 - few need it

    endpoint, path = getattr(route, "endpoint", handler), getattr(route, "path_format", "")
    leave = make_leaver(endpoint, path or "", unanswered)

    async def answer_early(
        handler: RequestHandler, request: Request, until_end: AsyncExitStack
    ) -> Any:
        is_done = False
        async with Exits() as until_commit:
            request.scope[COMMIT_STACK] = until_commit
            response = await answer(handler, request, until_end)
            await leave(response, until_commit, until_end)
            is_done = True
        if not is_done:
            raise unanswered()
        return response

    return answer_early


async def answer_of(handler: RequestHandler, request: Request, _: AsyncExitStack) -> Any:
    """What *handler* returns, when the scope of its function has ended."""
    is_done = False
    async with AsyncExitStack() as until_reply:
        request.scope["fastapi_function_astack"] = until_reply
        response = await called(handler, request)
        is_done = True
    if not is_done:
        raise unanswered()
    return response


async def answer_strictly(handler: RequestHandler, request: Request, _: AsyncExitStack) -> Any:
    """Like `answer_of`, where a resource must have ended well before there is an answer."""
    response = None
    async with Exits() as until_reply:
        request.scope["fastapi_function_astack"] = until_reply
        response = await called(handler, request)
        if await until_reply.end_each():
            response = None
    if response is None:
        raise unanswered()
    return response


async def called(handler: Any, request: Request) -> Any:
    if is_async_callable(handler):
        return await handler(request)
    return await run_in_threadpool(handler, request)


def request_response(func: RequestHandler) -> ASGIApp:
    """Serve *func* on its own, exceptions answered by the handlers named in the scope."""
    return answering(opened(func))


def websocket_session(func: Callable[[WebSocket], Awaitable[None]]) -> ASGIApp:
    """Serve *func* on its own, exceptions answered by the handlers named in the scope."""

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        session = scope[REQUEST] = WebSocket(scope, receive, send)
        async with AsyncExitStack() as until_end:
            scope["fastapi_inner_astack"] = until_end
            async with AsyncExitStack() as until_reply:
                scope["fastapi_function_astack"] = until_reply
                await func(session)
        scope.pop(REQUEST, None)

    return answering(handle)
