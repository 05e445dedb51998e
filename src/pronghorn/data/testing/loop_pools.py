"""Pools that may be used in one event loop after the other, as tests and their clients do."""

import asyncio
from typing import Self

from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import ConnectionPoolEntry, Pool
from sqlalchemy.util import greenlet_spawn

from pronghorn.data.testing.loop_ends import LoopEnd


class PoolOfLoops(Pool):
    """Has a pool like *model* for each loop, and closes it before that loop ends."""

    def __init__(self, model: Pool) -> None:
        super().__init__(
            model._creator,
            recycle=model._recycle,
            echo=model.echo,
            logging_name=model._orig_logging_name,
            reset_on_return=model._reset_on_return,
            dialect=model._dialect,
            pre_ping=model._pre_ping,
            _dispatch=model.dispatch,
        )
        self._model = model
        self._pools: dict[asyncio.AbstractEventLoop, tuple[Pool, LoopEnd]] = {}

    def close(self) -> None:
        """Close all connections, from outside of any loop."""
        for _, end in list(self._pools.values()):
            end.hasten()
        self._pools.clear()

    def status(self) -> str:
        return "; ".join(pool.status() for pool, _ in self._pools.values())

    def dispose(self) -> None:
        """Close what is idle in this loop's pool."""
        pool, _ = self._pools.get(asyncio.get_running_loop(), (None, None))
        if pool is not None:
            pool.dispose()

    def recreate(self) -> Self:
        return self

    def _do_get(self) -> ConnectionPoolEntry:
        return self._pool_of_this_loop()._do_get()

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        raise NotImplementedError  # an entry goes back to the pool that made it

    def _pool_of_this_loop(self) -> Pool:
        loop = asyncio.get_running_loop()
        if loop not in self._pools:
            pool = self._model.recreate()
            vars(pool)["dispatch"] = self.dispatch  # one set of listeners, also for later ones

            async def end() -> None:
                self._pools.pop(loop, None)
                await greenlet_spawn(pool.dispose)

            self._pools[loop] = pool, LoopEnd(end)
        return self._pools[loop][0]


def pool_by_loop(engine: AsyncEngine) -> PoolOfLoops:
    """Let *engine* have a pool for each loop."""
    pool = PoolOfLoops(engine.sync_engine.pool)
    engine.sync_engine.pool = pool
    return pool
