"""Databases with an application's schema: made once, and copied for each test."""

import asyncio
import inspect
import shutil
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from sqlalchemy import MetaData

from pronghorn.data.database import Database
from pronghorn.data.testing.postgres import execute, fresh_database
from pronghorn.data.testing.redirecting import redirected
from pronghorn.data.testing.threads import in_thread

Schema = MetaData | Callable[[Database], object]
"""Tables to be made, or a function, `def` or `async def`, that makes them in the `Database`."""

END_CONNECTIONS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'"


class Prepared(Protocol):
    """A database that nobody uses, to be copied."""

    def copy(self) -> AbstractContextManager[str]:
        """Have the address of a copy, which is removed afterwards."""
        ...


class PreparedFile:
    """A file of SQLite's."""

    def __init__(self, database: Database, schema: Schema, folder: Path) -> None:
        """Make the file in *folder*, where copies will be as well."""
        self._path = folder / "prepared.db"
        self._folder = folder
        self._count = 0
        fill(database, schema, f"sqlite:///{self._path}")
        self._fold()

    @contextmanager
    def copy(self) -> Iterator[str]:
        self._count += 1
        path = self._folder / f"test{self._count}.db"
        shutil.copyfile(self._path, path)
        try:
            yield f"sqlite:///{path}"
        finally:
            for file in self._folder.glob(f"{path.name}*"):
                file.unlink()

    def _fold(self) -> None:
        """Move what is in the write-ahead log into the file: it is the file that is copied."""
        connection = sqlite3.connect(self._path)
        try:
            is_busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            connection.close()
        if is_busy:
            raise RuntimeError(
                "The schema was made, but a connection to the database is still used. Close it at"
                " the end of what `schema_of_app` returns."
            )


class PreparedTemplate:
    """A database of a PostgreSQL server's."""

    def __init__(self, database: Database, schema: Schema, server: str, url: str) -> None:
        """Fill the empty database *url* of *server*."""
        self._server = server
        self._name = url.rpartition("/")[2]
        self._scheme = scheme_of(database)
        fill(database, schema, with_scheme(url, self._scheme))
        # A database is copied only while nobody is connected to it.
        execute(
            server,
            f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS false",
            END_CONNECTIONS.format(self._name),
        )

    @contextmanager
    def copy(self) -> Iterator[str]:
        with fresh_database(self._server, template=self._name) as url:
            yield with_scheme(url, self._scheme)


def fill(database: Database, schema: Schema, url: str) -> None:
    """Make *schema* at *url*; in a thread, since an event loop may run in this one."""

    async def make_tables(metadata: MetaData) -> None:
        async with database.engine.begin() as connection:
            await connection.run_sync(metadata.create_all)

    def work() -> None:
        made = make_tables(schema) if isinstance(schema, MetaData) else schema(database)
        if inspect.isawaitable(made):
            asyncio.run(await_it(made))

    with redirected(database, url):
        in_thread(work)


async def await_it(work: Awaitable[object]) -> None:
    """Make a coroutine of it."""
    await work


def scheme_of(database: Database) -> str:
    """How addresses of PostgreSQL begin that mean the application's own driver."""
    name = database.address.url.drivername
    return name if name.startswith("postgresql") else "postgresql"


def with_scheme(url: str, scheme: str) -> str:
    """The same address for another driver."""
    return f"{scheme}://{url.partition('://')[2]}"
