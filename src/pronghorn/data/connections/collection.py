"""The engines of a database: made when they are first asked for, once each, and closed together.

There are six of them, three asynchronous and three blocking.  Threads ask for them as well as
tasks, so each is made under a lock.
"""

import threading
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from typing import Any, Final, Generic, Literal, TypeVar

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncEngine

from pronghorn._record import record
from pronghorn.data.connections.engines import PoolSettings
from pronghorn.data.connections.urls import Address

AnyEngine = TypeVar("AnyEngine", bound=Engine | AsyncEngine)

Role = Literal["writer", "reader", "fresh reader"]


@record
class Purpose:
    """What the engine of a role is like."""

    is_reader: bool
    reads_replica: bool
    """Whether it is connected to the replica, if there is one."""


PURPOSES: Final[dict[Role, Purpose]] = {
    "writer": Purpose(is_reader=False, reads_replica=False),
    "reader": Purpose(is_reader=True, reads_replica=True),
    "fresh reader": Purpose(is_reader=True, reads_replica=False),
}


class Engines(Generic[AnyEngine]):
    """The asynchronous engines of one database, or the blocking ones."""

    def __init__(
        self,
        make: Callable[..., AnyEngine],
        introduce: Callable[[AnyEngine, Purpose], object],
        address: Address,
        replica: Address | None,
        settings: PoolSettings,
    ) -> None:
        """Each is made by *make*, and given to *introduce* before anybody has it."""
        self.make, self.introduce = make, introduce
        self.address, self.replica, self.settings = address, replica, settings
        self._made: dict[Role, AnyEngine] = {}
        self._lock = threading.Lock()

    def __getitem__(self, role: Role) -> AnyEngine:
        found = self._made.get(role)
        return self._make_once(role) if found is None else found

    def _make_once(self, role: Role) -> AnyEngine:
        # Without a replica all that read are served alike.
        served: Role = "fresh reader" if role == "reader" and self.replica is None else role
        with self._lock:
            # Another thread may have been faster.
            found = self._made.get(served)
            self._made[role] = self._made[served] = found or self._make(PURPOSES[served])
            return self._made[role]

    def _make(self, purpose: Purpose) -> AnyEngine:
        address = (self.replica if purpose.reads_replica else None) or self.address
        engine = self.make(address, self.settings, is_reader=purpose.is_reader)
        self.introduce(engine, purpose)
        return engine

    def made(self) -> list[AnyEngine]:
        """Those that there are, each once."""
        return list(dict.fromkeys(self._made.values()))

    def endings(self) -> list[Callable[[], Any]]:
        """What closes those that there are, to be called or awaited. Who asks later gets others."""
        with self._lock:
            found = self.made()
            self._made.clear()
            return [engine.dispose for engine in found]


async def end_all(endings: Iterable[Callable[[], Any]]) -> None:
    """Call or await each, whatever becomes of the others; then raise what failed."""
    failed: list[Exception] = []

    async def end(ending: Callable[[], Any]) -> None:
        try:
            waiting = ending()
            if waiting is not None:
                await waiting
        except Exception as error:  # noqa: BLE001 - whatever a driver raises
            failed.append(error)

    # The stack goes on where somebody cancels it, too.
    async with AsyncExitStack() as stack:
        for ending in endings:
            stack.push_async_callback(end, ending)
    if len(failed) > 1:
        raise ExceptionGroup("the database was not closed properly", failed)
    if failed:
        raise failed[0]
