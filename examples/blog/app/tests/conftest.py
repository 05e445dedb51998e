"""An application with a fresh database for each test, on SQLite and on PostgreSQL."""

import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from httpx import ASGITransport, AsyncClient
from pronghorn.data import Database
from pronghorn.data.migrations import upgrade
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

# Read when `config` is imported; without them, a secret and a database would be written to the
# data folder.
os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(64))
os.environ.setdefault("DATABASE_URL", "sqlite://")

from config import APP_DIR, settings
from main import app
from services import passwords
from tests.people import Person, meet

pytest_plugins = ["pronghorn.data.testing"]

CHEAP_HASHER = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database_backend(request: pytest.FixtureRequest) -> str:
    """Which databases the tests use: each test runs on both."""
    backend: str = request.param
    return backend


@pytest.fixture(scope="session")
def schema_of_app() -> Callable[[Database], Awaitable[object]]:
    """What makes the tables, once for all tests: the migrations, as for everybody."""
    return lambda database: upgrade(database, APP_DIR / "migrations")


@pytest.fixture(autouse=True)
def quiet_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tests write into their own folder and send nothing to anybody."""
    monkeypatch.setattr(settings, "data_dir", tmp_path)
    monkeypatch.setattr(settings, "smtp_host", "")
    monkeypatch.setattr(passwords, "hasher", CHEAP_HASHER)


@pytest.fixture
async def client(database: Database) -> AsyncIterator[AsyncClient]:
    transport = ASGITransport(app=app)
    async with (
        database.lifespan(app),
        AsyncClient(transport=transport, base_url="http://test") as client,
    ):
        yield client


@pytest.fixture
async def ada(client: AsyncClient) -> Person:
    return await meet(client, "ada@example.com", "Ada")


@pytest.fixture
async def bob(client: AsyncClient) -> Person:
    return await meet(client, "bob@example.com", "Bob")
