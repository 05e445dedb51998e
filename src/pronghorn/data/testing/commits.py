"""Commits that are none: a savepoint per transaction, checked as a real commit would be.

At a real commit a database checks the constraints that were deferred until then.  PostgreSQL can
be told to check them earlier, and afterwards to defer again those that are deferred by default.
SQLite can only be asked which rows refer to nothing: those that did before the test are left out.
"""

import sqlite3
from typing import Any, Protocol

SAVEPOINT = "pronghorn_transaction"

# Constraints are looked up each time, since a test may make some.
DEFER_AGAIN = """
DO $$
DECLARE names text;
BEGIN
  SELECT string_agg(DISTINCT format('%I.%I', nspname, conname), ', ') INTO names
    FROM pg_constraint JOIN pg_namespace ON pg_namespace.oid = connamespace WHERE condeferred;
  IF names IS NOT NULL THEN EXECUTE 'SET CONSTRAINTS ' || names || ' DEFERRED'; END IF;
END $$
"""


class Commits(Protocol):
    """What a database does at the begin and at the end of a transaction within another one."""

    def connect(self, connection: Any) -> None:
        """Begin the transaction in which the whole test takes place."""

    def begin(self, connection: Any, *, is_reader: bool) -> None:
        """Begin one transaction of the application's."""

    def commit(self, connection: Any) -> None:
        """Check what a commit checks, and keep what was done for the rest of the test."""

    def roll_back(self, connection: Any) -> None:
        """Undo what was done since `begin`."""


class PostgresCommits:
    """Savepoints, with deferred constraints checked."""

    def connect(self, connection: Any) -> None:
        """Begin nothing: the driver does, before the first statement."""

    def begin(self, connection: Any, *, is_reader: bool) -> None:
        execute(connection, f"SAVEPOINT {SAVEPOINT}")
        if is_reader:
            # It holds until the savepoint is released or rolled back.
            execute(connection, "SET TRANSACTION READ ONLY")

    def commit(self, connection: Any) -> None:
        execute(connection, "SET CONSTRAINTS ALL IMMEDIATE")
        execute(connection, DEFER_AGAIN)
        execute(connection, f"RELEASE SAVEPOINT {SAVEPOINT}")

    def roll_back(self, connection: Any) -> None:
        execute(connection, f"ROLLBACK TO SAVEPOINT {SAVEPOINT}")
        execute(connection, f"RELEASE SAVEPOINT {SAVEPOINT}")


class SQLiteCommits:
    """Savepoints, with the rows looked for that refer to nothing."""

    def __init__(self) -> None:
        self._dangling_before: set[tuple[Any, ...]] = set()

    def connect(self, connection: Any) -> None:
        self._dangling_before = dangling_rows(connection)
        execute(connection, "BEGIN IMMEDIATE")

    def begin(self, connection: Any, *, is_reader: bool) -> None:
        execute(connection, f"SAVEPOINT {SAVEPOINT}")
        if is_reader:
            execute(connection, "PRAGMA query_only=on")

    def commit(self, connection: Any) -> None:
        if dangling_rows(connection) - self._dangling_before:
            raise commit_error()
        self._end(connection)

    def roll_back(self, connection: Any) -> None:
        execute(connection, f"ROLLBACK TO SAVEPOINT {SAVEPOINT}")
        self._end(connection)

    def _end(self, connection: Any) -> None:
        execute(connection, "PRAGMA query_only=off")
        execute(connection, f"RELEASE SAVEPOINT {SAVEPOINT}")
        # A COMMIT ends it as well: https://www.sqlite.org/pragma.html#pragma_defer_foreign_keys
        execute(connection, "PRAGMA defer_foreign_keys=off")


def commit_error() -> sqlite3.IntegrityError:
    """What a COMMIT raises: the words and the codes are those of SQLite."""
    error = sqlite3.IntegrityError("FOREIGN KEY constraint failed")
    error.sqlite_errorcode = sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
    error.sqlite_errorname = "SQLITE_CONSTRAINT_FOREIGNKEY"
    return error


def dangling_rows(connection: Any) -> set[tuple[Any, ...]]:
    """Rows that refer to nothing, if that is forbidden."""
    if execute(connection, "PRAGMA foreign_keys") == [(0,)]:
        return set()
    return {tuple(row) for row in execute(connection, "PRAGMA foreign_key_check")}


def execute(connection: Any, statement: str) -> list[Any]:
    """Execute a statement by the cursor of a DBAPI connection, and return its rows."""
    cursor = connection.cursor()
    try:
        cursor.execute(statement)
        return list(cursor.fetchall()) if cursor.description else []
    finally:
        cursor.close()
