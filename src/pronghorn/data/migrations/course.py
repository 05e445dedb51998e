"""The course of one run: which migration is being applied, and what of it cannot be taken back.

It refuses what would leave half of a migration behind.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from alembic.runtime.migration import MigrationContext, MigrationInfo, RevisionStep
from sqlalchemy import Connection, event

from pronghorn.data.migrations.connecting import LIMITS
from pronghorn.data.migrations.errors import MigrationError
from pronghorn.data.migrations.kept import Attachments, whole_tables

ONE_OF_ITS_OWN = (
    "`autocommit_block()` commits what came before it, so it has to come first in its migration:"
    " half of the migration would stay behind if the rest fails. Move it to a migration of its own:"
    ' `pronghorn db revision -m "..."`.'
)
BEHIND_A_POOLER = (
    "`autocommit_block()` needs a connection of its own, and a transaction pooler gives none."
    " Run this migration on the server's own address, without `pooler=True`."
)


class Course:
    """What has happened so far, while the migrations of one command are applied."""

    def __init__(
        self, migration: MigrationContext, connection: Connection, *, is_pooled: bool
    ) -> None:
        self.migration = migration
        self.connection = connection
        self.is_sqlite = connection.dialect.name == "sqlite"
        self.is_pooled = is_pooled
        self.is_kept = migration._transaction_per_migration
        """Whether something may have been committed before the end."""
        self.statements = 0
        self.attachments: Attachments | None = None
        event.listen(connection, "before_cursor_execute", self.count)
        # Alembic tells when a migration was applied, and not when one begins.
        self.find_steps = migration._migrations_fn
        migration._migrations_fn = self.steps
        self.commit_and_leave: Callable[[], AbstractContextManager[None]]
        self.commit_and_leave = migration.autocommit_block
        vars(migration)["autocommit_block"] = self.autocommit_block
        migration.on_version_apply_callbacks = (
            self.finish,
            *migration.on_version_apply_callbacks,
        )

    def count(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.statements += statement != LIMITS
        if self.attachments is not None:
            self.attachments.note(statement)

    def steps(self, heads: Any, migration: MigrationContext) -> Iterator[RevisionStep]:
        """The migrations to be applied, each begun with nothing done."""
        for step in self.find_steps(heads, migration) if self.find_steps else ():
            self.attachments = Attachments(self.connection) if self.is_sqlite else None
            self.statements = 0
            yield step

    def careful(self) -> AbstractContextManager[None]:
        """Within the block, tables that are made anew lose nothing."""
        copies_tables = self.is_sqlite and not is_comparison(self.migration)
        return whole_tables(self.connection) if copies_tables else nullcontext()

    def autocommit_block(self) -> AbstractContextManager[None]:
        """Let statements run outside of a transaction: `CREATE INDEX CONCURRENTLY` and its like.

        SQLite has no such statement that a migration needs: there it stays in the transaction.
        """
        return nullcontext() if self.is_sqlite else self.leave_transaction()

    @contextmanager
    def leave_transaction(self) -> Iterator[None]:
        if self.is_pooled:
            raise MigrationError("migration-autocommit", BEHIND_A_POOLER)
        if self.statements:
            raise MigrationError("migration-autocommit", ONE_OF_ITS_OWN)
        self.is_kept = True
        with self.commit_and_leave():
            yield
        self.statements = 0

    def finish(self, *, step: MigrationInfo, **_: Any) -> None:
        """Make up for what SQLite does not do while a migration runs."""
        if self.attachments is not None:
            self.attachments.make_again()
            refuse_broken_references(self.connection, step)


def is_comparison(migration: MigrationContext) -> bool:
    """Whether the command compares models and database."""
    revision = migration.opts.get("revision_context")
    return revision is not None and bool(revision.command_args["autogenerate"])


def refuse_broken_references(connection: Connection, step: MigrationInfo) -> None:
    """Raise if a row refers to one that is not there."""
    broken: dict[tuple[str, str], int] = {}
    for table, _row, parent, _number in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        broken[table, parent] = broken.get((table, parent), 0) + 1
    if broken:
        lines = [
            f"  `{table}`: {count} row{'' if count == 1 else 's'} without the row of `{parent}`"
            for (table, parent), count in broken.items()
        ]
        way = "upgrade" if step.is_upgrade else "downgrade"
        message = (
            f"After the {way} of {step.up_revision_id}, foreign keys refer to rows that are not"
            " there:\n"
            + "\n".join(lines)
            + "\n  Let the migration mend or delete these rows before it ends."
        )
        raise MigrationError("migration-references", message)
