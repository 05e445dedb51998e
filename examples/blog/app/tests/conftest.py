"""An application with an empty database for each test."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
from httpx import ASGITransport, AsyncClient
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

# Read when `config` is imported; without it, a secret would be written to the data folder.
os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(64))

from config import Settings, settings
from database import Database
from main import app, lifespan
from services import passwords
from tests.people import Person, meet

CHEAP_HASHER = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a database for this run, on a server that the run starts itself."""
    servers = pytest.importorskip("servers.postgres", reason="only in Pronghorn's repository")
    with servers.running_postgres() as server, servers.fresh_database(server) as url:
        yield url


async def empty(url: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await connection.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return Settings.choose_driver(f"sqlite:///{tmp_path / 'blog.db'}")
    url: str = request.getfixturevalue("postgresql")
    asyncio.run(empty(url))
    return Settings.choose_driver(url)


@pytest.fixture(autouse=True)
def quiet_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tests write into their own folder and send nothing to anybody."""
    monkeypatch.setattr(settings, "data_dir", tmp_path)
    monkeypatch.setattr(settings, "smtp_host", "")
    monkeypatch.setattr(passwords, "hasher", CHEAP_HASHER)


@pytest.fixture
async def database(
    database_url: str, quiet_settings: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Database]:
    """The database of the running application."""
    monkeypatch.setattr(settings, "database_url", database_url)
    async with lifespan(app):
        yield app.state.database


@pytest.fixture
async def client(database: Database) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(transport=ASGITransport(app=app), base_url="http://test") as client:
        yield client


@pytest.fixture
async def ada(client: AsyncClient) -> Person:
    return await meet(client, "ada@example.com", "Ada")


@pytest.fixture
async def bob(client: AsyncClient) -> Person:
    return await meet(client, "bob@example.com", "Bob")
