"""Threads for what blocks, and limits for what must not run too often at once.

Knows nothing of dependencies and requests.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractContextManager, suppress
from contextlib import asynccontextmanager as asynccontextmanager
from contextvars import Context, ContextVar, Token
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from anyio import CancelScope as CancelScope
from anyio import CapacityLimiter as CapacityLimiter
from anyio import Semaphore
from anyio.lowlevel import RunVar
from starlette.concurrency import run_until_first_complete as run_until_first_complete

from pronghorn._pool import Call
from pronghorn._threads import copy_context_for_thread, run_in_thread

P = ParamSpec("P")
T = TypeVar("T")


async def run_in_threadpool(func: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `func` in a worker thread.  Context variables that it sets are set there only."""
    result: T = await run_in_thread(Call(copy_context_for_thread(), func, args, kwargs))
    return result


async def iterate_in_threadpool(iterator: Iterable[T]) -> AsyncIterator[T]:
    """Yield what `iterator` yields, each item made in a worker thread."""
    items = iter(iterator)
    while True:
        item = await run_in_thread(Call(copy_context_for_thread(), next, (items, _ABSENT)))
        if item is _ABSENT:
            break
        yield item


async def call_in_thread(function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
    """Call `function` in a worker thread; context variables that it sets stay set here.

    They stay set when it raises, too.  A cancelled caller waits until the thread is done.
    """
    before = copy_context_for_thread()
    call = Call(before.copy(), function, args, kwargs)
    try:
        result: T = await run_in_thread(call)
    finally:
        # A call that was abandoned may be in the middle of something.
        if call.is_finished:
            for variable, value in _find_changes(before, call.context):
                variable.set(value)
    return result


_ABSENT = object()


def _find_changes(before: Context, after: Context) -> Iterator[tuple[ContextVar[Any], Any]]:
    for variable, value in after.items():
        if before.get(variable, _ABSENT) is not value:
            yield variable, value


class _KeptContext:
    """The context that a context manager is entered in, and left in: its tokens are good there."""

    def __init__(self) -> None:
        self.context: Context | None = None
        self.tokens: list[Token[Any]] = []

    async def call(self, function: Callable[[], T], *, is_cleanup: bool = False) -> T:
        """Call `function` in a worker thread, with the values that context variables have now."""
        now = copy_context_for_thread()
        if self.context is None:
            self.context = now.copy()
        for variable, value in _find_changes(self.context, now):
            self.context.run(variable.set, value)
        before = self.context.copy()
        call = Call(self.context, function, is_cleanup=is_cleanup)
        try:
            result: T = await run_in_thread(call)
        finally:
            if call.is_finished:
                self._apply(before, self.context)
        return result

    def _apply(self, before: Context, after: Context) -> None:
        """Set here what was set there, and reset what was reset there to no value at all."""
        for token in self.tokens:
            if token.var not in after:
                # It cannot be reset in a task that is not the one that entered.
                with suppress(ValueError):
                    token.var.reset(token)
        self.tokens = [variable.set(value) for variable, value in _find_changes(before, after)]


@asynccontextmanager
async def contextmanager_in_threadpool(cm: AbstractContextManager[T]) -> AsyncGenerator[T]:
    """Enter and leave a blocking context manager in worker threads.

    Leaving is shielded from cancellation, and does not wait until the pool has room:
    what holds the room may be waiting for what is freed here.
    """
    kept = _KeptContext()
    value = await kept.call(cm.__enter__)
    try:
        yield value
    except BaseException as error:
        if not await _leave_in_thread(cm, error, kept):
            raise
    else:
        await _leave_in_thread(cm, None, kept)


async def _leave_in_thread(
    cm: AbstractContextManager[Any], error: BaseException | None, kept: _KeptContext
) -> bool:
    def leave() -> bool:
        if error is None:
            return bool(cm.__exit__(None, None, None))
        return bool(cm.__exit__(type(error), error, error.__traceback__))

    return await kept.call(leave, is_cleanup=True)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class ConcurrencyLimit:
    """How many may hold something at once, counted apart in each event loop."""

    max_concurrency: int

    def semaphore(self) -> Semaphore:
        """Return the semaphore of this limit in the running event loop."""
        semaphores = _semaphores.get(None)
        if semaphores is None:
            semaphores = WeakKeyDictionary()
            _semaphores.set(semaphores)
        found = semaphores.get(self)
        if found is None:
            found = semaphores[self] = Semaphore(self.max_concurrency)
        return found

    # FastAPI's name of the same.
    get_semaphore = semaphore


_semaphores: RunVar[WeakKeyDictionary[ConcurrencyLimit, Semaphore]] = RunVar(
    "pronghorn_concurrency_limits"
)
