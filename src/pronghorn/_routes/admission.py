"""What is looked at when a route is added or a router is included: who is asked for with whom."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from pronghorn._pipeline.declaration import Dependency, Known, declare_extra, in_company
from pronghorn._routes.including import IncludeContext, IncludedRouter
from pronghorn._serve.early import commits_early, warn_if_sent_in_parts


def admit(route: Any) -> None:
    """Warn of what an application does not do for *route*."""
    if commits_early(route.dependency_overrides_provider):
        warn_if_sent_in_parts(route._reply, route.declaration, route.path_format)


def admit_included(include: IncludeContext) -> None:
    """Do so for all routes that *include* shows, and refuse those that cannot have what it adds.

    Those that come later are looked at when the tree of paths is grown.
    """
    is_early = commits_early(include.dependency_overrides_provider)
    if not (include.dependencies or is_early):
        return
    for seen in includes_below(include):
        added = added_by(seen)
        for route in seen.included_router.routes:
            if getattr(route, "_planted_as", None) is not None:
                own: Dependency = route.declaration
                is_websocket = route._planted_as == "websocket"
                root = in_company(own, added, is_websocket=is_websocket)
                if is_early:
                    warn_if_sent_in_parts(route._reply, root, seen.prefix + route.path_format)


def includes_below(include: IncludeContext) -> Iterator[IncludeContext]:
    """*include*, and those within it with all that it adds to them."""
    yield include
    for route in include.included_router.routes:
        if isinstance(route, IncludedRouter):
            yield from includes_below(include.combine(route.include_context))


def added_by(include: IncludeContext) -> tuple[Dependency, ...]:
    """The dependencies that *include* adds to each route; those alone that can be read."""
    known: Known = {}
    added: list[Dependency] = []
    for depends in include.dependencies:
        # Mistakes in them are told when a route is seen through the include.
        with suppress(Exception):
            added.append(declare_extra(depends, include.prefix, None, known))
    return tuple(added)
