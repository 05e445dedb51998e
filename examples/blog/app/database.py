"""The database: one engine, sessions that write, sessions that read, and the tables.

SQLite and PostgreSQL differ in this file and nowhere else.
"""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio.to_thread
from pronghorn import data
from pronghorn.data import migrations
from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

# Seconds for which a request waits for a connection, or for SQLite's one writer.
PATIENCE = 5

MIGRATIONS = Path(__file__).parent / "migrations"

SQLITE_PRAGMAS = (
    f"busy_timeout={PATIENCE * 1000}",
    "synchronous=full",
    "foreign_keys=on",
    "cache_size=-16000",
    "temp_store=memory",
)


class Database:
    """An open database. Made when the application starts, closed when it ends."""

    def __init__(self, url: str) -> None:
        self.url = url
        parts = make_url(url)
        self.sqlite_file = parts.database if parts.get_backend_name() == "sqlite" else None
        self.engine = sqlite_engine(url) if self.sqlite_file else postgresql_engine(url)
        self.sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self.read_sessions = async_sessionmaker(
            self.engine, expire_on_commit=False, execution_options={"sqlite_begin": "DEFERRED"}
        )

    async def upgrade(self) -> None:
        """Apply new migrations. Any number of workers may call this at the same time."""
        if self.sqlite_file:
            await anyio.to_thread.run_sync(prepare_sqlite_file, self.sqlite_file)
        await migrations.upgrade(data.Database(self.url), MIGRATIONS)

    async def close(self) -> None:
        await self.engine.dispose()


def postgresql_engine(url: str) -> AsyncEngine:
    return create_async_engine(
        url,
        pool_size=5,
        max_overflow=5,
        pool_timeout=PATIENCE,
        pool_recycle=1800,
        pool_use_lifo=True,
    )


def sqlite_engine(url: str) -> AsyncEngine:
    """Many readers, and one writer who takes the lock before it reads.

    A transaction that reads first and locks later either loses updates or fails with
    "database is locked", so sessions begin with BEGIN IMMEDIATE unless they only read.
    """
    engine = create_async_engine(url, pool_size=8, max_overflow=0, pool_timeout=PATIENCE)

    @event.listens_for(engine.sync_engine, "connect")
    def connect(connection: Any, entry: ConnectionPoolEntry) -> None:
        connection.isolation_level = None  # or the sqlite3 module sends a BEGIN of its own
        cursor = connection.cursor()
        for pragma in SQLITE_PRAGMAS:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        mode = connection.get_execution_options().get("sqlite_begin", "IMMEDIATE")
        connection.exec_driver_sql(f"BEGIN {mode}")

    return engine


def prepare_sqlite_file(path: str) -> None:
    """Make the file, and let readers and the writer work at the same time (WAL).

    The file remembers the mode. Switching needs the file for oneself, and SQLite does
    not always wait for that.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)) as connection:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
