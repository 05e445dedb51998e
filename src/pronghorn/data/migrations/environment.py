"""What a project's `env.py` calls: the settings under which Alembic runs."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from warnings import catch_warnings, filterwarnings

from alembic import context
from alembic.runtime.migration import MigrationContext
from alembic.util import to_tuple
from sqlalchemy import Connection, MetaData, Table

from pronghorn.data.connections.engines import is_behind_pooler
from pronghorn.data.migrations.comparing import (
    PLUGINS,
    Directives,
    complete,
    refuse_incomparable,
    render_item,
    tables_of,
)
from pronghorn.data.migrations.connecting import (
    Migratable,
    connection_to,
    run_in_own_loop,
    wait_for_turn,
)
from pronghorn.data.migrations.course import Course, is_comparison
from pronghorn.data.migrations.failures import explained
from pronghorn.data.migrations.request import REQUEST, Request


def run(database: Migratable, metadata: MetaData | Sequence[MetaData], **options: Any) -> None:
    """Do what the command asks, on *database*; *metadata* has the tables that it should have.

    *options* are those of Alembic's `EnvironmentContext.configure`.
    """
    # Alembic's own command line makes no request.
    request: Request = context.config.attributes.get(REQUEST) or Request()
    chosen = request.database or database
    settings = {
        "target_metadata": metadata,
        "render_as_batch": True,  # the only way on SQLite; on PostgreSQL it makes no difference
        "render_item": render_item,
        "compare_server_default": True,
        "autogenerate_plugins": PLUGINS,
        **options,
    }
    if context.is_offline_mode():
        write_sql(chosen, settings)
        return
    settings |= {
        "process_revision_directives": seen_by(
            request, tables_of(metadata), options.get("process_revision_directives")
        ),
        "on_version_apply": (*to_tuple(options.get("on_version_apply"), ()), request.note),
    }

    async def migrate() -> None:
        async with connection_to(chosen) as connection:
            await connection.run_sync(apply, chosen, settings)

    run_in_own_loop(migrate)


def write_sql(database: Migratable, settings: dict[str, Any]) -> None:
    """Print statements in place of executing them: `alembic upgrade head --sql`."""
    context.configure(
        url=database.address.url,
        literal_binds=True,
        dialect_opts={"paramstyle": "named"},
        **settings,
    )
    with context.begin_transaction():
        context.run_migrations()


def seen_by(request: Request, tables: list[Table], then: Any) -> Any:
    """What is done with the differences that were found: the project's own wish, then ours."""

    def process(migration: MigrationContext, revision: Any, directives: Directives) -> None:
        if then is not None:
            then(migration, revision, directives)
        if is_comparison(migration):
            request.found = complete(migration, directives, tables)
        if request.is_only_with_differences and not request.found:
            directives.clear()  # there is nothing to be written

    return process


def apply(connection: Connection, database: Migratable, settings: dict[str, Any]) -> None:
    """Run the command in one transaction, which is kept whole or not at all."""
    is_pooled = is_behind_pooler(database.address, database.settings)
    if not database.address.is_sqlite:  # there, it is BEGIN IMMEDIATE that waits
        wait_for_turn(connection, is_pooled=is_pooled)
    context.configure(
        connection=connection,
        # Alembic does without on SQLite, where the driver used to end transactions. Ours does not.
        transactional_ddl=True,
        **settings,
    )
    migration = context.get_context()
    if is_comparison(migration):
        refuse_incomparable(migration, settings["target_metadata"])
    course = Course(migration, connection, is_pooled=is_pooled)
    try:
        with quiet(), course.careful(), context.begin_transaction():
            context.run_migrations()
        connection.commit()  # behind a pooler, the transaction began with the lock
    except Exception as error:
        told = explained(error, Path(context.script.dir), is_kept=course.is_kept)
        if told is error:  # with a cause of its own, which is to stay
            raise
        raise told from error


@contextmanager
def quiet() -> Iterator[None]:
    """Leave out warnings of what is not seen to by others, and is by us: indexes of expressions."""
    with catch_warnings():
        filterwarnings("ignore", message=".*expression-based index")
        yield
