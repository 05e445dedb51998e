"""Defaults that the database fills in: whether they are the same, and how they are written.

Alembic compares texts on SQLite, and asks PostgreSQL whether two values are equal.  Here is what
it does not see: quotes within texts, JSON, and identities where every key is one.
"""

from typing import Any, Literal

from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import AlterColumnOp
from alembic.util import PriorityDispatchResult
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DefaultClause,
    Dialect,
    Identity,
    cast,
    false,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql import functions
from sqlalchemy.sql.elements import ClauseElement

TO_ALEMBIC, DECIDED = PriorityDispatchResult.CONTINUE, PriorityDispatchResult.STOP


def compare_default(
    comparing: AutogenContext,
    change: AlterColumnOp,
    _schema: str | None,
    _table: str,
    _column: str,
    found: Column[Any],
    model: Column[Any],
) -> PriorityDispatchResult:
    """Decide whether the default of a column changes, or leave it to Alembic."""
    connection, wanted = comparing.connection, model.server_default
    if connection is None or comparing.dialect is None:
        return TO_ALEMBIC
    is_sqlite = comparing.dialect.name == "sqlite"
    if is_sqlite and isinstance(wanted, Identity):
        return DECIDED
    if not (isinstance(wanted, DefaultClause) and isinstance(found.server_default, DefaultClause)):
        return TO_ALEMBIC
    theirs = written(found.server_default, comparing.dialect)
    ours = written(wanted, comparing.dialect)
    is_text, is_json = isinstance(wanted.arg, str), isinstance(found.type, JSON)
    if is_sqlite:
        is_same = bare(theirs) == bare(ours)
    elif is_text or is_json:
        is_same = theirs == ours or is_equal(connection, theirs, ours, is_json=is_json)
    else:
        return TO_ALEMBIC
    if not is_same:
        change.modify_server_default = wanted
    return DECIDED


def written(default: DefaultClause, dialect: Dialect) -> str:
    """A default as it stands in a statement."""
    if isinstance(default.arg, str):
        return "'" + default.arg.replace("'", "''") + "'"
    return str(default.arg.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))


def is_equal(connection: Connection, theirs: str, ours: str, *, is_json: bool) -> bool:
    """Ask PostgreSQL whether two defaults are the same value."""
    one: Any = literal_column(theirs)
    other: Any = literal_column(ours)
    if is_json:  # there is no equality of `json`
        one, other = cast(one, JSONB), cast(other, JSONB)
    return bool(connection.scalar(select(one == other)))


def bare(expression: str) -> str:
    """An expression without the parentheses around it, and a number without its quotes."""
    while expression.startswith("(") and expression.endswith(")"):
        expression = expression[1:-1]
    number = expression.strip("'")
    return number if number.replace(".", "", 1).lstrip("-").isdigit() else expression


def render_default(default: Any) -> str | Literal[False]:
    """Write a default so that every database understands it.

    As text, SQLite has no `now()`, and for PostgreSQL 1 is no truth.
    """
    arg = default.arg if isinstance(default, DefaultClause) else None
    if isinstance(arg, functions.now):
        return "sa.func.now()"
    if isinstance(arg, ClauseElement):
        for value, text in ((true(), "sa.true()"), (false(), "sa.false()")):
            if arg.compare(value):
                return text
    return False
