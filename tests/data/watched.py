"""A database with tables, and what others see of it while a request runs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from data.models import Base, User
from drivers.asgi import exchange
from sqlalchemy import Connection, Engine, create_engine, func, select
from sqlalchemy.pool import NullPool

from pronghorn.data import Database
from pronghorn.data.connections.upkeep import IN_TRANSACTION


class Watched:
    """A database, and a second way into it that shares nothing with the first."""

    def __init__(self, address: str, **options: Any) -> None:
        self.db = Database(address, **options)
        self.outside: Engine = create_engine(self.db.address.sync_url, poolclass=NullPool)
        Base.metadata.create_all(self.outside)

    def names(self) -> list[str]:
        """The names that another connection sees now: what is committed."""
        with self.outside.connect() as connection:
            return list(connection.scalars(select(User.name).order_by(User.id)))

    def count(self) -> int:
        with self.outside.connect() as connection:
            return connection.scalar(select(func.count()).select_from(User)) or 0

    def held(self) -> int:
        """How many connections are out of their pools."""
        engines = [*self.db._engines.made(), *self.db._sync_engines.made()]
        return sum(engine.pool.checkedout() for engine in engines)


@asynccontextmanager
async def watched(address: str, **options: Any) -> AsyncIterator[Watched]:
    seen = Watched(address, **options)
    async with seen.db:
        yield seen
    seen.outside.dispose()


def is_in_transaction(connection: Connection) -> bool:
    """Whether the driver knows of a transaction that is open."""
    is_open = IN_TRANSACTION[connection.dialect.driver]
    driver_level = connection.connection.dbapi_connection
    return is_open(connection.dialect.get_driver_connection(driver_level))


class Moment:
    """What is seen when a message leaves the application."""

    def __init__(self, kind: str, names: list[str], held: int) -> None:
        self.kind, self.names, self.held = kind, names, held

    def __repr__(self) -> str:
        return f"{self.kind}: {self.names} committed, {self.held} held"


async def moments(
    app: Any,
    seen: Watched,
    method: str,
    target: str,
    *,
    noted: list[Moment] | None = None,
    **options: Any,
) -> Any:
    """The answer of one request, and what is seen at each message of it."""
    noted = [] if noted is None else noted

    async def watching(scope: Any, receive: Any, send: Any) -> None:
        async def noting(message: Any) -> None:
            noted.append(Moment(message["type"], seen.names(), seen.held()))
            await send(message)

        await app(scope, receive, noting)

    answer = await exchange(watching, method, target, **options)
    return answer, noted
