"""Where a migration failed, what can be done about it, and what is left of it."""

import traceback
from pathlib import Path

from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from pronghorn.data.migrations.errors import MigrationError

NOTHING_LEFT = "The database is as it was before."
SOMETHING_LEFT = (
    "What was done before and within `autocommit_block()` stays; `pronghorn db current` tells which"
    " migrations are applied."
)

LOCKED = (
    "Another transaction holds what the migration wants to change. Start again when it has ended;"
    " `pg_stat_activity` knows it. A migration waits for a short time only, since everybody else"
    " waits behind it."
)
WITHOUT_VALUE = (
    "There are rows, and they have no value for it. Give a new column a `server_default`; or add it"
    ' with `nullable=True`, fill it by `op.execute("UPDATE ...")`, and then set `nullable=False` by'
    " `alter_column()`, in a `batch_alter_table()` of its own."
)
NO_CAST = (
    "Say how new values are made of old ones, by `postgresql_using` of `alter_column()`. A default"
    " of the column has to be dropped before, and set again."
)
REMEDIES = (
    ("55P03", "", LOCKED),
    ("42804", "ALTER TABLE", NO_CAST),
    ("23502", "ALTER TABLE", WITHOUT_VALUE),
    ("Cannot add a NOT NULL column", "ALTER TABLE", WITHOUT_VALUE),
    ("NOT NULL constraint failed", "INSERT INTO _alembic_tmp_", WITHOUT_VALUE),
)
"""How the SQLSTATE, or what SQLite says, and the statement begin; and what can be done then."""


def explained(error: Exception, folder: Path, *, is_kept: bool) -> Exception:
    """*error*, with the line of the migration that raised it."""
    if isinstance(error, CommandError):
        return error
    left = SOMETHING_LEFT if is_kept else NOTHING_LEFT
    if isinstance(error, MigrationError):
        return MigrationError(error.code, f"{error.message}\n  {left}")
    place = find_place(error, folder)
    if place is None:
        return error
    reason = str(error).partition("\n(Background on this error")[0]
    lines = [f"{type(error).__name__}: {reason}"]
    if isinstance(error, DBAPIError):
        lines += advice_on(error)
    return MigrationError("migration-failed", "\n  ".join([*lines, f"at {place}", left]))


def advice_on(error: DBAPIError) -> list[str]:
    """PostgreSQL's hint, which psycopg has in its text and asyncpg has not, and ours."""
    hint = getattr(getattr(error.orig, "__cause__", None), "hint", None)
    said = getattr(error.orig, "sqlstate", None) or str(error.orig)
    remedies = [
        remedy
        for kind, statement, remedy in REMEDIES
        if said.startswith(kind) and (error.statement or "").startswith(statement)
    ]
    return [f"HINT: {hint}", *remedies] if hint else remedies


def find_place(error: Exception, folder: Path) -> str | None:
    """File and line of the innermost frame in *folder*."""
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        if Path(frame.filename).is_relative_to(folder):
            return f"{frame.filename}:{frame.lineno}"
    return None
