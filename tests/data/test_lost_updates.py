"""Updates of what was read before: six tasks of twenty transactions each, and none is lost.

On SQLite a writer has the lock before it reads.  PostgreSQL's READ COMMITTED loses updates,
unless one of three ways is taken: each is tried, and so is none.
"""

import asyncio
from contextlib import asynccontextmanager
from typing import Annotated

import pytest
from data.library import Author, Authors, Setting, library
from drivers.asgi import exchange
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import StaleDataError

from pronghorn import Depends, FastAPI, Retry
from pronghorn.data import Repository, is_conflict, session_with

pytestmark = pytest.mark.anyio

TASKS, ROUNDS = 6, 20
SERIALIZATION_FAILURE = "40001"


class Settings(Repository[Setting]):
    pass


@asynccontextmanager
async def counters(address):
    async with library(address) as database:
        async with database.sessions() as session:
            await Authors(session).create(name="counter", age=0)
            await Settings(session).create(name="counter", value=0)
        yield database


@pytest.fixture
async def db(address):
    async with counters(address) as database:
        yield database


async def count_in_tasks(transaction):
    """Run all transactions; how often each had to be tried again."""

    async def task():
        return [await transaction() for _ in range(ROUNDS)]

    tasks = [asyncio.create_task(task()) for _ in range(TASKS)]
    return sum(map(sum, await asyncio.gather(*tasks)))


async def counted(db):
    async with db.sessions.read() as session:
        author = await Authors(session).one()
        setting = await Settings(session).one()
    return author.age + setting.value


async def test_on_sqlite_nothing_is_lost_and_nothing_fails(tmp_path):
    async with counters(f"sqlite:///{tmp_path}/test.db") as db:

        async def transaction():
            async with db.sessions() as session:
                author = await Authors(session).get_or_404(1)
                await asyncio.sleep(0)
                await Authors(session).update(author, age=author.age + 1)
            return 0

        await count_in_tasks(transaction)
        assert await counted(db) == TASKS * ROUNDS


async def test_a_lock_loses_nothing_and_nothing_fails(db):
    async def transaction():
        async with db.sessions() as session:
            author = await Authors(session).get_or_404(1, for_update=True)
            await asyncio.sleep(0)
            await Authors(session).update(author, age=author.age + 1)
        return 0

    await count_in_tasks(transaction)
    assert await counted(db) == TASKS * ROUNDS


async def test_a_version_loses_nothing(db):
    async def transaction():
        for attempt in range(1000):
            try:
                async with db.sessions() as session:
                    setting = await Settings(session).get_or_404("counter")
                    await asyncio.sleep(0)
                    await Settings(session).update(setting, value=setting.value + 1)
            except StaleDataError:
                continue
            return attempt
        raise AssertionError("never got through")

    again = await count_in_tasks(transaction)
    assert await counted(db) == TASKS * ROUNDS
    assert (again == 0) == db.is_sqlite, "on PostgreSQL some came too late, and were told so"


async def test_repeatable_read_loses_nothing(db):
    async def transaction():
        for attempt in range(1000):
            try:
                async with db.sessions(isolation_level="REPEATABLE READ") as session:
                    author = await Authors(session).get_or_404(1)
                    await asyncio.sleep(0)
                    await Authors(session).update(author, age=author.age + 1)
            except DBAPIError as error:
                if error.orig.sqlstate != SERIALIZATION_FAILURE:
                    raise
                continue
            return attempt
        raise AssertionError("never got through")

    again = await count_in_tasks(transaction)
    assert await counted(db) == TASKS * ROUNDS
    assert (again == 0) == db.is_sqlite


async def test_an_expression_loses_nothing_since_nothing_was_read(db):
    async def transaction():
        async with db.sessions() as session:
            author = await Authors(session).get_or_404(1)
            await Authors(session).update(author, age=Author.age + 1)
        return 0

    await count_in_tasks(transaction)
    assert await counted(db) == TASKS * ROUNDS


# --- through requests ----------------------------------------------------------------------------


def application(db):
    app = FastAPI()
    app.state.database = db
    settings = Annotated[Settings, Depends()]
    authors = Annotated[Authors, Depends()]

    @app.post("/locked")
    async def count_locked(authors: authors) -> None:
        author = await authors.get_or_404(1, for_update=True)
        await authors.update(author, age=author.age + 1)

    @app.post("/versions", retry=Retry(on=is_conflict, attempts=99))
    async def count_versions(settings: settings) -> None:
        setting = await settings.get_or_404("counter")
        await asyncio.sleep(0)
        await settings.update(setting, value=setting.value + 1)

    @app.post("/repeatable", retry=Retry(on=is_conflict, attempts=99))
    async def count_repeatable(
        session: Annotated[AsyncSession, session_with(isolation_level="REPEATABLE READ")],
    ) -> None:
        author = await Authors(session).get_or_404(1)
        await asyncio.sleep(0)
        await Authors(session).update(author, age=author.age + 1)

    return app


@pytest.mark.parametrize("path", ["/locked", "/versions", "/repeatable"])
async def test_requests_lose_nothing_and_none_fails(db, path):
    app = application(db)

    async def transaction():
        answer = await exchange(app, "POST", path)
        assert answer.status == 200
        return 0

    await count_in_tasks(transaction)
    assert await counted(db) == TASKS * ROUNDS


# --- the control ---------------------------------------------------------------------------------


async def both_read_before_one_writes(db, **options):
    """Two transactions that add one to what they have read, the second after the first."""
    have_read, first_is_over = asyncio.Barrier(2), asyncio.Event()

    async def transaction(is_first):
        async with db.sessions(**options) as session:
            author = await Authors(session).get_or_404(1)
            await have_read.wait()
            if not is_first:
                await first_is_over.wait()
            await Authors(session).update(author, age=author.age + 1)

    async def first():
        await transaction(is_first=True)
        first_is_over.set()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(first())
        tasks.create_task(transaction(is_first=False))


async def test_without_any_of_these_postgresql_loses_an_update(postgres_database):
    """The control: this is what the ways above are for."""
    async with library(postgres_database) as db:
        async with db.sessions() as session:
            await Authors(session).create(name="counter", age=0)
        await both_read_before_one_writes(db)
        async with db.sessions.read() as session:
            assert (await Authors(session).one()).age == 1, "two were acknowledged"
        with pytest.raises(ExceptionGroup) as caught:
            await both_read_before_one_writes(db, isolation_level="REPEATABLE READ")
        assert caught.group_contains(DBAPIError)
        async with db.sessions.read() as session:
            assert (await Authors(session).one()).age == 2
