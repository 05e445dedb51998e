"""Where a migration failed, and what is left of it."""

import traceback
from pathlib import Path

from alembic.util import CommandError

from pronghorn.data.migrations.errors import MigrationError

NOTHING_LEFT = "The database is as it was before."
SOMETHING_LEFT = (
    "What was done before and within `autocommit_block()` stays; `pronghorn db current` tells which"
    " migrations are applied."
)

LOCK_NOT_AVAILABLE = "55P03"
LOCKED = (
    "Another transaction holds what the migration wants to change. Start again when it has ended;"
    " `pg_stat_activity` knows it. A migration waits for a short time only, since everybody else"
    " waits behind it."
)


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
    if getattr(getattr(error, "orig", None), "sqlstate", None) == LOCK_NOT_AVAILABLE:
        reason = f"{reason}\n  {LOCKED}"
    message = f"{type(error).__name__}: {reason}\n  at {place}\n  {left}"
    return MigrationError("migration-failed", message)


def find_place(error: Exception, folder: Path) -> str | None:
    """File and line of the innermost frame in *folder*."""
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        if Path(frame.filename).is_relative_to(folder):
            return f"{frame.filename}:{frame.lineno}"
    return None
