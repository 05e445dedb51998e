"""What differs between models and database, and how it is written into a migration."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

from alembic.autogenerate.api import AutogenContext
from alembic.autogenerate.render import _indent, _render_cmd_body, _repr_type
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, Constraint, ForeignKeyConstraint, MetaData, UniqueConstraint
from sqlalchemy.types import TypeDecorator, TypeEngine

from pronghorn.data.migrations.errors import MigrationError

Directives = list[MigrationScript]
Process = Callable[[MigrationContext, Any, Directives], None]

NO_TABLES = (
    "The metadata that `run()` in env.py is given knows no table: a migration from it would drop"
    " all that the database has. Import the modules of your models before `run()`."
)
NAMED = (UniqueConstraint, ForeignKeyConstraint, CheckConstraint)


def refuse_incomparable(
    migration: MigrationContext, metadata: MetaData | Sequence[MetaData]
) -> None:
    """Refuse models from which no right migration could be written."""
    tables = [
        table
        for one in ([metadata] if isinstance(metadata, MetaData) else metadata)
        for table in one.sorted_tables
    ]
    if not tables:
        raise MigrationError("migration-tables", NO_TABLES)
    if migration.dialect.name != "sqlite":
        return  # PostgreSQL names what has no name
    nameless = [
        f"  {describe(constraint)} of `{table.name}`"
        for table in tables
        for constraint in table.constraints
        if constraint.name is None and isinstance(constraint, NAMED)
    ]
    if nameless:
        message = (
            "On SQLite a migration can change only what has a name, and these have none:\n"
            + "\n".join(sorted(nameless))
            + "\n  Give your base class `metadata = MetaData(naming_convention=NAMING_CONVENTION)`,"
            " from `pronghorn.data`."
        )
        raise MigrationError("constraint-name", message)


def describe(constraint: Constraint) -> str:
    if isinstance(constraint, CheckConstraint):
        return f"the check `{constraint.sqltext}`"
    kind = "the foreign key" if isinstance(constraint, ForeignKeyConstraint) else "the unique"
    return f"{kind} ({', '.join(constraint.columns.keys())})"  # type: ignore[attr-defined]  # both have columns


def render_item(kind: str, item: Any, writing: AutogenContext) -> str | Literal[False]:
    """Write a type of somebody else's: as what it is in the database, or with its import.

    A migration has to work when the class in the models was renamed long ago.
    """
    if kind != "type" or type(item).__module__.startswith("sqlalchemy."):
        return False
    if is_one_type_everywhere(item):
        return _repr_type(item.impl_instance, writing)
    writing.imports.add(f"import {type(item).__module__}")
    return False


def is_one_type_everywhere(item: TypeEngine[Any]) -> bool:
    return (
        isinstance(item, TypeDecorator)
        and type(item).load_dialect_impl is TypeDecorator.load_dialect_impl
    )


def found_in(migration: MigrationContext, directives: Directives) -> str:
    """What a migration would do, as the lines of its `upgrade()`; empty, if nothing."""
    writing = AutogenContext(migration, autogenerate=False)
    return "\n".join(
        _indent(_render_cmd_body(operations, writing))
        for directive in directives
        for operations in directive.upgrade_ops_list
        if not operations.is_empty()
    )
