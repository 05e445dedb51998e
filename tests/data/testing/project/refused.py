"""What a test in one transaction cannot show raises, and says what to do."""

import asyncio

import pytest
from shop import Item, app
from sqlalchemy import select, text

from pronghorn.data.testing import CannotShowError
from pronghorn.testclient import TestClient

REMEDY = "use the fixture `database`"


@pytest.mark.asyncio
async def test_a_second_connection(transaction, client):
    async with transaction.sessions() as session:
        session.add(Item(name="a"))
        await session.flush()
        with pytest.raises(CannotShowError, match=REMEDY):
            await client.get("/items")
    assert (await client.get("/items")).json() == ["a"]


@pytest.mark.asyncio
async def test_requests_at_the_same_time(transaction, client):
    requests = (client.post(f"/items?name={name}") for name in "abcd")
    answers = await asyncio.gather(*requests, return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, CannotShowError)]
    assert refused
    assert "A second connection" in str(refused[0])


@pytest.mark.asyncio
async def test_a_blocking_session_beside_an_asynchronous_one(transaction, client):
    await client.post("/items?name=a")
    with pytest.raises(CannotShowError, match="Blocking and asynchronous"):
        await client.get("/blocking")


@pytest.mark.parametrize("level", ["AUTOCOMMIT", "REPEATABLE READ", "SERIALIZABLE"])
@pytest.mark.asyncio
async def test_isolation_levels(transaction, level, database_backend):
    if (database_backend, level) == ("sqlite", "SERIALIZABLE"):
        level = "READ UNCOMMITTED"  # on SQLite the other one is the usual level
    if (database_backend, level) == ("sqlite", "REPEATABLE READ"):
        level = "AUTOCOMMIT"  # SQLite has no such level
    with pytest.raises(CannotShowError, match=level):
        transaction.engine.execution_options(isolation_level=level)
    async with transaction.engine.connect() as connection:
        with pytest.raises(CannotShowError, match=level):
            await connection.execution_options(isolation_level=level)
    async with transaction.sessions() as session:
        with pytest.raises(CannotShowError, match=level):
            await session.connection(execution_options={"isolation_level": level})


@pytest.mark.asyncio
async def test_the_usual_level_is_no_other_one(transaction, database_backend):
    level = {"sqlite": "SERIALIZABLE", "postgresql": "READ COMMITTED"}[database_backend]
    engine = transaction.engine.execution_options(isolation_level=level)
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1


@pytest.mark.parametrize(
    "statement",
    [
        "COMMIT",
        "rollback",
        "BEGIN IMMEDIATE",
        "END",
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
        "LISTEN channel",
        "NOTIFY channel",
        "SELECT pg_notify('channel', '')",
        "PREPARE TRANSACTION 'name'",
    ],
)
@pytest.mark.asyncio
async def test_statements(transaction, statement):
    async with transaction.sessions() as session:
        with pytest.raises(CannotShowError, match=REMEDY):
            await session.execute(text(statement))


def test_a_second_loop(transaction):
    client = TestClient(app)
    assert client.post("/items?name=a").json() == "a"
    with pytest.raises(CannotShowError, match="with TestClient"):
        client.get("/items")


@pytest.mark.asyncio
async def test_a_connection_that_was_lost(transaction):
    async with transaction.sessions() as session:
        await session.execute(select(1))
        await session.invalidate()
    with pytest.raises(CannotShowError, match="lost"):
        async with transaction.sessions() as session:
            await session.execute(select(1))
