"""The worker threads of an event loop.

They cannot be told from AnyIO's: `anyio.from_thread` works in them, and they end with the same
task.  They cost less since calls wait for whichever thread is free, and since those that finish
at about one time wake the event loop once.

Knows nothing of what is called.
"""

from asyncio import AbstractEventLoop, Future, Task, TimerHandle
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextvars import Context
from functools import cache
from threading import Lock, Thread
from typing import Any, Final, NamedTuple

import anyio.lowlevel
import anyio.to_thread

IDLE_SECONDS: Final = 10
"""How long a thread has nothing to do before it may end; AnyIO's number."""


class Call:
    """A function with its arguments, called in a context of its own, and how that ended.

    What cleans up is called even when all is cancelled, and does not wait for room among the
    threads, which may be held until it is done.
    """

    __slots__ = (
        "_error", "_value", "args", "context", "function", "future", "is_cleanup", "is_finished",
        "kwargs", "scope",
    )  # fmt: skip

    future: Future[None]
    """What the caller waits for.  It tells that the call is finished, and never how."""
    scope: Any
    """The caller's cancel scope, if any."""

    def __init__(
        self,
        context: Context,
        function: Callable[..., Any],
        args: Iterable[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        is_cleanup: bool = False,
    ) -> None:
        self.context = context
        self.function = function
        self.args = args
        self.kwargs = kwargs or {}
        self.is_cleanup = is_cleanup
        self.is_finished = False
        self._value: Any = None
        self._error: BaseException | None = None

    def run(self) -> None:
        """Call the function, and keep what it returns or raises."""
        try:
            self._value = self.context.run(self.function, *self.args, **self.kwargs)
        except BaseException as error:  # noqa: BLE001 - the caller is given it, whatever it is
            self._error = error
        self.is_finished = True

    def outcome(self) -> Any:
        """Return what the function returned, or raise what it raised."""
        error, self._error = self._error, None
        if error is None:
            return self._value
        try:
            raise error
        finally:
            # The traceback has this frame: kept here, the error would keep itself.
            del error


class Insides(NamedTuple):
    """What of AnyIO is used here and is not public."""

    claim_worker_thread: Callable[..., Any]
    find_root_task: Callable[[], Task[Any]]
    get_async_backend: Callable[..., Any]
    task_states: Mapping[Task[Any], Any]
    threadlocals: Any


@cache
def find_insides() -> Insides | None:
    if not hasattr(anyio.lowlevel, "EventLoopToken"):
        # Before 4.11 it cannot do without a cancel scope for each call.
        return None
    try:
        # Late, since they take long to import.
        from anyio._backends import _asyncio as backend  # noqa: PLC0415
        from anyio._core import _eventloop as core  # noqa: PLC0415

        return Insides(
            core.claim_worker_thread,
            backend.find_root_task,
            core.get_async_backend,
            backend._task_states,
            core.threadlocals,
        )
    except (ImportError, AttributeError):
        return None


class Pool:
    """The threads of one event loop.  What is not said to run in them runs in the loop's thread.

    There are never fewer threads than calls that are not finished, so no call waits for another.
    """

    def __init__(self, loop: AbstractEventLoop, insides: Insides) -> None:
        self.loop = loop
        self.insides = insides
        self.states = insides.task_states
        self.backend = insides.get_async_backend()
        self.limiter = anyio.to_thread.current_default_thread_limiter()
        self.waiting: deque[Call | None] = deque()
        """Calls for whichever thread is free.  A thread that takes None ends."""
        self.asleep: list[Lock] = []
        """What wakes each sleeping thread.  The last one is woken first."""
        self.is_looking = False
        """Whether a thread was woken that has not looked yet what is waiting."""
        self.finished: deque[Call] = deque()
        self.is_told = False
        """Whether the loop was told of finished calls, and has not looked yet."""
        self.threads = 0
        self.busy = 0
        self.most_busy = 0
        self.timer: TimerHandle | None = None

    def put(self, call: Call) -> Future[None]:
        """Have *call* run in a thread, and return what tells that it is finished."""
        if self.busy >= self.threads:
            self._start_thread()
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        future = call.future = self.loop.create_future()
        self.waiting.append(call)
        if not self.is_looking:
            self._wake_thread()
        return future

    def _start_thread(self) -> None:
        # The name is AnyIO's: profilers and filters of logs know such threads by it.
        thread = Thread(target=self._work, name="AnyIO worker thread")
        # Without the variables of the request that happens to need it.
        Context().run(thread.start)
        if self.threads == 0:
            pools[self.loop] = self
            # As with AnyIO, threads end with the task that the loop was started for.
            self.insides.find_root_task().add_done_callback(self.end, context=Context())
        self.threads += 1
        if self.timer is None:
            self._watch()

    def _watch(self) -> None:
        self.most_busy = self.busy
        self.timer = self.loop.call_later(IDLE_SECONDS, self._dismiss_idle, context=Context())

    def _dismiss_idle(self) -> None:
        """End the threads that were not needed since the last time, but for one."""
        self._dismiss_threads(self.threads - max(self.most_busy, 1))
        self.timer = None
        if self.threads > 1:
            self._watch()

    def _dismiss_threads(self, number: int) -> None:
        for _ in range(number):
            self.waiting.append(None)
            self.threads -= 1
        self._wake_thread()

    def end(self, _root: object = None) -> None:
        """End all threads, each when it has finished its call.  New calls would have new ones."""
        if pools.get(self.loop) is self:
            del pools[self.loop]
        self._dismiss_threads(self.threads)
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def _wake_thread(self) -> None:
        """In any thread: wake one, which will take the next call, and wake one for the next."""
        try:
            lock = self.asleep.pop()
        except IndexError:
            # All are awake, and each looks before it falls asleep.
            return
        self.is_looking = True
        lock.release()

    def _work(self) -> None:
        """In a thread: run one call after another."""
        local = self.insides.threadlocals
        lock = Lock()
        lock.acquire()
        with self.insides.claim_worker_thread(self.backend, self.loop):
            while (call := self._take(lock)) is not None:
                if call.is_cleanup or not call.future.cancelled():
                    local.current_cancel_scope = call.scope
                    call.run()
                    del local.current_cancel_scope
                self.finished.append(call)
                # Nothing of it is kept until the next one comes.
                del call
                if not self.is_told:
                    self._tell_loop()

    def _take(self, lock: Lock) -> Call | None:
        """In a thread: wait for the next call."""
        while True:
            try:
                call = self.waiting.popleft()
            except IndexError:
                if not self._sleep(lock):
                    return None
            else:
                # Another thread is woken before this one is busy, for nobody knows for how long.
                if self.waiting and not self.is_looking:
                    self._wake_thread()
                return call

    def _sleep(self, lock: Lock) -> bool:
        """In a thread: wait until it is woken; False if that will not happen any more."""
        self.asleep.append(lock)
        # In this order: what is put from now on wakes a thread, perhaps this one.
        if self.waiting:
            self._wake_thread()
        while not lock.acquire(timeout=IDLE_SECONDS):
            # The loop may have been closed with its tasks unfinished.
            if self.loop.is_closed():
                pools.pop(self.loop, None)
                return False
        # In this order: it looks after this, so what was put before is seen.
        self.is_looking = False
        return True

    def _tell_loop(self) -> None:
        """In a thread: let the loop look for finished calls."""
        self.is_told = True
        try:
            self.loop.call_soon_threadsafe(self._return_finished)
        except RuntimeError:
            # Nobody waits any more if it is closed.
            if not self.loop.is_closed():
                self.is_told = False
                raise

    def _return_finished(self) -> None:
        # In this order: for what is finished from now on the loop is told again.
        self.is_told = False
        for _ in range(len(self.finished)):
            call = self.finished.popleft()
            self.busy -= 1
            if not call.future.cancelled():
                call.future.set_result(None)


pools: dict[AbstractEventLoop, Pool] = {}
"""The pool of each event loop, while it has threads."""
