"""Sessions are given to blocks: who takes a block for one, or goes on after a refusal, is told."""

from contextlib import suppress

import pytest
from data.models import User
from data.watched import watched
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError, PendingRollbackError

pytestmark = pytest.mark.anyio


@pytest.fixture
async def sessions(tmp_path):
    async with watched(f"sqlite:///{tmp_path / 'test.db'}") as seen:
        yield seen.db.sessions
        assert seen.held() == 0


@pytest.mark.parametrize("name", ["", ".read"])
async def test_an_asynchronous_block_is_no_session(sessions, name):
    made = sessions.read() if name else sessions()
    written = rf"`async with sessions{name}\(\) as session:`.*\[session-block\]"
    with pytest.raises(AttributeError, match=written):
        await made.scalars(select(User))
    with pytest.raises(TypeError, match=written):
        await made
    async with made as session:
        assert (await session.scalars(select(User))).all() == []


@pytest.mark.parametrize("name", ["sync", "sync_read"])
async def test_a_blocking_block_is_no_session(sessions, name):
    made = getattr(sessions, name)()
    with pytest.raises(AttributeError, match=rf"`with sessions\.{name}\(\) as session:`"):
        made.add(User(name="Ada"))
    with made as session:
        assert session.scalars(select(User)).all() == []


async def test_tools_may_look_at_a_block(sessions):
    assert not hasattr(sessions(), "_repr_html_")
    assert "Writing" in repr(sessions())


async def test_who_goes_on_after_a_flush_that_was_refused_is_told_of_savepoints(sessions):
    async def add_twice(session):
        session.add_all([User(id=1, name="Ada"), User(id=2, name="Ada")])
        with suppress(IntegrityError):
            await session.flush()

    with pytest.raises(PendingRollbackError, match=r"begin_nested\(\).*\[aborted-transaction\]"):
        async with sessions() as session:
            await add_twice(session)
            await session.scalars(select(User))
    with pytest.raises(PendingRollbackError, match=r"begin_nested\(\)") as caught:
        async with sessions() as session:
            await add_twice(session)
    assert "UNIQUE" in str(caught.value.__cause__)
    with pytest.raises(PendingRollbackError, match=r"begin_nested\(\)"):
        with sessions.sync() as session:
            session.add_all([User(id=1, name="Ada"), User(id=2, name="Ada")])
            with suppress(IntegrityError):
                session.flush()


async def test_what_is_refused_in_a_savepoint_is_given_up_alone(sessions):
    async with sessions() as session:
        session.add(User(name="Ada"))
        await session.flush()
        with suppress(IntegrityError):
            async with session.begin_nested():
                session.add(User(name="Ada"))
    async with sessions.read() as session:
        assert (await session.scalars(select(User.name))).all() == ["Ada"]
