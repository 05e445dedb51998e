"""New columns for which rows that are there have no value: a comment in the migration says so."""

from typing import Any

from alembic.operations.ops import AddColumnOp, MigrationScript, ModifyTableOps

from pronghorn.data.migrations.lines import PythonLine

WARNING = (
    "# With rows in the table this fails, since they have no value for it: give it a",
    "# server_default, or add it with nullable=True, fill it, and then alter_column().",
)


def warn_of_unfilled(script: MigrationScript) -> None:
    """Put a comment before each such column of a migration."""
    for way in (script.upgrade_ops, script.downgrade_ops):
        for change in way.ops if way else ():
            if isinstance(change, ModifyTableOps):
                change.ops = [line for one in change.ops for line in with_warning(one)]


def with_warning(operation: Any) -> list[Any]:
    match operation:
        case AddColumnOp(column=column) if not column.nullable and column.server_default is None:
            return [*map(PythonLine, WARNING), operation]
    return [operation]
