"""The seed's engine, which is of PostgreSQL: as it stands, and led to a server that exists."""

import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy.ext.asyncio
from seed import preludes
from seed.blocks import run_block
from seed.users import ADA_ROW
from servers.postgres import fresh_database, running_postgres
from sqlalchemy import select

pytestmark = pytest.mark.anyio

# There are a user of this name and a database only where the seed was written.
THE_SEEDS = "postgresql+asyncpg://user:pass@localhost/db"


@pytest.fixture(autouse=True)
def loggers(monkeypatch: pytest.MonkeyPatch) -> None:
    """`echo=True` adds a handler to SQLAlchemy's loggers, which all later tests would have."""
    for name in ("sqlalchemy.engine.Engine", "sqlalchemy.pool"):
        monkeypatch.setattr(logging.getLogger(name), "handlers", [logging.NullHandler()])


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    with running_postgres() as server, fresh_database(server) as address:
        yield address


@pytest.fixture
async def block(models: Any, postgres: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """The block as it stands, with an engine that goes to our server instead of the seed's."""
    create = sqlalchemy.ext.asyncio.create_async_engine

    def create_engine_elsewhere(url: str, **options: Any) -> Any:
        assert url == THE_SEEDS
        return create(urlsplit(postgres)._replace(scheme="postgresql+asyncpg").geturl(), **options)

    monkeypatch.setattr(sqlalchemy.ext.asyncio, "create_async_engine", create_engine_elsewhere)
    block = run_block("Database Setup", preludes.database_setup(models))
    yield block
    await block.engine.dispose()


async def test_it_is_set_up_without_a_server(models):
    block = run_block("Database Setup", preludes.database_setup(models))
    assert block.engine.url.render_as_string(hide_password=False) == THE_SEEDS
    assert block.engine.echo is True
    assert block.engine.pool.checkedin() == 0
    assert block.async_session_maker.kw["bind"] is block.engine


async def test_the_tables_are_made_and_sessions_write_to_them(block, models, caplog):
    caplog.set_level(logging.INFO, "sqlalchemy.engine.Engine")
    await block.init_db()
    await block.init_db()
    assert caplog.text.count("CREATE TABLE users") == 1
    async with block.async_session_maker() as session:
        user = models.User(**ADA_ROW)
        session.add(user)
        await session.commit()
        # Not expired: no query is needed, for which an attribute could not wait.
        assert user.email == "ada@example.com"
    async with block.async_session_maker() as session:
        found = await session.scalar(select(models.User))
        assert (found.id, found.name) == (user.id, "Ada")
        assert found.created_at
