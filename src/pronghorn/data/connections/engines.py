"""Engines: how connections are made, kept and begun with, for writers and for readers."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final, Literal, TypedDict

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from pronghorn._record import record
from pronghorn.data.connections.commits import watch_commits
from pronghorn.data.connections.drivers import Wishes, psycopg_arguments, require_psycopg
from pronghorn.data.connections.patience import patient
from pronghorn.data.connections.pools import AsyncFairPool, FairPool
from pronghorn.data.connections.read_only import STATES, ReadingConnection
from pronghorn.data.connections.sqlite import SYNCHRONOUS, prepare_sqlite, sqlite_connector
from pronghorn.data.connections.upkeep import watch_ends, watch_life, watch_returns
from pronghorn.data.connections.urls import Address
from pronghorn.exceptions import DeclarationValueError

RECYCLE: Final = 1800
"""Seconds until a connection is replaced, so that what balances load finds new ones."""


class Settings(TypedDict, total=False):
    """Options of `Database` that concern connections."""

    pool_size: int
    """Connections that each of the two pools keeps."""
    max_overflow: int
    """Connections that each may open beyond, for a while."""
    pool_timeout: float
    """Seconds that a request waits for a connection before it is answered with 503."""
    connect_timeout: float
    """Seconds until a server that does not answer is given up."""
    statement_timeout: float
    """Seconds until PostgreSQL ends a statement; 0: never. SQLite has no such thing."""
    pooler: bool
    """Whether a transaction pooler, such as PgBouncer, stands before PostgreSQL."""
    synchronous: Literal["FULL", "NORMAL", "EXTRA"]
    """SQLite: with NORMAL, commits of the last moments may be lost when the power fails."""
    busy_timeout: float
    """SQLite: seconds that a writer waits for another one."""


@record
class PoolSettings:
    """How many connections are kept, and for how many seconds is waited: `Settings`."""

    pool_size: int = 5
    max_overflow: int = 5
    pool_timeout: float = 3
    connect_timeout: float = 5
    statement_timeout: float = 30
    pooler: bool = False
    synchronous: str = "FULL"
    busy_timeout: float = 5

    def check(self) -> None:
        """Raise for what would be taken in another way than it was meant."""
        wrong = None
        # SQLAlchemy has other meanings for these: without a limit.
        if self.pool_size < 1 or self.max_overflow < 0:
            wrong = "`pool_size` is at least 1, and `max_overflow` at least 0"
        # SQLite takes any other word for NORMAL, and may then lose what was acknowledged.
        if self.synchronous not in SYNCHRONOUS:
            wrong = f"`synchronous` is one of {', '.join(SYNCHRONOUS)}"
        if wrong is not None:
            raise DeclarationValueError(
                "database-settings",
                problem=f"{wrong}.",
                remedy="Change it where the `Database` is made, or leave it out.",
            )

    @property
    def per_engine(self) -> int:
        """How many connections an engine opens at most; on SQLite the one that writes opens one."""
        return self.pool_size + self.max_overflow


def make_engine(address: Address, settings: PoolSettings, *, is_reader: bool) -> AsyncEngine:
    """The asynchronous engine whose transactions write, or the one that only reads."""
    options = engine_options(address, settings, is_reader=is_reader)
    if address.driver == "asyncpg":
        options["connect_args"] = asyncpg_options(address, settings, is_reader=is_reader)
    elif address.is_sqlite:
        options["connect_args"]["async_creator_fn"] = sqlite_connector()
    else:
        from pronghorn.data.connections.psycopg_connecting import psycopg_connector  # noqa: PLC0415 - it may be missing

        options["connect_args"]["async_creator_fn"] = psycopg_connector()
    engine = create_async_engine(address.url, poolclass=AsyncFairPool, **options)
    prepare(engine.sync_engine, address, settings, is_reader=is_reader)
    return engine


def make_sync_engine(address: Address, settings: PoolSettings, *, is_reader: bool) -> Engine:
    """The blocking engine whose transactions write, or the one that only reads."""
    if not address.is_sqlite:
        require_psycopg()
    options = engine_options(address, settings, is_reader=is_reader)
    engine = create_engine(address.sync_url, poolclass=FairPool, **options)
    prepare(engine, address, settings, is_reader=is_reader)
    return engine


def engine_options(address: Address, settings: PoolSettings, *, is_reader: bool) -> dict[str, Any]:
    options: dict[str, Any] = {
        "pool_size": settings.pool_size,
        "max_overflow": settings.max_overflow,
        "pool_timeout": settings.pool_timeout,
        "pool_recycle": RECYCLE,
        "pool_use_lifo": True,
        # `watch_returns` rolls back where there is something to be rolled back.
        "pool_reset_on_return": None,
        # Nor is there anything at the end of a session that commits each statement by itself.
        "skip_autocommit_rollback": is_reader,
    }
    if address.is_sqlite:
        seconds = busy_timeout(address, settings)
        factory = ReadingConnection if is_reader else patient(seconds)
        options["connect_args"] = {"timeout": seconds, "factory": factory}
        if not is_reader:
            # SQLite has one writer: within this process writers queue in order.
            options |= {"pool_size": 1, "max_overflow": 0, "pool_timeout": seconds}
        return options
    if is_reader:
        # A pooler gives each transaction another connection, so there has to be one.
        is_pooled = is_behind_pooler(address, settings)
        options["isolation_level"] = "REPEATABLE READ" if is_pooled else "AUTOCOMMIT"
    options["connect_args"] = psycopg_arguments(address, wishes(address, settings, is_reader))
    return options


def asyncpg_options(address: Address, settings: PoolSettings, *, is_reader: bool) -> dict[str, Any]:
    from pronghorn.data.connections.connecting import Connector  # noqa: PLC0415 - asyncpg may be missing

    wished = wishes(address, settings, is_reader)
    options: dict[str, Any] = {"async_creator_fn": Connector(address, wished)}
    if wished.is_pooled:
        # The unnamed statement is replaced by the next one; one with a name would stay behind
        # on whichever connection of the server's the transaction had.
        options["prepared_statement_cache_size"] = 0
        options["prepared_statement_name_func"] = str
    return options


def wishes(address: Address, settings: PoolSettings, is_reader: bool) -> Wishes:
    is_pooled = is_behind_pooler(address, settings)
    said: dict[str, str] = {}
    if settings.statement_timeout:
        said["statement_timeout"] = f"{int(settings.statement_timeout * 1000)}ms"
    if is_reader and not is_pooled:
        said["default_transaction_read_only"] = "on"
    return Wishes(settings.connect_timeout, said, is_pooled)


def is_behind_pooler(address: Address, settings: PoolSettings) -> bool:
    return settings.pooler or address.is_pooled


def busy_timeout(address: Address, settings: PoolSettings) -> float:
    parameters: Mapping[str, str] = dict(address.parameters)
    return float(parameters.get("timeout", settings.busy_timeout))


def prepare(engine: Engine, address: Address, settings: PoolSettings, *, is_reader: bool) -> None:
    """Listen to what happens to the connections of *engine*."""
    if address.is_sqlite:
        prepare_sqlite(
            engine,
            is_reader=is_reader,
            synchronous=settings.synchronous,
            busy_timeout=busy_timeout(address, settings),
        )
    else:
        watch_postgresql(engine, address, settings, is_reader=is_reader)
    # Behind a pooler each transaction says by itself that it only reads.
    is_pooled = not address.is_sqlite and is_behind_pooler(address, settings)
    is_reader_for_good = is_reader and not is_pooled
    watch_returns(
        engine,
        stays_as=STATES[engine.dialect.driver] if is_reader_for_good else None,
        # SQLite's are so whatever is done with them.
        is_autocommit=is_reader_for_good and not address.is_sqlite,
    )


def watch_postgresql(
    engine: Engine, address: Address, settings: PoolSettings, *, is_reader: bool
) -> None:
    watch_life(engine, settings.connect_timeout)
    watch_ends(engine, is_reader=is_reader)
    watch_commits(engine)
    wished = wishes(address, settings, is_reader)
    if wished.is_pooled:
        prepare_pooled(engine, wished, is_reader=is_reader)


def prepare_pooled(engine: Engine, wished: Wishes, *, is_reader: bool) -> None:
    """Say in each transaction what could not be said when the connection began."""
    if is_reader:

        @event.listens_for(engine, "connect")
        def connect(connection: Any, _entry: ConnectionPoolEntry) -> None:
            engine.dialect.set_readonly(connection, True)  # type: ignore[attr-defined]  # PostgreSQL's

    # The class of asyncpg's connections does it itself, and saves a round trip.
    if engine.dialect.driver == "psycopg" and wished.in_transactions:
        event.listen(engine, "begin", partial(say, wished.in_transactions))


def say(statements: str, connection: Connection) -> None:
    connection.exec_driver_sql(statements)
