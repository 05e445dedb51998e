"""Connections that are made to their end, and closed if nobody waits for them any more.

A driver that is cancelled while it connects leaves something behind: asyncpg an exception that
nobody sees to, psycopg a session of the server's that lasts until the garbage collector comes.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Undertaking:
    """What is being connected. *close* ends a connection at once, without a word to the server."""

    def __init__(self, close: Callable[[Any], None]) -> None:
        self.close = close
        self.unwanted: set[asyncio.Task[Any]] = set()

    async def had(self, work: Coroutine[Any, Any, Any]) -> Any:
        """The connection that *work* makes; whoever waits for it may be cancelled."""
        task = asyncio.ensure_future(work)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self.unwanted.add(task)
            task.add_done_callback(self.close_unwanted)
            raise

    def close_unwanted(self, task: "asyncio.Task[Any]") -> None:
        self.unwanted.discard(task)
        if not task.cancelled() and task.exception() is None:
            self.close(task.result())
