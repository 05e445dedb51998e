"""A PostgreSQL server for the tests, started as `pronghorn.data.testing` starts it.

Where there is none the tests are skipped with the reason, and fail when `$CI` is set.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TypeVar

from pronghorn.data.testing.missing import give_up
from pronghorn.data.testing.postgres import (
    PostgresServer,
    PostgresUnavailableError,
    fresh_database,
    postgres_address,
)
from pronghorn.data.testing.postgres import running_postgres as running_own_postgres

Had = TypeVar("Had")

__all__ = ["durable_postgres", "fresh_database", "running_postgres"]


@contextmanager
def running_postgres() -> Iterator[str]:
    """Yield a `postgresql://` address: of `$TEST_POSTGRES_URL`, or of a server of the run's own."""
    with had(postgres_address()) as url:
        yield url


@contextmanager
def durable_postgres() -> Iterator[PostgresServer]:
    """Yield a server to be killed, suspended and restarted: what it acknowledged outlives that."""
    with had(running_own_postgres(durable=True)) as server:
        yield server


@contextmanager
def had(server: AbstractContextManager[Had]) -> Iterator[Had]:
    with ExitStack() as stack:
        try:
            value = stack.enter_context(server)
        except PostgresUnavailableError as error:
            give_up(f"no PostgreSQL: {error}")
        yield value
