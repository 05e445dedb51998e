"""What an `Address` means to each driver: arguments, and settings that a connection begins with.

What libpq takes, psycopg takes.  For asyncpg each parameter is translated; what cannot be said to
it is refused.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, Final

from pronghorn._record import record
from pronghorn.data.connections.tls import (
    VERIFYING,
    effective_mode,
    make_context,
    system_certificates,
    with_environment,
)
from pronghorn.data.connections.urls import Address
from pronghorn.exceptions import DeclarationValueError


@record
class Wishes:
    """What we want of each connection, beside what its address says."""

    connect_timeout: float
    """Seconds until a host is given up."""
    settings: Mapping[str, str]
    """PostgreSQL's settings."""
    is_pooled: bool
    """Whether a transaction pooler stands between: nothing may outlive a transaction."""

    @property
    def at_start(self) -> Mapping[str, str]:
        """The settings, if they are said when a connection begins and not in each transaction."""
        return {} if self.is_pooled else self.settings

    @property
    def in_transactions(self) -> str:
        """The settings as statements of a transaction."""
        return " ".join(f"SET LOCAL {name} = '{value}';" for name, value in self.settings.items())


def has_psycopg() -> bool:
    """Whether PostgreSQL's blocking sessions can be had."""
    return find_spec("psycopg") is not None


def require_psycopg() -> None:
    if not has_psycopg():
        raise DeclarationValueError(
            "database-driver",
            problem="Blocking sessions on PostgreSQL need psycopg, which is not installed.",
            remedy="Run `pip install 'pronghorn[psycopg]'`.",
        )


# -- psycopg


def psycopg_arguments(address: Address, wishes: Wishes) -> dict[str, Any]:
    """Arguments of `psycopg.connect`, beside user, password and database."""
    arguments: dict[str, Any] = dict(address.parameters)
    if address.hosts:
        arguments["host"] = ",".join(host for host, _ in address.hosts)
        if any(port for _, port in address.hosts):
            arguments["port"] = ",".join(str(port or 5432) for _, port in address.hosts)
    if arguments.get("sslrootcert") == "system":
        arguments["sslmode"] = effective_mode(arguments)
        # The OpenSSL within `psycopg[binary]` looks for the system's certificates elsewhere.
        arguments["sslrootcert"] = system_certificates() or "system"
    arguments["connect_timeout"] = whole_seconds(address, wishes)
    said = [f"-c {name}={escaped(value)}" for name, value in wishes.at_start.items()]
    # The user's own come last, and so win.
    options = " ".join([*said, *([arguments["options"]] if "options" in arguments else [])])
    if options:
        arguments["options"] = options
    if wishes.is_pooled:
        arguments["prepare_threshold"] = None
    return arguments


def escaped(value: str) -> str:
    """*value* for `options`, which are parted by spaces."""
    return value.replace("\\", "\\\\").replace(" ", "\\ ")


def whole_seconds(address: Address, wishes: Wishes) -> int:
    return int(seconds_to_connect(address, wishes) + 0.999)


def seconds_to_connect(address: Address, wishes: Wishes) -> float:
    """What the address says; 0, which would be for ever, says nothing."""
    return float(dict(address.parameters).get("connect_timeout", 0)) or wishes.connect_timeout


# -- asyncpg

OWN: Final = ("gsslib", "krbsrvname", "passfile", "service", "target_session_attrs")
"""What asyncpg has an argument for, of the same name and meaning."""

SETTINGS: Final = ("application_name", "options")
"""What is said to the server as it is."""

ELSEWHERE: Final = (
    *("channel_binding", "connect_timeout", "fallback_application_name", "load_balance_hosts"),
    *("sslcert", "sslcrl", "sslkey", "sslmode", "sslnegotiation", "sslpassword", "sslrootcert"),
    *("ssl_max_protocol_version", "ssl_min_protocol_version"),
    *("keepalives", "keepalives_count", "keepalives_idle", "keepalives_interval"),
    "tcp_user_timeout",
)
"""What is done by this file, by `tls.py` or by `connecting.py`."""

AS_IT_IS: Final = {
    "client_encoding": ("auto", "unicode", "utf-8", "utf8"),
    "gssdelegation": ("0",),
    "gssencmode": ("disable", "prefer"),
    "max_protocol_version": ("3.0", "3.2", "latest"),
    "min_protocol_version": ("3.0",),
    "replication": ("0", "false", "no", "off"),
    "sslcertmode": ("allow",),
    "sslcompression": ("0",),
    "sslsni": ("1",),
}
"""Values that say what asyncpg does anyway."""


def asyncpg_arguments(address: Address, wishes: Wishes) -> dict[str, Any]:
    """Arguments of `asyncpg.connect`, beside place, user, password and database."""
    given = with_environment(dict(address.parameters))
    for name, value in given.items():
        refuse_what_asyncpg_lacks(name, value)
    arguments: dict[str, Any] = {name: given[name] for name in OWN if name in given}
    settings = dict(wishes.at_start)
    if "fallback_application_name" in given:
        settings["application_name"] = given["fallback_application_name"]
    settings |= {name: given[name] for name in SETTINGS if name in given}
    if settings:
        arguments["server_settings"] = settings
    if wishes.is_pooled:
        arguments["statement_cache_size"] = 0
    if given.get("sslnegotiation") == "direct":
        arguments["direct_tls"] = True
    return arguments | asyncpg_tls(address, given)


def refuse_what_asyncpg_lacks(name: str, value: str) -> None:
    if name in (*OWN, *SETTINGS, *ELSEWHERE) or value.lower() in AS_IT_IS.get(name, ()):
        return
    raise DeclarationValueError(
        "database-driver",
        problem=f"asyncpg cannot do what `{name}` of the database's address asks for.",
        remedy="Use psycopg: `postgresql+psycopg://…` (`pip install 'pronghorn[psycopg]'`). Or"
        f" leave `{name}` out.",
    )


def asyncpg_tls(address: Address, given: dict[str, str]) -> dict[str, Any]:
    """`ssl` for asyncpg: what it understands itself up to `prefer`, a context from `require` on."""
    if given.get("channel_binding") == "require":
        given = with_name_verified(address, given)
    mode = effective_mode(given)
    if mode == "disable":
        return {"ssl": False}
    if mode in ("allow", "prefer"):
        # asyncpg goes on without encryption where libpq does. Who names certificates wants more.
        names_certificates = "sslcert" in given or "sslrootcert" in given
        return {"ssl": make_context(given, "require") if names_certificates else mode}
    return {"ssl": make_context(given, mode)}


def with_name_verified(address: Address, given: dict[str, str]) -> dict[str, str]:
    """What keeps others from standing in between, for a driver without channel binding.

    Channel binding proves that whoever asked for the password ends the encryption, too.  That is
    so as well where the certificate is one for the host's name, by an authority that is trusted.
    """
    if not address.hosts or any(host.startswith(("/", "@")) for host, _ in address.hosts):
        raise DeclarationValueError(
            "database-address",
            problem="`channel_binding=require` needs an encrypted connection to a named host.",
            remedy="Name the host, or leave `channel_binding` out.",
        )
    if given.get("sslmode") == "disable":
        raise DeclarationValueError(
            "database-address",
            problem="`channel_binding=require` and `sslmode=disable` exclude each other.",
            remedy="Leave one of them out.",
        )
    return {"sslrootcert": "system", **given, "sslmode": "verify-full"}


def is_name_verified_instead(address: Address) -> bool:
    """Whether asyncpg compares a name because the address asks for channel binding."""
    given = with_environment(dict(address.parameters))
    return given.get("channel_binding") == "require" and given.get("sslmode") not in VERIFYING[1:]
