"""What holds for both fixtures, both databases, and for each way to be called."""

import asyncio

import pytest
from shop import Item, app, db
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, IntegrityError

import pronghorn.mode
from pronghorn.metering import metered
from pronghorn.testclient import TestClient


async def journey(client):
    assert (await client.post("/items?name=a")).json() == "a"
    # The commit fails, for a constraint that is checked then.
    refused = 409 if db.is_sqlite else 422  # SQLite does not say which row it is
    assert (await client.post("/items?name=lost&part_of=99")).status_code == refused
    # A statement fails.
    assert (await client.post("/items?name=a")).status_code == 409
    with pytest.raises(DBAPIError):
        await client.post("/written-by-reader")
    assert (await client.post("/items?name=b")).json() == "b"
    assert (await client.get("/items")).json() == ["a", "b"]
    async with db.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(Item)) == 2
    # It is deferred still: what refers to a later row may come first, within a transaction.
    async with db.sessions() as session:
        session.add(Item(id=50, name="part", part_of=51))
        await session.flush()
        session.add(Item(id=51, name="whole"))
    async with db.engine.begin() as connection:
        assert await connection.scalar(select(func.count()).select_from(Item)) == 4


@pytest.mark.asyncio
async def test_with_pytest_asyncio(client):
    await journey(client)


@pytest.mark.asyncio
async def test_with_pytest_asyncio_again(client):
    await journey(client)


@pytest.mark.anyio
async def test_with_anyio(client):
    await journey(client)


@pytest.mark.asyncio
async def test_with_the_lifespan(client):
    async with db.lifespan(app):
        await journey(client)
    # What was done is there still, and each statement is counted once.
    async with db.lifespan(app):
        with metered() as meter:
            assert len((await client.get("/items")).json()) == 4
    assert meter.database.count == 1


def test_in_a_loop_of_ones_own(client):
    asyncio.run(journey(client))


@pytest.mark.asyncio(loop_scope="session")
async def test_in_a_loop_that_goes_on(client):
    await journey(client)


@pytest.mark.asyncio(loop_scope="session")
async def test_in_a_loop_that_has_gone_on(client):
    await journey(client)


def test_with_a_client_that_is_entered(db):
    with TestClient(app) as client:
        assert client.post("/items?name=a").json() == "a"
        assert client.get("/items").json() == ["a"]


def test_with_a_client_that_is_entered_again(db):
    test_with_a_client_that_is_entered(db)


def test_blocking_sessions(db):
    client = TestClient(app)
    with db.sessions.sync() as session:
        session.add(Item(name="a"))
    assert client.post("/blocking?name=b").json() == "b"
    assert client.get("/blocking").json() == ["a", "b"]
    with pytest.raises(IntegrityError), db.sessions.sync() as session:
        session.add(Item(name="lost", part_of=99))
    assert client.get("/blocking").json() == ["a", "b"]


def test_blocking_sessions_again(db):
    test_blocking_sessions(db)


def test_a_session_that_is_given_up_leaves_nothing(db):
    with pytest.raises(ZeroDivisionError), db.sessions.sync() as session:
        session.add(Item(name="lost"))
        session.flush()
        raise ZeroDivisionError
    with db.sessions.sync_read() as session:
        assert session.scalars(select(Item)).all() == []


def test_savepoints_are_the_users_own(db):
    with db.sessions.sync() as session:
        session.add(Item(name="a"))
        with pytest.raises(ZeroDivisionError), session.begin_nested():
            session.add(Item(name="lost"))
            session.flush()
            raise ZeroDivisionError
    with db.sessions.sync_read() as session:
        assert session.scalars(select(Item.name)).all() == ["a"]


def test_the_framework_knows_that_tests_are_run():
    assert pronghorn.mode.mode_of() == "tests"
