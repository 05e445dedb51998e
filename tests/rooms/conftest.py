"""What the tests of this folder share."""

from collections.abc import Iterator

import pytest
from servers.postgres import running_postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server of the test run's own."""
    with running_postgres() as server:
        yield server
