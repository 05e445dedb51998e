"""Engines: how connections are made, kept and begun with, for writers and for readers.

SQLite and PostgreSQL differ in this file and in no other.
"""

from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from pronghorn._record import record
from pronghorn.data.refusals import listen
from pronghorn.data.urls import Address


@record
class PoolSettings:
    """How many connections are kept, and for how many seconds is waited."""

    pool_size: int = 5
    max_overflow: int = 5
    pool_timeout: float = 3
    connect_timeout: float = 5
    statement_timeout: float = 30
    synchronous: str = "FULL"
    busy_timeout: float = 5


def make_engine(address: Address, settings: PoolSettings, *, is_reader: bool) -> AsyncEngine:
    """The asynchronous engine whose transactions write, or the one that only reads."""
    options = pool_options(address.url, settings, is_reader=is_reader)
    engine = create_async_engine(address.url, **options)
    if address.is_sqlite:
        prepare_sqlite(engine.sync_engine, settings, is_reader=is_reader)
    listen(engine.sync_engine, is_reader=is_reader)
    return engine


def make_sync_engine(address: Address, settings: PoolSettings, *, is_reader: bool) -> Engine:
    """The blocking engine whose transactions write, or the one that only reads."""
    engine = create_engine(
        address.sync_url, **pool_options(address.sync_url, settings, is_reader=is_reader)
    )
    if address.is_sqlite:
        prepare_sqlite(engine, settings, is_reader=is_reader)
    listen(engine, is_reader=is_reader)
    return engine


def pool_options(url: URL, settings: PoolSettings, *, is_reader: bool) -> dict[str, Any]:
    options: dict[str, Any] = {
        "pool_size": settings.pool_size,
        "max_overflow": settings.max_overflow,
        "pool_timeout": settings.pool_timeout,
        "pool_recycle": 1800,
        "pool_use_lifo": True,
    }
    is_sqlite = url.get_backend_name() == "sqlite"
    if is_sqlite and not is_reader:
        # SQLite has one writer: within this process writers queue in order.
        options |= {"pool_size": 1, "max_overflow": 0, "pool_timeout": settings.busy_timeout}
    if not is_sqlite and is_reader:
        options["isolation_level"] = "AUTOCOMMIT"
        options["connect_args"] = read_only_arguments(url)
    return options


def read_only_arguments(url: URL) -> dict[str, Any]:
    if url.drivername.endswith("+asyncpg"):
        return {"server_settings": {"default_transaction_read_only": "on"}}
    return {"options": "-c default_transaction_read_only=on"}


def prepare_sqlite(engine: Engine, settings: PoolSettings, *, is_reader: bool) -> None:
    """Let a writer take the lock before it reads, and let readers read meanwhile."""
    pragmas = (
        "journal_mode=wal",
        f"synchronous={settings.synchronous}",
        f"busy_timeout={int(settings.busy_timeout * 1000)}",
        "foreign_keys=on",
        *(("query_only=on",) if is_reader else ()),
    )

    @event.listens_for(engine, "connect")
    def connect(connection: Any, _entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # or the sqlite3 module sends a BEGIN of its own
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    if not is_reader:

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
