"""The seed's repository of users: made, found, listed, changed, deleted; committed by others."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from seed import preludes
from seed.blocks import run_block
from seed.users import ADA, ADA_ROW
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

pytestmark = pytest.mark.anyio


@pytest.fixture
def block(models: Any) -> Any:
    return run_block("Repository Pattern", preludes.repository_pattern(models))


@pytest.fixture
async def users(block: Any, session_maker: async_sessionmaker[AsyncSession]) -> AsyncIterator[Any]:
    async with session_maker() as session:
        yield block.UserRepository(session)


async def test_a_user_is_made_and_found(block, users):
    ada = await users.create(block.UserCreate(**ADA_ROW))
    assert (ada.id, ada.is_active) == (1, True)
    assert ada.created_at
    assert await users.get_by_id(1) is ada
    assert await users.get_by_email("ada@example.com") is ada


async def test_nobody_is_none(users):
    assert await users.get_by_id(1) is None
    assert await users.get_by_email("ada@example.com") is None
    assert await users.get_all() == []


async def test_users_are_listed_in_pages(block, users):
    for number in range(12):
        await users.create(block.UserCreate(**ADA_ROW | {"email": f"{number}@example.com"}))
    assert len(await users.get_all()) == 10
    assert [user.id for user in await users.get_all(skip=10)] == [11, 12]
    assert [user.id for user in await users.get_all(skip=1, limit=2)] == [2, 3]


async def test_only_what_is_given_is_changed(block, users):
    ada = await users.create(block.UserCreate(**ADA_ROW))
    changed = await users.update(ada, block.UserUpdate(name="Ada Lovelace"))
    assert changed is ada
    assert (ada.name, ada.email) == ("Ada Lovelace", "ada@example.com")


async def test_a_user_is_deleted(block, users):
    await users.delete(await users.create(block.UserCreate(**ADA_ROW)))
    assert await users.get_by_email("ada@example.com") is None


async def test_nothing_is_committed(block, users, session_maker):
    await users.create(block.UserCreate(**ADA_ROW))
    await users.session.close()
    async with session_maker() as session:
        assert await block.UserRepository(session).get_all() == []


async def test_the_seeds_own_schema_has_a_field_that_its_model_lacks(users):
    schemas = run_block("Pydantic v2 Schemas")
    with pytest.raises(TypeError, match="'password' is an invalid keyword argument for User"):
        await users.create(schemas.UserCreate(**ADA))
