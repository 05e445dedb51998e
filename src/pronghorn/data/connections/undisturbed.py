"""Connections that are being made are made to their end, though nobody wait for them any more.

Drivers that are cancelled while they connect leave something behind: asyncpg an exception that
nobody sees to, aiosqlite a file that is open, psycopg a session of the server's that lasts until
the garbage collector comes.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any


class Undisturbed:
    """Awaits what makes connections; those that come too late are closed by *close*."""

    def __init__(self, close: Callable[[Any], object]) -> None:
        self.close = close
        self.late: set[asyncio.Future[Any]] = set()

    async def made(self, connecting: Awaitable[Any]) -> Any:
        """The connection."""
        future = asyncio.ensure_future(connecting)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            self.late.add(future)
            future.add_done_callback(self.close_late)
            raise

    def close_late(self, future: "asyncio.Future[Any]") -> None:
        self.late.discard(future)
        if not future.cancelled() and future.exception() is None:
            self.close(future.result())
