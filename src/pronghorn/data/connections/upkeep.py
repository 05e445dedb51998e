"""What is seen to when a connection is taken from a pool, breaks, or is given back.

A connection that is taken is alive; one that is given back has no transaction open, whatever
was done with it.  Both are asked of the driver, which knows it without a word to the server.
"""

import asyncio
import select
import time
from typing import Any, Final

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, PoolResetState

from pronghorn.data.connections.read_only import StateOf

IDLE_LIMIT: Final = 30.0
"""Seconds after which a connection is asked whether it is alive before it is used."""

SINCE: Final = "pronghorn.idle_since"


# -- PostgreSQL: whether a connection is alive


def watch_life(engine: Engine, seconds: float) -> None:
    """Replace connections that died while they were idle, before they are used.

    A server that is restarted ends all connections, so when one is dead the others are made
    anew, too, when their turn comes.  *seconds* are granted for an answer.
    """
    liveness = LIVENESS[engine.dialect.driver]

    @event.listens_for(engine, "checkin")
    def checkin(_connection: Any, entry: ConnectionPoolEntry) -> None:
        entry.info[SINCE] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def checkout(connection: Any, entry: ConnectionPoolEntry, _proxy: Any) -> None:
        since = entry.info.get(SINCE)
        if since is None:  # it is new
            return
        driver_connection = engine.dialect.get_driver_connection(connection)
        if liveness.is_dead(driver_connection):
            raise InvalidatePoolError
        if time.monotonic() - since > IDLE_LIMIT or liveness.has_news(driver_connection):
            try:
                liveness.ping(connection, seconds)
            except Exception as error:
                raise InvalidatePoolError from error


class AsyncpgLiveness:
    """asyncpg listens to idle connections, so it knows those that were closed."""

    def is_dead(self, connection: Any) -> bool:
        closed: bool = connection.is_closed()
        return closed

    def has_news(self, _connection: Any) -> bool:
        return False

    def ping(self, connection: Any, seconds: float) -> None:
        connection.run_async(lambda found: asyncio.wait_for(found.execute("SELECT 1"), seconds))


class PsycopgLiveness:
    """psycopg does not listen; what came for an idle connection waits in its socket."""

    def is_dead(self, connection: Any) -> bool:
        closed: bool = connection.closed
        return closed

    def has_news(self, connection: Any) -> bool:
        """Whether the server said something unasked: mostly that it ends."""
        if not hasattr(select, "poll"):
            return False
        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        return bool(poll.poll(0))

    def ping(self, connection: Any, seconds: float) -> None:
        if not hasattr(connection, "run_async"):
            ask_blocking(connection, seconds)
            return

        async def ask(found: Any) -> None:
            await found.execute("SELECT 1")
            await found.rollback()

        connection.run_async(lambda found: asyncio.wait_for(ask(found), seconds))


ANSWERED: Final = 2  # PGRES_TUPLES_OK


def ask_blocking(connection: Any, seconds: float) -> None:
    """Ask by libpq itself: psycopg waits for as long as it takes."""
    asked = connection.pgconn
    asked.send_query(b"SELECT 1")
    deadline = time.monotonic() + seconds
    while asked.is_busy():
        readable, *_ = select.select([asked.socket], [], [], max(deadline - time.monotonic(), 0))
        if not readable:
            raise TimeoutError("the server does not answer")
        asked.consume_input()
    answers = iter(asked.get_result, None)
    if [answer.status for answer in answers] != [ANSWERED]:
        raise ConnectionError("the server has ended the connection")


LIVENESS: Final[dict[str, AsyncpgLiveness | PsycopgLiveness]] = {
    "asyncpg": AsyncpgLiveness(),
    "psycopg": PsycopgLiveness(),
}


# -- PostgreSQL: which errors end a connection

ENDED: Final = ("08", "57P01", "57P02", "57P03", "57P05", "25P03")
"""The connection is broken, or the server ends it: Appendix A of PostgreSQL's documentation."""

READ_ONLY: Final = "25006"


def watch_ends(engine: Engine, *, is_reader: bool) -> None:
    """Say of more errors than the driver does that the connection is of no use any more.

    A writer whose server has become a standby would fail for as long as its connections live,
    while a new one would be led to the server that writes.
    """

    @event.listens_for(engine, "handle_error")
    def handle_error(context: ExceptionContext) -> None:
        state = getattr(context.original_exception, "sqlstate", None) or ""
        if state.startswith(ENDED) or (state == READ_ONLY and not is_reader):
            context.is_disconnect = True


# -- both: what is given back


def watch_returns(
    engine: Engine, *, stays_as: StateOf | None = None, is_autocommit: bool = False
) -> None:
    """Roll back what is open still when a connection is given back.

    SQLAlchemy does not where it takes the transaction for ended, after a COMMIT that failed; on
    SQLite it is open then, and the next one would read what was never committed.  One that was
    put into a snapshot *is AUTOCOMMIT* again.  And it is closed unless it *stays as* it was when
    it began.
    """
    is_open = IN_TRANSACTION[engine.dialect.driver]
    dialect = engine.dialect
    driver_connection_of = engine.dialect.get_driver_connection

    @event.listens_for(engine, "reset")
    def reset(connection: Any, entry: ConnectionPoolEntry, state: PoolResetState) -> None:
        # Otherwise the garbage collector is at work, and the connection is closed instead.
        if not state.asyncio_safe or state.terminate_only:
            return
        driver_connection = driver_connection_of(connection)
        try:
            if is_open(driver_connection):
                connection.rollback()
                if is_open(driver_connection):
                    # Begun behind SQLAlchemy's back, so that it does not know of it.
                    connection.run_async(lambda found: found.execute("ROLLBACK"))
            if is_autocommit and not dialect.detect_autocommit_setting(connection):
                dialect.set_isolation_level(connection, "AUTOCOMMIT")
        except Exception as error:  # noqa: BLE001 - whatever the driver raises
            # Broken, or another task waits for it still: nobody else shall have it.
            entry.invalidate(error)
            return
        if stays_as is not None and stays_as(driver_connection) != entry.info[BEGUN_AS]:
            entry.invalidate()

    if stays_as is not None:

        @event.listens_for(engine, "connect")
        def connect(connection: Any, entry: ConnectionPoolEntry) -> None:
            # What an address says wins over what we ask for, so that is compared.
            entry.info[BEGUN_AS] = stays_as(driver_connection_of(connection))


BEGUN_AS: Final = "pronghorn.begun_as"


def is_sqlite_open(connection: Any) -> bool:
    is_open: bool = connection.in_transaction
    return is_open


def is_asyncpg_open(connection: Any) -> bool:
    is_open: bool = connection.is_in_transaction()
    return is_open


def is_psycopg_open(connection: Any) -> bool:
    status: int = connection.info.transaction_status
    return status != 0  # PQTRANS_IDLE


IN_TRANSACTION: Final = {
    "pysqlite": is_sqlite_open,
    "aiosqlite": is_sqlite_open,
    "asyncpg": is_asyncpg_open,
    "psycopg": is_psycopg_open,
}
