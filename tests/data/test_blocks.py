"""Sessions are given to blocks, and who takes a block for the session is told so."""

import pytest
from data.models import User
from data.watched import watched
from sqlalchemy import select

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
