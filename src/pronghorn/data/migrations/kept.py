"""What SQLite forgets when a table is made anew: triggers, and indexes of expressions.

Batch mode copies a table, drops it and gives its name to the copy.  With the table go its
triggers, and the indexes that SQLAlchemy cannot read; they are made again here.
"""

import re

from sqlalchemy import Connection

from pronghorn.data.migrations.errors import MigrationError

# In `index_xinfo`, an expression stands where a column has its number.
OF_TABLES = """
SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger'
UNION
SELECT m.name, m.tbl_name, m.sql FROM sqlite_master m, pragma_index_xinfo(m.name) part
WHERE m.type = 'index' AND part.cid = -2
"""
TABLES = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')"
DROPPED = re.compile(
    r"\s*DROP\s+(?:INDEX|TRIGGER)\s+(?:IF\s+EXISTS\s+)?(?:\w+\.)?[\"'`\[]?(\w+)", re.IGNORECASE
)


class Attachments:
    """What tables have that their copies would not, as it was when a migration began."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.before = {name: rest for name, *rest in connection.exec_driver_sql(OF_TABLES)}

    def note(self, statement: str) -> None:
        """What a migration drops itself does not come back."""
        dropped = DROPPED.match(statement)
        if dropped:
            self.before.pop(dropped[1], None)

    def make_again(self) -> None:
        """Make what is missing of the tables that are still there."""
        there = {name for name, *_ in self.connection.exec_driver_sql(OF_TABLES)}
        tables = {name for (name,) in self.connection.exec_driver_sql(TABLES)}
        for name, (table, sql) in self.before.items():
            if name not in there and table in tables:
                self.execute(name, table, sql)

    def execute(self, name: str, table: str, sql: str) -> None:
        try:
            self.connection.exec_driver_sql(sql)
        except Exception as error:
            message = (
                f"`{name}` does not fit the new `{table}`: {getattr(error, 'orig', error)}\n"
                f"  Let the migration drop it, and make another: {sql}"
            )
            raise MigrationError("migration-attachment", message) from error
