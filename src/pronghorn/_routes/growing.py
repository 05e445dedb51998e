"""The path tree of a router: all its routes, with those of the routers that it includes."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, partial
from typing import Any

from starlette.routing import BaseRoute, Host, Mount, Route, WebSocketRoute
from starlette.types import ASGIApp, Scope

from pronghorn._pipeline.paths import Tree
from pronghorn._pipeline.steps import Entry
from pronghorn._routes.frontend import FrontendTarget, frontends_of
from pronghorn._routes.including import EffectiveRoute, IncludedRouter, restore
from pronghorn._routes.lifespans import mounted_by
from pronghorn._routes.path_parts import matched
from pronghorn._serve.body_limit import limited_handler
from pronghorn._serve.mounted_state import with_state
from pronghorn._serve.names import names
from pronghorn._serve.target import Compiled, Foreign, Target
from pronghorn.foreign import has_foreign_method

Wrap = Callable[[ASGIApp], ASGIApp]


def grow(router: Any) -> Tree[Target]:
    """The tree of all that *router* answers."""
    tree: Tree[Target] = Tree()
    is_patched.cache_clear()
    for route in router.routes:
        plant(tree, route, route, router)
    for view in frontends_of(router):
        tree.add_below(view.path, FrontendTarget(view), methods=sorted(view.methods))
    for path, target in router._files.items():
        for method in ("GET", "HEAD"):
            tree.settle("http", method, path)
            tree.static.setdefault((method, path), target)
    return tree


def plant(tree: Tree[Target], route: Any, view: Any, owner: Any) -> None:
    """Add *route*, seen as *view*; what changes below it is told to *owner*."""
    if isinstance(view, IncludedRouter):
        view.original_router._dependents[id(owner)] = owner
        if is_plain_router(view.original_router):
            for candidate in view.effective_candidates():
                original = getattr(candidate, "original_route", candidate)
                plant(tree, original, candidate, owner)
        else:
            tree.add_asked(Foreign(view, view), partial(ask, view))
        return
    kind = getattr(route, "_planted_as", None)
    seen = getattr(view, "starlette_route", None) or view
    shown = view if isinstance(view, EffectiveRoute) else None
    if kind is None:
        plant_foreign(tree, route, seen, shown)
    elif kind == "websocket" and is_plain_route(seen):
        target = Compiled(seen, seen, Entry.WEBSOCKET, view=shown)
        tree.add(seen.path, target, protocol="websocket")
    elif kind == "websocket":
        tree.add_asked(Foreign(seen, route, view=shown), partial(ask, seen))
    elif not is_plain_route(route):
        tree.add_asked(Foreign(asked_route(route, view), route), partial(ask_route, route, view))
    else:
        methods = sorted(view.methods) or None
        tree.add(view.path, compiled(route, view, shown), methods=methods)


def compiled(route: Any, seen: Any, shown: EffectiveRoute | None) -> Compiled:
    wrap = limit(seen.max_body_size)
    return Compiled(seen, route, Entry.ASGI, partial(own_handler, route, seen), wrap, shown)


def plant_foreign(
    tree: Tree[Target], route: BaseRoute, seen: Any, view: EffectiveRoute | None
) -> None:
    target = Foreign(seen, route, wrap_foreign(route, view), view)
    if type(seen) is Route:
        methods = None if seen.methods is None else sorted(seen.methods)
        tree.add(seen.path, target, methods=methods)
    elif type(seen) is WebSocketRoute:
        tree.add(seen.path, target, protocol="websocket")
    elif is_plain_mount(seen):
        tree.add_asked(target, partial(ask_path, seen), path=f"{seen.path}/{{path:path}}")
    elif type(seen) is Host:
        tree.add_asked(target, partial(ask_path, seen))
    else:
        tree.add_asked(target, partial(ask, seen))


def is_plain_mount(route: BaseRoute) -> bool:
    """Whether *route* surely has no path but those below its own."""
    return (
        type(route) is Mount
        and "matches" not in vars(route)
        and not has_foreign_method(Mount, "matches")
    )


def wrap_foreign(route: BaseRoute, view: EffectiveRoute | None) -> Wrap | None:
    """What an include puts around *route*, and what an application that it mounts needs."""
    limiting = limit(None if view is None else view.include_limit)
    app = mounted_by(route)
    if app is None:
        return limiting
    return lambda handle: with_state(handle if limiting is None else limiting(handle), app)


def ask(route: BaseRoute, scope: Scope) -> tuple[int, Scope]:
    match, child = route.matches(scope)
    return match.value, child


def ask_path(route: Mount | Host, scope: Scope) -> tuple[int, Scope]:
    """Ask a route of Starlette's, which looks at nothing but the path or the host."""
    match, child = matched(route.matches, route, scope)
    return match.value, child


def ask_route(route: Any, view: Any, scope: Scope) -> tuple[int, Scope]:
    """Ask a route of ours with a `matches` of its own, in the light of its include."""
    if not isinstance(view, EffectiveRoute):
        return ask(route, scope)
    values = scope.setdefault("fastapi", {})
    before = values.get("effective_route_context")
    values["effective_route_context"] = view
    try:
        match, child = route.matches(scope)
    finally:
        restore(scope, "effective_route_context", before)
    own = {**child.get("fastapi", {}), "effective_route_context": view}
    return match.value, {**child, "fastapi": own}


class asked_route:  # noqa: N801 - stands in for a route
    """A route of ours that handles requests in a way of its own, seen through an include."""

    def __init__(self, route: Any, view: Any) -> None:
        self.route = route
        self.view = view
        self.endpoint = route.endpoint
        self.path_format = view.path_format

    async def handle(self, scope: Scope, receive: Any, send: Any) -> None:
        if isinstance(self.view, EffectiveRoute):
            scope.setdefault("fastapi", {})["effective_route_context"] = self.view
        scope["route"] = self.route
        await self.route.handle(scope, receive, send)


def own_handler(route: Any, view: Any) -> Any:
    """What `get_route_handler` makes of *view*, if it may make something that is not ours."""
    is_own = has_own_handler(route) or names.is_replaced("get_request_handler")
    return view.request_handler if is_own else None


def limit(max_body_size: int | None) -> Wrap | None:
    """What limits the bodies of one route's requests, if anything does."""
    return None if max_body_size is None else partial(limited_handler, max_body_size=max_body_size)


def is_plain_router(router: Any) -> bool:
    """Whether *router* leaves matching and handling to us."""
    return not overrides_any(router, ("matches", "handle", "app", "__call__"))


def is_plain_route(route: Any) -> bool:
    matching = ("matches", "handle")
    return not has_own_methods(route, matching) and not is_patched(route._planted_class, matching)


@cache
def is_patched(base: type, names: Sequence[str]) -> bool:
    """`has_foreign_method`, asked once for all routes of a tree: each tree asks anew."""
    return has_foreign_method(base, *names)


def has_own_handler(route: Any) -> bool:
    return overrides_any(route, ("get_route_handler",))


def overrides_any(thing: Any, names: Sequence[str]) -> bool:
    """Whether the class of *thing*, or itself, has methods of its own for some of *names*.

    So it is if somebody replaced one of ours or of Starlette's, as tools that trace do.
    """
    return has_own_methods(thing, names) or has_foreign_method(thing._planted_class, *names)


def has_own_methods(thing: Any, names: Sequence[str]) -> bool:
    own, kind, base = vars(thing), type(thing), thing._planted_class
    return any(
        name in own or (kind is not base and getattr(kind, name) is not getattr(base, name))
        for name in names
    )


def grow_below(included: IncludedRouter) -> Tree[Target]:
    """The tree of what one include shows, for a router that matches in a way of its own."""
    tree: Tree[Target] = Tree()
    is_patched.cache_clear()
    for candidate in included.effective_candidates():
        original = getattr(candidate, "original_route", candidate)
        plant(tree, original, candidate, included.original_router)
    return tree


class Below:
    """A router that handles requests in a way of its own, as one include shows it."""

    redirect_slashes = False
    _tree: Tree[Target] | None = None

    def __init__(self, router: Any, included: IncludedRouter) -> None:
        self.form_limits: Mapping[str, int] = router.form_limits
        self.default: ASGIApp = router.default
        self.included = included

    @property
    def _grown(self) -> Tree[Target]:
        return grow_below(self.included)
