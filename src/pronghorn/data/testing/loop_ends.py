"""What is closed when its event loop ends, whoever runs the loop; and how to close it earlier.

A connection of asyncio's belongs to the loop that it was made in, and can be closed properly only
there.  Tests do not run their loops themselves: plugins of pytest do, and clients do, for each
request anew.  All of them close the asynchronous generators of a loop before the loop (PEP 525),
so whatever is to be closed waits in a generator.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

Waiting = AsyncGenerator[None, None]

# Seconds that closing may take in a loop of another thread.
PATIENCE = 10


def at_end_of_loop(close: Callable[[], Awaitable[None]]) -> Waiting:
    """See to it that *close* is awaited before the running loop ends.  Keep what is returned."""
    waiting = wait(close)
    # The loop learns of the generator by its first step, which has nothing to wait for.
    try:
        anext(waiting).send(None)
    except StopIteration:
        return waiting
    raise RuntimeError("the generator waits where it should not")


async def wait(close: Callable[[], Awaitable[None]]) -> Waiting:
    """Stay where something is still to be closed."""
    try:
        yield
    finally:
        await close()


def close_now(loop: asyncio.AbstractEventLoop, waiting: Waiting) -> None:
    """Close it, from outside of its loop.  If that runs in this very thread it closes it later."""
    if loop.is_closed():
        return
    if not loop.is_running():
        loop.run_until_complete(waiting.aclose())
    elif loop is not running_loop():
        asyncio.run_coroutine_threadsafe(closed(waiting), loop).result(PATIENCE)


async def closed(waiting: Waiting) -> None:
    """Wait until it is closed."""
    await waiting.aclose()


def running_loop() -> asyncio.AbstractEventLoop | None:
    """The loop that runs in this thread."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
