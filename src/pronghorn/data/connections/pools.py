"""Pools of connections that serve in the order of asking, in every event loop and after a fork.

SQLAlchemy's pools let a newcomer take a connection that was given back for somebody who waits;
under load some wait until they are timed out while others never do.  Here a connection that is
given back is handed to whoever waits longest.

A connection of an asynchronous driver belongs to an event loop.  So an asynchronous pool keeps
the connections of each loop apart, and closes them when their loop ends: one engine serves tests
that have a loop each.  A process that was forked begins with an empty pool, and leaves the
connections of its parent alone.
"""

import asyncio
import os
import threading
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any, Final
from weakref import WeakSet

from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import AsyncAdaptedQueuePool, ConnectionPoolEntry, QueuePool
from sqlalchemy.util.concurrency import await_, greenlet_spawn

Entry = ConnectionPoolEntry

LEAVE_TO_MAKE: Final = object()
"""What is handed to who waits, in place of a connection: there is room to make one."""


class ThreadTurn:
    """The turn of a thread that waits."""

    def __init__(self) -> None:
        self.came = threading.Event()
        self.given: Any = None

    def give(self, thing: Any) -> None:
        self.given = thing
        self.came.set()

    def wait(self, seconds: float) -> Any:
        """What was given; None if nothing was."""
        self.came.wait(seconds)
        return self.given


class TaskTurn:
    """The turn of a task that waits."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[None] = self.loop.create_future()
        self.given: Any = None

    def give(self, thing: Any) -> None:
        self.given = thing
        if is_running(self.loop):
            self.wake()
        else:  # the garbage collector gives it back, in another thread
            with suppress(RuntimeError):  # the loop has ended
                self.loop.call_soon_threadsafe(self.wake)

    def wake(self) -> None:
        if not self.future.done():
            self.future.set_result(None)

    def wait(self, seconds: float) -> Any:
        await_(self.until(seconds))
        return self.given

    async def until(self, seconds: float) -> None:
        await asyncio.wait((self.future,), timeout=seconds)


class FirstConnection:
    """The lock around what SQLAlchemy asks on an engine's first connection, for several loops.

    Its own is asyncio's, so it belongs to one: a task of another loop is refused, or never woken.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()

    def __enter__(self) -> bool:
        while not self.lock.acquire(blocking=False):
            await_(asyncio.sleep(LOOK_AGAIN))
        return True

    def __exit__(self, *error: object) -> None:
        self.lock.release()


LOOK_AGAIN: Final = 0.001


def is_running(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether it is *loop* that runs in this thread."""
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


class Shelf:
    """The connections of one event loop, or of all threads, and who waits for one."""

    def __init__(self, *, kept: int, limit: int) -> None:
        self.kept = kept
        self.limit = limit
        self.is_over = False
        self.count = 0
        """How many connections there are, are being made, or may be made by who was given leave."""
        self.idle: list[Entry] = []
        self.waiting: deque[ThreadTurn | TaskTurn] = deque()
        # Reentrant: the garbage collector may give a connection back at any line.
        self.lock = threading.RLock()

    def take(self) -> Any:
        """A connection that is idle, leave to make one, or None: one has to wait."""
        with self.lock:
            if self.waiting:
                return None
            if self.idle:
                return self.idle.pop()
            if self.count < self.limit:
                self.count += 1
                return LEAVE_TO_MAKE
            return None

    def queue(self, turn: ThreadTurn | TaskTurn) -> Any:
        """Let *turn* wait, unless something became free meanwhile."""
        with self.lock:
            found = self.take()
            if found is None:
                self.waiting.append(turn)
            return found

    def leave(self, turn: ThreadTurn | TaskTurn) -> Any:
        """Wait no longer. What was given at the last moment is returned."""
        with self.lock:
            if turn.given is None:
                self.waiting.remove(turn)
            return turn.given

    def give(self, thing: Any) -> bool:
        """Hand *thing* to who waits longest, if anybody does."""
        with self.lock:
            if not self.waiting:
                return False
            self.waiting.popleft().give(thing)
            return True

    def put(self, entry: Entry) -> bool:
        """Hand over, or keep, a connection; False: there are enough of them."""
        with self.lock:
            if self.give(entry):
                return True
            if len(self.idle) < self.kept and not self.is_over:
                self.idle.append(entry)
                return True
            return False

    def lessen(self) -> None:
        """There is a connection less: whoever waits may make another."""
        with self.lock:
            if not self.give(LEAVE_TO_MAKE):
                self.count -= 1

    def clear(self) -> list[Entry]:
        """Take all that are idle."""
        with self.lock:
            idle, self.idle = self.idle, []
            return idle


class FairPool(QueuePool):
    """The pool of a blocking driver."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.shelf = self.make_shelf()
        self.abandoned: list[Any] = []
        everywhere.add(self)

    def make_shelf(self) -> Shelf:
        return Shelf(kept=self.size(), limit=self.size() + self._max_overflow)

    def here(self) -> Shelf:
        """The shelf of who asks."""
        return self.shelf

    def home(self, _entry: Entry) -> Shelf:
        """The shelf that *entry* belongs to."""
        return self.shelf

    def shelves(self) -> list[Shelf]:
        return [self.shelf]

    def make_turn(self) -> ThreadTurn | TaskTurn:
        return ThreadTurn()

    def _do_get(self) -> Entry:
        shelf = self.here()
        found = shelf.take()
        if found is None:
            found = self.wait(shelf)
        return self.make(shelf) if found is LEAVE_TO_MAKE else found

    def wait(self, shelf: Shelf) -> Any:
        turn = self.make_turn()
        found = shelf.queue(turn)
        if found is not None:
            return found
        try:
            found = turn.wait(self._timeout)
        except BaseException:
            self.pass_on(shelf, shelf.leave(turn))
            raise
        if found is None:
            found = shelf.leave(turn)
        if found is None:
            raise PoolTimeoutError(
                f"No connection of the pool became free within {self._timeout:g} s: all"
                f" {shelf.limit} are in use.",
                code="3o7r",
            )
        return found

    def pass_on(self, shelf: Shelf, given: Any) -> None:
        """Who waited was cancelled: what was given at the last moment is for the next."""
        if given is LEAVE_TO_MAKE:
            shelf.lessen()
        elif given is not None:
            self._do_return_conn(given)

    def make(self, shelf: Shelf) -> Entry:
        try:
            return self._create_connection()
        except BaseException:
            shelf.lessen()
            raise

    def _do_return_conn(self, record: Entry) -> None:
        shelf = self.home(record)
        if shelf.put(record):
            return
        try:
            record.close()
        finally:
            shelf.lessen()

    def dispose(self) -> None:
        # What is in use is closed when it comes back: the engine has another pool then.
        self.shelf.is_over = True
        self.close_idle(self.shelf)

    def close_idle(self, shelf: Shelf) -> None:
        for entry in shelf.clear():
            try:
                entry.close()
            finally:
                shelf.lessen()

    def forget(self) -> None:
        """Begin anew in a forked process. What is the parent's is kept, so that nothing ends it."""
        self.abandoned.append(self.shelf)
        self.shelf = self.make_shelf()

    def checkedin(self) -> int:
        return sum(len(shelf.idle) for shelf in self.shelves())

    def checkedout(self) -> int:
        return sum(shelf.count - len(shelf.idle) for shelf in self.shelves())

    def overflow(self) -> int:
        return sum(shelf.count for shelf in self.shelves()) - self.size()


class AsyncFairPool(FairPool, AsyncAdaptedQueuePool):
    """The pool of an asynchronous driver: a shelf for each event loop."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.by_loop: dict[asyncio.AbstractEventLoop, Shelf] = {}
        self.ends: dict[asyncio.AbstractEventLoop, AsyncGenerator[None, None]] = {}
        self.let_one_be_first()

    def let_one_be_first(self) -> None:
        listeners: Any = self.dispatch.connect
        listeners.for_modify(self.dispatch)._exec_once_mutex = FirstConnection()

    def here(self) -> Shelf:
        loop = asyncio.get_running_loop()
        return self.by_loop.get(loop) or self.settle(loop)

    def home(self, entry: Entry) -> Shelf:
        shelf: Shelf = entry.record_info[SHELF]  # type: ignore[index]  # an entry that is in use has it
        return shelf

    def shelves(self) -> list[Shelf]:
        return [*self.by_loop.values()]

    def make_turn(self) -> ThreadTurn | TaskTurn:
        return TaskTurn()

    def make(self, shelf: Shelf) -> Entry:
        entry = super().make(shelf)
        entry.record_info[SHELF] = shelf  # type: ignore[index]  # as above
        return entry

    def settle(self, loop: asyncio.AbstractEventLoop) -> Shelf:
        """Begin with *loop*, and see to it that its connections are closed when it ends."""
        for other in [other for other in list(self.by_loop) if other.is_closed()]:
            # Nobody let it end in an orderly way, and nothing of it can be ended any more.
            self.by_loop.pop(other, None)
            self.ends.pop(other, None)
        shelf = self.by_loop[loop] = self.make_shelf()
        end = self.ends[loop] = self.closed_with_loop(loop, shelf)
        await_(anext(end))
        return shelf

    async def closed_with_loop(
        self, loop: asyncio.AbstractEventLoop, shelf: Shelf
    ) -> AsyncGenerator[None, None]:
        # A loop closes the asynchronous generators that are begun, before it is closed itself.
        try:
            yield
        finally:
            self.by_loop.pop(loop, None)
            self.ends.pop(loop, None)
            shelf.is_over = True
            await greenlet_spawn(self.close_idle, shelf)

    def dispose(self) -> None:
        end = self.ends.get(asyncio.get_running_loop())
        if end is not None:
            await_(end.aclose())

    def forget(self) -> None:
        self.abandoned.append((self.by_loop, self.ends))
        self.by_loop, self.ends = {}, {}
        self.let_one_be_first()


SHELF: Final = "pronghorn.shelf"

everywhere: "WeakSet[FairPool]" = WeakSet()
"""All pools of this process."""


def forget_all() -> None:
    for pool in list(everywhere):
        pool.forget()


if hasattr(os, "register_at_fork"):  # Windows has no fork
    os.register_at_fork(after_in_child=forget_all)
