"""A COMMIT that commits, or raises.

After some refusals there is nothing left to be committed.  PostgreSQL answers a COMMIT by rolling
back then, and SQLite has done so before; no driver raises anything.
"""

import sqlite3
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Engine

from pronghorn.data.errors import ABORTED


def watch_commits(engine: Engine) -> None:
    """Raise in the place of a COMMIT that would commit nothing."""
    check = CHECKS.get(engine.dialect.driver)
    if check is None:
        return
    dialect: Any = engine.dialect
    send = dialect.do_commit

    def commit(connection: Any) -> None:
        check(connection)
        send(connection)

    dialect.do_commit = commit


# -- psycopg knows it without a word to the server


def check_psycopg(connection: Any) -> None:
    if connection.driver_connection.info.transaction_status == IN_ERROR:
        from psycopg.errors import InFailedSqlTransaction  # noqa: PLC0415 - it may be missing

        raise InFailedSqlTransaction(ABORTED)


IN_ERROR: Final = 3  # PQTRANS_INERROR


# -- asyncpg keeps it to itself, until the answer comes


def honest(kind: type[Any]) -> type[Any]:
    """*kind*, a class of asyncpg's connections, whose COMMIT commits or raises."""
    from asyncpg import (  # type: ignore[import-untyped]  # noqa: PLC0415 - no types; may be missing
        InFailedSQLTransactionError,
    )

    class HonestConnection(kind):  # type: ignore[misc]  # asyncpg has no types
        __slots__ = ()

        async def execute(self, query: str, *args: Any, **named: Any) -> Any:
            answer = await super().execute(query, *args, **named)
            if answer == "ROLLBACK" and query.startswith("COMMIT"):
                raise InFailedSQLTransactionError(ABORTED)
            return answer

    return HonestConnection


# -- SQLite rolls back all at once, for `RAISE(ROLLBACK)` in a trigger or a disk that is full


def check_sqlite(connection: Any) -> None:
    if connection.info.get(IS_BEGUN) and not connection.driver_connection.in_transaction:
        raise sqlite3.OperationalError(ROLLED_BACK)


IS_BEGUN: Final = "pronghorn.is_begun"
"""Where `sqlite.py` notes on a connection that it has begun a transaction."""

ROLLED_BACK: Final = (
    "Nothing can be committed: SQLite has refused a statement of this transaction, and rolled back"
    " all that came before. [aborted-transaction]"
)

CHECKS: Final[dict[str, Callable[[Any], None]]] = {
    "psycopg": check_psycopg,
    "pysqlite": check_sqlite,
    "aiosqlite": check_sqlite,
}
