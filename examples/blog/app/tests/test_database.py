"""What is answered is committed, what fails leaves nothing, and nobody overwrites anybody."""

import asyncio
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from pronghorn.data import Database
from pronghorn.data.migrations import differences
from sqlalchemy import text
from starlette.types import Message, Receive, Scope, Send

from config import APP_DIR
from main import app
from models import Post, User
from repositories import UserRepository
from tests.people import PASSWORD, sign_up

ADA = {"email": "ada@example.com", "name": "Ada", "password": PASSWORD}


async def count_users(database: Database) -> int:
    async with database.sessions.read() as session:
        return await UserRepository(session).count()


async def test_a_user_is_committed_before_the_answer(database: Database) -> None:
    at_the_start: list[int] = []

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_and_look(message: Message) -> None:
            if message["type"] == "http.response.start":
                at_the_start.append(await count_users(database))
            await send(message)

        await app(scope, receive, send_and_look)

    async with AsyncClient(transport=ASGITransport(app=watched), base_url="http://test") as client:
        assert (await client.post("/users", json=ADA)).status_code == 201
    assert at_the_start == [1]


# The database checks that a post has an author, but not before COMMIT.
CHECK_LATE = {
    "sqlite": "PRAGMA defer_foreign_keys = ON",
    "postgresql": "ALTER TABLE posts ALTER CONSTRAINT fk_posts_author_id_users"
    " DEFERRABLE INITIALLY DEFERRED",
}


async def test_a_commit_that_fails_is_no_success(
    client: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = UserRepository.create

    async def create_with_orphan(self: UserRepository, *data: Any, **values: Any) -> User:
        await self.session.execute(text(CHECK_LATE[database.engine.dialect.name]))
        self.session.add(Post(title="Orphan", content="", author_id=999))
        return await create(self, *data, **values)

    with monkeypatch.context() as patch:
        patch.setattr(UserRepository, "create", create_with_orphan)
        assert (await client.post("/users", json=ADA)).is_client_error
    # Not even the connection that failed sees anything.
    assert (await client.get("/users")).json() == []
    assert (await client.post("/users", json=ADA)).status_code == 201


async def test_a_cancelled_request_leaves_nothing(
    client: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_flushed = asyncio.Event()
    create = UserRepository.create

    async def create_and_hang(self: UserRepository, *data: Any, **values: Any) -> User:
        user = await create(self, *data, **values)
        is_flushed.set()
        await asyncio.sleep(60)
        return user

    with monkeypatch.context() as patch:
        patch.setattr(UserRepository, "create", create_and_hang)
        request = asyncio.create_task(client.post("/users", json=ADA))
        await is_flushed.wait()
        request.cancel()
        with pytest.raises(asyncio.CancelledError):
            await request
    assert await count_users(database) == 0
    assert (await client.post("/users", json=ADA)).status_code == 201


async def test_nobody_overwrites_anybody(client: AsyncClient, database: Database) -> None:
    user_id = (await sign_up(client, "ada@example.com", name="0"))["id"]

    async def increment() -> None:
        async with database.sessions() as session:
            users = UserRepository(session)
            user = await users.get_or_404(user_id, for_update=True)
            await users.update(user, name=str(int(user.name) + 1))

    await asyncio.gather(*(increment() for _ in range(20)))
    assert (await client.get(f"/users/{user_id}")).json()["name"] == "20"


async def test_no_migration_is_missing(database: Database) -> None:
    assert await differences(database, APP_DIR / "migrations") == ""
