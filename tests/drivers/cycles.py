"""What is left for the cycle collector."""

import gc
from collections.abc import Awaitable, Callable


async def cycles_of(run: Callable[[], Awaitable[object]], number: int = 20, tries: int = 3) -> int:
    """How many objects the collector finds after *run* ran *number* times.

    What earlier tests left may end in the midst of it, such as a thread: then it is tried again.
    What *run* leaves is found each time.
    """
    for _ in range(3):
        await run()
    found: list[int] = []
    for _ in range(tries):
        while gc.collect():
            # What earlier tests left may let go of more.
            pass
        gc.disable()
        try:
            for _ in range(number):
                await run()
            found.append(gc.collect())
        finally:
            gc.enable()
        if found[-1] == 0:
            break
    return min(found)
