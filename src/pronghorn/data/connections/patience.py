"""SQLite's one writer, waited for by asking often.

SQLite's own busy handler sleeps up to a tenth of a second between two looks, so a process whose
writers follow one another closely starves those of all others.  Here a writer looks every
millisecond or two, at random, and nobody has an advantage.
"""

import random
import sqlite3
import time
from typing import Any, Self

BEGIN = "BEGIN IMMEDIATE"
LOOKS = (0.0003, 0.002)
"""Shortest and longest sleep between two looks, in seconds."""


class PatientCursor(sqlite3.Cursor):
    """A cursor that waits for the lock of the writer."""

    def execute(self, sql: str, parameters: Any = (), /) -> Self:
        if sql == BEGIN and isinstance(self.connection, PatientConnection):
            self.connection.wait_and_begin()
            return self
        return super().execute(sql, parameters)


class PatientConnection(sqlite3.Connection):
    """A connection whose `BEGIN IMMEDIATE` waits for `patience` seconds, fairly."""

    patience: float
    is_given_up = False

    def interrupt(self) -> None:
        """Stop, in another thread, what runs; nobody uses this connection any more."""
        self.is_given_up = True
        super().interrupt()

    def cursor(self, *_arguments: Any) -> sqlite3.Cursor:  # type: ignore[override]
        return super().cursor(PatientCursor)

    def wait_and_begin(self) -> None:
        """Begin as soon as nobody else writes; raises sqlite3.OperationalError after `patience`."""
        begin = super().cursor().execute
        begin("PRAGMA busy_timeout=0")
        deadline = time.monotonic() + self.patience
        try:
            while True:
                try:
                    begin(BEGIN)
                except sqlite3.OperationalError as error:
                    if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                        raise
                    if self.is_given_up or time.monotonic() > deadline:
                        raise
                else:
                    return
                time.sleep(random.uniform(*LOOKS))  # noqa: S311 - no secret
        finally:
            begin(f"PRAGMA busy_timeout={int(self.patience * 1000)}")


def patient(seconds: float) -> type[PatientConnection]:
    """The class of connections whose writers wait for so long: the `factory` of sqlite3."""
    return type("PatientConnection", (PatientConnection,), {"patience": seconds})
