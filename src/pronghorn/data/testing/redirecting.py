"""An application's database, led to another address for the time of a test.

The object stays the same, so whatever has it goes there: dependencies, the lifespan, scripts.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine

from pronghorn._record import replace
from pronghorn.data.connections.collection import Engines
from pronghorn.data.connections.pools import AsyncFairPool
from pronghorn.data.connections.urls import read_address
from pronghorn.data.database import Database, introduce
from pronghorn.data.testing.loop_ends import close_now
from pronghorn.data.testing.one_transaction import OneTransactionEngines


class FreshEngines:
    """Makes engines as the application has them, and closes them with the test."""

    def __init__(self, database: Database) -> None:
        """Take what makes the application's own engines."""
        self._make, self._make_sync = database._engines.make, database._sync_engines.make
        self._engines: list[AsyncEngine] = []
        self._sync_engines: list[Engine] = []

    def make(self, *arguments: Any, **options: Any) -> AsyncEngine:
        """An asynchronous engine."""
        engine = self._make(*arguments, **options)
        self._engines.append(engine)
        return engine

    def make_sync(self, *arguments: Any, **options: Any) -> Engine:
        """A blocking engine."""
        engine = self._make_sync(*arguments, **options)
        self._sync_engines.append(engine)
        return engine

    def close(self) -> None:
        """Close the connections that no loop has closed at its end."""
        for engine in self._engines:
            if isinstance(engine.pool, AsyncFairPool):
                for loop, waiting in list(engine.pool.ends.items()):
                    close_now(loop, waiting)
        for blocking in self._sync_engines:
            blocking.dispose()


@contextmanager
def redirected(database: Database, url: str, *, in_one_transaction: bool = False) -> Iterator[None]:
    """Lead *database* to *url*, with real commits, or with one transaction that is rolled back."""
    engines: FreshEngines | OneTransactionEngines = FreshEngines(database)
    if in_one_transaction:
        engines = OneTransactionEngines(database._engines.make, database._sync_engines.make)
    attributes = vars(database)
    before = dict(attributes)
    for name in before:
        if isinstance(getattr(type(database), name, None), cached_property):
            del attributes[name]
    address = read_address(url)
    # In the write-ahead log it does not wait for the disk at each commit.
    settings = replace(database.settings, synchronous="NORMAL")
    attributes |= {
        "address": address,
        "replica": None,
        "recent_writes": None,
        "_private": None,
        "settings": settings,
        "_engines": Engines(engines.make, introduce, address, None, settings),
        "_sync_engines": Engines(engines.make_sync, introduce, address, None, settings),
    }
    if in_one_transaction:
        # To look whether the server is there would make the one connection an asynchronous one,
        # and what a test did outlives the lifespan of its application.
        attributes |= {"open": leave_it, "close": leave_it}
    try:
        yield
    finally:
        try:
            engines.close()
        finally:
            attributes.clear()
            attributes |= before


async def leave_it() -> None:
    """Open it by the first statement, and close it at the end of the test."""
