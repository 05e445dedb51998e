"""How asyncpg is connected: host after host, each with its own time-out, as libpq does it."""

import random
import socket
import ssl
from collections.abc import Iterator
from typing import Any, Final

import asyncpg  # type: ignore[import-untyped]  # it has no types of its own

from pronghorn.data.connections.commits import honest
from pronghorn.data.connections.drivers import (
    Wishes,
    asyncpg_arguments,
    is_name_verified_instead,
    seconds_to_connect,
)
from pronghorn.data.connections.undisturbed import Undisturbed
from pronghorn.data.connections.urls import Address
from pronghorn.exceptions import DeclarationValueError

TRY_NEXT: Final = (
    OSError,  # a `TimeoutError` is one
    asyncpg.CannotConnectNowError,
    asyncpg.TargetServerAttributeNotMatched,
)
"""What makes libpq, and so us, try the next host. A wrong password does not."""

KEEPALIVES: Final = {
    "keepalives_idle": (socket.IPPROTO_TCP, getattr(socket, "TCP_KEEPIDLE", None)),
    "keepalives_interval": (socket.IPPROTO_TCP, getattr(socket, "TCP_KEEPINTVL", None)),
    "keepalives_count": (socket.IPPROTO_TCP, getattr(socket, "TCP_KEEPCNT", None)),
    "tcp_user_timeout": (socket.IPPROTO_TCP, getattr(socket, "TCP_USER_TIMEOUT", None)),
    "keepalives": (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
}
"""libpq's names for options of sockets; a system that lacks one goes without, as in libpq."""


class Connector:
    """Called with the place and who asks, it gives a connection of asyncpg's."""

    def __init__(self, address: Address, wishes: Wishes) -> None:
        self.hosts = address.hosts
        self.arguments = asyncpg_arguments(address, wishes)
        self.target = self.arguments.pop("target_session_attrs", None)
        self.timeout = seconds_to_connect(address, wishes)
        self.is_name_verified_instead = is_name_verified_instead(address)
        parameters = dict(address.parameters)
        self.is_shuffled = parameters.get("load_balance_hosts") == "random"
        self.undisturbed = Undisturbed(lambda late: late.terminate())
        # libpq asks whether the other side is still there, unless it is told not to.
        self.socket_options = {"keepalives": 1} | {
            name: int(value) for name, value in parameters.items() if name in KEEPALIVES
        }
        self.arguments["connection_class"] = (
            make_pooled(wishes) if wishes.is_pooled else HonestConnection
        )

    async def __call__(self, **login: Any) -> Any:
        last: BaseException | None = None
        for place in self.places():
            try:
                arguments = {**login, **place, **self.arguments, "timeout": self.timeout}
                found = await self.undisturbed.made(asyncpg.connect(**arguments))
            except ssl.SSLCertVerificationError as error:
                if self.is_name_verified_instead:
                    raise no_channel_binding(error) from error
                raise
            except TRY_NEXT as error:
                last = error
            else:
                self.set_socket_options(found)
                return found
        raise last or OSError("the database has no host")

    def places(self) -> Iterator[dict[str, Any]]:
        """Where to try, in order. `prefer-standby` asks for a standby first, then for any."""
        hosts: list[tuple[str, int | None] | None] = [*self.hosts] or [None]
        if self.is_shuffled:
            random.shuffle(hosts)
        targets = ["standby", "any"] if self.target == "prefer-standby" else [self.target]
        for target in targets:
            for host in hosts:
                place: dict[str, Any] = {"target_session_attrs": target}
                if host is not None:
                    # asyncpg parts a text by commas, and an abstract socket begins with "@".
                    place |= {"host": [host[0]], "port": host[1] or 5432}
                yield place

    def set_socket_options(self, found: Any) -> None:
        used = found._transport.get_extra_info("socket") if self.socket_options else None
        if used is None or used.family not in (socket.AF_INET, socket.AF_INET6):
            return
        for name, value in self.socket_options.items():
            level, option = KEEPALIVES[name]
            if option is not None:
                used.setsockopt(level, option, value)


def no_channel_binding(error: ssl.SSLCertVerificationError) -> DeclarationValueError:
    return DeclarationValueError(
        "database-driver",
        problem="The address asks for `channel_binding=require`, which asyncpg does not have. In"
        " its place the certificate of the host was compared, and this system does not trust it:"
        f" {error.verify_message}.",
        remedy="Add `sslrootcert=/path/of/ca.pem`, or use psycopg, which has channel binding:"
        " `postgresql+psycopg://…` (`pip install 'pronghorn[psycopg]'`).",
    )


HonestConnection: Final[Any] = honest(asyncpg.Connection)


def make_pooled(wishes: Wishes) -> type[Any]:
    """A class of connections for transaction poolers.

    A pooler gives each transaction another connection of the server's.  So nothing is sent
    outside of one, and what else would be a setting of the connection's is one of the transaction.
    """
    said = wishes.in_transactions

    class PooledConnection(HonestConnection):  # type: ignore[misc]  # asyncpg has no types
        __slots__ = ()

        async def execute(self, query: str, *args: Any, **named: Any) -> Any:
            # asyncpg begins by this: one way to the server and back is enough for both.
            if query.startswith("BEGIN") and not args:
                query = f"{query} {said}"
            return await super().execute(query, *args, **named)

        async def set_type_codec(self, *args: Any, **named: Any) -> None:
            # It asks for the type: a statement is prepared, then executed.
            async with self.transaction():
                await super().set_type_codec(*args, **named)

    return PooledConnection
