"""What a database is asked when it is opened, and when somebody asks whether it is ready."""

import ssl
from pathlib import Path
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from pronghorn.data.connections.urls import Address
from pronghorn.data.errors import StandbyError
from pronghorn.exceptions import DeclarationValueError

ROOM: Final = text(
    "SELECT current_setting('max_connections')::int"
    " - current_setting('superuser_reserved_connections')::int"
    " - coalesce(current_setting('reserved_connections', true), '0')::int"
)
"""How many connections the server has for those who are no superusers."""

IS_STANDBY: Final = text(
    "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::bool"
)

MISCONFIGURED: Final = ("28", "3D", "42501")
"""A wrong password, a database that does not exist, a right that is missing: states of errors
that waiting does not mend."""

MISCONFIGURED_TEXTS: Final = (
    # libpq keeps the states of such errors to itself.
    *("authentication failed", "does not exist", "no pg_hba.conf entry"),
    # The address asks for encryption, and the server has none: as asyncpg and as libpq say it.
    *("rejected SSL upgrade", "server does not support SSL"),
    # Its certificate is none that is trusted, or another one's, as libpq says it.
    *("certificate verify failed", "does not match host name"),
)
"""What is said of the same where there is no state."""


def check_folder(address: Address) -> None:
    """SQLite makes a file that is missing, but no folder."""
    folder = Path(address.file).parent if address.file else Path()
    if not folder.is_dir():
        raise DeclarationValueError(
            "database-address",
            problem=f"There is no folder {str(folder)!r} for the database's file.",
            remedy="Make it, or write another address. One with three slashes"
            " (`sqlite:///./blog.db`) begins at the folder in which the program was started.",
        )


async def ask_postgresql(engine: AsyncEngine, *, is_writer: bool) -> None:
    """One question to the server; raises what the driver raises, or `StandbyError`."""
    async with engine.connect() as connection:
        is_standby = await connection.scalar(IS_STANDBY if is_writer else text("SELECT false"))
    if is_standby:
        raise StandbyError


async def ask_sqlite(engine: AsyncEngine) -> None:
    """Read the file's header; a reader waits for nobody."""
    async with engine.connect() as connection:
        await connection.exec_driver_sql("PRAGMA schema_version")


async def ask_room(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        room: int = await connection.scalar(ROOM)
        return room


def is_for_operators(error: BaseException) -> bool:
    """Whether somebody has to change something, and waiting would not help."""
    chain: list[BaseException] = []
    found: Any = error
    while found is not None and found not in chain:
        chain.append(found)
        found = getattr(found, "orig", None) or found.__cause__
    states = [getattr(link, "sqlstate", None) or "" for link in chain]
    if any(
        isinstance(link, DeclarationValueError | ssl.SSLCertVerificationError) for link in chain
    ):
        return True
    is_told = any(said in str(error) for said in MISCONFIGURED_TEXTS)
    return is_told or any(state.startswith(MISCONFIGURED) for state in states)


def for_operators(address: Address, error: Exception) -> Exception | None:
    """What ends the start because of *error*; None if the database may be there in a moment.

    What a driver said is told in short, since its frames are of no use to whoever mends it.
    """
    if is_pooler_unsaid(error):
        return pooler_unsaid()
    if not address.is_sqlite and not is_for_operators(error):
        return None
    return no_way_in(address, error) if isinstance(error, (DBAPIError, OSError)) else error


def no_way_in(address: Address, error: Exception) -> DeclarationValueError:
    return DeclarationValueError(
        "database-connection",
        problem=f"There is no connection to {address.url!r}: {said_by(reason_of(error))}.",
        remedy="Change the address, or what the database lets in. To wait would not help.",
    )


def reason_of(error: BaseException) -> BaseException:
    """What the driver raised, without SQLAlchemy's words and frames around it."""
    found = error.driver_exception if isinstance(error, DBAPIError) else error
    return found.with_traceback(None)


def said_by(error: BaseException) -> str:
    """What *error* says, in one line."""
    return " ".join(f"{error}".split()).rstrip(".") or type(error).__name__


def is_pooler_unsaid(error: BaseException) -> bool:
    """Whether a pooler refused the settings that we begin with."""
    return "unsupported startup parameter" in str(error)


def pooler_unsaid() -> DeclarationValueError:
    return DeclarationValueError(
        "database-pooler",
        problem="A pooler answers at the address of the database: it refuses the settings with"
        " which a connection begins.",
        remedy="Write `Database(url, pooler=True)`.",
    )
