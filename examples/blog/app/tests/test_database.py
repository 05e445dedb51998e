"""What is answered is committed, what fails leaves nothing, and nobody overwrites anybody."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from pronghorn import data
from pronghorn.data import migrations
from sqlalchemy import func, select, text
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.types import Message, Receive, Scope, Send

import database as database_module
from database import MIGRATIONS, Database
from main import app
from models import Post, User
from repositories import UserRepository
from tests.people import PASSWORD, sign_up

ADA = {"email": "ada@example.com", "name": "Ada", "password": PASSWORD}


async def count_users(database: Database) -> int:
    async with database.read_sessions() as session:
        return await session.scalar(select(func.count()).select_from(User)) or 0


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

    async def create_with_orphan(self: UserRepository, user: User) -> User:
        await self.session.execute(text(CHECK_LATE[database.engine.dialect.name]))
        self.session.add(Post(title="Orphan", content="", author_id=999))
        return await create(self, user)

    with monkeypatch.context() as patch:
        patch.setattr(UserRepository, "create", create_with_orphan)
        assert (await client.post("/users", json=ADA)).status_code == 409
    # Not even the connection that failed sees anything.
    assert (await client.get("/users")).json() == []
    assert (await client.post("/users", json=ADA)).status_code == 201


async def test_a_cancelled_request_leaves_nothing(
    client: AsyncClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_flushed = asyncio.Event()
    create = UserRepository.create

    async def create_and_hang(self: UserRepository, user: User) -> User:
        user = await create(self, user)
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
        async with database.sessions.begin() as session:
            user = await UserRepository(session).get_for_change(user_id)
            assert user is not None
            user.name = str(int(user.name) + 1)

    await asyncio.gather(*(increment() for _ in range(20)))
    assert (await client.get(f"/users/{user_id}")).json()["name"] == "20"


async def test_many_upgrade_at_the_same_time(database_url: str) -> None:
    databases = [Database(database_url) for _ in range(6)]
    try:
        await asyncio.gather(*(database.upgrade() for database in databases))
        assert await count_users(databases[0]) == 0
    finally:
        for database in databases:
            await database.close()


async def test_no_migration_is_missing(database: Database) -> None:
    assert await migrations.differences(data.Database(database.url), MIGRATIONS) == ""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_sqlite_is_set_up_for_a_server(database: Database) -> None:
    expected: dict[str, Any] = {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
    }
    async with database.engine.connect() as connection:
        for pragma, value in expected.items():
            assert (await connection.execute(text(f"PRAGMA {pragma}"))).scalar() == value


class TestBusy:
    """All connections are in use."""

    @pytest.fixture(autouse=True)
    def impatience(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(database_module, "PATIENCE", 0.2)

    async def test_a_client_is_told_to_come_again(
        self, client: AsyncClient, database: Database
    ) -> None:
        held: list[AsyncConnection] = []
        try:
            with suppress(PoolTimeoutError):
                while True:
                    held.append(await database.engine.connect())
            response = await client.get("/users")
            assert (await client.get("/health")).status_code == 200
        finally:
            for connection in held:
                await connection.close()
        assert response.status_code == 503
        assert response.json() == {"detail": "The database is busy"}
        assert response.headers["Retry-After"] == "1"
        assert (await client.get("/users")).status_code == 200
