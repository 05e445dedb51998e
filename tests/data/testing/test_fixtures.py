"""The fixtures in a project of their own: run by pytest, on SQLite and on PostgreSQL."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from servers.postgres import durable_postgres

PROJECT = Path(__file__).parent / "project"
SOURCES = Path(__file__).parents[3] / "src"

SETTINGS = """
[pytest]
asyncio_default_fixture_loop_scope = function
filterwarnings = error
"""


WITHOUT_POSTGRES = """
from pronghorn.data.testing import postgres

postgres.places = lambda: []
"""


@pytest.fixture
def run(tmp_path, postgres):
    """Runs tests of the project with one of the two fixtures; returns how it went, and the output."""
    shutil.copy(PROJECT / "shop.py", tmp_path)
    shutil.copy(PROJECT / "fixtures.py", tmp_path / "conftest.py")
    (tmp_path / "pytest.ini").write_text(SETTINGS)
    (tmp_path / "without_postgres.py").write_text(WITHOUT_POSTGRES)

    def run(fixture, *tests, options=(), environment=None):
        for name in tests:
            shutil.copy(PROJECT / f"{name}.py", tmp_path / f"test_{name}.py")
        ran = subprocess.run(
            [sys.executable, "-X", "dev", "-m", "pytest", "-q", "-p", "no:cacheprovider", *options],
            cwd=tmp_path,
            env={
                **os.environ,
                "FIXTURE": fixture,
                "PYTHONPATH": os.fspath(SOURCES),
                "TEST_POSTGRES_URL": postgres,
                **(environment or {}),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        return ran.returncode, ran.stdout + ran.stderr

    return run


def counts(output):
    """How many tests passed, failed and so on, by the last line."""
    last = output.strip().splitlines()[-1]
    return {what: int(count) for count, what in re.findall(r"(\d+) ([a-z]+)", last) if what != "in"}


@pytest.mark.parametrize(
    ("fixture", "more"), [("database", "only_fresh"), ("transaction", "refused")]
)
def test_applications_are_tested_in_every_way(run, fixture, more):
    code, output = run(fixture, "journeys", more)

    assert code == 0, output
    assert set(counts(output)) == {"passed"}, output
    assert not Path("/nowhere").exists()


@pytest.mark.parametrize("fixture", ["database", "transaction"])
def test_the_driver_is_the_one_of_the_application(run, fixture):
    code, output = run(
        fixture,
        "journeys",
        options=("-k", "postgresql and not goes_on and not again"),
        environment={"SHOP_DATABASE": "postgresql+psycopg://nobody:secret@nowhere.invalid/shop"},
    )

    assert code == 0, output
    assert set(counts(output)) == {"passed", "deselected"}, output


def test_processes_that_run_tests_do_not_meet_and_leave_nothing(run):
    async def databases(url):
        connection = await asyncpg.connect(url)
        try:
            return {row["datname"] for row in await connection.fetch("SELECT * FROM pg_database")}
        finally:
            await connection.close()

    # A server that nobody else uses meanwhile.
    with durable_postgres() as server:
        before = asyncio.run(databases(server.url))
        code, output = run(
            "database",
            "journeys",
            options=("-n", "2", "-k", "blocking or loop"),
            environment={"TEST_POSTGRES_URL": server.url},
        )
        assert code == 0, output
        assert set(counts(output)) == {"passed"}, output
        assert asyncio.run(databases(server.url)) == before


MISTAKES = {
    "write a fixture `schema_of_app` in your conftest.py": """
def test(database): ...
""",
    "there are 2 databases": """
from pronghorn.data import Database
from shop import db
other = Database("sqlite:///other.db")

def test(database): ...
""",
    "takes either `database` or `transaction`": """
import pytest
from shop import Base

@pytest.fixture(scope="session")
def schema_of_app():
    return Base.metadata

def test(database, transaction): ...
""",
    "a connection to the database is still used": """
import pytest, sqlite3
from shop import Base, db

@pytest.fixture(scope="session")
def schema_of_app():
    def make(database):
        Base.metadata.create_all(database.sync_engine)
        connection = sqlite3.connect(database.address.url.database)
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM items").fetchone()
        left_open.append(connection)
        with database.sync_engine.begin() as another:
            another.exec_driver_sql("INSERT INTO items (name) VALUES ('a')")
    return make

left_open = []

def test(database): ...
""",
}


@pytest.mark.parametrize("message", MISTAKES)
def test_mistakes_are_named(tmp_path, message):
    shutil.copy(PROJECT / "shop.py", tmp_path)
    (tmp_path / "conftest.py").write_text('pytest_plugins = ["pronghorn.data.testing"]')
    (tmp_path / "test_it.py").write_text("import shop\n" + MISTAKES[message])
    (tmp_path / "pytest.ini").write_text(SETTINGS.replace("error", "ignore"))

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.fspath(SOURCES)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 1, ran.stdout
    assert message in ran.stdout


SCHEMAS = """
import pytest
from shop import Base, Item, db
from sqlalchemy import select

def make(database):
    assert database is db
    Base.metadata.create_all(database.sync_engine)
    with database.sessions.sync() as session:
        session.add(Item(name="seeded"))

async def make_async(database):
    async with database.engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with database.sessions() as session:
        session.add(Item(name="seeded"))

@pytest.fixture(scope="session", params=[make, make_async])
def schema_of_app(request):
    return request.param

@pytest.fixture(scope="session")
def database_of_app():
    return db

@pytest.mark.parametrize("time", [1, 2])
def test_it_is_there(database, time):
    with database.sessions.sync() as session:
        session.add(Item(name="another"))
        assert session.scalars(select(Item.name).order_by(Item.id)).all() == ["seeded", "another"]
"""

LATE = """
import pytest
from shop import Item
from sqlalchemy import select

@pytest.fixture(scope="session")
def database_backend():
    return "sqlite"

@pytest.mark.parametrize("fixture", ["database", "transaction"])
@pytest.mark.asyncio
async def test_it_is_asked_for_where_a_loop_runs(request, fixture):
    database = request.getfixturevalue(fixture)
    async with database.sessions() as session:
        assert (await session.scalars(select(Item.name))).all() == []
"""


def test_a_schema_is_made_by_a_function_too(run, tmp_path):
    (tmp_path / "test_schemas.py").write_text(SCHEMAS)

    code, output = run("database", options=("test_schemas.py",))

    assert code == 0, output
    assert counts(output) == {"passed": 8}, output


MIGRATED = """
import pytest
from pronghorn.data.migrations import upgrade
from sqlalchemy import text

@pytest.fixture(scope="session")
def schema_of_app():
    return upgrade

@pytest.mark.asyncio
async def test_there_is_what_migrations_made(database, client):
    assert (await client.post("/items?name=a")).json() == "a"
    async with database.sessions.read() as session:
        assert len((await session.execute(text("SELECT * FROM alembic_version"))).all()) == 1
"""


def test_a_schema_is_made_by_migrations_too(run, tmp_path):
    (tmp_path / "test_migrated.py").write_text(MIGRATED)
    for command in (
        ("init", "shop:db", "shop:Base"),
        ("revision", "--autogenerate", "-m", "items"),
    ):
        subprocess.run(
            [sys.executable, "-m", "pronghorn", "db", *command],
            cwd=tmp_path,
            env={
                **os.environ,
                "PYTHONPATH": os.fspath(SOURCES),
                "SHOP_DATABASE": "sqlite:///./develop.db",
            },
            check=True,
            capture_output=True,
        )

    code, output = run("database", options=("test_migrated.py",))

    assert code == 0, output
    assert counts(output) == {"passed": 2}, output


def test_the_fixtures_may_be_asked_for_where_a_loop_runs(run, tmp_path):
    (tmp_path / "test_late.py").write_text(LATE)

    code, output = run("database", options=("test_late.py",))

    assert code == 0, output
    assert counts(output) == {"passed": 2}, output


def test_without_a_server_tests_are_skipped_and_under_ci_they_fail(run):
    nowhere = {"TEST_POSTGRES_URL": "", "PG_BIN": "/nowhere", "CI": "", "PYTHONWARNINGS": ""}
    options = ("-k", "asyncio and postgresql", "-p", "without_postgres")
    _, output = run("database", "journeys", options=options, environment=nowhere)
    assert set(counts(output)) == {"skipped", "deselected"}, output

    _, output = run("database", "journeys", options=options, environment=nowhere | {"CI": "1"})
    assert "no PostgreSQL" in output
    assert set(counts(output)) == {"errors", "deselected"}, output
