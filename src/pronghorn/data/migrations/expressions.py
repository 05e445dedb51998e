"""Indexes of expressions on SQLite, which SQLAlchemy cannot read there: compared by their names."""

from alembic.operations.ops import CreateIndexOp, DropIndexOp, ExecuteSQLOp, MigrationScript
from sqlalchemy import Column, Connection, Index, Table

NAMES = "SELECT name FROM sqlite_master WHERE type = 'index'"
OF_EXPRESSIONS = """
SELECT DISTINCT m.name, m.tbl_name, m.sql FROM sqlite_master m, pragma_index_xinfo(m.name) part
WHERE m.type = 'index' AND part.cid = -2
"""


def write_indexes(script: MigrationScript, tables: list[Table], connection: Connection) -> None:
    """Add to a migration the indexes of expressions that it has to make and to drop."""
    up, down = script.upgrade_ops, script.downgrade_ops
    if up is None or down is None:
        return
    there = {name for (name,) in connection.exec_driver_sql(NAMES)}
    wanted = {index.name: index for table in tables for index in table.indexes}
    for name, index in wanted.items():
        if name not in there and has_expression(index):
            up.ops.append(CreateIndexOp.from_index(index))
            down.ops.insert(0, DropIndexOp.from_index(index))
    ours = {table.name for table in tables}
    for name, table, sql in connection.exec_driver_sql(OF_EXPRESSIONS):
        if table in ours and name not in wanted:
            up.ops.insert(0, ExecuteSQLOp(f'DROP INDEX "{name}"'))
            down.ops.append(ExecuteSQLOp(sql))


def has_expression(index: Index) -> bool:
    return not all(isinstance(part, Column) for part in index.expressions)
