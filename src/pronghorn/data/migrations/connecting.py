"""The connection on which migrations run: one of their own, and one run at a time.

Its transaction takes the lock before it reads which migrations were applied, so any number of
processes may upgrade at once: the first does it, the others find it done.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection, Engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pronghorn._record import replace
from pronghorn.data.connections.engines import PoolSettings, make_engine
from pronghorn.data.connections.readiness import reason_of, said_by
from pronghorn.data.connections.urls import Address
from pronghorn.data.migrations.errors import MigrationError
from pronghorn.data.refusals.answers import listen

T = TypeVar("T")

# Seconds. Whoever waits for another run waits for a table to be rewritten; whoever waits for
# a lock on a table keeps everybody else waiting who wants that table.
PATIENCE = 600
LOCK_TIMEOUT = 5

# Any number, the same for all versions of Pronghorn.
MIGRATIONS_LOCK = 0x70726F6E67686F72

LIMITS = (
    f"SELECT set_config('lock_timeout', '{LOCK_TIMEOUT}s', true),"
    " set_config('statement_timeout', '0', true)"
)


class Migratable(Protocol):
    """A `Database`."""

    @property
    def address(self) -> Address: ...
    @property
    def settings(self) -> PoolSettings: ...


def run_in_own_loop(work: Callable[[], Any]) -> None:
    """Run a coroutine function to its end, whether or not a loop runs in this thread."""
    if asyncio._get_running_loop() is None:
        asyncio.run(work())
        return
    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, work()).result()


@asynccontextmanager
async def connection_to(database: Migratable) -> AsyncIterator[AsyncConnection]:
    """A connection that waits for its turn, and that checks no references meanwhile."""
    # Neither a long migration nor one that waits for it is ended: these limits are for requests.
    settings = replace(database.settings, busy_timeout=PATIENCE, statement_timeout=0)
    engine = make_engine(database.address, settings, is_reader=False)
    prepare = prepare_sqlite if database.address.is_sqlite else prepare_postgresql
    prepare(engine.sync_engine)
    listen(engine.sync_engine, is_reader=False)
    try:
        connection = await connect(engine, database)
        try:
            yield connection
        finally:
            await connection.close()
    finally:
        await engine.dispose()


async def connect(engine: AsyncEngine, database: Migratable) -> AsyncConnection:
    try:
        return await engine.connect()
    except (DBAPIError, OSError) as error:
        message = f"There is no connection to {database.address.url!r}: {said_by(reason_of(error))}"
        raise MigrationError("migration-connection", message) from error


def prepare_sqlite(engine: Engine) -> None:
    # With foreign keys on, SQLite deletes the children of a table that is made anew.  The pragma
    # does nothing within a transaction.  The connection is closed after the run: no session of
    # the application ever has it.
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _entry: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys=off")
        cursor.close()


def prepare_postgresql(engine: Engine) -> None:
    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(LIMITS)


def wait_for_turn(connection: Connection, *, is_pooled: bool) -> None:
    """Take the lock of all migrations of this database.

    It is asked for again and again: whoever waits within a statement has a snapshot, and `CREATE
    INDEX CONCURRENTLY` waits for all who have one.
    """
    # Behind a pooler a session is shared, so that the lock is for the transaction.
    name = "pg_try_advisory_xact_lock" if is_pooled else "pg_try_advisory_lock"
    ask = text(f"SELECT {name}(:key)")
    deadline = time.monotonic() + PATIENCE
    while not connection.scalar(ask, {"key": MIGRATIONS_LOCK}):
        connection.rollback()
        if time.monotonic() > deadline:
            message = (
                f"Another process has been migrating this database for {PATIENCE} seconds. Look for"
                " it in `pg_stat_activity`, end it if it hangs, and start again."
            )
            raise MigrationError("migration-busy", message)
        time.sleep(0.1)
    if not is_pooled:
        connection.commit()
