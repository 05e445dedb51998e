"""What a database refuses within a task group: answered as the first of what was refused.

FastAPI 0.165.0 with Starlette 1.10 answers 500, unless there is a handler for the group.
"""

import asyncio
import gc
import logging

import anyio
import pytest
from data.refused import Base, Person, ada
from drivers.asgi import exchange_failing
from sqlalchemy import create_engine, select
from sqlalchemy.exc import IntegrityError, NoResultFound

from pronghorn import FastAPI
from pronghorn.data import Database, SessionFactory
from pronghorn.responses import PlainTextResponse

pytestmark = pytest.mark.anyio


@pytest.fixture
async def db(tmp_path):
    url = f"sqlite:///{tmp_path / 'test.db'}"
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    engine.dispose()
    async with Database(url) as db:
        yield db


def raising(error):
    async def work(_):
        raise error

    return work


async def twice(sessions):
    async with sessions() as session:
        session.add_all([ada(), ada()])


async def too_large(sessions):
    async with sessions() as session:
        await session.execute(select(Person).where(Person.big == 2**70))


async def ask(db, *works, **options):
    """Let a request do all of *works* within a task group."""
    app = FastAPI(**options)
    app.state.database = db

    @app.get("/")
    async def endpoint(sessions: SessionFactory):
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work(sessions))

    return await exchange_failing(app, "GET", "/")


@pytest.mark.parametrize(
    ("works", "status", "detail"),
    [
        ([twice], 409, "There is one with the same `email` already."),
        ([too_large], 422, None),
        ([raising(NoResultFound("none")), raising(NoResultFound("none"))], 404, "Not Found"),
        ([raising(NoResultFound("none")), raising(TimeoutError())], 500, None),
        ([raising(ExceptionGroup("more", [NoResultFound("none")]))], 404, "Not Found"),
        ([raising(ExceptionGroup("more", [LookupError()]))], 500, None),
    ],
)
async def test_a_group_of_refusals_is_answered_as_the_first(db, works, status, detail):
    reply, error = await ask(db, *works)
    assert reply.status == status
    assert error is None or (status == 500 and isinstance(error, ExceptionGroup))
    assert detail is None or reply.json == {"detail": detail}


async def test_it_is_the_same_in_a_group_of_anyios(db):
    app = FastAPI()
    app.state.database = db

    @app.get("/")
    async def endpoint(sessions: SessionFactory):
        async with anyio.create_task_group() as group:
            group.start_soon(twice, sessions)

    assert (await exchange_failing(app, "GET", "/"))[0].status == 409


@pytest.mark.parametrize("kind", [ExceptionGroup, IntegrityError])
async def test_a_handler_of_the_users_wins_and_knows_the_cause(db, kind):
    seen = []

    async def mine(_, error):
        seen.append(error)
        return PlainTextResponse("mine", status_code=418)

    reply, _ = await ask(db, twice, exception_handlers={kind: mine})
    assert (reply.status, type(seen[0])) == (418, kind)
    leaf = seen[0].exceptions[0] if kind is ExceptionGroup else seen[0]
    assert not isinstance(leaf.__cause__, ExceptionGroup)


async def test_the_log_is_told_once(db, caplog):
    with caplog.at_level(logging.DEBUG, "pronghorn.data.refusals"):
        await ask(db, twice, raising(NoResultFound("none")))
    assert [record.levelname for record in caplog.records] == ["WARNING", "DEBUG"]


async def test_a_group_that_was_answered_is_not_left_to_the_garbage_collector(db):
    async def nothing(_):
        raise NoResultFound("none")

    def alive():
        return sum(isinstance(it, ExceptionGroup | NoResultFound) for it in gc.get_objects())

    await ask(db, nothing)
    gc.collect()
    gc.disable()
    try:
        before = alive()
        for _ in range(10):
            await ask(db, nothing)
        assert alive() == before
    finally:
        gc.enable()
