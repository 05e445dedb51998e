"""The columns of a constraint by its name, and the attributes that clients know them as."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Column,
    Constraint,
    ForeignKeyConstraint,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapper
from sqlalchemy.orm.exc import UnmappedColumnError
from sqlalchemy.orm.mapper import _all_registries

from pronghorn.data.refusals.failed import Failed
from pronghorn.data.refusals.faults import Fault

# What PostgreSQL calls a constraint that nobody named.
ENDINGS: tuple[tuple[type[Constraint], str], ...] = (
    (UniqueConstraint, "key"),
    (ForeignKeyConstraint, "fkey"),
    (CheckConstraint, "check"),
    (ExcludeConstraint, "excl"),
)
WORDS = re.compile(r"""('(?:[^']|'')*')|"([^"]+)"|([^\W\d]\w*)(?!\w*\s*\()""")
"""In a rule: a text; a name in quotes; a name that calls no function."""


def columns_of(fault: Fault, failed: Failed | None) -> tuple[Column[Any] | str, ...]:
    """The columns that *fault* is about, or at least their names."""
    for table in tables_of(fault, failed):
        found = constraint_columns(table, fault.constraint) if fault.constraint else ()
        columns: Iterable[Column[Any] | str] = found or [
            next((column for column in table.columns if column.name == name), name)
            for name in fault.columns
        ]
        if columns:
            return tuple(columns)
    return fault.columns


def tables_of(fault: Fault, failed: Failed | None) -> Iterator[Table]:
    """The table that *fault* names: near the statement that failed, else wherever it is mapped."""
    own = failed.table if failed is not None else None
    if own is not None:
        if fault.table in ("", own.name):
            yield own
        yield from tables_named(fault, own.metadata.tables.values())
    for registry in _all_registries():
        yield from tables_named(fault, registry.metadata.tables.values())


def tables_named(fault: Fault, tables: Iterable[Table]) -> Iterator[Table]:
    if not fault.table:
        return
    for table in tables:
        # A table without a schema lies in the one that the connection has as its own.
        if table.name == fault.table and table.schema in (None, fault.schema or None):
            yield table


def constraint_columns(table: Table, name: str) -> tuple[Column[Any], ...]:
    """The columns of what is called *name* at *table*."""
    for constraint, columns in constraints_of(table):
        if name in possible_names(constraint, columns, table):
            return columns
    return ()


def constraints_of(table: Table) -> Iterator[tuple[Any, tuple[Column[Any], ...]]]:
    everything: list[Any] = [*table.constraints, *table.indexes]
    for constraint in everything:
        columns = tuple(constraint.columns)
        if not columns and isinstance(constraint, CheckConstraint):
            columns = columns_in_text(f"{constraint.sqltext}", table)
        yield constraint, columns
    for column in table.columns:
        # A rule that was written as text knows its column by the place where it stands.
        for constraint in column.constraints:
            yield constraint, (column,)


def columns_in_text(text: str, table: Table) -> tuple[Column[Any], ...]:
    """The column of *table* that a rule speaks of; none if it speaks of several.

    What is called like a column may be something else, such as a type.  But a rule has a column,
    so where only one can be meant, it is that one.
    """
    names = {name or bare.lower() for _, name, bare in WORDS.findall(text)}
    found = [
        column for column in table.columns if column.name in names or column.name.lower() in names
    ]
    return tuple(found) if len(found) == 1 else ()


def possible_names(
    constraint: Any, columns: tuple[Column[Any], ...], table: Table
) -> Iterator[str]:
    """What *constraint* may be called in a database: by whoever named it, or by PostgreSQL."""
    if isinstance(constraint.name, str):
        yield str(constraint.name)
        return
    if isinstance(constraint, PrimaryKeyConstraint):
        yield f"{table.name}_pkey"
    if isinstance(constraint, CheckConstraint):
        # SQLite has no name for it.
        yield f"{constraint.sqltext}"
    for kind, ending in ENDINGS:
        if isinstance(constraint, kind):
            middle = "_".join(column.name for column in columns)
            yield "_".join(part for part in (table.name, middle, ending) if part)


def attribute_of(column: Any) -> str:
    """What the mapped class calls *column*, which is what clients most often call it."""
    if isinstance(column, str):
        return column
    for mapper in mappers():
        if getattr(column, "table", None) in mapper.tables:
            with suppress(UnmappedColumnError):
                return str(mapper.get_property_by_column(column).key)
    return str(getattr(column, "key", None) or "")


def model_of(column: Any) -> str:
    """The name of the class that is mapped to the table of *column*; empty if there is none."""
    table = getattr(column, "table", None)
    owners = (it for it in mappers() if it.local_table is table and not it.single)
    return next((mapper.class_.__name__ for mapper in owners), "")


def mappers() -> Iterator[Mapper[Any]]:
    for registry in _all_registries():
        yield from registry.mappers
