"""How psycopg is connected asynchronously, and what it does for whom nobody waits any more."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

from psycopg import AsyncConnection

from pronghorn.data.connections.undisturbed import Undisturbed

PATIENCE: Final = 2.0
"""Seconds that a server has to end a statement that was cancelled."""


def psycopg_connector() -> Callable[..., Awaitable[Any]]:
    """What makes asynchronous connections, and can be cancelled."""
    undisturbed = Undisturbed(lambda found: found.pgconn.finish())

    async def connect(*arguments: Any, **named: Any) -> Any:
        return await undisturbed.made(Cancellable.connect(*arguments, **named))

    return connect


class Cancellable(AsyncConnection[Any]):
    """A connection whose statements can be cancelled though the server stalls.

    When its task is cancelled, psycopg asks the server to end the statement, and waits for it: up
    to ten seconds, in which the task is not over.
    """

    async def _try_cancel(self, *, timeout: float = PATIENCE) -> None:  # noqa: ASYNC109 - as psycopg has it
        """Ask the server to end the statement; where it does not, close the connection."""
        try:
            async with asyncio.timeout(PATIENCE):
                await super()._try_cancel(timeout=timeout)
                await self.answered()
        except TimeoutError:
            # psycopg, which calls this, sees that it is closed, and logs it.
            self.pgconn.finish()

    async def answered(self) -> None:
        """Wait until the server says something; nobody else listens to it now."""
        loop, socket = asyncio.get_running_loop(), self.pgconn.socket
        came = asyncio.Event()
        loop.add_reader(socket, came.set)
        try:
            await came.wait()
        finally:
            loop.remove_reader(socket)
