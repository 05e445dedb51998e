"""What is forgotten when a table of SQLite is made anew, and is kept here.

Batch mode copies a table, drops it and gives its name to the copy.  With the table go its
triggers, and the indexes that SQLAlchemy cannot read: those are made again.  And SQLAlchemy reads
neither how texts are compared (COLLATE) nor whether keys are used once (AUTOINCREMENT): without
the first, an address that was unique in any case of letters would be so no more.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, String, Table, event

from pronghorn.data.migrations.errors import MigrationError

# In `index_xinfo`, an expression stands where a column has its number.  SQLAlchemy reads columns,
# and neither their order nor their collation.
OF_TABLES = """
SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'
UNION
SELECT m.name, m.tbl_name, m.sql FROM sqlite_master m, pragma_index_xinfo(m.name) part
WHERE m.type = 'index' AND m.sql NOT NULL AND part.key
AND (part.cid = -2 OR part."desc" OR part.coll <> 'BINARY')
"""
HAS_KEYS = "SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'"
ALL = "SELECT type, name FROM sqlite_master"
DROPPED = re.compile(
    r"\s*DROP\s+(?:INDEX|TRIGGER)\s+(?:IF\s+EXISTS\s+)?(?:\w+\.)?[\"'`\[]?(\w+)", re.IGNORECASE
)


COLLATE = r"""["`\[]?\b{name}\b["`\]]?\s[^,]*?\bCOLLATE\s+["`\[]?(\w+)"""


@contextmanager
def whole_tables(connection: Connection) -> Iterator[None]:
    """Within the block, tables are read with all that their copies have to have."""

    def read(_inspector: Any, table: Table, column: Any) -> None:
        query = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
        made = connection.exec_driver_sql(query, (table.name,)).scalar() or ""
        if re.search(r"\bAUTOINCREMENT\b", made, re.IGNORECASE):
            table.dialect_options["sqlite"]["autoincrement"] = True
        pattern = COLLATE.format(name=re.escape(column["name"]))
        collation = re.search(pattern, made, re.IGNORECASE)
        if collation and isinstance(column["type"], String):
            column["type"].collation = collation[1]

    event.listen(Table, "column_reflect", read)
    try:
        yield
    finally:
        event.remove(Table, "column_reflect", read)


class Attachments:
    """What tables have that their copies would not, as it was when a migration began."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.before = {name: rest for name, *rest in connection.exec_driver_sql(OF_TABLES)}
        self.parts = {name: self.read_parts(name) for name in self.before}
        self.last_keys = self.read_last_keys()

    def read_parts(self, index: str) -> list[tuple[str, int, str]]:
        """Column, whether it descends, and how texts are compared."""
        query = 'SELECT name, "desc", coll FROM pragma_index_xinfo(?) WHERE key'
        return [
            (row[0], row[1], row[2]) for row in self.connection.exec_driver_sql(query, (index,))
        ]

    def is_read_wrong(self, index: str) -> bool:
        """Whether an index has its columns, but neither their order nor their collation."""
        old, new = self.parts[index], self.read_parts(index)
        return old != new and [part[0] for part in old] == [part[0] for part in new]

    def read_last_keys(self) -> dict[str, int]:
        """The last key that was given in each table with AUTOINCREMENT."""
        if not self.connection.exec_driver_sql(HAS_KEYS).first():
            return {}
        rows = self.connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")
        return {row[0]: row[1] for row in rows}

    def note(self, statement: str) -> None:
        """What a migration drops itself does not come back."""
        dropped = DROPPED.match(statement)
        if dropped:
            self.before.pop(dropped[1], None)

    def make_again(self) -> None:
        """Make what is missing of the tables that are still there."""
        there = {(kind, name) for kind, name in self.connection.exec_driver_sql(ALL)}
        names = {name for _, name in there}
        tables = {name for kind, name in there if kind in ("table", "view")}
        for name, (table, sql) in [*self.before.items()]:
            if name not in names and table in tables:
                self.execute(name, table, sql)
            elif table in tables and self.is_read_wrong(name):
                self.connection.exec_driver_sql(f'DROP INDEX "{name}"')
                self.execute(name, table, sql)
        now = self.read_last_keys()
        for table, last in self.last_keys.items():
            if table in tables and now.get(table) != last:
                self.keep_key(table, max(last, now.get(table, 0)))

    def keep_key(self, table: str, last: int) -> None:
        """Give no key a second time, not even one whose row is gone."""
        execute = self.connection.exec_driver_sql
        execute("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
        execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last))

    def execute(self, name: str, table: str, sql: str) -> None:
        try:
            self.connection.exec_driver_sql(sql)
        except Exception as error:
            message = (
                f"`{name}` does not fit the new `{table}`: {getattr(error, 'orig', error)}\n"
                f"  Let the migration drop it, and make another: {sql}"
            )
            raise MigrationError("migration-attachment", message) from error
