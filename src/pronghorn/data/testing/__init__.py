"""Databases for tests, as a plugin of pytest: `pytest_plugins = ["pronghorn.data.testing"]`.

Tests ask for the fixture `database`, or for the faster `transaction`.  The conftest.py of the
application answers `schema_of_app`, and where there are several databases `database_of_app`.

Nothing is asserted here, so it does not matter when it is imported: PYTEST_DONT_REWRITE.
"""

from pronghorn.data.testing.cannot_show import CannotShowError as CannotShowError
from pronghorn.data.testing.fixtures import database as database
from pronghorn.data.testing.fixtures import database_backend as database_backend
from pronghorn.data.testing.fixtures import database_for_transactions as database_for_transactions
from pronghorn.data.testing.fixtures import database_of_app as database_of_app
from pronghorn.data.testing.fixtures import postgres_server as postgres_server
from pronghorn.data.testing.fixtures import prepared_database as prepared_database
from pronghorn.data.testing.fixtures import schema_of_app as schema_of_app
from pronghorn.data.testing.fixtures import transaction as transaction
from pronghorn.mode import begin_tests, end_tests


def pytest_configure() -> None:
    """Tell the framework that tests are run."""
    begin_tests(__name__)


def pytest_unconfigure() -> None:
    """Tell it that no more are run."""
    end_tests(__name__)
