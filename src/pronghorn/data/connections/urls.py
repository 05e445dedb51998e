"""Addresses of databases, as hosts hand them out.

An address is understood here and nowhere else.  What it means to each driver stands in
`drivers.py`.  No message of this file shows a password, or text that may hold one.
"""

import os
import re
from importlib.util import find_spec
from typing import Final, NoReturn
from urllib.parse import parse_qsl, unquote

from sqlalchemy import URL

from pronghorn._record import record
from pronghorn.exceptions import DeclarationValueError

BACKENDS: Final = {"sqlite": "sqlite", "postgresql": "postgresql", "postgres": "postgresql"}
DRIVERS: Final = {
    "sqlite": {"aiosqlite": "aiosqlite", "pysqlite": "aiosqlite"},
    "postgresql": {"asyncpg": "asyncpg", "psycopg": "psycopg", "psycopg_async": "psycopg"},
}
"""What may stand after `+`, and the asynchronous driver that is used then."""

EXAMPLES: Final = (
    "Write `sqlite:///./blog.db`, or `postgresql://user:password@host/name` as your host hands it"
    " out."
)
HIDDEN: Final = {"password", "sslpassword"}


@record
class Address:
    """One database: its place, and what its host wants to be said to drivers."""

    url: URL
    """For the asynchronous driver. Holds the place and who asks, and no parameters."""
    sync_url: URL
    """The same for the blocking driver."""
    hosts: tuple[tuple[str, int | None], ...] = ()
    """PostgreSQL's hosts in the order in which they are tried; none: what the driver assumes."""
    parameters: tuple[tuple[str, str], ...] = ()
    """libpq's names and values; for SQLite `timeout`."""
    is_pooled: bool = False
    """Whether the address itself says that a transaction pooler answers."""

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def driver(self) -> str:
        """`aiosqlite`, `asyncpg` or `psycopg`."""
        return self.url.get_driver_name()

    @property
    def file(self) -> str | None:
        """SQLite's file; None: the database lives as long as it is open."""
        return self.url.database if self.is_sqlite else None

    def __repr__(self) -> str:
        shown = [(name, "***" if name in HIDDEN else value) for name, value in self.parameters]
        query = "?" + "&".join(f"{name}={value}" for name, value in shown) if shown else ""
        return f"Address({self.url.render_as_string()}{query})"


def read_address(text: str) -> Address:
    """Understand *text*, which names a driver or leaves the choice to us."""
    name, separator, rest = text.strip().partition("://")
    if not separator:
        refuse_address("The address of the database does not begin with a name and `://`")
    backend_name, _, driver_name = name.lower().partition("+")
    backend = BACKENDS.get(backend_name)
    if backend is None:
        refuse_address(f"`{backend_name}` is no database that is supported here")
    driver = DRIVERS[backend].get(driver_name) if driver_name else preferred_driver(backend)
    if driver is None:
        refuse_address(
            f"`{driver_name}` is no driver that is supported here for {backend}",
            f"Leave it out: `{backend}://…`. Or name one of {', '.join(DRIVERS[backend])}.",
        )
    if backend == "sqlite":
        return read_sqlite(rest)
    return read_postgresql(rest, driver)


def refuse_address(problem: str, remedy: str = EXAMPLES) -> NoReturn:
    raise DeclarationValueError("database-address", problem=f"{problem}.", remedy=remedy)


def preferred_driver(backend: str) -> str:
    """asyncpg, where it is installed: it takes the least time."""
    if backend == "sqlite":
        return "aiosqlite"
    for driver in ("asyncpg", "psycopg"):
        if find_spec(driver) is not None:
            return driver
    raise DeclarationValueError(
        "database-driver",
        problem="There is no driver for PostgreSQL.",
        remedy="Run `pip install 'pronghorn[data]'`, which brings asyncpg.",
    )


# -- SQLite


def read_sqlite(rest: str) -> Address:
    """`/relative`, `//absolute`, or nothing, for a database that is never stored."""
    path, _, query = rest.partition("?")
    if path and not path.startswith("/"):
        refuse_address(
            "The address of the SQLite file has two slashes, so a host is named in it",
            "Write three for a file beside the application (`sqlite:///./blog.db`), or four for a"
            " whole path (`sqlite:////var/lib/blog.db`).",
        )
    parameters = dict(parse_qsl(query, keep_blank_values=True))
    file: str | None = path[1:]
    if file in ("", ":memory:") or parameters.get("mode") == "memory":
        file = None
    for name in parameters.keys() - {"timeout", "mode", "cache", "uri"}:
        refuse_address(
            f"The address of the SQLite file has an unknown parameter: `{name}`", SQLITE_REMEDY
        )
    if file is not None and (file.startswith("file:") or parameters.keys() - {"timeout"}):
        refuse_address(
            "SQLite's own form of addresses (`file:…?mode=…`) is not supported", SQLITE_REMEDY
        )
    if not re.fullmatch(r"\d+(\.\d+)?", parameters.get("timeout", "5")):
        refuse_address(
            "The parameter `timeout` of the SQLite file is no number of seconds", SQLITE_REMEDY
        )
    # The folder may be another one later.
    database = None if file is None else os.path.abspath(file)  # noqa: PTH100 - keeps symlinks
    return Address(
        URL.create("sqlite+aiosqlite", database=database),
        URL.create("sqlite+pysqlite", database=database),
        parameters=tuple((key, value) for key, value in parameters.items() if key == "timeout"),
    )


SQLITE_REMEDY: Final = (
    "Leave it out. `?timeout=10` may say how many seconds a writer waits for another one."
)


# -- PostgreSQL

ENCODE: Final = (
    "Characters of a user name or a password that mean something in an address are written as"
    " `%` and their code: `@` is %40, `/` is %2F, `:` is %3A, `?` is %3F, `#` is %23, `%` is %25."
)
PARAMETERS: Final = frozenset(
    (
        "application_name",
        "channel_binding",
        "client_encoding",
        "connect_timeout",
        "dbname",
        "fallback_application_name",
        "gssdelegation",
        "gssencmode",
        "gsslib",
        "host",
        "hostaddr",
        "keepalives",
        "keepalives_count",
        "keepalives_idle",
        "keepalives_interval",
        "krbsrvname",
        "load_balance_hosts",
        "max_protocol_version",
        "min_protocol_version",
        "options",
        "passfile",
        "password",
        "port",
        "replication",
        "require_auth",
        "requirepeer",
        "service",
        "ssl_max_protocol_version",
        "ssl_min_protocol_version",
        "sslcert",
        "sslcertmode",
        "sslcompression",
        "sslcrl",
        "sslcrldir",
        "sslkey",
        "sslmode",
        "sslnegotiation",
        "sslpassword",
        "sslrootcert",
        "sslsni",
        "target_session_attrs",
        "tcp_user_timeout",
        "user",
    )
)
"""https://www.postgresql.org/docs/current/libpq-connect.html"""
CHOICES: Final = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "channel_binding": ("disable", "prefer", "require"),
    "gssencmode": ("disable", "prefer", "require"),
    "sslnegotiation": ("postgres", "direct"),
    "target_session_attrs": (
        *("any", "read-write", "read-only", "primary", "standby", "prefer-standby"),
    ),
}


def read_postgresql(rest: str, driver: str) -> Address:
    """What libpq takes for an address; of `?pgbouncer=true`, which is Prisma's, the meaning."""
    place, _, query = rest.partition("?")
    if "#" in rest:
        refuse_address("The address of the database has a `#` in it", ENCODE)
    authority, _, database = place.partition("/")
    # No name of a host has an `@`, so the last one ends the password.
    login, _, listed = authority.rpartition("@")
    user, _, password = login.partition(":")
    named = [(key, value) for key, value in parse_qsl(query, keep_blank_values=True)]
    hosts = read_hosts(listed)
    if not hosts:
        hosts = read_host_parameters(named)
    given = dict(named)
    is_pooled = given.pop("pgbouncer", "false") == "true"
    # A `?` within the password would end the place too early.
    check_parameters(given, is_shown="@" in authority or "@" not in query)
    alone = hosts[0] if len(hosts) == 1 else (None, None)
    url = URL.create(
        f"postgresql+{driver}",
        username=unquote(user) or given.get("user"),
        password=unquote(password) or given.get("password"),
        host=alone[0],
        port=alone[1],
        database=unquote(database) or given.get("dbname"),
    )
    apart = {"host", "port", "user", "password", "dbname"}
    return Address(
        url,
        url.set(drivername="postgresql+psycopg"),
        hosts=hosts,
        parameters=tuple((key, value) for key, value in given.items() if key not in apart),
        is_pooled=is_pooled,
    )


def read_hosts(listed: str) -> tuple[tuple[str, int | None], ...]:
    """`host`, `host:5432`, `[::1]:5432`, or several with commas between them."""
    if not listed:
        return ()
    hosts: list[tuple[str, int | None]] = []
    for part in listed.split(","):
        match = re.fullmatch(r"(?:\[([^\]]+)\]|([^:\[\]]*))(?::(\d*))?", part)
        if match is None:
            refuse_address(
                "The host of the database, or the number of its port, cannot be read", ENCODE
            )
        bracketed, plain, port = match.groups()
        hosts.append((unquote(bracketed or plain), read_port(port)))
    return tuple(hosts)


def read_port(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 65536:
        refuse_address("The number of the database's port is not one from 1 to 65535", ENCODE)
    return int(text)


def read_host_parameters(named: list[tuple[str, str]]) -> tuple[tuple[str, int | None], ...]:
    """`?host=/var/run/postgresql`, `?host=a,b&port=1,2`, or SQLAlchemy's `?host=a:1&host=b:2`."""
    names = [part for key, value in named if key == "host" for part in value.split(",")]
    ports = [part for key, value in named if key == "port" for part in value.split(",")]
    if len(ports) not in (0, 1, len(names) or 1):
        refuse_address("The address of the database names other numbers of hosts than of ports")
    if ports and not names:
        names = ["localhost"]
    if len(ports) == 1:
        ports *= len(names)
    hosts: list[tuple[str, int | None]] = []
    for index, name in enumerate(names):
        host, port = name, ports[index] if ports else None
        is_path = name.startswith(("/", "@"))
        if not is_path and not ports and name.count(":") == 1:
            host, _, port = name.partition(":")
        hosts.append((host, read_port(port)))
    return tuple(hosts)


def check_parameters(given: dict[str, str], *, is_shown: bool) -> None:
    for name, value in given.items():
        if name not in PARAMETERS and not is_shown:
            refuse_address("The address of the database has a `?` before its `@`", ENCODE)
        if name not in PARAMETERS:
            refuse_address(
                f"PostgreSQL's addresses have no parameter `{name}`",
                "Leave it out: it may be meant for another program. What stands after `?` is what"
                " PostgreSQL's own clients take, such as `sslmode=require`.",
            )
        if value not in CHOICES.get(name, (value,)):
            refuse_address(
                f"The parameter `{name}` of the database's address has an unknown value",
                f"Write one of {', '.join(CHOICES[name])}.",
            )
    timeout = given.get("connect_timeout", "0")
    if not re.fullmatch(r"\d{1,9}", timeout):
        refuse_address(
            "The parameter `connect_timeout` of the database's address is no number of seconds"
        )
