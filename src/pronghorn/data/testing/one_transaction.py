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
from pronghorn.data.testing.enclosing import READS, Enclosed
from pronghorn.data.testing.one_connection import OneConnection


class OneTransactionEngines:
    """Makes the engines of a database for one test, and rolls everything back at its end."""

    def __init__(self, make: Callable[..., AsyncEngine], make_sync: Callable[..., Engine]) -> None:
        """Take what makes the application's own engines."""
        self._make, self._make_sync = make, make_sync
        self._engine: AsyncEngine | None = None
        self._sync_engine: Engine | None = None
        self._pools: list[OneConnection] = []
        self._owner: Pool | None = None

    def make(self, *arguments: Any, is_reader: bool, **options: Any) -> AsyncEngine:
        """The asynchronous engine; the one that only reads uses the same connection."""
        if self._engine is None:
            self._engine = self._make(*arguments, is_reader=False, **options)
            self._enclose(self._engine.sync_engine)
        return self._engine.execution_options(**{READS: True}) if is_reader else self._engine

    def make_sync(self, *arguments: Any, is_reader: bool, **options: Any) -> Engine:
        """The same for blocking engines."""
        if self._sync_engine is None:
            self._sync_engine = self._make_sync(*arguments, is_reader=False, **options)
            self._enclose(self._sync_engine)
        engine = self._sync_engine
        return engine.execution_options(**{READS: True}) if is_reader else engine

    def close(self) -> None:
        """Undo all that the test has done."""
        for pool in self._pools:
            pool.close()

    def _enclose(self, engine: Engine) -> None:
        engine.pool = OneConnection(engine.pool, self._claim)
        self._pools.append(engine.pool)
        Enclosed(engine)

    def _claim(self, pool: Pool) -> None:
        if self._owner not in {None, pool}:
            raise CannotShowError("Blocking and asynchronous sessions were used in one test")
        self._owner = pool
