"""Speak ASGI: find the target of a request, run it, and answer what it raises."""

from collections.abc import Mapping
from typing import Any, Protocol

from starlette._utils import get_route_path
from starlette.datastructures import URL
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, ExceptionHandler, Receive, Scope, Send

from pronghorn._pipeline.exits import HANDLERS, ExceptionHandlers
from pronghorn._pipeline.paths import Tree
from pronghorn._pipeline.replying import STARTED, watched
from pronghorn._serve.answering import answer, let_go, run_handler
from pronghorn._serve.target import Target
from pronghorn.body_signals import limit_signal
from pronghorn.concurrency import run_in_threadpool
from pronghorn.telemetry.notes import note_failure


class Routed(Protocol):
    """What a router must have to be served."""

    redirect_slashes: bool
    default: ASGIApp
    form_limits: Mapping[str, int]
    _tree: Tree[Target] | None

    @property
    def _grown(self) -> Tree[Target]: ...


async def serve(router: Routed, scope: Scope, receive: Receive, send: Send) -> None:
    """Run what *router* has for the request; raises what that raises."""
    if "router" not in scope:
        scope["router"] = router
    if router.form_limits and scope["type"] == "http":
        scope.setdefault("fastapi", {})["form_limits"] = router.form_limits
    path = get_route_path(scope) if scope.get("root_path") else scope["path"]
    tree = router._tree or router._grown
    target = tree.static.get((scope["type"], scope.get("method", ""), path))
    is_full = True
    if target is not None:
        scope.setdefault("path_params", {})
    else:
        found = tree.find(scope, path)
        if found is None:
            await serve_unmatched(router, path, scope, receive, send)
            return
        target, parameters, is_full, child_scope = found
        if child_scope is not None:
            update_scope(scope, child_scope)
        elif "path_params" in scope:
            # A mount before it may have found some already.
            scope["path_params"] = {**scope["path_params"], **parameters}
        else:
            scope["path_params"] = parameters
    described = target.described
    if described is not None:
        scope["endpoint"] = described.endpoint
        scope["route"] = target.route
        if target.view is not None:
            scope.setdefault("fastapi", {})["effective_route_context"] = target.view
    if is_full:
        await target.handle(scope, receive, send)
    else:
        await target.refuse_method(scope, receive, send)


def update_scope(scope: Scope, child: Mapping[str, Any]) -> None:
    own = child.get("fastapi")
    scope.update({key: value for key, value in child.items() if key != "fastapi"})
    if isinstance(own, dict):
        scope.setdefault("fastapi", {}).update(own)


async def serve_unmatched(
    router: Routed, path: str, scope: Scope, receive: Receive, send: Send
) -> None:
    """Redirect to the path with or without the slash at its end, if there is one.

    Else the frontends are asked, and last the router's default, which is a 404.
    """
    if scope["type"] == "http" and router.redirect_slashes and path != "/":
        other = dict(scope)
        other["path"] = scope["path"].rstrip("/") if path.endswith("/") else scope["path"] + "/"
        found = router._grown.find(other, get_route_path(other))
        if found is not None:
            found[0].note(scope)
            response = RedirectResponse(url=str(URL(scope=other)))
            await response(scope, receive, send)
            return
    found = router._grown.find_below(scope, path) if scope["type"] == "http" else None
    if found is None:
        await router.default(scope, receive, send)
        return
    # As in FastAPI, a frontend is no route that the scope would name.
    target, _, is_full, _ = found
    await (target.handle if is_full else target.refuse_method)(scope, receive, send)


class Core:
    """The innermost application: routes, and the handlers of exceptions around them.

    Without middleware of the user it is the whole application.  Then it also answers what
    no handler wants, as Starlette's outermost middleware would.
    """

    def __init__(
        self,
        router: Any,
        handlers: Mapping[Any, ExceptionHandler],
        *,
        is_plain: bool,
        is_outermost: bool,
        on_error: ExceptionHandler | None,
        debug: bool,
    ) -> None:
        self.router = router
        self.is_plain = is_plain
        """Whether nothing of the router's own stands between it and its routes."""
        self.is_outermost = is_outermost
        self.on_error = on_error
        self.debug = debug
        # Starlette's class is used as the table that it makes of the handlers.
        table = ExceptionMiddleware(router, handlers, debug)
        self.handlers = ExceptionHandlers(table._exception_handlers, table._status_handlers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.router(scope, receive, send)
            return
        # Plain Starlette routes look for the handlers here.
        scope[HANDLERS] = self.handlers
        try:
            if self.is_plain:
                await serve(self.router, scope, receive, send)
            else:
                await self.router(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - handlers may be for any
            try:
                if not await self.answer(error, scope, receive, send):
                    raise
            finally:
                await let_go(scope)

    async def answer(self, error: Exception, scope: Scope, receive: Receive, send: Send) -> bool:
        """Answer *error*; false if nobody has a handler for it: then it goes on."""
        try:
            try:
                is_answered = await self.ask(error, scope, receive, send)
            except Exception as unhandled:
                await self.answer_unhandled(unhandled, scope, receive, send)
                raise
            if not is_answered:
                await self.answer_unhandled(error, scope, receive, send)
            return is_answered
        finally:
            # Did an exception know a frame that knows it, it would wait for the collector.
            del error

    async def ask(self, error: Exception, scope: Scope, receive: Receive, send: Send) -> bool:
        """Let the handler for *error* answer, then that for what it raised: FastAPI asks twice."""
        try:
            return await answer(error, self.handlers, scope, receive, send)
        except Exception as second:
            if second is error or not await answer(second, self.handlers, scope, receive, send):
                raise
            return True
        finally:
            del error

    async def answer_unhandled(
        self, error: Exception, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Send the 500 answer if that is for us to do, unless an answer has begun."""
        # A body that is too large is answered where it began to be counted.
        is_ours = self.is_outermost and scope["type"] == "http"
        if not is_ours or limit_signal(error) is not None:
            return
        note_failure(scope, error)
        request = Request(scope)
        writer = ServerErrorMiddleware(self.router, self.on_error, self.debug)
        if self.debug:
            response = await run_in_threadpool(writer.debug_response, request, error)
        elif self.on_error is None:
            response = writer.error_response(request, error)
        else:
            response = await run_handler(self.on_error, request, error)
        if not scope.get(STARTED):
            await response(scope, receive, watched(scope, send))


def sort_handlers(
    handlers: Mapping[Any, ExceptionHandler],
) -> tuple[ExceptionHandler | None, dict[Any, ExceptionHandler]]:
    """The handler of last resort, and the others by class or status."""
    others = {key: value for key, value in handlers.items() if key not in (500, Exception)}
    last = [value for key, value in handlers.items() if key in (500, Exception)]
    return (last[-1] if last else None), others
