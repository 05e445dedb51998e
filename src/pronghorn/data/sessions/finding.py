"""Which database `Session` means in a request: that of its application, or of one around it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakSet

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Host, Mount

from pronghorn._record import record
from pronghorn.data.errors import WhichDatabaseError
from pronghorn.data.sessions.factory import Opened
from pronghorn.requests import HTTPConnection

living: "WeakSet[Opened]" = WeakSet()
"""All databases of this process."""


@record
class Standing:
    """A database for the time of an application's lifespan, and all that the application mounts."""

    database: Opened
    app: Any
    below: frozenset[Starlette]


standing: list[Standing] = []


def find_database(connection: HTTPConnection) -> Opened:
    """The database that the application has opened, or one around it; else the only one."""
    app = connection.app
    database: Opened | None = getattr(app.state, "database", None)
    if database is not None:
        return database
    found = nearest_around(app) or living
    # An application may be mounted in several, each with a database.
    if len(found) != 1:
        raise WhichDatabaseError(len(found))
    return next(iter(found))


def nearest_around(app: Any) -> set[Opened]:
    """The databases of the nearest applications that mount *app*."""
    around = [one for one in standing if app in one.below]
    return {one.database for one in around if not any(it.app in one.below for it in around)}


@contextmanager
def standing_around(database: Opened, app: Any) -> Iterator[None]:
    """For the time of the block *database* is that of whatever *app* mounts and has none."""
    below = frozenset(mounted_in(getattr(app, "routes", ()), {id(app)}))
    one = Standing(database, app, below)
    standing.append(one)
    try:
        yield
    finally:
        standing[:] = [it for it in standing if it is not one]


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
