"""A route as the path tree holds it: compiled when it is first asked for.

It knows what a route must offer to be compiled, and nothing of routers.
"""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn._pipeline.declaration import Dependency
from pronghorn._pipeline.handler import Handler, build
from pronghorn._pipeline.plan import Plan, arrange
from pronghorn._pipeline.steps import BodyReading, Entry, Reply

Overrides = Mapping[Callable[..., Any], Callable[..., Any]]


class Described(Protocol):
    """What there is to know of a route, as it is seen through its includes."""

    @property
    def endpoint(self) -> Callable[..., Any]: ...
    @property
    def declaration(self) -> Dependency: ...
    @property
    def reply(self) -> Reply | None: ...
    @property
    def body_reading(self) -> BodyReading | None: ...
    @property
    def methods(self) -> set[str] | None: ...
    @property
    def dependency_overrides_provider(self) -> Any: ...


class Target(Protocol):
    """What is found for a path."""

    @property
    def handle(self) -> ASGIApp:
        """Answers the request."""
        ...

    def enter(self, scope: Scope) -> None:
        """Tell *scope* what was found."""

    async def refuse_method(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose path is right and whose method is not."""

    def drop(self) -> None:
        """Forget what was compiled."""


def plan_of(described: Described, entry: Entry, overrides: Overrides | None = None) -> Plan:
    return arrange(
        described.declaration,
        entry=entry,
        reply=described.reply,
        body=described.body_reading,
        overrides=overrides,
    )


class Compiled:
    """A route whose handler is ours."""

    def __init__(
        self,
        described: Described,
        route: Any,
        entry: Entry,
        open_handler: Callable[[], ASGIApp] | None = None,
        wrap: Callable[[ASGIApp], ASGIApp] | None = None,
    ) -> None:
        self.described = described
        self.route = route
        self.entry = entry
        self.open_handler = open_handler
        """Makes the handler of a route that handles requests in a way of its own."""
        self.wrap = wrap
        self.is_included = described is not route
        self.lock = threading.Lock()
        self.compiled: Handler | None = None
        self.plain: Handler | None = None
        """What it is compiled to when nothing of it is overridden: kept through overrides."""
        self.handle: ASGIApp = self.compile_and_handle

    def enter(self, scope: Scope) -> None:
        scope["endpoint"] = self.described.endpoint
        scope["route"] = self.route
        if self.is_included:
            scope.setdefault("fastapi", {})["effective_route_context"] = self.described

    async def compile_and_handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.compile()(scope, receive, send)

    def compile(self) -> ASGIApp:
        """The handler, built unless another thread was faster."""
        with self.lock:
            if self.handle == self.compile_and_handle:
                self.handle = self.make()
            return self.handle

    def make(self) -> ASGIApp:
        handle = self.build().run if self.open_handler is None else self.open_handler()
        return handle if self.wrap is None else self.wrap(handle)

    def build(self) -> Handler:
        overrides = self.overrides()
        if overrides:
            self.compiled = build(self.plan())
        else:
            self.compiled = self.plain = self.plain or build(self.plan())
        return self.compiled

    def overrides(self) -> Overrides | None:
        """The overrides of the application, if any of them has to do with this route."""
        overrides = current_overrides(self.described.dependency_overrides_provider)
        dependencies = self.described.declaration.walk()
        if overrides and any(dependency.call in overrides for dependency in dependencies):
            return overrides
        return None

    def plan(self) -> Plan:
        """What must happen for one request, under the overrides that there are now."""
        return plan_of(self.described, self.entry, self.overrides())

    def drop(self) -> None:
        with self.lock:
            self.compiled = None
            self.handle = self.compile_and_handle

    async def refuse_method(self, scope: Scope, receive: Receive, send: Send) -> None:
        # RFC 9110 section 15.5.6: a 405 answer names the methods that there are.
        headers = {"Allow": ", ".join(self.described.methods or ())}
        if "app" in scope:
            raise HTTPException(status_code=405, headers=headers)
        response = PlainTextResponse("Method Not Allowed", status_code=405, headers=headers)
        await response(scope, receive, send)


class Foreign:
    """A route that is not ours, or that decides for itself what it matches."""

    def __init__(self, route: Any, original: BaseRoute, wrap: Any = None) -> None:
        self.route = route
        self.original = original
        self.handle: ASGIApp = route.handle if wrap is None else wrap(route.handle)

    def enter(self, scope: Scope) -> None:
        endpoint = getattr(self.route, "endpoint", None)
        if endpoint is not None:
            scope["endpoint"] = endpoint
        scope.setdefault("route", self.original)

    async def refuse_method(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.handle(scope, receive, send)

    def drop(self) -> None:
        """Nothing of it is compiled."""


def current_overrides(provider: Any) -> Overrides | None:
    return getattr(provider, "dependency_overrides", None) or None
