"""A PgBouncer in transaction mode before a PostgreSQL server, for the tests of poolers.

    with running_pgbouncer(server_url, "database") as bouncer: connect(bouncer.url)

Debian's package `pgbouncer` has it. Where there is none the tests are skipped with the reason,
and fail when `$CI` is set.
"""

import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from pronghorn.data.testing.kept import KeptServer, free_port
from pronghorn.data.testing.missing import give_up
from pronghorn.data.testing.postgres import numbers

# https://www.pgbouncer.org/config.html
CONFIGURATION = """
[databases]
* = host={host} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = plain
auth_file = {users}
pool_mode = transaction
default_pool_size = {pool_size}
max_client_conn = 200
{more}
"""


@dataclass(frozen=True)
class PgBouncer:
    """A pooler that runs."""

    url: str
    kept: KeptServer

    def log(self) -> str:
        return self.kept.log()


@contextmanager
def running_pgbouncer(url: str, *, pool_size: int = 4) -> Iterator[PgBouncer]:
    """Yield a pooler before the database *url*.

    It does not follow named prepared statements: those that outlive a transaction are not found,
    or are somebody else's.
    """
    program = shutil.which("pgbouncer", path="/usr/sbin:/usr/local/bin:/usr/bin:/opt/homebrew/bin")
    if program is None:
        give_up("no PgBouncer: it is not installed (Debian's package pgbouncer)")
    server = urlsplit(url)
    user, password = unquote(server.username or ""), unquote(server.password or "")
    port = free_port()
    kept = KeptServer("pgbouncer")
    try:
        users = kept.write("users", f'"{user}" "{password}"\n')
        configuration = CONFIGURATION.format(
            host=server.hostname,
            port=server.port or 5432,
            own_port=port,
            users=users,
            pool_size=pool_size,
            more="max_prepared_statements = 0" if follows_statements(program) else "",
        )
        path = kept.write("pgbouncer.ini", configuration)
        kept.start([program, path], lambda _: is_listening(port))
        own = server._replace(netloc=f"{user}:{server.password}@127.0.0.1:{port}")
        yield PgBouncer(own.geturl(), kept)
    finally:
        kept.stop(signal.SIGQUIT)
        kept.close()


def follows_statements(program: str) -> bool:
    """Whether it could follow prepared statements: since 1.21."""
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    return numbers(told)[:2] >= (1, 21)


def is_listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
