"""Migrations happen whole or not at all, and keep every row."""

import signal
import time
from itertools import product

import pytest
from sqlalchemy.exc import IntegrityError

# Two tables, with rows of which each child goes when its parent goes.
FIRST = """
op.create_table(
    "users",
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("email", sa.String(50), nullable=False),
)
op.create_table(
    "posts",
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column(
        "author_id", sa.Integer(),
        sa.ForeignKey("users.id", name="fk_posts_author", ondelete="CASCADE"), nullable=False,
    ),
)
"""
ROWS = (
    "INSERT INTO users (id, email) VALUES (1, 'ada'), (2, 'bob')",
    "INSERT INTO posts (id, author_id) VALUES (1, 1), (2, 1), (3, 2)",
)

# What SQLite does by making the table anew, and PostgreSQL by ALTER TABLE.
ALTER_PARENT = """
with op.batch_alter_table("users") as batch:
    batch.add_column(sa.Column("name", sa.String(20), server_default="x", nullable=False))
    batch.alter_column("email", existing_type=sa.String(50), type_=sa.String(80))
    batch.create_unique_constraint("uq_users_email", ["email"])
"""

PAUSE = """
import os, time
def pause(number):
    if os.environ.get("PAUSE_AT") == str(number):
        open("paused", "w").close()
        time.sleep(60)
"""


@pytest.fixture
def filled(project):
    return fill(project)


@pytest.fixture
def filled_sqlite(on_sqlite):
    return fill(on_sqlite)


def fill(project):
    project.migration("a1", None, FIRST, 'op.drop_table("posts")\nop.drop_table("users")')
    project.db("upgrade")
    project.execute(*ROWS)
    return project


def state(project):
    """All that a migration may change: rows, columns and the version."""
    users = project.execute("SELECT * FROM users ORDER BY id")
    posts = project.execute("SELECT id, author_id FROM posts ORDER BY id")
    return project.tables(), users, posts, project.execute("SELECT * FROM alembic_version")


OLD = (
    {"users", "posts"},
    [(1, "ada"), (2, "bob")],
    [(1, 1), (2, 1), (3, 2)],
    [("a1",)],
)


def test_changing_a_parent_keeps_every_child(filled):
    assert state(filled) == OLD
    filled.migration("b2", "a1", ALTER_PARENT)

    assert filled.db("upgrade") == "upgraded to b2: about b2\n"

    assert filled.execute("SELECT name, email FROM users ORDER BY id") == [
        ("x", "ada"),
        ("x", "bob"),
    ]
    assert filled.execute("SELECT id, author_id FROM posts ORDER BY id") == OLD[2]
    assert filled.execute("SELECT * FROM alembic_version") == [("b2",)]


def test_a_migration_that_raises_half_way_leaves_the_old_schema_and_data(filled):
    filled.migration("b2", "a1", ALTER_PARENT)
    raising = 'op.execute("DELETE FROM posts")\nraise LookupError("it is not there")'
    filled.migration("c3", "b2", raising)

    status, said = filled.run("db", "upgrade")

    assert status == 1
    assert "pronghorn db: LookupError: it is not there" in said
    assert "versions/c3.py:" in said
    assert "The database is as it was before." in said
    assert "Traceback" not in said
    assert state(filled) == OLD


def test_a_statement_that_fails_half_way_leaves_the_old_schema_and_data(filled):
    failing = f"op.execute(\"UPDATE users SET email = 'same'\")\n{ALTER_PARENT}"
    filled.migration("b2", "a1", failing)

    status, said = filled.run("db", "upgrade")

    assert status == 1
    assert "IntegrityError" in said
    assert "versions/b2.py:" in said
    assert state(filled) == OLD


@pytest.mark.slow
@pytest.mark.parametrize(
    ("address", "point"),
    [*product(("sqlite", "asyncpg"), range(1, 6)), ("psycopg", 3)],
    indirect=["address"],
)
def test_a_migration_that_is_killed_half_way_leaves_the_old_schema_and_data(filled, point):
    filled.write("pausing.py", PAUSE)
    steps = 'from pausing import pause\npause(1)\nop.execute("DELETE FROM posts WHERE id = 1")\n'
    filled.migration("b2", "a1", f"{steps}pause(2)\n{ALTER_PARENT}\npause(3)")
    more = 'op.create_table("tags", sa.Column("id", sa.Integer(), primary_key=True))'
    filled.migration("c3", "b2", f"from pausing import pause\n{more}\npause(4)")
    # The last point is after all migrations, before the commit.
    env = (filled.folder / "migrations" / "env.py").read_text()
    told = 'def told(*, step, **_):\n    step.up_revision_id == "c3" and pause(5)\n\n'
    changed = env.replace(
        "run(db, Base.metadata)", f"{told}run(db, Base.metadata, on_version_apply=told)"
    )
    filled.write(
        "migrations/env.py",
        f"{changed}".replace("from models", "from pausing import pause\nfrom models"),
    )

    process = filled.start("db", "upgrade", PAUSE_AT=str(point))
    wait_for(filled.folder / "paused", process)
    process.kill()
    said, _ = process.communicate()

    assert process.returncode == -9, said
    assert state(filled) == OLD
    assert filled.db("upgrade").count("upgraded to") == 2
    assert filled.execute("SELECT id FROM posts ORDER BY id") == [(2,), (3,)]
    assert filled.tables() == {"users", "posts", "tags"}


def test_one_that_is_interrupted_says_so_in_a_line(on_postgres):
    fill(on_postgres)
    waiting = 'open("paused", "w").close()\nop.execute("SELECT pg_sleep(60)")'
    on_postgres.migration("b2", "a1", f"{ALTER_PARENT}\n{waiting}")

    process = on_postgres.start("db", "upgrade")
    wait_for(on_postgres.folder / "paused", process)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)

    assert process.returncode == 130, said
    assert said == "pronghorn db: interrupted; `pronghorn db current` tells what is applied\n"
    assert state(on_postgres) == OLD


def wait_for(file, process):
    deadline = time.monotonic() + 30
    while not file.exists():
        assert process.poll() is None, process.stdout.read()
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_references_that_a_migration_breaks_undo_it_and_are_named(filled_sqlite):
    filled_sqlite.migration("b2", "a1", 'op.execute("DELETE FROM users WHERE id = 1")')

    status, said = filled_sqlite.run("db", "upgrade")

    assert status == 1
    assert "`posts`: 2 rows without the row of `users`" in said
    assert "The database is as it was before." in said
    assert "[migration-references]" in said
    assert state(filled_sqlite) == OLD


def test_triggers_and_indexes_of_expressions_outlive_the_copy_of_a_table(filled_sqlite):
    filled_sqlite.execute(
        "CREATE INDEX ix_lower ON users (lower(email))",
        "CREATE INDEX ix_dropped ON users (upper(email))",
        "CREATE TRIGGER lowered AFTER INSERT ON users BEGIN"
        " UPDATE users SET email = lower(email) WHERE id = new.id; END",
    )
    filled_sqlite.migration("b2", "a1", f'op.execute("DROP INDEX ix_dropped")\n{ALTER_PARENT}')

    assert filled_sqlite.db("upgrade") == "upgraded to b2: about b2\n"

    filled_sqlite.execute("INSERT INTO users (id, email) VALUES (3, 'EVE')")
    assert filled_sqlite.execute("SELECT email FROM users WHERE id = 3") == [("eve",)]
    indexes = filled_sqlite.execute("SELECT name FROM sqlite_master WHERE type = 'index'")
    assert ("ix_lower",) in indexes
    assert ("ix_dropped",) not in indexes


def test_a_copied_table_compares_and_counts_as_before(on_sqlite):
    on_sqlite.execute(
        "CREATE TABLE users (id INTEGER PRIMARY KEY AUTOINCREMENT, price NUMERIC(10, 2),"
        " email VARCHAR(50) COLLATE NOCASE NOT NULL, CONSTRAINT uq_email UNIQUE (email))",
        "INSERT INTO users (email) VALUES ('ada'), ('bob')",
        "DELETE FROM users WHERE email = 'bob'",
        "CREATE TABLE tags (id INTEGER PRIMARY KEY, word VARCHAR(9))",
        "CREATE UNIQUE INDEX ix_word ON tags (word COLLATE NOCASE DESC)",
    )
    copying = """
with op.batch_alter_table("users", recreate="always") as batch:
    batch.add_column(sa.Column("name", sa.String(20), server_default="x", nullable=False))
with op.batch_alter_table("tags", recreate="always") as batch:
    batch.alter_column("word", nullable=False)
"""
    on_sqlite.migration("a1", None, copying)

    on_sqlite.db("upgrade")

    found = on_sqlite.execute("SELECT name FROM users WHERE email = 'ADA'")
    assert found == [("x",)]
    on_sqlite.execute("INSERT INTO users (email) VALUES ('eve')")
    assert on_sqlite.execute("SELECT id FROM users WHERE email = 'eve'") == [(3,)]
    with pytest.raises(IntegrityError):
        on_sqlite.execute("INSERT INTO tags (word) VALUES ('Sea'), ('sea')")


def test_a_trigger_that_fits_no_longer_undoes_the_migration(filled_sqlite):
    filled_sqlite.execute("CREATE INDEX ix_lower ON users (lower(email))")
    dropping = 'with op.batch_alter_table("users") as batch:\n    batch.drop_column("email")'
    filled_sqlite.migration("b2", "a1", dropping)

    status, said = filled_sqlite.run("db", "upgrade")

    assert status == 1
    assert "`ix_lower` does not fit the new `users`" in said
    assert state(filled_sqlite) == OLD


def test_what_others_hold_locked_is_waited_for_a_short_time_only(on_postgres):
    fill(on_postgres)
    on_postgres.migration("b2", "a1", ALTER_PARENT)
    holding = on_postgres.start(
        "-c",
        "import asyncio, asyncpg, os\n"
        "async def hold():\n"
        "    connection = await asyncpg.connect(os.environ['DATABASE_URL'])\n"
        "    async with connection.transaction():\n"
        "        await connection.execute('LOCK TABLE users')\n"
        "        open('paused', 'w').close()\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(hold())\n",
        module="",
    )
    try:
        wait_for(on_postgres.folder / "paused", holding)
        status, said = on_postgres.run("db", "upgrade")
    finally:
        holding.kill()
        holding.communicate()

    assert status == 1
    assert "Another transaction holds what the migration wants to change." in said
    assert state(on_postgres) == OLD
