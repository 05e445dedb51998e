"""How a call gets into a worker thread and back.

As with `anyio.to_thread.run_sync`, the default limiter counts it, and cancellation waits for it.
Where the event loop is not asyncio's, or AnyIO is not made as it is known here, AnyIO does it.

Knows nothing of what is called.
"""

from asyncio import Task, current_task, sleep
from contextvars import Context, ContextVar, copy_context
from typing import Any

import anyio.to_thread
from anyio import CancelScope, CapacityLimiter, WouldBlock
from anyio.lowlevel import checkpoint_if_cancelled

from pronghorn import _pool
from pronghorn._pool import Call, Pool

try:
    from sniffio import current_async_library_cvar as _library
except ModuleNotFoundError:  # AnyIO does without it, too
    _library = ContextVar("pronghorn_library", default=None)


def _open_pool(task: Task[Any]) -> Pool | None:
    insides = _pool.find_insides()
    if insides is None or insides.get_async_backend() is not insides.get_async_backend("asyncio"):
        return None
    return Pool(task.get_loop(), insides)


def _borrowed(limiter: CapacityLimiter, task: Task[Any]) -> bool:
    """Borrow a token for *task*, if there is one and nobody waits for it."""
    try:
        limiter.acquire_on_behalf_of_nowait(task)
    except WouldBlock:
        return False
    return True


def _find_task() -> Task[Any] | None:
    """Return the running task, if it is one of asyncio's."""
    try:
        return current_task()
    except RuntimeError:
        return None


def copy_context_for_thread() -> Context:
    """Copy the context, for a thread: there no event loop is running."""
    context = copy_context()
    if _library.get() is not None:
        context.run(_library.set, None)
    return context


async def run_in_thread(call: Call) -> Any:
    """Run *call* in a worker thread, as `anyio.to_thread.run_sync` does; return its outcome.

    Once it has begun, it is waited for; only `Task.cancel()` leaves it alone.
    """
    task = _find_task()
    if task is None or (pool := _pool.pools.get(task.get_loop()) or _open_pool(task)) is None:
        return await _run_in_thread_of_anyio(call)
    state = pool.states.get(task)
    scope = call.scope = None if state is None else state.cancel_scope
    if not call.is_cleanup:
        if scope is not None:
            await checkpoint_if_cancelled()
        if getattr(task, "_must_cancel", False):
            # It is told here that it was cancelled.
            await sleep(0)
        if not _borrowed(pool.limiter, task):
            await pool.limiter.acquire_on_behalf_of(task)
    try:
        if scope is None:
            await _finished(pool, call, task)
        else:
            with CancelScope(shield=True):
                await pool.put(call)
    finally:
        if not call.is_cleanup:
            pool.limiter.release_on_behalf_of(task)
    return call.outcome()


async def _finished(pool: Pool, call: Call, task: Any) -> None:
    """Wait for *call*, though *task* be told to end, if that is a task of our own."""
    if not hasattr(task, "shield"):
        await pool.put(call)
        return
    # It is ended as by a scope around it, which does not leave threads alone.
    was_shielded, task.shield = task.shield, True
    try:
        await pool.put(call)
    finally:
        task.shield = was_shielded


async def _run_in_thread_of_anyio(call: Call) -> Any:
    with CancelScope(shield=call.is_cleanup):
        limiter = CapacityLimiter(1) if call.is_cleanup else None
        await anyio.to_thread.run_sync(call.run, limiter=limiter)
    return call.outcome()
