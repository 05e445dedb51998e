"""Engines for a test that is one transaction, rolled back at its end.

To the application each is an engine like any other.  Inside, all use one connection; BEGIN, COMMIT
and ROLLBACK are savepoints there.  What cannot be shown so is refused.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import Pool

from pronghorn.data.testing.cannot_show import CannotShowError
from pronghorn.data.testing.enclosing import enclose
from pronghorn.data.testing.one_connection import OneConnection


class OneTransactionEngines:
    """Makes the engines of a database for one test, and rolls everything back at its end."""

    def __init__(self, make: Callable[..., AsyncEngine], make_sync: Callable[..., Engine]) -> None:
        """Take what makes the application's own engines."""
        self._make, self._make_sync = make, make_sync
        self._engines: tuple[AsyncEngine, AsyncEngine] | None = None
        self._sync_engines: tuple[Engine, Engine] | None = None
        self._pools: list[OneConnection] = []
        self._owner: Pool | None = None

    def make(self, *arguments: Any, is_reader: bool) -> AsyncEngine:
        """The asynchronous engine that writes, or the one that only reads."""
        if self._engines is None:
            writer = self._make(*arguments, is_reader=False)
            reader = self._make(*arguments, is_reader=True)
            self._enclose(writer.sync_engine, reader.sync_engine)
            self._engines = writer, reader
        return self._engines[is_reader]

    def make_sync(self, *arguments: Any, is_reader: bool) -> Engine:
        """The same for blocking engines."""
        if self._sync_engines is None:
            writer = self._make_sync(*arguments, is_reader=False)
            reader = self._make_sync(*arguments, is_reader=True)
            self._enclose(writer, reader)
            self._sync_engines = writer, reader
        return self._sync_engines[is_reader]

    def close(self) -> None:
        """Undo all that the test has done."""
        for pool in self._pools:
            pool.close()

    def _enclose(self, writer: Engine, reader: Engine) -> None:
        pool = OneConnection(writer.pool, self._claim)
        self._pools.append(pool)
        enclose(pool, writer, reader)

    def _claim(self, pool: Pool) -> None:
        if self._owner not in {None, pool}:
            raise CannotShowError("Blocking and asynchronous sessions were used in one test")
        self._owner = pool
