"""Snapshots: several statements that see one state of the database.

The connections of readers commit each statement by itself.  For the time of a snapshot such a
connection has a transaction that is REPEATABLE READ; as it only reads, it is never committed.
Whoever gives a connection back ends its snapshot: see `connections/upkeep.py`.
"""

from sqlalchemy import Connection


def begin(connection: Connection) -> bool:
    """From here on all statements see the database as it is at the first of them.

    False where they do anyway: behind a pooler each session is one transaction.
    """
    driver_level = connection.connection.dbapi_connection
    dialect = connection.dialect
    if driver_level is None or not dialect.detect_autocommit_setting(driver_level):
        return False
    if dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN DEFERRED")
    else:
        # The driver begins at the next statement, for a third of what a statement of ours costs.
        dialect.set_isolation_level(driver_level, "REPEATABLE READ")
    return True


def end(connection: Connection) -> None:
    """Let go of the state, and go on with a connection that commits each statement by itself.

    If that fails the connection is invalid, so nobody has it within the snapshot.
    """
    if connection.invalidated or connection.closed:
        return
    driver_level = connection.connection
    try:
        driver_level.rollback()
        if connection.dialect.name != "sqlite":
            connection.dialect.set_isolation_level(
                driver_level.dbapi_connection,  # type: ignore[arg-type]  # it is connected
                "AUTOCOMMIT",
            )
    except BaseException as error:  # noqa: BLE001 - the last line raises it
        connection.invalidate()
        # It is raised as SQLAlchemy's, which is known for what it means.
        connection._handle_dbapi_exception(error, None, None, None, None)
