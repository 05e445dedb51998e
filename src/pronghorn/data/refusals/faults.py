"""What went wrong in a database, said alike for all drivers.

PostgreSQL says it by five characters, the SQLSTATE; SQLite by the name of an extended code; some
drivers refuse a value themselves, before the database sees it, with exceptions of Python's.
"""

import re
import sqlite3
from collections.abc import Callable
from typing import Any, Final, Literal

from sqlalchemy import exc
from sqlalchemy.orm.exc import StaleDataError

from pronghorn._record import record
from pronghorn.data.errors import RowNotFoundError, StandbyError
from pronghorn.data.refusals.failed import is_from_sqlalchemy

Kind = Literal[
    "unique",
    "exclusion",
    "reference",
    "check",
    "missing",
    "value",
    "limits",
    "stale",
    "not found",
    "read-only",
    "away",
    "busy",
    "slow",
    "conflict",
]


@record
class Fault:
    """One thing that went wrong, as far as the driver says it."""

    kind: Kind
    text: str = ""
    """The driver's words, for the log: never for a client."""
    code: str = ""
    constraint: str = ""
    schema: str = ""
    table: str = ""
    columns: tuple[str, ...] = ()


# PostgreSQL, Appendix A.  The first that a state begins with counts.
STATES: Final[tuple[tuple[str, Kind | None], ...]] = (
    ("23505", "unique"),
    ("23P01", "exclusion"),
    ("23503", "reference"),
    ("23001", "reference"),  # RESTRICT
    ("23514", "check"),
    ("23502", "missing"),
    ("22P06", None),  # a nonstandard use of the escape character: the statement's own
    ("22", "value"),
    ("54", "limits"),  # such as a text that is too long for its index
    ("25006", "read-only"),
    ("40001", "conflict"),
    ("40P01", "conflict"),
    ("55P03", "busy"),  # a lock that was not to be had in time
    ("57014", "slow"),  # the statement took too long
    ("53", "busy"),  # too many connections, no memory, no room
    ("57P04", None),  # the database was dropped
    ("57P", "away"),  # shutting down, starting up
    ("25P03", "slow"),  # idle in a transaction for too long
    ("25P04", "slow"),
    ("08P01", None),  # not spoken as it should be
    ("08", "away"),
)

# https://sqlite.org/rescode.html.  The first that a name begins with counts.
CODES: Final[tuple[tuple[str, Kind | None], ...]] = (
    ("SQLITE_CONSTRAINT_UNIQUE", "unique"),
    ("SQLITE_CONSTRAINT_PRIMARYKEY", "unique"),
    ("SQLITE_CONSTRAINT_ROWID", "unique"),
    ("SQLITE_CONSTRAINT_FOREIGNKEY", "reference"),
    ("SQLITE_CONSTRAINT_CHECK", "check"),
    ("SQLITE_CONSTRAINT_NOTNULL", "missing"),
    ("SQLITE_CONSTRAINT_DATATYPE", "value"),
    ("SQLITE_MISMATCH", "value"),
    ("SQLITE_TOOBIG", "limits"),
    ("SQLITE_BUSY", "busy"),
    ("SQLITE_LOCKED", "busy"),
    ("SQLITE_INTERRUPT", "slow"),
    ("SQLITE_READONLY", "read-only"),
    ("SQLITE_CANTOPEN", "away"),
    ("SQLITE_FULL", "busy"),
    ("SQLITE_IOERR", "away"),
)

TOO_MANY: Final = re.compile(
    r"number of (query arg|param)|too many SQL variables|pattern too complex"
)
"""What asyncpg, psycopg and SQLite say when a statement has more parameters than they send, and
SQLite of a pattern of more than 50,000 bytes."""

NO_PASSAGE: Final = re.compile(r"authentication failed|no password supplied|does not exist|pg_hba")
"""What libpq says when it is not let in: waiting does not help, whoever runs the server must."""


def understand(error: BaseException) -> Fault | None:
    """What *error* says of the database; None if that is a fault of the program's."""
    for known, meaning in MEANINGS:
        if isinstance(error, known):
            return meaning(error)
    # What drivers raise in their own name, and SQLAlchemy lets through.
    if not is_from_sqlalchemy(error):
        return None
    if isinstance(error, OSError):
        return Fault("away", f"{type(error).__name__}: {error}")
    return understand_refusal(error)


def understand_refusal(error: BaseException | None) -> Fault | None:
    """What is meant when a value is refused before the database sees it."""
    is_plain = isinstance(error, (ArithmeticError, AttributeError, LookupError, TypeError))
    if is_plain or isinstance(error, ValueError):
        return Fault("value", f"{type(error).__name__}: {error}")
    return None


def understand_driver(error: exc.DBAPIError) -> Fault | None:
    driver: Any = error.driver_exception
    text = first_line(driver)
    state = getattr(driver, "sqlstate", None) or ""
    if isinstance(driver, sqlite3.Error):
        return understand_sqlite(driver, text)
    if TOO_MANY.search(text):
        return Fault("limits", text, state)
    if not state:
        return understand_silence(error, text)
    kind = first_of(STATES, state)
    if kind is None:
        # Once after a migration: asyncpg has prepared a statement for what the table was.
        is_outdated = type(driver).__name__ == "InvalidCachedStatementError"
        return Fault("conflict", text, state) if is_outdated else None
    # asyncpg has what psycopg calls the diagnosis as its own attributes.
    said = getattr(driver, "diag", driver)
    column = getattr(said, "column_name", None)
    return Fault(
        kind,
        text,
        state,
        getattr(said, "constraint_name", None) or "",
        getattr(said, "schema_name", None) or "",
        getattr(said, "table_name", None) or "",
        (column,) if column else key_columns(said),
    )


def key_columns(said: Any) -> tuple[str, ...]:
    """The columns of `Key (a, b)=(1, 2) …`, whatever language the rest is in."""
    detail = getattr(said, "detail", None) or getattr(said, "message_detail", None) or ""
    found = re.match(r"[^()]*\(([\w\", ]+)\)=\(", detail)
    return tuple(name.strip('"') for name in found[1].split(", ")) if found else ()


def understand_silence(error: exc.DBAPIError, text: str) -> Fault | None:
    """What is meant where the driver gives no state: it had none from the server."""
    if error.connection_invalidated:
        return Fault("away", text)
    if isinstance(error, exc.OperationalError):
        return None if NO_PASSAGE.search(text) else Fault("away", text)
    # psycopg, of a NUL in a text; asyncpg's own refusals have a state.
    if isinstance(error, exc.DataError):
        return Fault("value", text)
    # asyncpg, of a connection that was closed under it.
    is_closed = isinstance(error, exc.InterfaceError) and "connection is closed" in text
    return Fault("away", text) if is_closed else None


def understand_sqlite(driver: sqlite3.Error, text: str) -> Fault | None:
    code = getattr(driver, "sqlite_errorname", "")
    kind = first_of(CODES, code)
    if kind is None:
        return Fault("limits", text, code) if TOO_MANY.search(text) else None
    # `UNIQUE constraint failed: users.email, users.name`, `…: index 'one_draft'`
    about = text.partition(" failed: ")[2]
    if kind == "check":
        return Fault(kind, text, code, constraint=about)
    if about.startswith("index "):
        return Fault(kind, text, code, constraint=about.removeprefix("index ").strip("'"))
    table = about.partition(".")[0]
    columns = tuple(part.removeprefix(f"{table}.") for part in about.split(", ") if about)
    return Fault(kind, text, code, table=table, columns=columns)


def first_of(table: tuple[tuple[str, Kind | None], ...], code: str) -> Kind | None:
    return next((kind for prefix, kind in table if code.startswith(prefix)), None)


def first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [""])[0]


# Any: each takes the class before it.
MEANINGS: Final[tuple[tuple[type[Exception], Callable[[Any], Fault | None]], ...]] = (
    (RowNotFoundError, lambda error: Fault("not found", str(error), table=error.name)),
    (exc.NoResultFound, lambda error: Fault("not found", str(error))),
    (StandbyError, lambda error: Fault("read-only", str(error))),
    (StaleDataError, lambda error: Fault("stale", str(error))),
    (exc.TimeoutError, lambda error: Fault("busy", first_line(error))),
    (exc.DBAPIError, understand_driver),
    (exc.StatementError, lambda error: understand_refusal(error.orig)),
    (exc.SQLAlchemyError, lambda _: None),
)
"""The first that an exception is an instance of counts."""
