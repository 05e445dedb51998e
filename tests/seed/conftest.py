"""The alias around each test of this folder, and a database with the seed's tables."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from seed.aliased import aliased
from seed.blocks import run_block
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)


@pytest.fixture(autouse=True)
def alias() -> Iterator[None]:
    """Install the alias before all other fixtures, and remove it after them."""
    with aliased():
        yield


@pytest.fixture
def anyio_backend() -> str:
    """SQLAlchemy's asynchronous engines run on asyncio only."""
    return "asyncio"


@pytest.fixture
def models() -> Any:
    """The block of the models, as a module."""
    return run_block("Models")


@pytest.fixture
async def engine(models: Any, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """A file of SQLite with the seed's tables."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/seed.db")
    async with engine.begin() as connection:
        await connection.run_sync(models.Base.metadata.create_all)
    yield engine
    await engine.dispose()


@pytest.fixture
def session_maker(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Sessions as the seed's "Database Setup" makes them."""
    return async_sessionmaker(engine, expire_on_commit=False)
