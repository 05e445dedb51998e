"""What differs between models and database, and how it is written into a migration."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeGuard

from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import _indent, _render_cmd_body, _repr_type
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from alembic.runtime.plugins import Plugin
from alembic.util import DispatchPriority
from sqlalchemy import (
    CheckConstraint,
    Constraint,
    Enum,
    ForeignKeyConstraint,
    MetaData,
    Table,
    UniqueConstraint,
)
from sqlalchemy.types import TypeDecorator, TypeEngine

from pronghorn.data.migrations.defaults import compare_default, render_default
from pronghorn.data.migrations.enums import find_enum, write_enums, written
from pronghorn.data.migrations.errors import MigrationError
from pronghorn.data.migrations.expressions import write_indexes
from pronghorn.data.migrations.unfilled import warn_of_unfilled

Directives = list[MigrationScript]
Process = Callable[[MigrationContext, Any, Directives], None]

NO_TABLES = (
    "The metadata that `run()` in env.py is given knows no table: a migration from it would drop"
    " all that the database has. Import the modules of your models before `run()`."
)
NAMED = (UniqueConstraint, ForeignKeyConstraint, CheckConstraint)


OWN = Plugin("pronghorn.data.migrations")
OWN.add_autogenerate_comparator(
    compare_default, "column", "server_default", priority=DispatchPriority.FIRST
)
PLUGINS = ["alembic.autogenerate.*", "alembic.ext.checkconstraint_byname", OWN.name]
"""What Alembic compares with: its own, checks by their names, and what is ours."""


def refuse_incomparable(
    migration: MigrationContext, metadata: MetaData | Sequence[MetaData]
) -> None:
    """Refuse models from which no right migration could be written."""
    tables = tables_of(metadata)
    if not tables:
        raise MigrationError("migration-tables", NO_TABLES)
    # PostgreSQL gives names of its own, by which a check is not recognized.
    named = NAMED if migration.dialect.name == "sqlite" else (CheckConstraint,)
    nameless = [
        f"  {describe(constraint)} of `{table.name}`"
        for table in tables
        for constraint in table.constraints
        if constraint.name is None and isinstance(constraint, named)
    ]
    if nameless:
        message = (
            "A migration can change only what has a name, and these have none:\n"
            + "\n".join(sorted(nameless))
            + "\n  Give your base class `metadata = MetaData(naming_convention=NAMING_CONVENTION)`,"
            " from `pronghorn.data`, and each check a `name`."
        )
        raise MigrationError("constraint-name", message)


def tables_of(metadata: MetaData | Sequence[MetaData]) -> list[Table]:
    every = [metadata] if isinstance(metadata, MetaData) else metadata
    return [table for one in every for table in one.sorted_tables]


def describe(constraint: Constraint) -> str:
    if isinstance(constraint, CheckConstraint):
        return f"the check `{constraint.sqltext}`"
    kind = "the foreign key" if isinstance(constraint, ForeignKeyConstraint) else "the unique"
    return f"{kind} ({', '.join(constraint.columns.keys())})"  # type: ignore[attr-defined]  # both have columns


def render_item(kind: str, item: Any, writing: AutogenContext) -> str | Literal[False]:
    """Write what Alembic would not write well; False leaves it to Alembic."""
    if kind == "server_default":
        return render_default(item)
    return render_type(item, writing) if kind == "type" else False


def render_type(item: TypeEngine[Any], writing: AutogenContext) -> str | Literal[False]:
    """Write a type of somebody else's: as what it is in the database, or with its import.

    A migration has to work when the class in the models was renamed long ago.
    """
    module = type(item).__module__
    if isinstance(item, Enum) and find_enum(item) is not None:
        return f"{written(item)[:-1]}, create_type=False)"
    if module.startswith("sqlalchemy."):
        return False
    if is_one_type_everywhere(item):
        return _repr_type(item.impl_instance, writing)
    writing.imports.add(f"import {module}")
    return False


def is_one_type_everywhere(item: TypeEngine[Any]) -> TypeGuard[TypeDecorator[Any]]:
    return (
        isinstance(item, TypeDecorator)
        and type(item).load_dialect_impl is TypeDecorator.load_dialect_impl
    )


def complete(migration: MigrationContext, directives: Directives, tables: list[Table]) -> str:
    """Add what Alembic does not see; say what a migration would do, as lines of its `upgrade()`."""
    if migration.connection is not None:
        for directive in directives:
            write_enums(directive, tables, migration.connection)
            if migration.dialect.name == "sqlite":
                write_indexes(directive, tables, migration.connection)
            warn_of_unfilled(directive)
    writing = AutogenContext(migration, autogenerate=False)
    return "\n".join(
        _indent(_render_cmd_body(operations, writing))
        for directive in directives
        for operations in directive.upgrade_ops_list
        if not operations.is_empty()
    )
