"""Speak ASGI: find the target of a request, run it, and answer what it raises."""

from collections.abc import Mapping
from typing import Any, Protocol

from starlette._utils import get_route_path
from starlette.datastructures import URL
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.responses import RedirectResponse
from starlette.routing import Router
from starlette.types import ASGIApp, ExceptionHandler, Receive, Scope, Send

from pronghorn._pipeline.exits import HANDLERS, ExceptionHandlers
from pronghorn._pipeline.paths import Tree
from pronghorn._pipeline.replying import STARTED, noting_start
from pronghorn._serve.answering import answer, let_go
from pronghorn._serve.last_resort import failure_response
from pronghorn._serve.target import Compiled, Target
from pronghorn._serve.written import are_usual, send_not_found
from pronghorn.body_signals import limit_signal
from pronghorn.foreign import has_foreign_method
from pronghorn.telemetry.notes import note_failure

# None if somebody was here before us: then theirs is called.
STARLETTES_NOT_FOUND = None if has_foreign_method(Router, "not_found") else Router.not_found


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
    await find(router, scope, None)(scope, receive, send)


def find(router: Routed, scope: Scope, handlers: ExceptionHandlers | None) -> ASGIApp:
    """What *router* has for the request, which *scope* is told of.

    *handlers* are those that answer its exceptions, if whoever asks is the one to call them.
    """
    if "router" not in scope:
        scope["router"] = router
    protocol = scope["type"]
    if router.form_limits and protocol == "http":
        scope.setdefault("fastapi", {})["form_limits"] = router.form_limits
    path = get_route_path(scope) if scope.get("root_path") else scope["path"]
    method = scope["method"] if protocol == "http" else None
    tree = router._tree or router._grown
    parameters: dict[str, Any] = {}
    is_full = True
    target = tree.static.get((method, path))
    if target is None:
        head, slash, last = path.rpartition("/")
        known = tree.last.get((method, head))
        # Some servers pass on a target without a slash, such as `*`: no template begins so.
        if known is not None and slash and last and last[-1] != "\n":
            target, name = known
            parameters[name] = last
        else:
            found = tree.find(scope, path)
            if found is None:
                return unmatched(router, tree, path, scope, handlers)
            target, parameters, is_full, child_scope = found
            if child_scope is not None:
                # It was asked, and tells the scope of itself.
                update_scope(scope, child_scope)
                return target.handle if is_full else target.refuse_method
    # A mount before it may have found some already.
    before = scope.get("path_params")
    scope["path_params"] = {**before, **parameters} if before else parameters
    described = target.described
    if described is not None:
        scope["endpoint"] = described.endpoint
        scope["route"] = target.route
        if target.view is not None:
            scope.setdefault("fastapi", {})["effective_route_context"] = target.view
    return target.handle if is_full else refusal_of_method(target, handlers)


def update_scope(scope: Scope, child: Mapping[str, Any]) -> None:
    own = child.get("fastapi")
    scope.update({key: value for key, value in child.items() if key != "fastapi"})
    if isinstance(own, dict):
        scope.setdefault("fastapi", {}).update(own)


def unmatched(
    router: Routed,
    tree: Tree[Target],
    path: str,
    scope: Scope,
    handlers: ExceptionHandlers | None,
) -> ASGIApp:
    """A redirect to the path with or without the slash at its end, if there is one.

    Else the frontends are asked, and last the router's default, which is a 404.
    """
    is_http = scope["type"] == "http"
    if is_http and router.redirect_slashes and path != "/":
        other_path = scope["path"].rstrip("/") if path.endswith("/") else scope["path"] + "/"
        other = {**scope, "path": other_path} if tree.has_asked or scope.get("root_path") else scope
        found = tree.find(other, get_route_path(other) if scope.get("root_path") else other_path)
        if found is not None:
            found[0].note(scope)
            return RedirectResponse(url=str(URL(scope={**scope, "path": other_path})))
    found = tree.find_below(scope, path) if is_http and tree.below else None
    if found is not None:
        # As in FastAPI, a frontend is no route that the scope would name.
        target, _, is_full, _ = found
        return target.handle if is_full else target.refuse_method
    default = router.default
    is_ours = is_http and getattr(default, "__func__", default) is STARLETTES_NOT_FOUND
    if is_ours and handlers is not None and are_usual(handlers, 404):
        return send_not_found
    return default


def refusal_of_method(target: Target, handlers: ExceptionHandlers | None) -> ASGIApp:
    """What answers a request whose path is that of *target*, and whose method is not."""
    if type(target) is Compiled and handlers is not None and are_usual(handlers, 405):
        return target.send_methods
    return target.refuse_method


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
                await find(self.router, scope, self.handlers)(scope, receive, send)
            else:
                await self.router(scope, receive, send)
        except Exception as error:
            if not await self.fail(error, scope, receive, send):
                raise

    async def fail(self, error: Exception, scope: Scope, receive: Receive, send: Send) -> bool:
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
            await let_go(scope)
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
        writer = ServerErrorMiddleware(self.router, self.on_error, self.debug)
        response = await failure_response(writer, scope, error)
        if not scope.get(STARTED):
            await response(scope, receive, noting_start(scope, send))


def sort_handlers(
    handlers: Mapping[Any, ExceptionHandler],
) -> tuple[ExceptionHandler | None, dict[Any, ExceptionHandler]]:
    """The handler of last resort, and the others by class or status."""
    others = {key: value for key, value in handlers.items() if key not in (500, Exception)}
    last = [value for key, value in handlers.items() if key in (500, Exception)]
    return (last[-1] if last else None), others
