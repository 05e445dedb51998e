"""Which route of an application is meant by a text or an object, and which one would answer."""

from collections.abc import Sequence
from functools import singledispatch
from typing import Any

from starlette._utils import get_route_path
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from pronghorn._pipeline.callables import name_of
from pronghorn._routes.frontend import Frontend
from pronghorn._routes.growing import asked_route, grow_below
from pronghorn._routes.including import EffectiveRoute, IncludedRouter, RouteContext
from pronghorn._routes.seen import Above, Seen, all_routes, router_below
from pronghorn._serve.target import Compiled, Foreign, Target
from pronghorn.introspection import RouteLookupError

# --- the one that would answer -----------------------------------------------------------------


def answering(router: Any, scope: Scope, above: Above | None = None) -> tuple[Seen, bool] | None:
    """What has the path of *scope*, and whether it has the method too; None if nothing has."""
    above = above or Above(routers=(router,))
    found = found_in(router, scope)
    if found is None:
        return None
    seen, is_full, child = above.see(*found[:2]), *found[2:]
    below = router_below(seen, above)
    if below is None:
        return seen, is_full
    return answering(below, {**scope, **child}, above.below(seen, below))


def found_in(router: Any, scope: Scope) -> tuple[Any, Any, bool, Scope] | None:
    """A route of *router*, its view, whether it has the method, and the scope below it."""
    tree = getattr(router, "_grown", None)
    if tree is None:
        return found_by_starlette(router.routes, scope)
    path = get_route_path(scope)
    found = tree.find(scope, path)
    if found is None and scope["type"] == "http":
        found = tree.find_below(scope, path)
    while found is not None and (include := include_of(found[0])) is not None:
        found = grow_below(include).find(scope, path)
    if found is None:
        return None
    target, _, is_full, child = found
    route, view = route_and_view(target)
    return route, view, is_full, child or {}


def include_of(target: Target) -> IncludedRouter | None:
    """The include that *target* is, if a router is included that matches in a way of its own."""
    return target.route if isinstance(target.route, IncludedRouter) else None


def route_and_view(target: Any) -> tuple[Any, Any]:
    if isinstance(target, Compiled):
        return target.original, target.described
    if isinstance(target, Foreign) and isinstance(target.route, asked_route):
        return target.route.route, target.route.view
    return target.original, target.route


def found_by_starlette(
    routes: Sequence[BaseRoute], scope: Scope
) -> tuple[Any, Any, bool, Scope] | None:
    partial = None
    for route in routes:
        match, child = route.matches(scope)
        if match is Match.FULL:
            return route, route, True, child
        if match is Match.PARTIAL:
            partial = partial or (route, route, False, child)
    return partial


def scope_of_request(method: str, path: str) -> Scope:
    protocol = "websocket" if method in ("WS", "WEBSOCKET") else "http"
    return {"type": protocol, "method": method, "path": path, "headers": [], "root_path": ""}


def path_template(router: Any, scope: Scope) -> str | None:
    """The path of the route that has the path of *scope*, as it was written."""
    # Whoever handled the request may have written into the scope, and matching may do so now.
    own = {
        **scope,
        "root_path": scope.get("app_root_path", scope.get("root_path", "")),
        "fastapi": dict(scope.get("fastapi") or {}),
        "path_params": {},
    }
    # The outermost router of the request knows the whole path, whichever application is asked.
    found = answering(scope.get("router", router), own)
    return None if found is None else found[0].path


# --- the one that is meant -------------------------------------------------------------------


def meant(router: Any, wanted: Any) -> Seen:
    """The route that *wanted* means.

    Raises `RouteLookupError` if none is meant, or several are.
    """
    if isinstance(wanted, str):
        return meant_by_text(router, wanted)
    found = [seen for seen in all_routes(router) if is_meant(wanted, seen)]
    if len(found) == 1:
        return found[0]
    if isinstance(wanted, IncludedRouter):
        raise RouteLookupError(
            f"{wanted!r} is an include, not a route: `app.plans()` lists the routes in it."
        )
    name = wanted.path if isinstance(wanted, RouteContext) else shown(wanted)
    raise (
        several(name, found)
        if found
        else RouteLookupError(
            f"{name} is no route of the application: `app.plans()` lists those that are."
        )
    )


def shown(wanted: Any) -> str:
    return f"{name_of(wanted)}()" if callable(wanted) else repr(wanted)


@singledispatch
def is_meant(wanted: Any, seen: Seen) -> bool:
    """Whether *seen* is what *wanted* means: the endpoint of it, unless it is a route."""
    return seen.kind in ("operation", "websocket", "foreign") and seen.endpoint == wanted


@is_meant.register(BaseRoute)
@is_meant.register(Frontend)
def is_this_route(wanted: Any, seen: Seen) -> bool:
    return seen.route is wanted or seen.view is wanted


@is_meant.register
def is_this_view(wanted: EffectiveRoute, seen: Seen) -> bool:
    return seen.view is (wanted.starlette_route or wanted)


@is_meant.register
def is_this_context(wanted: RouteContext, seen: Seen) -> bool:
    return seen.view is wanted._effective_route


def meant_by_text(router: Any, wanted: str) -> Seen:
    """The route that *wanted* writes down, such as `GET /items/{id}`, or that would answer it."""
    method, _, path = wanted.rpartition(" ")
    method = method.strip().upper()
    found = [
        seen
        for seen in all_routes(router)
        if path in (seen.path, seen.path_format) and has_method(seen, method)
    ]
    if found and (method or len(found) == 1):
        # The first that was added is the one that answers.
        return found[0]
    if found:
        raise several(repr(wanted), found)
    answered = answering(router, scope_of_request(method or "GET", path))
    if answered is None:
        raise RouteLookupError(f"No route of the application has the path {path!r}.")
    seen, is_full = answered
    if not is_full and method:
        methods = ", ".join(seen.methods)
        raise RouteLookupError(f"The route at {path!r} answers {methods}, and not {method}.")
    return seen


def has_method(seen: Seen, method: str) -> bool:
    if method in ("WS", "WEBSOCKET"):
        return seen.kind == "websocket"
    if not method or not seen.methods:
        return not method or seen.kind != "websocket"
    return method in seen.methods


def several(name: Any, found: Sequence[Seen]) -> RouteLookupError:
    paths = ", ".join(f"`{seen}`" for seen in found)
    return RouteLookupError(
        f"{name} means {len(found)} routes: {paths}. Ask for one of them by that text."
    )
