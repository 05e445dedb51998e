"""The pool of a test that has one connection: whoever cannot have it is told why."""

import threading
from asyncio import AbstractEventLoop
from collections.abc import Callable
from typing import Self

from sqlalchemy import event
from sqlalchemy.pool import ConnectionPoolEntry, Pool
from sqlalchemy.util.concurrency import greenlet_spawn

from pronghorn.data.testing.cannot_show import CannotShowError
from pronghorn.data.testing.loop_ends import (
    Waiting,
    at_end_of_loop,
    close_now,
    running_loop,
)


class OneConnection(Pool):
    """Makes a connection like *model* does, once, and lends it to one at a time."""

    def __init__(self, model: Pool, may_connect: Callable[[Pool], None]) -> None:
        super().__init__(
            model._creator,
            echo=model.echo,
            logging_name=model._orig_logging_name,
            dialect=model._dialect,
        )
        # How connections begin is the application's.  What is done when one is given back is not:
        # its transaction is not over.
        for listener in model.dispatch.connect:
            event.listen(self, "connect", listener)
        self._may_connect = may_connect
        self._entry: ConnectionPoolEntry | None = None
        self._loop: AbstractEventLoop | None = None
        self._waiting: Waiting | None = None
        self._is_lent = False
        self._lending = threading.Lock()

    def close(self) -> None:
        """Close the connection, which ends its transaction, from outside of any loop."""
        if self._loop is not None and self._waiting is not None:
            close_now(self._loop, self._waiting)
        elif self._entry is not None:
            self._entry.close()

    def status(self) -> str:
        return "one connection, " + ("lent" if self._is_lent else "here")

    def dispose(self) -> None:
        """Keep the connection: what a test did outlives the lifespan of its application."""

    def recreate(self) -> Self:
        return self

    def _do_get(self) -> ConnectionPoolEntry:
        with self._lending:
            if self._is_lent:
                raise CannotShowError("A second connection was asked for while the first was used")
            self._is_lent = True
        try:
            return self._have()
        except BaseException:
            self._is_lent = False
            raise

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:  # noqa: ARG002  there is one
        self._is_lent = False

    def _have(self) -> ConnectionPoolEntry:
        if self._entry is None:
            self._may_connect(self)
            if self._is_asyncio:
                self._loop = running_loop()
                self._waiting = at_end_of_loop(self._end_with_loop)
            self._entry = self._create_connection()
        elif self._loop is not running_loop() and self._is_asyncio:
            raise CannotShowError(
                "The database was used in a second event loop (a `TestClient` that is not entered"
                " has one for each request: write `with TestClient(app) as client:`)"
            )
        elif self._entry.dbapi_connection is None:
            raise CannotShowError(
                "The connection was lost, and with it what was done before: a request was"
                " cancelled within a statement, or the session was invalidated"
            )
        return self._entry

    async def _end_with_loop(self) -> None:
        if self._entry is not None:
            await greenlet_spawn(self._entry.close)
