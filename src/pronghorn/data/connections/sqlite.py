"""SQLite: how a connection is set up, and how its transactions begin.

A writer takes the lock when its transaction begins (`BEGIN IMMEDIATE`), so that what it read
stays true until it commits.  Readers take none, and see the state at their first statement.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from typing import Any, Final

from sqlalchemy import Connection, Engine, event
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util.concurrency import await_, in_greenlet

from pronghorn.data.connections.commits import IS_BEGUN, watch_commits
from pronghorn.data.connections.undisturbed import Undisturbed

SYNCHRONOUS: Final = ("FULL", "NORMAL", "EXTRA")
"""With NORMAL the last commits may be lost when the power fails; the file stays whole."""

PAUSE: Final = 0.02


def prepare_sqlite(
    engine: Engine, *, is_reader: bool, synchronous: str, busy_timeout: float
) -> None:
    """Set up each connection of *engine*."""
    settings = [
        f"busy_timeout={int(busy_timeout * 1000)}",
        f"synchronous={synchronous}",
        "foreign_keys=on",
        *(["query_only=on"] if is_reader else []),
    ]

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _entry: ConnectionPoolEntry) -> None:
        leave_transactions_to_us(connection)
        cursor = connection.cursor()
        try:
            cursor.execute(f"PRAGMA {settings[0]}")
            set_wal(cursor, busy_timeout)
            for setting in settings[1:]:
                cursor.execute(f"PRAGMA {setting}")
        finally:
            cursor.close()

    @event.listens_for(engine, "checkout")
    def checkout(connection: Any, _entry: ConnectionPoolEntry, _proxy: Any) -> None:
        # SQLAlchemy resets it to "" after a use with an isolation level of its own.
        if connection.isolation_level is not None:
            leave_transactions_to_us(connection)

    @event.listens_for(engine, "invalidate")
    def invalidate(connection: Any, _entry: ConnectionPoolEntry, _error: Any) -> None:
        interrupt(engine.dialect.get_driver_connection(connection))

    @event.listens_for(engine, "close")
    def close(connection: Any, _entry: ConnectionPoolEntry) -> None:
        roll_back(connection)

    if not is_reader:
        event.listen(engine, "begin", begin_immediate)
        watch_commits(engine)


def sqlite_connector() -> Callable[..., Coroutine[Any, Any, Any]]:
    """What makes asynchronous connections."""
    import aiosqlite  # noqa: PLC0415 - blocking engines do without it

    undisturbed = Undisturbed(lambda late: late.stop())

    async def connect(*arguments: Any, **named: Any) -> Any:
        connection: Any = aiosqlite.connect(*arguments, **named)
        # As SQLAlchemy has it: a process that ends waits for no thread of a connection.
        getattr(connection, "_thread", connection).daemon = True
        return await undisturbed.made(connection)

    return connect


def leave_transactions_to_us(connection: Any) -> None:
    """Keep the sqlite3 module from beginning transactions of its own, which are deferred."""
    connection.isolation_level = None


def begin_immediate(connection: Connection) -> None:
    is_begun = connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT"
    connection.info[IS_BEGUN] = is_begun
    if is_begun:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def interrupt(driver_connection: Any) -> None:
    """Stop the statement that runs in the connection's thread: nobody waits for it any more."""
    with suppress(ValueError, sqlite3.ProgrammingError):  # it is closed
        blocking = getattr(driver_connection, "_conn", driver_connection)
        blocking.interrupt()


def roll_back(connection: Any) -> None:
    """Let go of the lock now.

    To close does not: SQLite keeps what is closed while a statement of it is alive, and the
    cursor of a task that was cancelled lives until the garbage collector comes.
    """
    with suppress(ValueError, sqlite3.Error):  # it is closed
        if not hasattr(connection, "run_async"):
            connection.rollback()
        elif in_greenlet():
            connection.run_async(lambda found: asyncio.shield(found.rollback()))


def set_wal(cursor: Any, seconds: float) -> None:
    """Let readers and a writer work at the same time; the file remembers it.

    The change needs the file alone, and where several processes begin at once SQLite refuses
    some of them at once, whatever `busy_timeout` says.
    """
    if current_mode(cursor) == "wal":
        return
    for is_last in attempts(seconds):
        try:
            cursor.execute("PRAGMA journal_mode=wal")
            cursor.fetchone()
        except Exception as error:
            if is_last or "locked" not in str(error):
                raise
        else:
            return


def current_mode(cursor: Any) -> str:
    cursor.execute("PRAGMA journal_mode")
    mode: str = cursor.fetchone()[0]
    return mode


def attempts(seconds: float) -> Iterator[bool]:
    """Pause between attempts; whether it is the last one."""
    end = time.monotonic() + seconds
    while (now := time.monotonic()) < end:
        yield False
        pause(min(PAUSE, end - now))
    yield True


def pause(seconds: float) -> None:
    if in_greenlet():
        await_(asyncio.sleep(seconds))
    else:
        time.sleep(seconds)
