"""Which database `Session` means in a request: that of its application, or of one around it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Host, Mount

from pronghorn.data.errors import WhichDatabaseError
from pronghorn.data.sessions.factory import Opened
from pronghorn.requests import HTTPConnection

living: "WeakSet[Opened]" = WeakSet()
"""All databases of this process."""
around: "WeakKeyDictionary[Starlette, Opened]" = WeakKeyDictionary()
"""Applications that are mounted, each with the database of the nearest one around it."""


def find_database(connection: HTTPConnection) -> Opened:
    """The database that the application has opened, or one around it; else the only one."""
    app = connection.app
    database: Opened | None = getattr(app.state, "database", None) or around.get(app)
    if database is not None:
        return database
    if len(living) != 1:
        raise WhichDatabaseError(len(living))
    return next(iter(living))


@contextmanager
def standing_around(database: Opened, app: Any) -> Iterator[None]:
    """For the time of the block *database* is that of all that *app* mounts, unless they have one.

    Lifespans begin from the outside in, so the nearest one counts.
    """
    below = dict.fromkeys(mounted_in(getattr(app, "routes", ()), {id(app)}))
    before = {mounted: around.get(mounted) for mounted in below}
    around.update(dict.fromkeys(below, database))
    try:
        yield
    finally:
        for mounted, known in before.items():
            if known is not None:
                around[mounted] = known
            elif around.get(mounted) is database:
                del around[mounted]


def mounted_in(routes: Iterable[BaseRoute], seen: set[int]) -> Iterator[Starlette]:
    """The applications that *routes* mount, and those that they mount, but for those *seen*."""
    for route in routes:
        # A router that is included stands there.
        inner = getattr(route, "original_router", None)
        if isinstance(route, Mount | Host):
            # Starlette keeps it there when a mount puts middleware around it.
            inner = getattr(route, "_base_app", route.app)
        if inner is None or id(inner) in seen:
            continue
        seen.add(id(inner))
        if isinstance(inner, Starlette):
            yield inner
        yield from mounted_in(getattr(inner, "routes", None) or (), seen)
