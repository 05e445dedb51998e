"""`pronghorn db`, as somebody uses it from an empty folder, and what it says to mistakes."""

import asyncio

import pytest
from data.migrations.projects import DATABASE
from servers.pgbouncer import running_pgbouncer

from pronghorn.data import Database
from pronghorn.data.migrations import MigrationError, differences, upgrade

MODELS = """
from sqlalchemy import MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from pronghorn.data import NAMING_CONVENTION

class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING_CONVENTION)

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(100), unique=True)
"""
MORE = '    name: Mapped[str] = mapped_column(server_default="")\n'

TAGS = 'op.create_table("tags", sa.Column("id", sa.Integer(), primary_key=True))'
UNTAG = 'op.drop_table("tags")'
ROW = 'op.execute("INSERT INTO tags (id) VALUES (1)")'
BLOCK = """
with op.get_context().autocommit_block():
    op.create_index("ix_tags", "tags", ["id"], postgresql_concurrently=True)
"""


def test_the_way_from_an_empty_folder_to_a_second_migration(empty):
    empty.write("models.py", MODELS)

    status, said = empty.run_alone("db", "init", "database:db", "models:Base")
    assert status == 0
    assert said.splitlines()[:3] == [
        "wrote migrations/env.py",
        "wrote migrations/script.py.mako",
        "wrote alembic.ini",
    ]
    assert empty.db("current") == "the database has seen no migration\n"
    assert empty.db("revision", "--autogenerate", "-m", "first").startswith("wrote migrations/")
    assert empty.run("db", "check")[0] == 1  # not yet upgraded
    assert empty.db("upgrade").startswith("upgraded to ")
    assert empty.db("upgrade") == "nothing to do: the database is there already\n"
    assert empty.db("check") == "models and database are the same\n"
    assert empty.db("current").endswith(" (head)\n")

    empty.write("models.py", MODELS + MORE)
    status, said = empty.run("db", "check")
    assert status == 1
    assert "batch_op.add_column(sa.Column('name'" in said
    empty.db("revision", "--autogenerate", "-m", 'a name, "optional"')
    empty.db("upgrade")
    assert empty.db("check") == "models and database are the same\n"
    assert "nothing to write" in empty.db("revision", "--autogenerate", "-m", "none")
    assert len(list((empty.folder / "migrations" / "versions").glob("*.py"))) == 2

    said = empty.db("downgrade", "-1")
    assert said.startswith("downgraded from ")
    assert said.endswith(': a name, "optional"\n')
    empty.db("downgrade", "base")
    assert empty.tables() == set()


def test_alembics_own_command_line_works_in_the_same_folder(on_sqlite):
    on_sqlite.migration("a1", None, TAGS, UNTAG)

    assert on_sqlite.run_alone("upgrade", "head", module="alembic")[0] == 0
    assert on_sqlite.tables() == {"tags"}
    assert "a1 (head)" in on_sqlite.run_alone("current", module="alembic")[1]
    status, said = on_sqlite.run_alone("upgrade", "head", "--sql", module="alembic")
    assert status == 0
    assert "CREATE TABLE tags" in said


def test_a_migration_without_differences_is_empty_where_it_was_asked_for(on_sqlite):
    on_sqlite.db("revision", "-m", "by hand")

    [file] = (on_sqlite.folder / "migrations" / "versions").glob("*.py")
    assert "def upgrade() -> None:\n    pass\n" in file.read_text()
    assert on_sqlite.db("upgrade").endswith(": by hand\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("init", "database", "models:Base"), "`database` is not MODULE:DATABASE."),
        (("init", "nowhere:db", "models:Base"), "there is no module `nowhere` here."),
        (("init", "database:base", "models:Base"), "`database` has no `base`."),
        (("init", "models:Base", "models:Base"), "`models:Base` is Base, and not a `Database`."),
        (("init", "database:db", "database:db"), "`database:db` is of type Database, and not"),
        (("upgrade",), "There are no migrations in "),
        (("check", "--folder", "elsewhere"), "There are no migrations in "),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, tuple) else "",
)
def test_a_mistake_is_told_in_a_line_or_two(tmp_path, on_sqlite, arguments, said):
    (on_sqlite.folder / "migrations").rename(tmp_path / "away")

    status, output = on_sqlite.run("db", *arguments)

    assert status == 1
    assert output.startswith(f"pronghorn db: {said}")
    assert "Traceback" not in output


def test_a_command_that_is_incomplete_shows_how_it_is_used(on_sqlite):
    for arguments in (("db",), ("db", "revision"), ("db", "init", "database:db")):
        status, said = on_sqlite.run_alone(*arguments)
        assert status == 2
        assert "usage: pronghorn db" in said


def test_what_is_there_is_not_written_over(on_sqlite):
    env = on_sqlite.folder / "migrations" / "env.py"
    env.write_text("# mine")

    status, said = on_sqlite.run("db", "init", "database:db", "models:Base")

    assert status == 1
    assert "migrations is not empty" in said
    assert env.read_text() == "# mine"


def test_the_database_of_newer_code_is_left_alone(on_sqlite):
    on_sqlite.migration("a1", None, TAGS, UNTAG)
    on_sqlite.migration("b2", "a1", "pass")
    on_sqlite.db("upgrade")
    (on_sqlite.folder / "migrations" / "versions" / "b2.py").unlink()

    for arguments in (("upgrade",), ("downgrade", "base"), ("current",)):
        status, said = on_sqlite.run("db", *arguments)
        assert status == 1
        assert "The database has seen migration b2" in said
        assert "newer code" in said
    assert on_sqlite.execute("SELECT * FROM alembic_version") == [("b2",)]
    assert "There is no migration zz in " in on_sqlite.run("db", "upgrade", "zz")[1]


def test_migrations_that_were_written_side_by_side_are_brought_together(project):
    project.migration("a1", None, TAGS, UNTAG)
    project.db("upgrade")
    assert "there is nothing to merge" in project.db("merge", "-m", "too early")
    project.migration("b2", "a1", ROW, 'op.execute("DELETE FROM tags WHERE id = 1")')
    project.migration("c3", "a1", ROW.replace("1", "2"))

    for arguments in (("upgrade",), ("revision", "-m", "more")):
        status, said = project.run("db", *arguments)
        assert status == 1
        assert "each written without the others: b2, c3. Run `pronghorn db merge -m" in said
        assert "[migration-command]" in said

    assert project.db("merge", "-m", "b2 and c3").startswith("wrote migrations/versions/")
    said = project.db("upgrade").splitlines()
    assert sorted(said[:2]) == ["upgraded to b2: about b2", "upgraded to c3: about c3"]
    assert said[2].endswith(": b2 and c3")
    assert project.execute("SELECT id FROM tags ORDER BY id") == [(1,), (2,)]
    assert project.db("current").endswith(" (head) (mergepoint)\n")
    project.db("downgrade", "base")
    assert project.tables() == set()


def test_models_without_tables_and_without_names_are_refused(on_sqlite):
    status, said = on_sqlite.run("db", "revision", "--autogenerate", "-m", "first")
    assert status == 1
    assert "knows no table" in said
    assert "[migration-tables]" in said

    on_sqlite.write("models.py", MODELS.replace("naming_convention=NAMING_CONVENTION", ""))
    status, said = on_sqlite.run("db", "revision", "--autogenerate", "-m", "first")
    assert status == 1
    assert "the unique (email) of `users`" in said
    assert "MetaData(naming_convention=NAMING_CONVENTION)" in said
    assert not list((on_sqlite.folder / "migrations" / "versions").glob("*.py"))


def test_a_server_that_is_not_there_is_named_without_its_password(on_sqlite):
    on_sqlite.address = "postgresql://ada:secret@127.0.0.1:9/shop"

    status, said = on_sqlite.run("db", "current")

    assert status == 1
    assert "There is no connection to " in said
    assert "127.0.0.1:9/shop" in said
    assert "secret" not in said
    assert "Traceback" not in said


def test_without_alembic_the_extra_is_named(on_sqlite, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    assert on_sqlite.run("db", "upgrade") == (
        1,
        'pronghorn db: sqlalchemy is not installed. Run `pip install "pronghorn[data]"`.\n',
    )


def test_other_commands_load_neither_alembic_nor_sqlalchemy(on_sqlite):
    program = (
        "import sys, pronghorn.cli.commands; print({'alembic', 'sqlalchemy'} & {*sys.modules})"
    )
    assert on_sqlite.run_alone("-c", program, module="") == (0, "set()\n")


# Whoever migrates from an application gives the database; its folder needs no module of it.
ENV = """
from sqlalchemy import MetaData
from pronghorn.data.migrations import run

run(None, MetaData())
"""


@pytest.fixture
def prepared(project):
    project.write("migrations/env.py", ENV)
    project.migration("a1", None, TAGS, UNTAG)
    project.migration("b2", "a1", ROW)
    return project


@pytest.mark.anyio
async def test_an_application_upgrades_its_own_database(prepared):
    folder = prepared.folder / "migrations"
    async with Database(prepared.address) as database:
        assert await upgrade(database, folder, "a1") == ["upgraded to a1: about a1"]
        assert await upgrade(database, folder) == ["upgraded to b2: about b2"]
        assert await upgrade(database, folder) == []
        async with database.engine.connect() as connection:
            found = await connection.exec_driver_sql("SELECT id FROM tags")
            assert found.all() == [(1,)]
            if prepared.is_sqlite:
                enforced = await connection.exec_driver_sql("PRAGMA foreign_keys")
                assert enforced.scalar() == 1


# The table that the first migration makes, with a column more or less.
TABLE = """
from sqlalchemy import Column, Integer, MetaData, Table
from pronghorn.data.migrations import run

metadata = MetaData()
Table("tags", metadata, Column("id", Integer, primary_key=True), *{more})
run(None, metadata)
"""


@pytest.mark.anyio
async def test_an_application_is_told_what_differs(on_sqlite):
    on_sqlite.migration("a1", None, TAGS, UNTAG)
    database, folder = Database(on_sqlite.address), on_sqlite.folder / "migrations"
    on_sqlite.write("migrations/env.py", TABLE.format(more="[]"))
    await upgrade(database, folder)
    assert await differences(database, folder) == ""

    on_sqlite.write("migrations/env.py", TABLE.format(more="[Column('color', Integer)]"))
    assert "add_column(sa.Column('color'" in await differences(database, folder)


@pytest.mark.anyio
async def test_many_upgrades_at_once_in_one_process_are_one(prepared):
    databases = [Database(prepared.address) for _ in range(4)]

    done = await asyncio.gather(
        *(upgrade(one, prepared.folder / "migrations") for one in databases)
    )

    assert sorted(len(applied) for applied in done) == [0, 0, 0, 2]


@pytest.mark.slow
def test_many_processes_upgrade_once_together(project):
    project.migration("a1", None, TAGS, UNTAG)
    project.migration("b2", "a1", ROW)
    project.migration("c3", "b2", "import time\ntime.sleep(0.5)")
    processes = [project.start("db", "upgrade") for _ in range(4)]
    said = [process.communicate(timeout=90)[0] for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0, 0], said
    assert sorted(text.count("upgraded to") for text in said) == [0, 0, 0, 3]
    assert project.execute("SELECT count(*) FROM tags") == [(1,)]


@pytest.mark.anyio
async def test_an_application_learns_why_it_cannot_be_upgraded(prepared):
    prepared.migration("c3", "b2", "raise LookupError('it is not there')")
    database = Database(prepared.address)

    with pytest.raises(MigrationError, match="LookupError: it is not there") as caught:
        await upgrade(database, prepared.folder / "migrations")
    assert isinstance(caught.value.__cause__, LookupError)
    assert "c3.py:" in str(caught.value)

    with pytest.raises(MigrationError, match="There are no migrations in"):
        await upgrade(database, prepared.folder)


@pytest.mark.slow
def test_statements_outside_of_a_transaction_come_first_in_a_migration(on_postgres):
    on_postgres.migration("a1", None, TAGS, UNTAG)
    on_postgres.migration("b2", "a1", f'op.execute("SELECT 1")\n{BLOCK}')

    status, said = on_postgres.run("db", "upgrade")
    assert status == 1
    assert "Move it to a migration of its own" in said
    assert "[migration-autocommit]" in said
    assert on_postgres.tables() == set()

    (on_postgres.folder / "migrations" / "versions" / "b2.py").unlink()
    on_postgres.migration("b2own", "a1", BLOCK)
    on_postgres.migration("c3", "b2own", ROW)
    processes = [on_postgres.start("db", "upgrade") for _ in range(3)]
    said = [process.communicate(timeout=90)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    assert sorted(text.count("upgraded to") for text in said) == [0, 0, 3]
    found = on_postgres.execute(
        "SELECT indisvalid FROM pg_index WHERE indexrelid = 'ix_tags'::regclass"
    )
    assert found == [(True,)]


def test_a_block_that_fails_says_what_stays(on_postgres):
    on_postgres.migration("a1", None, TAGS, UNTAG)
    failing = 'with op.get_context().autocommit_block():\n    op.execute("SELECT 1 / 0")'
    on_postgres.migration("b2", "a1", failing)

    status, said = on_postgres.run("db", "upgrade")

    assert status == 1
    assert "What was done before and within `autocommit_block()` stays" in said
    assert on_postgres.db("current").startswith("a1")
    assert on_postgres.tables() == {"tags"}


def test_on_sqlite_the_block_stays_in_the_transaction(on_sqlite):
    on_sqlite.migration("a1", None, TAGS, UNTAG)
    on_sqlite.migration("b2", "a1", f'{BLOCK}\nraise LookupError("too late")')

    assert on_sqlite.run("db", "upgrade")[0] == 1
    assert on_sqlite.tables() == set()


@pytest.mark.slow
@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
def test_behind_a_pooler_migrations_are_whole_and_once_as_well(on_postgres, driver):
    on_postgres.migration("a1", None, TAGS, UNTAG)
    on_postgres.migration("b2", "a1", f"{ROW}\nimport time\ntime.sleep(0.5)")
    pooled = DATABASE.replace("])", "], pooler=True)")
    on_postgres.write("database.py", pooled)
    with running_pgbouncer(on_postgres.address) as bouncer:
        direct = on_postgres.address
        on_postgres.address = bouncer.url.replace("postgresql:", f"postgresql+{driver}:")
        processes = [on_postgres.start("db", "upgrade") for _ in range(3)]
        said = [process.communicate(timeout=90)[0] for process in processes]
        assert [process.returncode for process in processes] == [0, 0, 0], said
        assert sorted(text.count("upgraded to") for text in said) == [0, 0, 2]

        on_postgres.migration("c3", "b2", f'{ROW.replace("1", "2")}\nraise LookupError("late")')
        assert on_postgres.run("db", "upgrade")[0] == 1
        (on_postgres.folder / "migrations" / "versions" / "c3.py").unlink()
        on_postgres.migration("c4", "b2", BLOCK)
        status, said = on_postgres.run("db", "upgrade")
        assert status == 1
        assert "a transaction pooler gives none" in said
    on_postgres.address = direct
    assert on_postgres.execute("SELECT id FROM tags") == [(1,)]
    assert on_postgres.execute("SELECT * FROM alembic_version") == [("b2",)]
