"""A database for each test: a SQLite file, or one of PostgreSQL's by either driver."""

from collections.abc import Iterator

import pytest
from servers.postgres import fresh_database, running_postgres

DRIVERS = ("sqlite", "asyncpg", "psycopg")


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server of the test run's own."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def postgres_database(postgres) -> Iterator[str]:
    """The address of an empty database of PostgreSQL."""
    with fresh_database(postgres) as url:
        yield url


@pytest.fixture(params=DRIVERS, scope="module")
def shared_address(request, postgres, tmp_path_factory) -> Iterator[str]:
    """The same for a whole module, whose tests read only."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('shared') / 'test.db'}"
        return
    with fresh_database(postgres) as url:
        yield url.replace("postgresql://", f"postgresql+{request.param}://")


@pytest.fixture(params=DRIVERS)
def address(request, tmp_path) -> str:
    """The address of an empty database, once for each driver."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    url = request.getfixturevalue("postgres_database")
    # The server has no encryption. asyncpg, left to look for it while it cancels a statement, may
    # leave an exception behind that nobody sees to.
    return url.replace("postgresql://", f"postgresql+{request.param}://") + "?sslmode=disable"
