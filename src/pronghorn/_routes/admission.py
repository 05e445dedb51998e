"""What is looked at when a route is added or a router is included: who is asked for with whom."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from pronghorn._pipeline.declaration import Dependency, Known, check_resources, declare_extra
from pronghorn._routes.including import IncludeContext, IncludedRouter
from pronghorn._serve.early import commits_early, warn_if_sent_in_parts
from pronghorn.exceptions import DeclarationError


def admit(route: Any) -> None:
    """Refuse what *route* cannot have, and warn of what an application does not do for it."""
    check_resources(route.declaration, is_websocket=route._planted_as == "websocket")
    if commits_early(route.dependency_overrides_provider):
        warn_if_sent_in_parts(route._reply, route.declaration, route.path_format)


def admit_included(include: IncludeContext) -> None:
    """Do so for all routes that there are, as *include* shows them.

    Those that come later are looked at when the tree of paths is grown.
    """
    is_early = commits_early(include.dependency_overrides_provider)
    if not (include.dependencies or is_early):
        return
    for route, seen in routes_below(include):
        root = with_added(route.declaration, seen)
        check_resources(root, is_websocket=route._planted_as == "websocket")
        if is_early:
            warn_if_sent_in_parts(route._reply, root, seen.prefix + route.path_format)


def routes_below(include: IncludeContext) -> Iterator[tuple[Any, IncludeContext]]:
    """The routes that *include* shows, each with all that the includes on the way to it add."""
    for route in include.included_router.routes:
        if isinstance(route, IncludedRouter):
            yield from routes_below(include.combine(route.include_context))
        elif getattr(route, "_planted_as", None) is not None:
            yield route, include


def with_added(root: Dependency, include: IncludeContext) -> Dependency:
    """*root* with the dependencies that *include* adds; those alone that can be read."""
    known: Known = {}
    added: list[Dependency] = []
    for depends in include.dependencies:
        # Mistakes in them are told when the route is seen through the include.
        with suppress(DeclarationError):
            added.append(declare_extra(depends, include.prefix, None, known))
    return replace(root, dependencies=(*added, *root.dependencies))
