import os

import pytest
from httpx import ASGITransport, AsyncClient
from shop import Base, app

pytest_plugins = ["pronghorn.data.testing"]

FIXTURE = os.environ["FIXTURE"]


@pytest.fixture(scope="session")
def schema_of_app():
    return Base.metadata


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database_backend(request):
    return request.param


@pytest.fixture
def anyio_backend():
    return "asyncio"


# A fixture with parameters has to be asked for by name.
if FIXTURE == "database":

    @pytest.fixture
    def db(database):
        return database

else:

    @pytest.fixture
    def db(transaction):
        return transaction


@pytest.fixture
def client(db) -> AsyncClient:
    return AsyncClient(transport=ASGITransport(app=app), base_url="http://test")
