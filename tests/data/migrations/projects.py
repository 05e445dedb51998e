"""A project as a user has it: a folder with a database, models and migrations."""

import asyncio
import importlib
import os
import signal
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from unittest.mock import patch

from sqlalchemy import text

import pronghorn
from pronghorn.cli.commands import run_command
from pronghorn.data import Database

NAMES = {"database", "models", "pausing"}
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
            # Where tests run in the background of a shell, it is ignored by all that they start.
            preexec_fn=hear_interrupts,  # noqa: PLW1509 - it does nothing that a thread could hold
        )

    def run(self, *arguments):
        """Run a command in this process; its exit status, and all that it said."""
        said = StringIO()
        # Modules of other tests may have the names of this folder's.
        others = {name: sys.modules.pop(name) for name in NAMES & {*sys.modules}}
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
                for name in NAMES & {*sys.modules}:
                    del sys.modules[name]
                sys.modules.update(others)
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
        rows = []
        database = Database(self.address)
        async with database.engine.begin() as connection:
            for statement in statements:
                result = await connection.execute(text(statement))
                rows = [tuple(row) for row in result] if result.returns_rows else []
        await database.close()
        return rows

    def tables(self):
        query = (
            "SELECT name FROM sqlite_master WHERE type = 'table'"
            if self.is_sqlite
            else "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        )
        return {name for (name,) in self.execute(query)} - {"alembic_version"}


def hear_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
