"""Snapshots: several statements that see one state of the database.

The connections of readers commit each statement by itself.  For the time of a snapshot such a
connection has a transaction that is REPEATABLE READ; as it only reads, it is never committed.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection


def commits_each_statement(connection: Connection) -> bool:
    driver_level = connection.connection.dbapi_connection
    return driver_level is None or connection.dialect.detect_autocommit_setting(driver_level)


@contextmanager
def snapshot(connection: Connection) -> Iterator[None]:
    """Within the block all statements see the database as it is at the first of them."""
    # Behind a pooler the whole session is a snapshot already.
    if not commits_each_statement(connection):
        yield
        return
    begin(connection)
    try:
        yield
    finally:
        end(connection)


def begin(connection: Connection) -> None:
    """From here on all statements see the database as it is at the first of them."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN DEFERRED")
    else:
        # The driver begins at the next statement, for a third of what a statement of ours costs.
        connection.dialect.set_isolation_level(
            connection.connection.dbapi_connection,  # type: ignore[arg-type]  # it is connected
            "REPEATABLE READ",
        )


def end(connection: Connection) -> None:
    """Let go of the state; whatever came between, nobody gets a connection that is within it."""
    if connection.invalidated or connection.closed:
        return
    try:
        driver_level = connection.connection
        driver_level.rollback()
        if connection.dialect.name != "sqlite":
            connection.dialect.set_isolation_level(
                driver_level.dbapi_connection,  # type: ignore[arg-type]  # as above
                "AUTOCOMMIT",
            )
    except BaseException:
        connection.invalidate()
        raise
