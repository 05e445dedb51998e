"""Routers within routers: what an include adds, and routes as they are seen through includes.

An included router is not copied.  Its routes stay live, and each include sees them under a
prefix, with options and dependencies of its own.
"""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from threading import RLock
from typing import Any, cast

from starlette import routing
from starlette._utils import get_route_path
from starlette.datastructures import URLPath
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Match, NoMatchFound, compile_path
from starlette.types import Receive, Scope, Send

from pronghorn import params
from pronghorn._pipeline.depended import listed_dependencies
from pronghorn._pipeline.paths import read_parameters
from pronghorn._routes.description import PLAIN, Description
from pronghorn.datastructures import Default, DefaultPlaceholder
from pronghorn.merging import get_value_or_default
from pronghorn.unique_ids import generate_unique_id


@dataclass(slots=True)
class IncludeContext:
    """What the routers above add to the routes of *included_router*."""

    included_router: Any
    prefix: str = ""
    tags: list[str | Enum] = field(default_factory=list)
    dependencies: list[params.Depends] = field(default_factory=list)
    default_response_class: type[Response] | DefaultPlaceholder = field(
        default_factory=lambda: cast("Any", Default(JSONResponse))
    )
    responses: dict[int | str, dict[str, Any]] = field(default_factory=dict)
    callbacks: list[BaseRoute] = field(default_factory=list)
    deprecated: bool | None = None
    include_in_schema: bool = True
    generate_unique_id_function: Callable[[Any], str] | DefaultPlaceholder = field(
        default_factory=lambda: cast("Any", Default(generate_unique_id))
    )
    strict_content_type: bool | DefaultPlaceholder = field(
        default_factory=lambda: cast("Any", Default(True))
    )
    dependency_overrides_provider: Any = None
    max_body_size: int | None = None
    form_limits: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, router: Any, included: Any, options: Mapping[str, Any]) -> "IncludeContext":
        """What *router* and the *options* of an include add to the routes of *included*."""
        return cls(
            included_router=included,
            prefix=router.prefix + options["prefix"],
            tags=[*router.tags, *(options["tags"] or [])],
            dependencies=[*router.dependencies, *listed_dependencies(options["dependencies"])],
            default_response_class=get_value_or_default(
                options["default_response_class"], router.default_response_class
            ),
            responses={**router.responses, **(options["responses"] or {})},
            callbacks=[*router.callbacks, *(options["callbacks"] or [])],
            deprecated=options["deprecated"] or router.deprecated,
            include_in_schema=router.include_in_schema and options["include_in_schema"],
            generate_unique_id_function=get_value_or_default(
                options["generate_unique_id_function"], router.generate_unique_id_function
            ),
            strict_content_type=router.strict_content_type,
            dependency_overrides_provider=router.dependency_overrides_provider,
            max_body_size=first_given(
                included.max_body_size, options["max_body_size"], router.max_body_size
            ),
            form_limits={**options["form_limits"], **included.form_limits},
        )

    def combine(self, child: "IncludeContext") -> "IncludeContext":
        """What *self* and, within it, *child* add together."""
        return IncludeContext(
            included_router=child.included_router,
            prefix=self.prefix + child.prefix,
            tags=[*self.tags, *child.tags],
            dependencies=[*self.dependencies, *child.dependencies],
            default_response_class=get_value_or_default(
                child.default_response_class, self.default_response_class
            ),
            responses={**self.responses, **child.responses},
            callbacks=[*self.callbacks, *child.callbacks],
            deprecated=self.deprecated or child.deprecated,
            include_in_schema=self.include_in_schema and child.include_in_schema,
            generate_unique_id_function=get_value_or_default(
                child.generate_unique_id_function, self.generate_unique_id_function
            ),
            strict_content_type=get_value_or_default(
                child.strict_content_type, self.strict_content_type
            ),
            dependency_overrides_provider=self.dependency_overrides_provider,
            max_body_size=first_given(child.max_body_size, self.max_body_size),
            form_limits={**self.form_limits, **child.form_limits},
        )

    def path_for(self, route: Any) -> str:
        return self.prefix + cast("str", route.path)


def first_given(*limits: int | None) -> int | None:
    """The first limit that somebody set, the most specific one first."""
    return next((limit for limit in limits if limit is not None), None)


class EffectiveRoute(Description):
    """A route as it is seen through an include.

    For a route that is none of ours only `original_route` and `starlette_route` say something:
    the whole path is that of the latter, and what tools ask for first is empty.
    """

    def __init__(
        self,
        original_route: BaseRoute,
        starlette_route: BaseRoute | None = None,
        include_limit: int | None = None,
    ) -> None:
        self.original_route = original_route
        self.starlette_route = starlette_route
        self.include_limit = include_limit
        if starlette_route is not None:
            vars(self).update(path="", path_format="", name="", endpoint=None, methods=set())

    def __repr__(self) -> str:
        shown = self.starlette_route or f"{sorted(self.methods)} {self.path}"
        return f"EffectiveRoute({shown})"

    @classmethod
    def through(cls, route: Any, include: IncludeContext) -> "EffectiveRoute":
        """*route* as *include* shows it."""
        self = cls(route)
        self.describe(include.path_for(route), route.endpoint, options_through(route, include))
        if not isinstance(self.generate_unique_id_function, DefaultPlaceholder):
            # It may count, and so is called for all routes in turn.
            _ = self.unique_id
        self.declare_like(route, include.dependencies)
        self.response_model = route.response_model
        self.stream_item_type = route.stream_item_type
        self.check_retry()
        return self

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if self.starlette_route is not None:
            return self.starlette_route.matches(scope)
        if scope["type"] != "http":
            return Match.NONE, {}
        path = get_route_path(scope)
        converted = read_parameters(self.path_regex, self.param_convertors, path)
        if converted is None:
            return Match.NONE, {}
        child = {
            "endpoint": self.endpoint,
            "path_params": {**scope.get("path_params", {}), **converted},
        }
        has_method = not self.methods or scope["method"] in self.methods
        return (Match.FULL if has_method else Match.PARTIAL), child

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        if self.starlette_route is not None:
            return self.starlette_route.url_path_for(name, **path_params)
        if name != self.name or set(path_params) != set(self.param_convertors):
            raise NoMatchFound(name, path_params)
        path, _ = routing.replace_params(self.path_format, self.param_convertors, path_params)
        return URLPath(path=path, protocol="http")


def options_through(route: Any, include: IncludeContext) -> dict[str, Any]:
    """The options of *route*, with what *include* adds to them."""
    router = include.included_router
    options = {name: getattr(route, name) for name in PLAIN}
    options.update(
        name=route.name,
        retry=route._retry,
        query_budget=route._query_budget,
        methods=route.methods,
        status_code=route.status_code,
        description=route.description,
        tags=[*include.tags, *(route.given("tags") or ())],
        dependencies=[*include.dependencies, *(route.given("dependencies") or ())],
        responses={**include.responses, **(route.given("responses") or {})},
        callbacks=[*include.callbacks, *(route.given("callbacks") or ())],
        deprecated=route.deprecated or include.deprecated,
        include_in_schema=route.include_in_schema and include.include_in_schema,
        dependency_overrides_provider=include.dependency_overrides_provider,
        max_body_size=first_given(route.max_body_size, include.max_body_size),
        form_limits={**include.form_limits, **(route.given("form_limits") or {})},
    )
    for name, of_router in (
        ("response_class", "default_response_class"),
        ("generate_unique_id_function", "generate_unique_id_function"),
        ("strict_content_type", "strict_content_type"),
    ):
        options[name] = get_value_or_default(
            getattr(route, name), getattr(router, of_router), getattr(include, of_router)
        )
    return options


@dataclass(frozen=True, slots=True)
class RouteContext:
    """A route as somebody asks for it: itself, or what an include makes of it."""

    route: BaseRoute
    _route_context: EffectiveRoute | None = field(default=None, repr=False)

    @property
    def original_route(self) -> BaseRoute:
        return self.route if self._route_context is None else self._route_context.original_route

    @property
    def _effective_route(self) -> Any:
        if self._route_context is None:
            return self.route
        return self._route_context.starlette_route or self._route_context

    @property
    def path(self) -> str | None:
        return getattr(self._effective_route, "path", None)

    @property
    def path_format(self) -> str | None:
        return getattr(self._effective_route, "path_format", None)

    @property
    def name(self) -> str | None:
        return getattr(self._effective_route, "name", None)

    @property
    def methods(self) -> set[str] | None:
        return getattr(self._effective_route, "methods", None)

    @property
    def endpoint(self) -> Callable[..., Any] | None:
        return getattr(self._effective_route, "endpoint", None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._effective_route, name)


class IncludedRouter(BaseRoute):
    """One include of a router, standing among the routes of another."""

    def __init__(self, original_router: Any, include_context: IncludeContext) -> None:
        self.original_router = original_router
        self.include_context = include_context
        self._lock = RLock()
        self._version: int | None = None
        self._candidates: list[EffectiveRoute | IncludedRouter] = []

    def effective_candidates(self) -> "list[EffectiveRoute | IncludedRouter]":
        """The routes as this include shows them; includes within it as they are."""
        with self._lock:
            version = self.original_router._routes_version
            if version != self._version:
                seen = map(self.see, self.original_router.routes)
                self._candidates = [route for route in seen if route is not None]
                self._version = version
            return self._candidates

    def see(self, route: BaseRoute) -> "EffectiveRoute | IncludedRouter | None":
        if isinstance(route, IncludedRouter):
            context = self.include_context.combine(route.include_context)
            return IncludedRouter(route.original_router, context)
        return see_through(route, self.include_context)

    def effective_route_contexts(self) -> Iterator[EffectiveRoute]:
        """All routes as this include shows them, those of includes within it too."""
        for candidate in self.effective_candidates():
            if isinstance(candidate, IncludedRouter):
                yield from candidate.effective_route_contexts()
            else:
                yield candidate

    def effective_low_priority_routes(self) -> Iterator[Any]:
        """The frontends as this include shows them, those of includes within it too."""
        for frontend in self.original_router._frontends:
            yield frontend.through(self.include_context)
        for candidate in self.effective_candidates():
            if isinstance(candidate, IncludedRouter):
                yield from candidate.effective_low_priority_routes()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        with_key = scope.setdefault("fastapi", {})
        before = with_key.get("included_router")
        with_key["included_router"] = self
        try:
            match, _ = self.original_router.matches(scope)
        finally:
            restore(scope, "included_router", before)
        return match, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.setdefault("fastapi", {})["included_router"] = self
        await self.original_router.handle(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        for route in self.effective_route_contexts():
            try:
                return route.url_path_for(name, **path_params)
            except NoMatchFound:
                continue
        raise NoMatchFound(name, path_params)


def restore(scope: Scope, key: str, before: Any) -> None:
    """Let *scope* tell of *before* again, or of nothing if there was nothing."""
    values = scope.get("fastapi")
    if not isinstance(values, dict):
        # The key is not reserved: whoever was asked may have put something else there.
        return
    if before is None:
        values.pop(key, None)
    else:
        values[key] = before


def see_through(route: BaseRoute, include: IncludeContext) -> EffectiveRoute | None:
    """*route* as *include* shows it; None for kinds of routes that cannot be moved."""
    if isinstance(route, Description):
        return EffectiveRoute.through(route, include)
    move = next((move for kind, move in MOVES if isinstance(route, kind)), None)
    if move is None:
        return None
    return EffectiveRoute(route, move(route, include), include.max_body_size)


def move_route(route: Any, include: IncludeContext) -> BaseRoute:
    return routing.Route(
        include.path_for(route),
        endpoint=route.endpoint,
        methods=list(route.methods or []),
        name=route.name,
        include_in_schema=route.include_in_schema,
    )


def move_websocket(route: Any, include: IncludeContext) -> BaseRoute:
    move = getattr(route, "through", None)
    if move is not None:
        return cast("BaseRoute", move(include))
    return routing.WebSocketRoute(include.path_for(route), route.endpoint, name=route.name)


def move_mount(route: routing.Mount, include: IncludeContext) -> BaseRoute:
    moved = copy.copy(route)
    moved.path = include.path_for(route).rstrip("/")
    moved.path_regex, moved.path_format, moved.param_convertors = compile_path(
        moved.path + "/{path:path}"
    )
    return moved


def move_host(route: routing.Host, include: IncludeContext) -> BaseRoute:
    app = route.app
    if include.prefix:
        app = routing.Router(routes=[routing.Mount(include.prefix, app=app)])
    return routing.Host(route.host, app=app, name=cast("str", route.name))


MOVES: Sequence[tuple[type[BaseRoute], Callable[[Any, IncludeContext], BaseRoute]]] = (
    (routing.Route, move_route),
    (routing.WebSocketRoute, move_websocket),
    (routing.Mount, move_mount),
    (routing.Host, move_host),
)


def routes_with_views(
    routes: Sequence[BaseRoute],
) -> Iterator[tuple[BaseRoute, EffectiveRoute | None]]:
    """All routes, each with its view through the include that it is found in."""
    for route in routes:
        if isinstance(route, IncludedRouter):
            for view in route.effective_route_contexts():
                yield view.original_route, view
        else:
            yield route, None


def seen_routes(routes: Sequence[BaseRoute]) -> Iterator[Any]:
    """All routes as they are seen: with the paths that they have in the application."""
    for route, view in routes_with_views(routes):
        yield route if view is None else (view.starlette_route or view)


def added_routes(routes: Sequence[BaseRoute]) -> Iterator[BaseRoute]:
    """All routes as they were added, but for Starlette's own, which an include moves."""
    for route, view in routes_with_views(routes):
        yield route if view is None else (view.starlette_route or route)


def iter_route_contexts(routes: Sequence[BaseRoute | RouteContext]) -> Iterator[RouteContext]:
    """All routes with the paths and options that they have in the application."""
    for route in routes:
        if isinstance(route, RouteContext):
            yield route
        else:
            for original, view in routes_with_views([route]):
                yield RouteContext(original, view)


# FastAPI's names of the same; tools look for them in `routing`.
_EffectiveRouteContext = EffectiveRoute
_IncludedRouter = IncludedRouter
_RouterIncludeContext = IncludeContext
_iter_included_route_candidates = added_routes
_iter_routes_with_context = routes_with_views
_restore_fastapi_scope_key = restore
