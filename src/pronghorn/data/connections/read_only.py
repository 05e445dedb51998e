"""Connections that only read, and what raw SQL does to them: it lasts for a session at most.

A statement such as `SET SESSION CHARACTERISTICS` or `PRAGMA query_only` opens a connection for
writing.  The next session shall not find it so: `upkeep.py` asks here when a connection is given
back, and closes one that was opened.
"""

import sqlite3
from collections.abc import Callable
from typing import Any, Final

StateOf = Callable[[Any], object]
"""Given a driver's connection, it tells what differs once that was opened for writing."""


# -- PostgreSQL reports it, since version 14, with the answer to whatever changed it

SETTING: Final = "default_transaction_read_only"


def asyncpg_state(connection: Any) -> str | None:
    said: str | None = getattr(connection.get_settings(), SETTING, None)
    return said


def psycopg_state(connection: Any) -> bytes | None:
    said: bytes | None = connection.pgconn.parameter_status(SETTING.encode())
    return said


# -- SQLite: only a statement with the word in it can change it

WORD: Final = "query_only"


class ReadingConnection(sqlite3.Connection):
    """A connection that knows how often somebody may have opened it for writing."""

    openings = 0

    def look_at(self, sql: str) -> None:
        if WORD in sql.lower():
            self.openings += 1

    def __call__(self, sql: str, /) -> Any:
        # So sqlite3 makes a statement, whichever way it came.  It keeps statements by their text,
        # so one that is used again costs nothing more.
        self.look_at(sql)
        return super().__call__(sql)

    # Scripts do not come that way.

    def executescript(self, sql_script: str, /) -> sqlite3.Cursor:
        self.look_at(sql_script)
        return super().executescript(sql_script)

    def cursor(self, *_arguments: Any) -> sqlite3.Cursor:  # type: ignore[override]  # one of ours
        return make_cursor(self, ReadingCursor)


class ReadingCursor(sqlite3.Cursor):
    """A cursor whose scripts are looked at."""

    def executescript(self, sql_script: str, /) -> sqlite3.Cursor:
        return self.connection.executescript(sql_script)


make_cursor: Final = sqlite3.Connection.cursor


def sqlite_state(connection: ReadingConnection) -> int:
    return connection.openings


def aiosqlite_state(connection: Any) -> int:
    return sqlite_state(connection._conn)


STATES: Final[dict[str, StateOf]] = {
    "asyncpg": asyncpg_state,
    "psycopg": psycopg_state,
    "pysqlite": sqlite_state,
    "aiosqlite": aiosqlite_state,
}
"""By driver; to ask says nothing to the server."""
