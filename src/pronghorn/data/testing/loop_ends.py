"""What is done when an event loop is about to end, whoever runs the loop.

A connection of asyncio's belongs to the loop that it was made in, and can be closed properly only
there.  Tests do not run their loops themselves: plugins of pytest do, and clients do, for each
request anew.  All of them close what asynchronous generators have open before they close the loop
(PEP 525), so here is a generator that has something open.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

# Seconds that closing may take in a loop of another thread.
PATIENCE = 10


class LoopEnd:
    """Awaits *work* before the running loop ends; once only."""

    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        self.loop = asyncio.get_running_loop()
        self._waiting = wait(work)
        # The loop learns of the generator by its first step.
        try:
            self._waiting.__anext__().send(None)
        except StopIteration:
            return

    def hasten(self) -> None:
        """Do it now, from outside of the loop."""
        if self.loop.is_closed():
            return
        if not self.loop.is_running():
            self.loop.run_until_complete(self._waiting.aclose())
        elif self.loop is not running_loop():
            work = self._waiting.aclose()
            asyncio.run_coroutine_threadsafe(await_it(work), self.loop).result(PATIENCE)


async def wait(work: Callable[[], Awaitable[None]]) -> AsyncGenerator[None]:
    """Stay where *work* is still to be done."""
    try:
        yield
    finally:
        await work()


async def await_it(work: Awaitable[None]) -> None:
    """Make a coroutine of it."""
    await work


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The loop that runs in this thread."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
