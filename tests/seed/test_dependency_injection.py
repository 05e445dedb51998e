"""The seed's sessions: committed after the answer or before it, and rolled back on errors."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from seed import preludes
from seed.blocks import run_block
from seed.order_of_events import note_answers, note_transactions
from seed.users import ADA_ROW
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from pronghorn import HTTPException

pytestmark = pytest.mark.anyio

SESSIONS = ["DbSession", "DbSessionEarly"]


@pytest.fixture
def events(engine: AsyncEngine) -> list[str]:
    events: list[str] = []
    note_transactions(engine, events)
    return events


@pytest.fixture
def block(models: Any, session_maker: async_sessionmaker[AsyncSession]) -> Any:
    return run_block("Dependency Injection", preludes.dependency_injection(models, session_maker))


@pytest.fixture
async def client(block: Any, events: list[str]) -> AsyncIterator[AsyncClient]:
    transport = ASGITransport(note_answers(block.app, events), raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def add_route(block: Any, session: str, error: Exception | None = None) -> None:
    """Add a route that writes a user: of its two sessions the block uses one, to read."""

    @block.app.post("/users")
    async def create_user(db: getattr(block, session)):
        db.add(block.User(**ADA_ROW))
        await db.flush()
        if error:
            raise error
        return "created"


async def count_users(block: Any, engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return await connection.scalar(select(func.count()).select_from(block.User)) or 0


async def test_users_are_listed(block, client, events, session_maker):
    async with session_maker() as session:
        session.add(block.User(**ADA_ROW))
        await session.commit()
    response = await client.get("/users")
    assert response.status_code == 200
    (user,) = response.json()
    assert user.pop("created_at")
    assert user == {"id": 1, "is_active": True, **ADA_ROW}
    assert events == ["commit", "answer 200 begins", "answer ends", "commit"]


async def test_a_session_of_request_scope_commits_after_the_answer(block, client, events, engine):
    add_route(block, "DbSession")
    assert (await client.post("/users")).json() == "created"
    assert events == ["answer 200 begins", "answer ends", "commit"]
    assert await count_users(block, engine) == 1


async def test_a_session_of_function_scope_commits_before_the_answer(block, client, events, engine):
    add_route(block, "DbSessionEarly")
    assert (await client.post("/users")).json() == "created"
    assert events == ["commit", "answer 200 begins", "answer ends"]
    assert await count_users(block, engine) == 1


@pytest.mark.parametrize("session", SESSIONS)
@pytest.mark.parametrize(
    ("error", "status"), [(RuntimeError("a fault"), 500), (HTTPException(409), 409)]
)
async def test_an_exception_rolls_back_before_the_answer(
    block, client, events, engine, session, error, status
):
    add_route(block, session, error)
    assert (await client.post("/users")).status_code == status
    assert events == ["rollback", f"answer {status} begins", "answer ends"]
    assert await count_users(block, engine) == 0


async def test_a_request_of_both_sessions_ends_them_in_their_own_time(block, client, events):
    @block.app.post("/both")
    async def write(db: block.DbSession, early: block.DbSessionEarly):
        assert db is not early
        await db.execute(select(block.User))
        await early.execute(select(block.User))

    assert (await client.post("/both")).status_code == 200
    assert events == ["commit", "answer 200 begins", "answer ends", "commit"]
