"""The seed's tables: their defaults, their relationship, and what they refuse."""

import pytest
from seed.users import ADA_ROW
from sqlalchemy import inspect
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload

pytestmark = pytest.mark.anyio


def test_the_block_has_two_tables(models):
    assert models.Base.metadata.tables.keys() == {"users", "posts"}
    assert {c.name for c in models.User.__table__.columns if c.unique} == {"email"}
    assert models.Post.__table__.c.author_id.references(models.User.__table__.c.id)


async def test_they_are_made_in_a_database(engine):
    async with engine.connect() as connection:
        names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
    assert set(names) == {"users", "posts"}


async def test_users_have_posts_and_posts_an_author(models, session_maker):
    async with session_maker() as session:
        post = models.Post(title="First", content="Hello", author=models.User(**ADA_ROW))
        session.add(post)
        await session.commit()
    async with session_maker() as session:
        user = await session.get(models.User, 1, options=[selectinload(models.User.posts)])
        assert user.is_active
        assert user.created_at
        assert [(p.title, p.author_id) for p in user.posts] == [("First", 1)]
        assert user.posts[0].author is user


async def test_an_address_is_taken_once(models, session_maker):
    async with session_maker() as session:
        session.add_all([models.User(**ADA_ROW), models.User(**ADA_ROW)])
        with pytest.raises(IntegrityError, match="UNIQUE"):
            await session.commit()
