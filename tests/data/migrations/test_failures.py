"""A migration that fails for a usual reason says what can be done, and that works."""

import re
from pathlib import Path
from textwrap import dedent

import pytest

PAGE = Path(__file__).parents[3] / "docs" / "migrations.md"
THREE_STEPS = re.compile(r"\ndef upgrade\(\) -> None:\n(.* nullable=False\)\n)```", re.DOTALL)

FIRST = """
op.create_table(
    "users",
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("email", sa.String(50), nullable=False),
)
"""
ROWS = "INSERT INTO users (id, email) VALUES (1, '7'), (2, '8')"

NEW = """
with op.batch_alter_table("users") as batch_op:
    batch_op.add_column(sa.Column("name", sa.String(20), nullable={nullable}))
"""
OBLIGATORY = """
with op.batch_alter_table("users") as batch_op:
    batch_op.alter_column("name", existing_type=sa.String(20), nullable=False)
"""
NUMBER = """
with op.batch_alter_table("users") as batch_op:
    batch_op.alter_column("email", existing_type=sa.String(50), type_=sa.Integer(){more})
"""
USING = ', postgresql_using="email::integer"'

REMEDY = "Give a new column a `server_default`; or add it with `nullable=True`, fill it"


def fill(project):
    project.migration("a1", None, FIRST, 'op.drop_table("users")')
    project.db("upgrade")
    project.execute(ROWS)
    return project


@pytest.fixture
def filled(project):
    return fill(project)


@pytest.mark.parametrize(
    "up",
    [
        NEW.format(nullable=False),
        NEW.format(nullable=True) + OBLIGATORY,
        # What makes a table anew on SQLite.
        NEW.format(nullable=False) + '    batch_op.drop_column("email")\n',
    ],
    ids=["new", "not filled", "with another change"],
)
def test_a_column_for_which_rows_have_no_value_is_told_how_to_be_added(filled, up):
    filled.migration("b2", "a1", up)

    status, said = filled.run("db", "upgrade")

    assert status == 1
    assert f"There are rows, and they have no value for it. {REMEDY}" in said
    assert "versions/b2.py:" in said
    assert "The database is as it was before." in said

    filled.migration("b2", "a1", dedent(THREE_STEPS.search(PAGE.read_text())[1]))
    filled.db("upgrade")
    assert filled.execute("SELECT name FROM users ORDER BY id") == [("7",), ("8",)]


def test_a_row_of_the_migration_itself_gets_no_such_advice(filled):
    filled.migration("b2", "a1", 'op.execute("INSERT INTO users (id) VALUES (3)")')

    status, said = filled.run("db", "upgrade")

    assert status == 1
    assert "IntegrityError" in said
    assert REMEDY not in said


@pytest.mark.parametrize("address", ["asyncpg", "psycopg"], indirect=True)
def test_a_change_of_type_that_postgresql_does_not_make_by_itself_shows_its_hint(filled):
    filled.migration("b2", "a1", NUMBER.format(more=""))

    status, said = filled.run("db", "upgrade")

    assert status == 1
    assert said.count("HINT: ") == 1
    assert 'You might need to specify "USING email::integer".' in said
    assert "by `postgresql_using` of `alter_column()`" in said

    filled.migration("b2", "a1", NUMBER.format(more=USING))
    filled.db("upgrade")
    assert filled.execute("SELECT email FROM users ORDER BY id") == [(7,), (8,)]


@pytest.mark.parametrize("more", ["", USING], ids=["by itself", "as for PostgreSQL"])
def test_on_sqlite_the_same_change_is_made_without_it_and_with_it(on_sqlite, more):
    fill(on_sqlite)
    on_sqlite.migration("b2", "a1", NUMBER.format(more=more))

    on_sqlite.db("upgrade")

    assert on_sqlite.execute("SELECT email FROM users ORDER BY id") == [(7,), (8,)]
