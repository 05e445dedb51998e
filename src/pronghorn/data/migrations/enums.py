"""Types of PostgreSQL that go with `Enum` columns: made once, changed, and dropped with the last.

Alembic leaves them to the tables: two tables would make the same type twice, and a downgrade
leaves it behind.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import (
    AddColumnOp,
    AlterColumnOp,
    CreateTableOp,
    ExecuteSQLOp,
    MigrateOperation,
    MigrationScript,
    ModifyTableOps,
)
from sqlalchemy import ARRAY, Column, Connection, Enum, Table, inspect
from sqlalchemy.types import TypeDecorator, TypeEngine

from pronghorn.data.migrations.lines import PythonLine

write_change = renderers.dispatch(AlterColumnOp)


@renderers.dispatch_for(AlterColumnOp, replace=True)
def render_change(writing: AutogenContext, change: AlterColumnOp) -> str:
    """Write the cast, too, which Alembic takes and does not write."""
    text = str(write_change(writing, change))
    using = change.kw.get("postgresql_using")
    return f"{text[:-1]},\n{' ' * 11}postgresql_using={using!r})" if using else text


def find_enum(kind: TypeEngine[Any] | None) -> Enum | None:
    """The named type of PostgreSQL's that *kind* is, or has as its items."""
    if isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    if isinstance(kind, ARRAY):
        return find_enum(kind.item_type)
    return kind if isinstance(kind, Enum) and kind.native_enum and kind.name else None


def enums_of(kinds: Iterable[TypeEngine[Any]]) -> dict[str, Enum]:
    found = (find_enum(kind) for kind in kinds)
    return {str(enum.name): enum for enum in found if enum is not None}


def made_by(operations: Any) -> Iterator[tuple[str, str, TypeEngine[Any]]]:
    """The columns that operations give a type: table, column and type."""
    for operation in operations.ops:
        match operation:
            case CreateTableOp(table_name=table, columns=items):
                columns = (item for item in items if isinstance(item, Column))
                yield from ((table, column.name, column.type) for column in columns)
            case ModifyTableOps():
                yield from made_by(operation)
            case AddColumnOp(table_name=table, column=column):
                yield table, column.name, column.type
            case AlterColumnOp(modify_type=kind) if kind is not None:
                cast_to_enum(operation)
                yield operation.table_name, operation.column_name, kind


def cast_to_enum(change: AlterColumnOp) -> None:
    """Let PostgreSQL make a label of what the column was before."""
    enum = find_enum(change.modify_type)
    if enum is not None:
        change.kw["postgresql_using"] = f'"{change.column_name}"::text::"{enum.name}"'


def write_enums(script: MigrationScript, tables: list[Table], connection: Connection) -> None:
    """Add to a migration what it has to do for the types of its columns."""
    up, down = script.upgrade_ops, script.downgrade_ops
    if up is None or down is None:
        return
    made, removed = list(made_by(up)), list(made_by(down))
    places = {(table, column) for table, column, _ in made}
    kept = enums_of(
        column.type
        for table in tables
        for column in table.columns
        if (table.name, column.name) not in places
    )
    after = enums_of(kind for *_, kind in made)
    before = enums_of(kind for *_, kind in removed)
    for name in sorted(after.keys() - kept.keys() - before.keys()):
        up.ops.insert(0, PythonLine(f"{written(after[name])}.create(op.get_bind())"))
        down.ops.append(PythonLine(f"{written(after[name])}.drop(op.get_bind())"))
    for name in sorted(before.keys() - kept.keys() - after.keys()):
        up.ops.append(PythonLine(f"{written(before[name])}.drop(op.get_bind())"))
        down.ops.insert(0, PythonLine(f"{written(before[name])}.create(op.get_bind())"))
    if connection.dialect.name == "postgresql":
        change_labels(up.ops, down.ops, kept | after, connection)


def written(enum: Enum) -> str:
    labels = "".join(f"{label!r}, " for label in enum.enums)
    schema = f", schema={enum.schema!r}" if enum.schema else ""
    return f"sa.Enum({labels}name={enum.name!r}{schema})"


def change_labels(
    up: list[MigrateOperation],
    down: list[MigrateOperation],
    enums: dict[str, Enum],
    connection: Connection,
) -> None:
    """Bring the labels of types up to date that are there already."""
    reader: Any = inspect(connection)  # PostgreSQL's, which knows types
    for name, enum in sorted(enums.items()):
        found = {one["name"]: one["labels"] for one in reader.get_enums(schema=enum.schema)}
        old, new = found.get(name), list(enum.enums)
        if old is None or old == new:
            continue
        remake = Remaking(connection, name, enum.schema)
        added = list(additions(remake.type, old, new))
        is_longer = [label for label in new if label in old] == old
        up.extend(ExecuteSQLOp(text) for text in (added if is_longer else remake.into(new)))
        down.extend(ExecuteSQLOp(text) for text in remake.into(old))


def additions(name: str, old: list[str], new: list[str]) -> Iterator[str]:
    """Statements that put each new label behind the one before it."""
    for number, label in enumerate(new):
        if label in old:
            continue
        place = f"AFTER {literal(new[number - 1])}" if number else f"BEFORE {literal(old[0])}"
        yield f"ALTER TYPE {name} ADD VALUE {literal(label)} {place}"


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


USED_BY = """
SELECT a.attrelid::regclass::text, quote_ident(a.attname), a.atttypid = t.typarray,
       pg_get_expr(d.adbin, d.adrelid)
FROM pg_type t
JOIN pg_attribute a ON a.atttypid IN (t.oid, t.typarray) AND NOT a.attisdropped
JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p')
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE t.oid = $TYPE::regtype
ORDER BY 1, 2
"""


class Remaking:
    """Statements that make a type anew, since PostgreSQL takes no label out of one."""

    def __init__(self, connection: Connection, name: str, schema: str | None) -> None:
        quote = connection.dialect.identifier_preparer.quote
        self.type = f"{quote(schema)}.{quote(name)}" if schema else quote(name)
        self.old_name = quote(f"{name}_old")
        self.old = f"{quote(schema)}.{self.old_name}" if schema else self.old_name
        query = USED_BY.replace("$TYPE", literal(self.type))
        self.users = list(connection.exec_driver_sql(query))

    def into(self, labels: list[str]) -> Iterator[str]:
        listed = ", ".join(literal(label) for label in labels)
        yield f"ALTER TYPE {self.type} RENAME TO {self.old_name}"
        yield f"CREATE TYPE {self.type} AS ENUM ({listed})"
        for table, column, is_array, default in self.users:
            kind = f"{self.type}[]" if is_array else self.type
            if default:
                yield f"ALTER TABLE {table} ALTER {column} DROP DEFAULT"
            yield f"ALTER TABLE {table} ALTER {column} TYPE {kind} USING {column}::text::{kind}"
            if default:
                yield f"ALTER TABLE {table} ALTER {column} SET DEFAULT {default}"
        yield f"DROP TYPE {self.old}"
