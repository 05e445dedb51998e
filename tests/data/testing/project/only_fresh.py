"""What only a fresh database with real commits shows."""

import asyncio

import pytest
from shop import Item, app
from sqlalchemy import select, text

from pronghorn.testclient import TestClient


def test_a_client_that_is_not_entered(database):
    client = TestClient(app)
    assert client.post("/items?name=a").json() == "a"
    assert client.get("/items").json() == ["a"]
    assert client.get("/blocking").json() == ["a"]


@pytest.mark.asyncio
async def test_several_connections_at_once(database, client):
    async with database.sessions() as session:
        session.add(Item(name="not yet"))
        await session.flush()
        assert (await client.get("/items")).json() == []
    answers = await asyncio.gather(*(client.get("/items") for _ in range(20)))
    assert {answer.text for answer in answers} == {'["not yet"]'}


@pytest.mark.asyncio
async def test_isolation_levels(database, database_backend):
    async with database.sessions(isolation_level="REPEATABLE READ") as session:
        if database_backend == "postgresql":
            level = await session.scalar(text("SHOW transaction_isolation"))
            assert level == "repeatable read"
        assert (await session.scalars(select(Item))).all() == []
