"""What was entered in a scope, to be left at its end, the last first.

The stacks of generated handlers are made here.  Others find them in the request's scope, where
FastAPI has its own, and may push on them whatever an `AsyncExitStack` takes.
"""

from asyncio import current_task, get_running_loop
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from sys import modules
from types import TracebackType
from typing import TYPE_CHECKING, Any, NoReturn

from anyio import CancelScope
from anyio.lowlevel import checkpoint_if_cancelled

if TYPE_CHECKING:
    from pronghorn._own_task import Shield

COMMIT_STACK = "pronghorn_commit_astack"
"""Where in the scope the stack is that is left just before the answer is sent."""
BRIEF_STACK = "pronghorn_brief_astack"
"""Where that is which is left before the endpoint of a WebSocket runs."""


class Remainder:
    """The rest of an asynchronous generator that was run to its `yield`.

    The stack calls it as it calls the exits of context managers.
    """

    __slots__ = ("generator", "shield")

    def __init__(self, generator: AsyncGenerator[Any], shield: "Shield | None") -> None:
        self.generator = generator
        self.shield = shield

    async def __call__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        """Run it, not interrupted by a cancellation; true if it swallowed the error."""
        # What a context manager does with a generator after an error is for the library to know.
        manager = asynccontextmanager(self.give_generator)()
        if self.shield is None:
            return bool(await manager.__aexit__(kind, error, traceback))
        was_shielded, self.shield.shield = self.shield.shield, True
        try:
            is_over = bool(await manager.__aexit__(kind, error, traceback))
        finally:
            self.shield.shield = was_shielded
        if kind is None or is_over:
            # A cancellation that came during the exit takes effect now.
            await checkpoint_if_cancelled()
        return is_over

    def give_generator(self) -> AsyncGenerator[Any]:
        return self.generator


class Exits(AsyncExitStack):
    """An exit stack for which asynchronous generators cost little while nothing goes wrong."""

    def cleanup_shield(self) -> "Shield | None":
        """What shields exits from a cancellation, if one can come from outside: often a scope.

        It surrounds all that is entered from here on: a scope opened for the exit alone would
        lie within those that a dependency itself has open, and could not be left in order.
        """
        return self.enter_context(CancelScope()) if is_in_cancel_scope() else shielding_task()

    async def enter_generator(self, generator: AsyncGenerator[Any], shield: "Shield | None") -> Any:
        """Run *generator* to its `yield`, and give what it yields; the rest is run at the end."""
        try:
            value = await anext(generator)
        except StopAsyncIteration:
            raise RuntimeError("generator didn't yield") from None
        # Pushed as the library does it: its own methods would look up methods of a type.
        self._exit_callbacks.append((False, Remainder(generator, shield)))  # type: ignore[attr-defined]  # typeshed has public names
        return value

    async def end(self) -> None:
        """Leave all that was entered, after all went well."""
        exits = self._exit_callbacks  # type: ignore[attr-defined]  # typeshed has public names
        while exits:
            rest = exits[-1][1]
            if type(rest) is not Remainder or isinstance(rest.shield, CancelScope):
                await self.aclose()
                return
            exits.pop()
            if rest.shield is not None:
                rest.shield.shield = True
            try:
                await anext(rest.generator)
                await refuse(rest.generator)
            except StopAsyncIteration:
                continue
            except BaseException as error:
                # As if all of them were nested: those that are outer learn of the error.
                if not await self.end_with(error):
                    raise
                return
            finally:
                if rest.shield is not None:
                    rest.shield.shield = False

    async def end_each(self) -> bool:
        """As `end`; true if an exit swallowed what one within it raised."""
        exits = self._exit_callbacks  # type: ignore[attr-defined]  # typeshed has public names
        while exits:
            last = Exits()
            last._exit_callbacks.append(exits.pop())  # type: ignore[attr-defined]  # as above
            try:
                await last.end()
            except BaseException as error:
                if not await self.end_with(error):
                    raise
                return True
        return False

    async def end_with(self, error: BaseException) -> bool:
        """Leave all that was entered, after *error*; true if an exit swallowed it."""
        return bool(await self.__aexit__(type(error), error, error.__traceback__))


async def refuse(generator: AsyncGenerator[Any]) -> NoReturn:
    try:
        raise RuntimeError("generator didn't stop")
    finally:
        await generator.aclose()


def is_in_cancel_scope() -> bool:
    """Whether a cancel scope surrounds the current task; true where that is not known."""
    # Tasks of trio are always in one.
    if "trio" in modules and not is_asyncio_running():
        return True
    backend = modules.get("anyio._backends._asyncio")
    if backend is None:
        return False
    # AnyIO's own note of the tasks that are in scopes: it has no public word for the question.
    tasks = getattr(backend, "_task_states", None)
    if not tasks:
        return tasks is None
    state = tasks.get(current_task())
    return state is not None and getattr(state, "cancel_scope", state) is not None


def shielding_task() -> "Shield | None":
    """The current task, if it is one of ours, which needs no scope to be shielded."""
    # They are there from the first request on that goes through a middleware.
    module = modules.get("pronghorn._own_task")
    task: Any = None if module is None else current_task()
    return task if module is not None and isinstance(task, module.OwnTask) else None


def is_asyncio_running() -> bool:
    try:
        get_running_loop()
    except RuntimeError:
        return False
    return True
