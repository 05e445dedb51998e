"""Generators: how dependencies with a `yield` are entered and left, and how streams are ended."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    contextmanager,
)
from types import GeneratorType
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from anyio import CancelScope, CapacityLimiter
from anyio.lowlevel import checkpoint_if_cancelled
from anyio.to_thread import run_sync
from starlette.datastructures import FormData
from starlette.types import Scope

from pronghorn.concurrency import ConcurrencyLimit, contextmanager_in_threadpool

if TYPE_CHECKING:
    from pronghorn._own_task import Shield

FORM = "pronghorn.form"
"""Where a form is kept in the scope whose files are still to be closed."""
HANDLERS = "starlette.exception_handlers"
"""Where the handlers of exceptions stand in the scope, for plain Starlette routes too."""


class ExceptionHandlers(NamedTuple):
    """Handlers by class and by status.  In the scope they tell that we answer exceptions."""

    by_class: Mapping[Any, Any]
    by_status: Mapping[int, Any]


def make_manager(
    function: Callable[..., Any], *, is_async: bool, limit: ConcurrencyLimit | None
) -> Callable[..., Any]:
    """A word: an async context manager that runs the generator *function*."""
    opened = asynccontextmanager(function) if is_async else in_threads(function)
    if limit is None:
        return opened

    def limited_manager(*args: Any, **kwargs: Any) -> AbstractAsyncContextManager[Any]:
        return limited(opened(*args, **kwargs), limit)

    return limited_manager


def in_threads(function: Callable[..., Any]) -> Callable[..., AbstractAsyncContextManager[Any]]:
    """The blocking generator *function* as an async context manager."""
    blocking = contextmanager(function)

    def opened(*args: Any, **kwargs: Any) -> AbstractAsyncContextManager[Any]:
        return contextmanager_in_threadpool(blocking(*args, **kwargs))

    return opened


@asynccontextmanager
async def limited(
    manager: AbstractAsyncContextManager[Any], limit: ConcurrencyLimit
) -> AsyncIterator[Any]:
    """*manager*, entered when there is room for it, which it keeps until it has exited."""
    async with limit.semaphore(), manager as value:
        yield value


def shielded(
    manager: AbstractAsyncContextManager[Any], shield: "Shield | None"
) -> AbstractAsyncContextManager[Any]:
    """*manager*, its exit not interrupted by a cancellation from outside of *shield*."""
    return manager if shield is None else shielded_by(shield, manager)


@asynccontextmanager
async def shielded_by(
    shield: "Shield", manager: AbstractAsyncContextManager[Any]
) -> AsyncIterator[Any]:
    was_shielded = shield.shield
    try:
        async with manager as value:
            try:
                yield value
            finally:
                shield.shield = True
    finally:
        shield.shield = was_shielded
    # A cancellation that came during the exit takes effect now.
    await checkpoint_if_cancelled()


@asynccontextmanager
async def ending(*generators: Any) -> AsyncIterator[None]:
    """A block that ends *generators* when it is left, even if it is cancelled."""
    # It surrounds what generators have open themselves, for the same reason as with `shielded`.
    with CancelScope() as shield:
        try:
            yield
        finally:
            shield.shield = True
            for generator in generators:
                await end(generator)
    await checkpoint_if_cancelled()


async def end(generator: Any) -> None:
    """Let *generator* run its `finally` blocks, if it has not come to its end."""
    if isinstance(generator, AsyncGenerator):
        try:
            await generator.aclose()
        except BaseExceptionGroup as group:
            # A task group that the generator has open wraps what it is ended with.
            _, others = group.split(GeneratorExit)
            if others is not None:
                raise others from group
    elif isinstance(generator, GeneratorType) and generator.gi_frame is not None:
        # What holds the room for threads may be waiting for what is freed here.
        await run_sync(generator.close, limiter=CapacityLimiter(1))


def is_ours(scope: Scope) -> bool:
    """Whether exceptions are answered by us, and not by Starlette."""
    return isinstance(scope.get(HANDLERS), ExceptionHandlers)


def closing(scope: Scope, form: FormData) -> Callable[..., Any]:
    """The exit that closes the files of *form*.

    After an exception the handler for it may still read them: then they are left in *scope*,
    for whoever runs the handlers to close.
    """

    async def close(kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None and issubclass(kind, Exception) and is_ours(scope):
            scope[FORM] = form
        else:
            await form.close()

    return close


def shield_of(scope: Scope, stack: AsyncExitStack) -> CancelScope:
    """The scope that surrounds what is entered on *stack*, made when it is first asked for."""
    shields = scope.setdefault("fastapi_async_cleanup_scopes", {})
    if stack not in shields:
        shields[stack] = stack.enter_context(CancelScope())
        stack.callback(shields.pop, stack)
    return cast("CancelScope", shields[stack])
