"""Addresses of databases, as hosts hand them out, for each driver that may be used."""

from importlib.util import find_spec

from sqlalchemy import URL, make_url

from pronghorn._record import record

ASYNC_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
SYNC_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+psycopg"}


@record
class Address:
    """One database: its address for asynchronous and for blocking drivers."""

    url: URL
    sync_url: URL

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"


def read_address(text: str) -> Address:
    """Understand *text*, which names a driver or leaves the choice to us."""
    url = make_url(text.replace("postgres://", "postgresql://", 1))
    backend = url.get_backend_name()
    is_named = "+" in url.drivername and not url.drivername.endswith("+pysqlite")
    async_driver = url.drivername if is_named else ASYNC_DRIVERS[backend]
    if async_driver == "postgresql+asyncpg" and not is_named and find_spec("asyncpg") is None:
        async_driver = "postgresql+psycopg"
    return Address(url.set(drivername=async_driver), url.set(drivername=SYNC_DRIVERS[backend]))
