"""The routes of an application as requests meet them: through includes, below mounts and hosts."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from starlette.routing import BaseRoute, Host, Mount, compile_path

from pronghorn._routes.description import Description
from pronghorn._routes.frontend import Frontend, frontends_of
from pronghorn._routes.including import routes_with_views
from pronghorn.introspection import RouteKind


@dataclass(frozen=True, slots=True)
class Seen:
    """A route as somebody meets it: below mounts, through includes."""

    route: BaseRoute | Any
    """As it was added."""
    view: Any
    """As includes show it."""
    kind: RouteKind
    path: str
    path_format: str
    host: str | None

    @property
    def methods(self) -> tuple[str, ...]:
        return tuple(sorted(getattr(self.view, "methods", None) or ()))

    @property
    def endpoint(self) -> Any:
        if self.kind in ("mount", "host"):
            return getattr(self.view, "_base_app", self.view.app)
        return None if self.kind == "frontend" else getattr(self.view, "endpoint", None)

    def __str__(self) -> str:
        words = {"operation": " ".join(self.methods), "foreign": " ".join(self.methods)}
        return f"{words.get(self.kind) or self.kind.upper()} {self.host or ''}{self.path}"


def kind_of_route(view: Any) -> RouteKind:
    if isinstance(view, Frontend):
        return "frontend"
    if isinstance(view, (Mount, Host)):
        return "mount" if isinstance(view, Mount) else "host"
    if not hasattr(view, "declaration"):
        return "foreign"
    return "operation" if isinstance(view, Description) else "websocket"


@dataclass(frozen=True, slots=True)
class Above:
    """What stands above some routes."""

    prefix: str = ""
    prefix_format: str = ""
    host: str | None = None
    routers: tuple[Any, ...] = ()
    """Those that are being walked: an application may be mounted below itself."""

    def see(self, route: Any, view: Any) -> Seen:
        """*route*, shown as *view*, with what stands above it."""
        shown: Any = getattr(view, "starlette_route", None) or view
        kind = kind_of_route(shown)
        path = getattr(shown, "path", "")
        path_format = getattr(shown, "path_format", path)
        if kind == "mount":
            # The part for what is below the mount is no part of its own path.
            path_format = compile_path(path)[1]
        return Seen(
            route=route,
            view=shown,
            kind=kind,
            path=self.prefix + path,
            path_format=self.prefix_format + path_format,
            host=shown.host if kind == "host" else self.host,
        )

    def below(self, seen: Seen, router: Any) -> "Above":
        """What stands above the routes of *router*, which *seen* passes on to."""
        return replace(
            self,
            prefix=seen.path,
            prefix_format=seen.path_format,
            host=seen.host,
            routers=(*self.routers, router),
        )


def router_below(seen: Seen, above: Above) -> Any:
    """The router that *seen* passes on to, if it is one, and not one that it stands in."""
    if seen.kind not in ("mount", "host"):
        return None
    app = seen.endpoint
    router = getattr(app, "router", app)
    is_known = any(router is other for other in above.routers)
    return router if hasattr(router, "routes") and not is_known else None


def all_routes(router: Any, above: Above | None = None) -> Iterator[Seen]:
    """All routes of *router*, in order; after a mount what is below it, and frontends last."""
    above = above or Above(routers=(router,))
    for route, view in routes_with_views(router.routes):
        seen = above.see(route, route if view is None else view)
        yield seen
        below = router_below(seen, above)
        if below is not None:
            yield from all_routes(below, above.below(seen, below))
    if hasattr(router, "_frontends"):
        for frontend in frontends_of(router):
            yield above.see(frontend, frontend)
