"""A coroutine as a task of its own that begins at once.

A task of asyncio takes each of its steps from the event loop.  Here whoever makes the task
takes the first one, up to where it has to wait for something, and may take others later.  It
has an identity of its own all the same: cancel scopes, timeouts and context variables within
it have nothing to do with those of the task in whose midst it is stepped.

Knows nothing of HTTP.
"""

import traceback
from asyncio import AbstractEventLoop, CancelledError, Future, Task, current_task

# These two are there for whoever implements a task:
# https://docs.python.org/3/library/asyncio-extending.html#task-lifetime-support
from asyncio.tasks import _enter_task, _leave_task
from collections.abc import Coroutine
from contextlib import suppress
from contextvars import Context, copy_context
from types import FrameType
from typing import Any, Protocol, cast

from anyio import CancelScope


class Shield(Protocol):
    """A cancel scope of AnyIO, or a task of ours: while it is set, no cancellation comes in."""

    @property
    def shield(self) -> bool:
        """Whether it is set."""
        ...

    @shield.setter
    def shield(self, value: bool) -> None: ...


MOST_NESTED = 16
"""How many tasks are stepped, each in the midst of another, before one is left to the event loop:
they share one stack, and Python's is a thousand calls deep."""


class OwnTask(Future[None]):
    """A coroutine that is stepped; done when the coroutine has ended, however it did."""

    value: Any = None
    """What it returned."""
    error: BaseException | None = None
    """What it raised, until somebody is told."""
    is_ending = False
    shield = False
    """Whether it goes on for now, though it was told by `keep_cancelling` to end."""
    depth = 1
    """How many tasks of this kind it is nested in, itself included."""
    is_deep = False
    """Whether its steps begin a new stack."""
    inner: CancelScope | None = None
    """A scope within it that is told, too, when it is to end: that of a call in a thread."""
    name = "Pronghorn's own task"
    cancellations = 0
    cancel_message: Any = None
    # AnyIO asks a task for these two by name.
    _must_cancel = False
    _fut_waiter: Future[Any] | None = None

    def __init__(self, coroutine: Coroutine[Any, Any, Any], loop: AbstractEventLoop) -> None:
        super().__init__(loop=loop)
        self.coroutine = coroutine
        self.loop = loop
        self.context = copy_context()

    # --- its steps ---------------------------------------------------------------------------

    def begin(self) -> None:
        """Take the first step."""
        outer = current_task(self.loop)
        # A task in all but its class may be the current one, too.
        around: object = outer
        if isinstance(around, OwnTask):
            self.depth = around.depth + 1
            self.is_deep = self.depth % MOST_NESTED == 0
        if self.is_deep:
            self.loop.call_soon(self.step, context=self.context)
        else:
            self.context.run(self.step, None, outer)

    def go_on(self, waited: "Future[None]", outer: "Task[Any] | None") -> None:
        """Let *waited* be done, and if the task waits for it, take the next step now.

        *outer* is the task that runs now.
        """
        if waited.done():
            return
        if waited is self._fut_waiter and not self.is_deep:
            waited.remove_done_callback(self.wake)
            waited.set_result(None)
            self.context.run(self.step, None, outer)
        else:
            waited.set_result(None)

    def wake(self, waited: "Future[Any]") -> None:
        try:
            waited.result()
        except BaseException as error:  # noqa: BLE001 - it is for the coroutine
            self.step(error)
        else:
            self.step()

    def step(self, error: BaseException | None = None, outer: "Task[Any] | None" = None) -> None:
        """Run until the coroutine waits for something, or ends; *outer* is what runs now."""
        if self.done():
            # It was closed.
            return
        self._fut_waiter = None
        if self._must_cancel:
            self._must_cancel = False
            if not isinstance(error, CancelledError):
                error = CancelledError(self.cancel_message)
        if outer is not None:
            _leave_task(self.loop, outer)
        _enter_task(self.loop, self)  # type: ignore[arg-type]  # a task in all but its class
        try:
            run = self.coroutine
            waited = run.send(None) if error is None else run.throw(error)
        except StopIteration as stop:
            self.value = stop.value
            self.set_result(None)
        except CancelledError:
            super().cancel()
        except BaseException as raised:  # noqa: BLE001 - it is for whoever waits for the end
            self.error = raised
            self.set_result(None)
        else:
            self.wait_for(waited)
        finally:
            _leave_task(self.loop, self)  # type: ignore[arg-type]  # as above
            if outer is not None:
                _enter_task(self.loop, outer)
            # Did an exception know this frame, it would wait for the garbage collector.
            del error

    def wait_for(self, waited: Any) -> None:
        if waited is None:
            self.loop.call_soon(self.step, context=self.context)
        elif getattr(waited, "_asyncio_future_blocking", False):
            waited._asyncio_future_blocking = False
            waited.add_done_callback(self.wake, context=self.context)
            self._fut_waiter = waited
            if self._must_cancel and waited.cancel(self.cancel_message):
                self._must_cancel = False
        else:
            fault = RuntimeError(f"A task of asyncio cannot wait for {waited!r}.")
            self.loop.call_soon(self.step, fault, context=self.context)
        if self.is_ending and not is_shielded(self):
            self.cancel()

    # --- its end -----------------------------------------------------------------------------

    async def ended(self) -> None:
        """Wait until it has ended; to be cancelled here cancels it, and waits all the same."""
        try:
            await self.wait()
        except BaseException as error:
            await self.break_off(error)
            raise

    async def wait(self) -> None:
        # Were the task itself waited for, it would take for its own what cancels who waits.
        waiting: Future[None] = Future(loop=self.loop)

        def note(_: Any) -> None:
            if not waiting.done():
                waiting.set_result(None)

        self.add_done_callback(note)
        await waiting

    async def break_off(self, reason: BaseException) -> None:
        """Cancel it, and wait until it has ended; *reason* is to be raised afterwards."""
        if isinstance(reason, GeneratorExit):
            # There is no waiting any more.
            self.close()
        elif not self.done():
            self.keep_cancelling()
            with CancelScope(shield=True):
                while not self.done():
                    with suppress(CancelledError):
                        await self.wait()
        # Nobody will be told; and it knows the task that knows it.
        self.error = None

    def raise_error(self) -> None:
        """Raise what it raised, if nobody has been told yet."""
        error, self.error = self.error, None
        try:
            if error is not None:
                raise error
        finally:
            # Did an exception know this frame, it would wait for the garbage collector.
            del error

    def outcome(self) -> Any:
        """What it returned; raises what it raised."""
        self.raise_error()
        self.result()
        return self.value

    def keep_cancelling(self) -> None:
        """Cancel it as a cancel scope around it would: whenever it waits, unless it is shielded."""
        self.is_ending = True
        if self.inner is not None and not self.shield:
            self.inner.cancel()
        waited = self._fut_waiter
        # What it waits for may be there, and is not to be lost; then it is cancelled next time.
        if (waited is None or not waited.done()) and not is_shielded(self):
            self.cancel()

    def close(self) -> None:
        """End the coroutine at once: it cannot wait for anything any more."""
        if self.done():
            return
        if self._fut_waiter is not None:
            self._fut_waiter.remove_done_callback(self.wake)
        try:
            self.context.run(self.coroutine.close)
        finally:
            self.set_result(None)

    # --- what may be asked of a task ---------------------------------------------------------

    def cancel(self, msg: Any = None) -> bool:
        if self.done():
            return False
        self.cancellations += 1
        if self._fut_waiter is None or not self._fut_waiter.cancel(msg):
            self._must_cancel = True
            self.cancel_message = msg
        return True

    def cancelling(self) -> int:
        return self.cancellations

    def uncancel(self) -> int:
        self.cancellations = max(self.cancellations - 1, 0)
        if self.cancellations == 0:
            # As in Python 3.13: what was taken back is not delivered.
            self._must_cancel = False
        return self.cancellations

    def get_coro(self) -> Coroutine[Any, Any, Any]:
        return self.coroutine

    def get_context(self) -> Context:
        return self.context

    def get_name(self) -> str:
        return self.name

    def set_name(self, value: object) -> None:
        self.name = str(value)

    def get_stack(self, *, limit: int | None = None) -> list[FrameType]:
        frame = getattr(self.coroutine, "cr_frame", None)
        return [] if frame is None or limit == 0 else [frame]

    def print_stack(self, *, limit: int | None = None, file: Any = None) -> None:
        for frame in self.get_stack(limit=limit):
            traceback.print_stack(frame, limit=limit, file=file)


def is_shielded(task: OwnTask) -> bool:
    """Whether what *task* is at now is shielded from a cancellation of the whole task."""
    if task.shield:
        return True
    # AnyIO does not tell.  A scope around the task could be cancelled instead, but to enter one
    # costs a third of what a request through a middleware does.
    from anyio._backends._asyncio import _task_states  # noqa: PLC0415 - it takes long to import

    state = _task_states.get(cast("Task[Any]", task))
    scope = None if state is None else state.cancel_scope
    while scope is not None and not scope.shield:
        scope = scope._parent_scope
    return scope is not None
