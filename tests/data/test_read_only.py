"""A connection that only reads: what one session did to it, the next one does not find."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from pronghorn.data import Database

pytestmark = pytest.mark.anyio

OPENING = {
    "sqlite": (
        "PRAGMA query_only=off",
        'pragma "Query_Only" (0)',
        "/* SELECT */ PRAGMA main.query_only = 0",
    ),
    "postgresql": (
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
        "SET default_transaction_read_only = off",
        "SELECT set_config('default_transaction_read_only', 'off', false)",
        "DO $$ BEGIN SET default_transaction_read_only = off; END $$",
    ),
}
WRITE = text("INSERT INTO a VALUES (1)")


@pytest.fixture
async def db(address):
    async with Database(address, pool_size=1, max_overflow=0) as db:
        async with db.engine.begin() as connection:
            await connection.exec_driver_sql("CREATE TABLE a (x int)")
        yield db


def opening(db):
    return OPENING["sqlite" if db.is_sqlite else "postgresql"]


async def test_raw_sql_opens_it_for_one_session_at_most(db):
    for statement in opening(db):
        async with db.sessions.read() as session:
            await session.execute(text(statement))
        await assert_refused(db)


async def test_the_same_in_a_blocking_session(db):
    for statement in opening(db):
        with db.sessions.sync_read() as session:
            session.execute(text(statement))
        with db.sessions.sync_read() as session, pytest.raises(DBAPIError, match=r"read-?only"):
            session.execute(WRITE)


async def test_the_same_where_the_driver_itself_was_asked(db):
    async with db.read_engine.connect() as connection:
        driver_connection = (await connection.get_raw_connection()).driver_connection
        await driver_connection.execute(opening(db)[0])
    await assert_refused(db)


@pytest.mark.parametrize("by_cursor", [False, True])
async def test_the_same_by_a_script(tmp_path, by_cursor):
    async with Database(f"sqlite:///{tmp_path / 'test.db'}", pool_size=1, max_overflow=0) as db:
        async with db.engine.begin() as connection:
            await connection.exec_driver_sql("CREATE TABLE a (x int)")
        async with db.read_engine.connect() as connection:
            used = (await connection.get_raw_connection()).driver_connection
            if by_cursor:
                used = await used.cursor()
            await used.executescript(f"SELECT 1; {OPENING['sqlite'][0]}")
        await assert_refused(db)


async def assert_refused(db):
    async with db.sessions.read() as session:
        with pytest.raises(DBAPIError, match=r"read-?only"):
            await session.execute(WRITE)


async def test_whoever_opens_none_finds_the_same_connection_again(db):
    async def used():
        async with db.sessions.read() as session:
            await session.execute(text("SELECT 1"))
            connection = await (await session.connection()).get_raw_connection()
            return connection.driver_connection

    first = await used()
    with pytest.raises(DBAPIError):
        async with db.sessions.read() as session:
            await session.execute(WRITE)
    assert await used() is first


async def test_whose_address_says_that_it_writes_keeps_its_connections(postgres_database):
    address = f"{postgres_database}?options=-c%20default_transaction_read_only%3Doff"
    async with Database(address) as db:
        found = set()
        for _ in range(2):
            async with db.sessions.read() as session:
                found.add(await session.scalar(text("SELECT pg_backend_pid()")))
    assert len(found) == 1
