"""A project of its own for each test: a folder with a database, models and migrations."""

import asyncio
import importlib
import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

import pronghorn
from pronghorn.cli.commands import run_command

SOURCE = Path(pronghorn.__file__).parent.parent

DATABASE = """
import os
from pronghorn.data import Database

db = Database(os.environ["DATABASE_URL"])
"""

# For migrations written by hand.
MODELS = """
from sqlalchemy.orm import DeclarativeBase

class Base(DeclarativeBase): ...
"""

MIGRATION = '''
"""{title}"""
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {after!r}

def upgrade():
{up}

def downgrade():
{down}
'''


@dataclass
class Project:
    folder: Path
    address: str

    @property
    def is_sqlite(self):
        return self.address.startswith("sqlite")

    def write(self, name, content):
        (self.folder / name).write_text(content)

    def migration(self, revision, after, up, down="pass"):
        """Write a migration; `up` and `down` are lines of Python."""
        up, down = (
            "\n".join(f"    {line}" for line in lines.strip("\n").splitlines())
            for lines in (up, down)
        )
        made = MIGRATION.format(
            title=f"about {revision}", revision=revision, after=after, up=up, down=down
        )
        self.write(f"migrations/versions/{revision}.py", made)

    def start(self, *arguments, module="pronghorn", **variables):
        environment = {
            **os.environ,
            "PYTHONPATH": str(SOURCE),
            "DATABASE_URL": self.address,
            "COLUMNS": "100",
            **variables,
        }
        return subprocess.Popen(
            [
                sys.executable,
                "-W",
                "error::ResourceWarning",
                *(("-m", module) if module else ()),
                *arguments,
            ],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments):
        """Run a command in this process; its exit status, and all that it said."""
        said = StringIO()
        before = set(sys.modules)
        importlib.invalidate_caches()
        with (
            chdir(self.folder),
            patch.dict(os.environ, DATABASE_URL=self.address),
            patch.object(sys, "path", ["", *sys.path]),
            redirect_stdout(said),
            redirect_stderr(said),
        ):
            try:
                status = run_command([*arguments])
            finally:
                for name in set(sys.modules) - before:
                    if str(self.folder) in str(getattr(sys.modules[name], "__file__", "")):
                        del sys.modules[name]
        return status, said.getvalue()

    def run_alone(self, *arguments, module="pronghorn", **variables):
        """Run a command in a process of its own."""
        process = self.start(*arguments, module=module, **variables)
        said, _ = process.communicate(timeout=60)
        return process.returncode, said

    def db(self, *arguments):
        """Run `pronghorn db …`, which has to succeed."""
        status, said = self.run("db", *arguments)
        assert status == 0, said
        return said

    def execute(self, *statements):
        """Execute statements, and give the rows of the last one."""
        return asyncio.run(self.execute_in(statements))

    async def execute_in(self, statements):
        url = self.address.replace("sqlite:", "sqlite+aiosqlite:")
        engine = create_async_engine(url, poolclass=NullPool)
        rows = []
        async with engine.begin() as connection:
            for statement in statements:
                result = await connection.execute(text(statement))
                rows = [tuple(row) for row in result] if result.returns_rows else []
        await engine.dispose()
        return rows

    def tables(self):
        query = (
            "SELECT name FROM sqlite_master WHERE type = 'table'"
            if self.is_sqlite
            else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        return {name for (name,) in self.execute(query)} - {"alembic_version"}


def make_project(folder, address):
    project = Project(folder, address)
    project.write("database.py", DATABASE)
    project.write("models.py", MODELS)
    return project


@pytest.fixture
def empty(tmp_path, address):
    """A folder with a database and a module of models, before `pronghorn db init`."""
    return make_project(tmp_path, address)


def with_migrations(folder, address):
    project = make_project(folder, address)
    project.db("init", "database:db", "models:Base")
    return project


@pytest.fixture
def project(tmp_path, address):
    """The same with a folder of migrations, once for each driver."""
    return with_migrations(tmp_path, address)


@pytest.fixture
def on_sqlite(tmp_path):
    return with_migrations(tmp_path, f"sqlite:///{tmp_path / 'test.db'}")


@pytest.fixture
def on_postgres(tmp_path, postgres_database):
    return with_migrations(tmp_path, postgres_database)
