"""Routers and routes: what an application is made of.

A router is a live list of routes.  What answers requests is the path tree that is grown from
it when it is first asked for, and dropped when something changes.
"""

import sys
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from starlette import routing
from starlette._utils import get_route_path
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Match, compile_path, get_name
from starlette.routing import Mount as Mount
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket
from typing_extensions import deprecated

from pronghorn._observed import ObservedList
from pronghorn._options import signatures
from pronghorn._options.takes import takes
from pronghorn._pipeline.declaration import declare_endpoint
from pronghorn._pipeline.depended import listed_dependencies
from pronghorn._pipeline.paths import Tree
from pronghorn._routes.admission import admit, admit_included
from pronghorn._routes.checks import (
    check_event,
    check_include,
    check_prefix,
    checked_budget,
    checked_form_limits,
    checked_size,
    joined_path,
)
from pronghorn._routes.declared import Declared
from pronghorn._routes.description import Description, effective_route, leave_out_unset
from pronghorn._routes.frontend import Frontend, make_frontend
from pronghorn._routes.growing import Below, grow, grow_below
from pronghorn._routes.including import (
    EffectiveRoute,
    IncludeContext,
    IncludedRouter,
    first_given,
)
from pronghorn._routes.including import RouteContext as RouteContext
from pronghorn._routes.including import iter_route_contexts as iter_route_contexts
from pronghorn._routes.lifespans import RouterLifespan, run_all
from pronghorn._routes.opening import (
    get_request_handler,
    get_websocket_app,
    handler_options,
    watch_names,
)
from pronghorn._routes.opening import run_endpoint_function as run_endpoint_function
from pronghorn._routes.opening import serialize_response as serialize_response
from pronghorn._routes.path_parts import matched
from pronghorn._serve.asgi import serve
from pronghorn._serve.body_limit import limiting_middleware
from pronghorn._serve.opened import RequestHandler
from pronghorn._serve.opened import request_response as request_response
from pronghorn._serve.opened import websocket_session as websocket_session
from pronghorn._serve.target import Target
from pronghorn.dependencies.solving import solve_dependencies as solve_dependencies
from pronghorn.incidental import incidental
from pronghorn.merging import get_value_or_default
from pronghorn.sse import _PING_INTERVAL as _PING_INTERVAL
from pronghorn.types import DecoratedCallable


class APIRoute(Description, routing.Route):  # type: ignore[misc,override] # as `Description` says
    """An operation: a function that answers requests to one path."""

    _planted_as = "http"

    @takes(signatures.route)
    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Make the route of an operation, and refuse at once what cannot work."""
        options["form_limits"] = checked_form_limits(options["form_limits"])
        checked_size(options["max_body_size"])
        checked_budget(options["query_budget"])
        self.describe(path, endpoint, options)
        _ = self.unique_id
        self.declare()
        self.understand_response(options["response_model"])
        self.try_fields()
        admit(self)
        if type(self).get_route_handler is not APIRoute.get_route_handler:
            # What it does beside making a handler, it does now.
            _ = self.request_handler

    @property
    def _planted_class(self) -> type:
        return APIRoute

    def get_route_handler(self) -> RequestHandler:
        """The function from a request to its response; override it to do something around it."""
        view: Any = effective_route.get()
        seen = view if getattr(view, "original_route", None) is self else self
        # The name may be somebody else's by now.
        return get_request_handler(**handler_options(seen))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        view = scope.get("fastapi", {}).get("effective_route_context")
        if isinstance(view, EffectiveRoute) and view.original_route is self:
            match, child = view.matches(scope)
        else:
            match, child = matched(super().matches, self, scope)
        if match is not Match.NONE:
            child["route"] = self
        return match, child

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        view = scope.get("fastapi", {}).get("effective_route_context")
        if not isinstance(view, EffectiveRoute) or view.original_route is not self:
            await super().handle(scope, receive, send)
            return
        if view.methods and scope["method"] not in view.methods:
            headers = {"Allow": ", ".join(view.methods)}
            if "app" in scope:
                raise HTTPException(status_code=405, headers=headers)
            response = PlainTextResponse("Method Not Allowed", status_code=405, headers=headers)
            await response(scope, receive, send)
            return
        await view.app(scope, receive, send)


class APIWebSocketRoute(Declared, routing.WebSocketRoute):
    """A function that talks over the WebSocket connections to one path."""

    _planted_as = "websocket"
    _reply = None
    _body_reading = None
    methods: set[str] | None = None

    @takes(signatures.websocket_route)
    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Make the route of a WebSocket."""
        self.path = path
        self.endpoint = endpoint
        self.name = get_name(endpoint) if options["name"] is None else options["name"]
        self.dependencies = listed_dependencies(options["dependencies"])
        self.dependency_overrides_provider = options["dependency_overrides_provider"]
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self.declaration = declare_endpoint(
            endpoint, self.path_format, self.dependencies, is_websocket=True
        )
        admit(self)

    @property
    def _planted_class(self) -> type:
        return APIWebSocketRoute

    def through(self, include: IncludeContext) -> "APIWebSocketRoute":
        """The route as *include* shows it."""
        return APIWebSocketRoute(
            include.path_for(self),
            self.endpoint,
            name=self.name,
            dependencies=[*include.dependencies, *self.dependencies],
            dependency_overrides_provider=include.dependency_overrides_provider,
        )

    @cached_property
    def own_app(self) -> ASGIApp:  # type: ignore[override] # it is made once
        provider = self.dependency_overrides_provider
        return websocket_session(get_websocket_app(self.dependant, provider))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child = matched(super().matches, self, scope)
        if match is not Match.NONE:
            child["route"] = self
        return match, child


class APIRouter(routing.Router):
    """A group of operations that share a prefix, tags, dependencies and the like."""

    @takes(signatures.router, route_class=APIRoute)
    def __init__(self, **options: Any) -> None:
        """Make a router, which groups operations to be included in an app."""
        check_prefix(options["prefix"])
        checked_size(options["max_body_size"])
        self._routes_version = 0
        """Grows with each change here or in a router that is included."""
        # By identity: routers are equal when their routes are, and so they have no hash.
        self._dependents: WeakValueDictionary[int, APIRouter] = WeakValueDictionary()
        """The routers whose trees hold routes of this one."""
        self._files: dict[str, Target] = {}
        """What answers GET and HEAD on paths that no route has for itself."""
        self._frontends: list[Frontend] = ObservedList([], self._routes_changed)
        """What answers where neither a route nor the slash redirect does."""
        self._tree: Tree[Target] | None = None
        self.on_startup = list(options["on_startup"] or [])
        self.on_shutdown = list(options["on_shutdown"] or [])
        super().__init__(
            routes=options["routes"],
            redirect_slashes=options["redirect_slashes"],
            default=options["default"],
            middleware=limiting_middleware(options["max_body_size"]),
        )
        self._lifespan = RouterLifespan(self, options["lifespan"])
        self.prefix = options["prefix"]
        self.tags = options["tags"] or []
        self.dependencies = listed_dependencies(options["dependencies"])
        self.deprecated = options["deprecated"]
        self.include_in_schema = options["include_in_schema"]
        self.responses = options["responses"] or {}
        self.callbacks = options["callbacks"] or []
        self.dependency_overrides_provider = options["dependency_overrides_provider"]
        self.route_class = options["route_class"]
        self.default_response_class = options["default_response_class"]
        self.generate_unique_id_function = options["generate_unique_id_function"]
        self.strict_content_type = options["strict_content_type"]
        self.max_body_size = options["max_body_size"]
        self.form_limits = checked_form_limits(options["form_limits"])

    # --- change and growth -----------------------------------------------------------------

    @property
    def _planted_class(self) -> type:
        return APIRouter

    @property
    def routes(self) -> list[BaseRoute]:
        """The routes, which may be changed at any time."""
        return self._routes

    @routes.setter
    def routes(self, routes: Sequence[BaseRoute]) -> None:
        self._routes: ObservedList[BaseRoute] = ObservedList(routes, self._routes_changed)
        self._routes_changed()

    @routes.deleter
    def routes(self) -> None:
        # `mock.patch.object` deletes what it has set, and sets what was there before.
        del self._routes

    def _routes_changed(self) -> None:
        """Drop what was made of the routes, here and in the routers that include this one."""
        self._routes_version += 1
        self._tree = None
        for router in list(self._dependents.values()):
            router._routes_changed()

    @property
    def _grown(self) -> Tree[Target]:
        """What answers: grown from the routes when it is first asked for."""
        tree = self._tree
        if tree is None:
            version = self._routes_version
            tree = grow(self)
            if version == self._routes_version:
                self._tree = tree
        return tree

    def _includes(self, router: "APIRouter") -> bool:
        """Whether *router* is included here, or in a router that is."""
        nodes = [route for route in self.routes if isinstance(route, IncludedRouter)]
        return any(
            node.original_router is router or node.original_router._includes(router)
            for node in nodes
        )

    # --- answering -------------------------------------------------------------------------

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            scope.setdefault("router", self)
            await self.lifespan(scope, receive, send)
        else:
            await serve(self, scope, receive, send)

    def found_below(self, scope: Scope) -> Any:
        """What the include that is being matched has for the request; None if none is."""
        included = scope.get("fastapi", {}).get("included_router")
        if not isinstance(included, IncludedRouter) or included.original_router is not self:
            return None
        return grow_below(included).find(scope, get_route_path(scope))

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether the include that is being matched has the path and the method."""
        found = self.found_below(scope)
        if found is None:
            return Match.NONE, {}
        _, _, is_full, child_scope = found
        return (Match.FULL if is_full else Match.PARTIAL), child_scope or {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that `matches` accepted."""
        included = scope.get("fastapi", {}).get("included_router")
        if isinstance(included, IncludedRouter) and included.original_router is self:
            await serve(Below(self, included), scope, receive, send)
        else:
            await self.app(scope, receive, send)

    # --- adding ----------------------------------------------------------------------------

    def add_route(
        self,
        path: str,
        endpoint: Callable[[Request], Awaitable[Response] | Response],
        methods: Collection[str] | None = None,
        name: str | None = None,
        include_in_schema: bool = True,
    ) -> None:
        """Add a plain Starlette route: a function from a request to a response."""
        super().add_route(path, endpoint, methods, name, include_in_schema)

    def route(
        self,
        path: str,
        methods: Collection[str] | None = None,
        name: str | None = None,
        include_in_schema: bool = True,
    ) -> Any:
        """Add a plain Starlette route."""
        return adding(partial(self.add_route, path), methods, name, include_in_schema)

    @takes(signatures.router_add_api_route)
    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Let a function answer requests of some methods on a path."""
        route_class = options.pop("route_class_override") or self.route_class
        leave_out_unset(options)
        options.update(
            tags=[*self.tags, *(options["tags"] or [])],
            dependencies=[*self.dependencies, *listed_dependencies(options["dependencies"])],
            callbacks=[*self.callbacks, *(options["callbacks"] or [])],
            responses={**self.responses, **(options["responses"] or {})},
            deprecated=options["deprecated"] or self.deprecated,
            include_in_schema=options["include_in_schema"] and self.include_in_schema,
            response_class=get_value_or_default(
                options["response_class"], self.default_response_class
            ),
            generate_unique_id_function=get_value_or_default(
                options["generate_unique_id_function"], self.generate_unique_id_function
            ),
            strict_content_type=get_value_or_default(
                options["strict_content_type"], self.strict_content_type
            ),
            max_body_size=first_given(options["max_body_size"], self.max_body_size),
            dependency_overrides_provider=self.dependency_overrides_provider,
        )
        self.routes.append(
            route_class(joined_path(self.prefix, path), endpoint=endpoint, **options)
        )

    @takes(signatures.router_api_route)
    def api_route(self, path: str, **options: Any) -> Any:
        """Answer requests of some methods on a path."""
        return adding(partial(self.add_api_route, path), **options)

    @takes(signatures.verb)
    def get(self, path: str, **options: Any) -> Any:
        """Answer GET requests on a path."""
        return self.api_route(path, methods=["GET"], **options)

    @takes(signatures.verb)
    def put(self, path: str, **options: Any) -> Any:
        """Answer PUT requests on a path."""
        return self.api_route(path, methods=["PUT"], **options)

    @takes(signatures.verb)
    def post(self, path: str, **options: Any) -> Any:
        """Answer POST requests on a path."""
        return self.api_route(path, methods=["POST"], **options)

    @takes(signatures.verb)
    def delete(self, path: str, **options: Any) -> Any:
        """Answer DELETE requests on a path."""
        return self.api_route(path, methods=["DELETE"], **options)

    @takes(signatures.verb)
    def options(self, path: str, **options: Any) -> Any:
        """Answer OPTIONS requests on a path."""
        return self.api_route(path, methods=["OPTIONS"], **options)

    @takes(signatures.verb)
    def head(self, path: str, **options: Any) -> Any:
        """Answer HEAD requests on a path."""
        return self.api_route(path, methods=["HEAD"], **options)

    @takes(signatures.verb)
    def patch(self, path: str, **options: Any) -> Any:
        """Answer PATCH requests on a path."""
        return self.api_route(path, methods=["PATCH"], **options)

    @takes(signatures.verb)
    def trace(self, path: str, **options: Any) -> Any:
        """Answer TRACE requests on a path."""
        return self.api_route(path, methods=["TRACE"], **options)

    @takes(signatures.add_api_websocket_route)
    def add_api_websocket_route(
        self, path: str, endpoint: Callable[..., Any], name: str | None = None, **options: Any
    ) -> None:
        """Let a function answer WebSocket connections on a path."""
        route = APIWebSocketRoute(
            joined_path(self.prefix, path),
            endpoint,
            name=name,
            dependencies=[*self.dependencies, *listed_dependencies(options["dependencies"])],
            dependency_overrides_provider=self.dependency_overrides_provider,
        )
        self.routes.append(route)

    @takes(signatures.websocket)
    def websocket(self, path: str, name: str | None = None, **options: Any) -> Any:
        """Answer WebSocket connections on a path."""
        return adding(partial(self.add_api_websocket_route, path), name, **options)

    def websocket_route(
        self, path: str, name: str | None = None
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Add a plain Starlette route for WebSocket connections."""
        return adding(partial(self.add_websocket_route, path), name)

    def add_websocket_route(
        self, path: str, endpoint: Callable[[WebSocket], Awaitable[None]], name: str | None = None
    ) -> None:
        """Add a plain Starlette route for WebSocket connections."""
        super().add_websocket_route(path, endpoint, name)

    @takes(signatures.frontend)
    def frontend(self, path: str, **options: Any) -> None:
        """Serve the files of a built frontend."""
        self._frontends.append(make_frontend(self, path, **options))

    @takes(signatures.router_include_router)
    def include_router(self, router: "APIRouter", **options: Any) -> None:
        """Serve the routes of a router, those too that it gets later."""
        check_include(self, router, options["prefix"])
        checked_size(options["max_body_size"])
        options["form_limits"] = checked_form_limits(options["form_limits"])
        context = IncludeContext.of(self, router, options)
        admit_included(context)
        router._dependents[id(self)] = self
        self.routes.append(IncludedRouter(router, context))

    # --- start and end ---------------------------------------------------------------------

    @property
    def lifespan_context(self) -> Any:
        """The lifespan, and those of what is included and mounted.

        What is set takes the place of all that there was; what comes later runs beside it.
        """
        return self._lifespan

    # Who sets it, and who reads it, sees no difference from Starlette's attribute.
    @lifespan_context.setter
    def lifespan_context(self, lifespan: Any) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        is_own = isinstance(lifespan, RouterLifespan) and lifespan.router is self
        replacing = partial(RouterLifespan, self, replaced=list(self.routes))
        self._lifespan = lifespan if is_own else replacing(lifespan)

    @lifespan_context.deleter
    def lifespan_context(self) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        # `mock.patch.object` deletes what it has set, and sets what was there before.
        del self._lifespan

    async def _startup(self) -> None:
        await run_all(self.on_startup)

    async def _shutdown(self) -> None:
        await run_all(self.on_shutdown)

    def add_event_handler(self, event_type: str, func: Callable[[], Any]) -> None:
        """Call *func* at `startup` or at `shutdown`."""
        check_event(event_type, func)
        (self.on_startup if event_type == "startup" else self.on_shutdown).append(func)

    @deprecated("on_event is deprecated, use lifespan event handlers instead.")
    def on_event(self, event_type: str) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Call the function at `startup` or at `shutdown`.  Deprecated: use a `lifespan`."""
        return adding(partial(self.add_event_handler, event_type))


def adding(
    add: Callable[..., None], *args: Any, **options: Any
) -> Callable[[DecoratedCallable], DecoratedCallable]:
    """A decorator that adds what it is put on by *add*, and leaves it as it is."""

    def decorator(func: DecoratedCallable) -> DecoratedCallable:
        add(func, *args, **options)
        return func

    return decorator


# Tools replace some of its private functions here.
watch_names(sys.modules[__name__])

if not TYPE_CHECKING:
    __getattr__ = incidental(__name__)
