"""The fixtures: two that tests ask for, and those that an application answers.

All are blocking functions, so they work with pytest-asyncio, with AnyIO's plugin and with neither.
Connections are made in the event loop in which they are first needed, and closed before it ends.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Literal

import pytest

from pronghorn.data.database import Database
from pronghorn.data.sessions.finding import living
from pronghorn.data.testing.missing import give_up
from pronghorn.data.testing.postgres import (
    PostgresUnavailableError,
    fresh_database,
    postgres_address,
)
from pronghorn.data.testing.prepared import Prepared, PreparedFile, PreparedTemplate, Schema
from pronghorn.data.testing.redirecting import redirected

Backend = Literal["sqlite", "postgresql"]


@pytest.fixture
def database(
    request: pytest.FixtureRequest, database_of_app: Database, prepared_database: Prepared
) -> Iterator[Database]:
    """The application's database, fresh for this test: its commits are real."""
    if "transaction" in request.fixturenames:
        pytest.fail("a test takes either `database` or `transaction`", pytrace=False)
    with prepared_database.copy() as url, redirected(database_of_app, url):
        yield database_of_app


@pytest.fixture
def transaction(database_of_app: Database, database_for_transactions: str) -> Iterator[Database]:
    """The application's database on one connection, all of whose work is rolled back."""
    with redirected(database_of_app, database_for_transactions, in_one_transaction=True):
        yield database_of_app


@pytest.fixture(scope="session")
def database_of_app() -> Database:
    """The application's `Database`.  Override it where there are several."""
    databases = list(living)
    if len(databases) != 1:
        pytest.fail(
            f"there are {len(databases)} databases, so it does not follow which one is tested."
            " Import the application in your conftest.py, and if it has several, write a fixture"
            ' `database_of_app` there, with scope="session", that returns one of them.',
            pytrace=False,
        )
    database = databases[0]
    if not isinstance(database, Database):
        pytest.fail("write a fixture `database_of_app`", pytrace=False)
    return database


@pytest.fixture(scope="session")
def schema_of_app() -> Schema:
    """What makes the tables: a `MetaData`, or a function that takes the `Database`."""
    pytest.fail(
        'write a fixture `schema_of_app` in your conftest.py, with scope="session", that returns'
        " your models' `Base.metadata`, or a function that takes the database and makes its"
        " tables, such as your migrations.",
        pytrace=False,
    )


@pytest.fixture(scope="session")
def database_backend(database_of_app: Database) -> Backend:
    """Which kind of database the tests use; override it, with `params`, to use both."""
    return "sqlite" if database_of_app.is_sqlite else "postgresql"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server: `$TEST_POSTGRES_URL`, or one that this run starts."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(postgres_address())
        except PostgresUnavailableError as error:
            give_up(f"no PostgreSQL: {error}")
        yield url


@pytest.fixture(scope="session")
def prepared_database(
    request: pytest.FixtureRequest,
    database_of_app: Database,
    schema_of_app: Schema,
    database_backend: Backend,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Prepared]:
    """A database with the schema, made once, to be copied."""
    if database_backend == "sqlite":
        yield PreparedFile(database_of_app, schema_of_app, tmp_path_factory.mktemp("database"))
        return
    server: str = request.getfixturevalue("postgres_server")
    with fresh_database(server) as url:
        yield PreparedTemplate(database_of_app, schema_of_app, server, url)


@pytest.fixture(scope="session")
def database_for_transactions(prepared_database: Prepared) -> Iterator[str]:
    """The address of one copy, for all tests that leave it as they found it."""
    with prepared_database.copy() as url:
        yield url
