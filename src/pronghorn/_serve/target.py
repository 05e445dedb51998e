"""A route as the path tree holds it: compiled when it is first asked for.

It knows what a route must offer to be compiled, and nothing of routers.
"""

import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakSet

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn._pipeline.declaration import Dependency
from pronghorn._pipeline.handler import Handler, build
from pronghorn._pipeline.observing import observed
from pronghorn._pipeline.plan import Plan, arrange, arrange_open
from pronghorn._pipeline.replying import JSON_TYPE, length, noting_start
from pronghorn._pipeline.steps import BodyReading, Entry, Reply, Solve
from pronghorn._serve.app_options import asked_apps, options_of
from pronghorn._serve.early import commits_early, warn_if_sent_in_parts
from pronghorn._serve.names import names
from pronghorn._serve.opened import opened
from pronghorn._serve.written import send_written
from pronghorn.mode import mode_of
from pronghorn.telemetry.notes import note_route, noting_route
from pronghorn.telemetry.switch import switch

if TYPE_CHECKING:
    from pronghorn.budgets import Budget
    from pronghorn.retries import Retry

Overrides = Mapping[Callable[..., Any], Callable[..., Any]]


class Described(Protocol):
    """What there is to know of a route, as it is seen through its includes."""

    @property
    def endpoint(self) -> Callable[..., Any]: ...
    @property
    def declaration(self) -> Dependency: ...
    @property
    def _reply(self) -> Reply | None: ...
    @property
    def _body_reading(self) -> BodyReading | None: ...
    @property
    def methods(self) -> set[str] | None: ...
    @property
    def path_format(self) -> str | None:
        """The path with the names of its parameters, where there is one."""
        ...

    @property
    def dependency_overrides_provider(self) -> Any: ...
    @property
    def dependant(self) -> Any:
        """The declaration as others may change it."""
        ...

    @property
    def assigned_app(self) -> ASGIApp | None:
        """What somebody put in the place of all that is compiled."""
        ...

    @property
    def _embed_body_fields(self) -> bool: ...
    @property
    def _retry(self) -> "Retry | None":
        """After what it is tried again."""
        ...

    @property
    def _query_budget(self) -> int | None:
        """The most statements that it may send to databases."""
        ...

    def forget_handler(self) -> None:
        """Let the handler of its own be made once more, if it has one."""


class Target(Protocol):
    """What is found for a path."""

    @property
    def described(self) -> Described | None:
        """What is known of the route, if it is ours; others tell the scope themselves."""
        ...

    @property
    def view(self) -> Any:
        """The include's view of the route, which the scope is told of; None without an include."""
        ...

    @property
    def route(self) -> Any:
        """The route that the scope is told of.

        An operation is told of as the route that was added, however it is seen; a WebSocket
        as the one with the whole path.
        """
        ...

    @property
    def handle(self) -> ASGIApp:
        """Answers the request."""
        ...

    def note(self, scope: Scope) -> None:
        """Tell whoever observes the request what was found, where no handler does."""

    async def refuse_method(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request whose path is right and whose method is not."""


def plan_of(
    described: Described, entry: Entry, overrides: Overrides | None = None, app: Any = None
) -> Plan:
    """The plan of *described* for the application that serves it, which is *app* if it has none."""
    serving = described.dependency_overrides_provider or app
    plan = arrange(
        described.declaration,
        entry=entry,
        reply=described._reply,
        body=described._body_reading,
        overrides=overrides,
        commits_early=commits_early(serving),
        is_watched=entry is Entry.ASGI and mode_of(serving) == "development",
    )
    return with_options(plan, described, serving)


def open_plan_of(described: Described, entry: Entry, app: Any = None) -> Plan:
    """The plan whose steps are done by the names that others may have replaced."""
    serving = described.dependency_overrides_provider or app
    solve = Solve(
        names.module,
        described.dependant,
        described.dependency_overrides_provider,
        described._embed_body_fields,
    )
    plan = arrange_open(
        described.declaration,
        solve,
        entry=entry,
        reply=described._reply,
        body=described._body_reading,
        commits_early=commits_early(serving),
    )
    return with_options(plan, described, serving)


def with_options(plan: Plan, described: Described, app: Any) -> Plan:
    """*plan*, with the steps for what few routes ask for; *app* serves them."""
    budget = budget_of(described, app)
    if budget is not None and plan.entry is not Entry.WEBSOCKET:
        from pronghorn._pipeline.measuring import measured  # noqa: PLC0415 - outside of production

        plan = measured(plan, budget)
    if described._retry is not None:
        from pronghorn._pipeline.retrying import retried  # noqa: PLC0415 - few are

        plan = retried(plan, described._retry)
    return plan


def budget_of(described: Described, app: Any) -> "Budget | None":
    """The budget of an operation, its own or that of *app*; in production none."""
    most = described._query_budget
    if most is None:
        most = options_of(app).query_budget
    if most is None:
        return None
    from pronghorn.budgets import Budget  # noqa: PLC0415 - few have one
    from pronghorn.mode import mode_of  # noqa: PLC0415 - as above

    mode = mode_of(app)
    if mode == "production":
        return None
    return Budget(most, described.declaration.path, is_failure=mode == "tests")


NO_METHOD = b'{"detail":"Method Not Allowed"}'


class Compiled:
    """A route whose handler is ours."""

    def __init__(
        self,
        described: Described,
        route: Any,
        entry: Entry,
        own_handler: Callable[[], Any] | None = None,
        wrap: Callable[[ASGIApp], ASGIApp] | None = None,
        view: Any = None,
    ) -> None:
        self.described = described
        self.route = route
        self.view = view
        self.original = route if view is None else view.original_route
        """The route as it was added, though the scope be told of the one that an include shows."""
        self.entry = entry
        self.own_handler = own_handler
        """Gives the handler of a route that handles requests in a way of its own; else None."""
        self.wrap = wrap
        self.lock = threading.Lock()
        self.compiled: Handler | None = None
        self.plain: Handler | None = None
        """What it is compiled to when nothing of it is overridden: kept through overrides."""
        self.by_app: dict[tuple[bool, int | None, bool], Callable[..., Awaitable[Any]]] = {}
        """What it is compiled to for applications that want commits early, with a budget, and that
        are debugged; and for others."""
        self.known_overrides: dict[Any, Any] = {}
        """Those that it was compiled under."""
        self.generation = 0
        """Grows when something changes, so that what is being compiled then is not kept."""
        self.handle: Callable[..., Awaitable[Any]] = self.compile_and_handle

    # The arguments are scope, receive and send, or one request: it depends on the entry.

    async def compile_and_handle(self, *request: Any) -> Any:
        return await self.compile()(*request)

    async def ask_and_handle(self, *request: Any) -> Any:
        """Handle under the overrides of the moment: nobody tells when they change."""
        with self.lock:
            is_known = dict(self.overrides() or {}) == self.known_overrides
            handler = self.compiled if is_known else None
            handler = handler or self.build()
        return await handler.run(*request)

    async def ask_app_and_handle(self, *request: Any) -> Any:
        """Handle as the application of the request wants it: the route knows of none."""
        scope = request[0].scope if self.entry is Entry.REQUEST else request[0]
        app = scope.get("app")
        options = options_of(app)
        is_debugged = bool(getattr(app, "debug", False))
        wanted = (options.commit_before_response, options.query_budget, is_debugged)
        with self.lock:
            # What has changed meanwhile may not be in it: then there is another dict.
            by_app = self.by_app
            run = by_app.get(wanted)
            if run is None:
                run = by_app[wanted] = build(self.plan(app)).run
        return await run(*request)

    def compile(self) -> Callable[..., Awaitable[Any]]:
        """The handler, built unless another thread was faster."""
        with self.lock:
            if self.handle != self.compile_and_handle:
                return self.handle
            add_living(self)
            # Compiling may itself change something, once: an open plan makes a dependant.
            return self.make_and_keep() or self.make_and_keep() or self.make()

    def make_and_keep(self) -> Callable[..., Awaitable[Any]] | None:
        """The handler; None if something has changed meanwhile, which may not be in it."""
        generation = self.generation
        handle = self.make()
        with living_lock:
            if generation != self.generation:
                return None
            self.handle = handle
        return handle

    def note(self, scope: Scope) -> None:
        note_route(scope, self.described.path_format)

    def make(self) -> Callable[..., Awaitable[Any]]:
        handle = self.make_alone()
        # A request that comes in as an object was noted by whoever made the object.
        if switch.is_on and self.entry is not Entry.REQUEST:
            return noting_route(handle, self.described.path_format)
        return handle

    def make_alone(self) -> Callable[..., Awaitable[Any]]:
        if self.described.assigned_app is not None:
            return self.described.assigned_app
        own = None if self.own_handler is None else self.own_handler()
        handle = self.make_planned() if own is None else opened(own, self.described)
        return handle if self.wrap is None else self.wrap(handle)

    def make_planned(self) -> Callable[..., Awaitable[Any]]:
        has_budget = self.described._query_budget is not None
        if self.described.dependency_overrides_provider is None and (asked_apps or has_budget):
            return self.ask_app_and_handle
        run = self.build().run
        is_told = is_telling(self.described.dependency_overrides_provider)
        return run if is_told else self.ask_and_handle

    def build(self) -> Handler:
        generation = self.generation
        overrides = self.overrides()
        handler = (None if overrides else self.plain) or build(self.plan())
        with living_lock:
            # What has changed meanwhile may not be in it.
            if generation == self.generation:
                self.compiled = handler
                self.plain = self.plain if overrides else handler
                self.known_overrides = dict(overrides or {})
        return handler

    def overrides(self) -> Overrides | None:
        """The overrides of the application, if any of them has to do with this route."""
        overrides = current_overrides(self.described.dependency_overrides_provider)
        if not overrides:
            return None
        wanted = self.described.declaration.dependencies
        dependencies = (below for dependency in wanted for below in dependency.unique())
        return overrides if any(below.key[0] in overrides for below in dependencies) else None

    def plan(self, app: Any = None) -> Plan:
        """What must happen for one request, under what there is now."""
        return observed(self.plan_alone(app)) if switch.is_on else self.plan_alone(app)

    def plan_alone(self, app: Any = None) -> Plan:
        described = self.described
        if commits_early(described.dependency_overrides_provider or app):
            path = described.path_format or ""
            warn_if_sent_in_parts(described._reply, described.declaration, path)
        if names.is_replaced("run_endpoint_function", "serialize_response", "solve_dependencies"):
            return open_plan_of(described, self.entry, app)
        return plan_of(described, self.entry, self.overrides(), app)

    def drop(self) -> None:
        """Compile once more; what was made for no overrides is kept."""
        with living_lock:
            self.drop_all_but_plain()

    def drop_all_but_plain(self) -> None:
        self.generation += 1
        self.compiled = None
        self.handle = self.compile_and_handle

    def forget(self) -> None:
        """Compile all of it once more."""
        with living_lock:
            self.plain = None
            self.by_app = {}
            self.drop_all_but_plain()

    async def refuse_method(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.note(scope)
        headers = {"Allow": self.allowed()}
        if "app" in scope:
            raise HTTPException(status_code=405, headers=headers)
        response = PlainTextResponse("Method Not Allowed", status_code=405, headers=headers)
        await response(scope, receive, send)

    async def send_methods(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Refuse the method by the usual answer to the exception that `refuse_method` raises."""
        self.note(scope)
        allow = (b"allow", self.allowed().encode("latin-1"))
        headers = [allow, length(NO_METHOD), JSON_TYPE]
        await send_written((405, headers, NO_METHOD), scope, send)

    def allowed(self) -> str:
        """RFC 9110 section 15.5.6: a 405 answer names the methods that there are."""
        return ", ".join(self.described.methods or ())


class Foreign:
    """A route that is not ours, or that decides for itself what it matches."""

    described = None

    def __init__(self, route: Any, original: BaseRoute, wrap: Any = None, view: Any = None) -> None:
        self.route = route
        self.original = original
        self.view = view
        """The include's view of it, if it is included."""
        self.path_format: str | None = getattr(route, "path_format", None)
        self.is_mount = isinstance(original, Mount)
        self.app: ASGIApp = route.handle if wrap is None else wrap(route.handle)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the route answer, and note whether it has begun to."""
        endpoint = getattr(self.route, "endpoint", None)
        if endpoint is not None:
            scope["endpoint"] = endpoint
        if self.view is not None:
            scope.setdefault("fastapi", {})["effective_route_context"] = self.view
        # Without a word of the route: Starlette's routes say nothing of themselves either.
        self.note(scope)
        await self.app(scope, receive, noting_start(scope, send))

    def note(self, scope: Scope) -> None:
        note_route(scope, self.path_format, is_mount=self.is_mount)

    async def refuse_method(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.handle(scope, receive, send)


def current_overrides(provider: Any) -> Overrides | None:
    return getattr(provider, "dependency_overrides", None) or None


def is_telling(provider: Any) -> bool:
    """Whether *provider* tells when its overrides change, as our applications do."""
    overrides = getattr(provider, "dependency_overrides", None)
    told = getattr(overrides, "changed", None)
    tells = getattr(provider, "drop_handlers", None)
    return provider is None or (told is not None and told == tells)


# --- what is compiled, to be dropped when something changes ----------------------------------

living: WeakSet[Compiled] = WeakSet()
living_lock = threading.Lock()


def add_living(target: Compiled) -> None:
    with living_lock:
        living.add(target)


def all_living() -> list[Compiled]:
    with living_lock:
        return list(living)


def drop_overridden(provider: Any) -> None:
    """Compile once more what is under the overrides of *provider*."""
    for target in all_living():
        if target.described.dependency_overrides_provider is provider:
            target.drop()


def forget(described: Any) -> None:
    """Compile once more what is made of *described*."""
    for target in all_living():
        if target.described is described:
            target.forget()


def begin_asking(app: Any) -> None:
    """Let routes that know no application ask for one: *app* wants something of its routes."""
    asked_apps.add(app)
    forget_all()


def forget_all(*, and_handlers: bool = False) -> None:
    """Compile all routes once more; *and_handlers*, let theirs be made once more, too."""
    for target in all_living():
        if and_handlers:
            target.described.forget_handler()
        target.forget()


switch.on_change.append(forget_all)
