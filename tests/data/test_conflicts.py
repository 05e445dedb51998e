"""Transactions that lose against others, and are tried again."""

import asyncio
import sys
from typing import Annotated

import anyio
import pytest
from data.models import Base
from data.watched import watched
from drivers.asgi import exchange
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.orm.exc import StaleDataError

from pronghorn import FastAPI, Retry
from pronghorn.data import Session, is_conflict

pytestmark = pytest.mark.anyio


class Account(Base):
    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[int] = mapped_column(default=0)


class Versioned(Base):
    __tablename__ = "versioned"

    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012  SQLAlchemy's form.


@pytest.fixture
async def seen(address):
    async with watched(address) as seen:
        async with seen.db.sessions() as session:
            session.add_all([Account(id=1), Account(id=2), Versioned(id=1)])
        yield seen


def application(seen):
    app = FastAPI(lifespan=seen.db.lifespan)
    app.state.database = seen.db
    return app


async def add_at_once(app, target, *, tasks, times):
    """The statuses of requests, *times* in turn by each of *tasks*."""
    statuses = []

    async def add():
        statuses.extend([(await exchange(app, "POST", target)).status for _ in range(times)])

    async with anyio.create_task_group() as group:
        for _ in range(tasks):
            group.start_soon(add)
    return statuses


async def test_with_repeatable_read_and_a_retry_no_update_is_lost(seen):
    app = application(seen)
    repeatable = seen.db.session_with(isolation_level="REPEATABLE READ")

    @app.post("/", retry=Retry(on=is_conflict, attempts=50, wait=0.001, longest_wait=0.05))
    async def add(session: Annotated[AsyncSession, repeatable]) -> int:
        account = await session.get_one(Account, 1)
        await asyncio.sleep(0)
        account.balance += 1
        return account.balance

    statuses = await add_at_once(app, "/", tasks=5, times=4)
    assert statuses == [200] * 20
    async with seen.db.sessions() as session:
        assert await session.scalar(select(Account.balance).where(Account.id == 1)) == 20


async def test_with_a_version_column_and_a_retry_no_update_is_lost(seen):
    app = application(seen)

    @app.post("/", retry=Retry(on=is_conflict, attempts=50, wait=0.001, longest_wait=0.05))
    async def add(session: Session) -> int:
        row = await session.get_one(Versioned, 1)
        await asyncio.sleep(0)
        row.balance += 1
        return row.balance

    statuses = await add_at_once(app, "/", tasks=5, times=4)
    assert statuses == [200] * 20
    async with seen.db.sessions() as session:
        assert await session.scalar(select(Versioned.balance)) == 20


@pytest.mark.parametrize("driver", ["asyncpg", "psycopg"])
async def test_a_deadlock_is_a_conflict(postgres_database, driver):
    address = postgres_database.replace("postgresql://", f"postgresql+{driver}://")
    async with watched(address) as seen:
        async with seen.db.sessions() as session:
            session.add_all([Account(id=1), Account(id=2)])
        app = application(seen)
        meeting, calls = asyncio.Barrier(2), []

        @app.post("/{first}/{second}", retry=Retry(on=is_conflict, wait=0.001))
        async def move(first: int, second: int, session: Session) -> str:
            calls.append(first)
            await session.get_one(Account, first, with_for_update=True)
            if len(calls) <= 2:
                await meeting.wait()
            await session.get_one(Account, second, with_for_update=True)
            return "moved"

        async with anyio.create_task_group() as group:
            for target in ("/1/2", "/2/1"):
                group.start_soon(exchange, app, "POST", target)
    assert len(calls) == 3


async def test_other_failures_are_no_conflicts(seen):
    for statement, kind in (
        ("INSERT INTO accounts VALUES (1, 1)", IntegrityError),
        ("SELECT nothing", DBAPIError),
    ):
        with pytest.raises(kind) as caught:
            async with seen.db.sessions() as session:
                await session.execute(text(statement))
        assert not is_conflict(caught.value)
    assert not is_conflict(ValueError("40001"))
    assert is_conflict(StaleDataError())


async def in_a_group_of_anyio(work):
    async with anyio.create_task_group() as group:
        group.start_soon(work)


async def in_a_group_of_asyncio(work):
    async with asyncio.TaskGroup() as group:
        group.create_task(work())


UNCOUNTED = "before Python 3.13 a group that fails leaves its task as if it had been cancelled"
GROUPS = (
    in_a_group_of_anyio,
    pytest.param(
        in_a_group_of_asyncio,
        marks=pytest.mark.skipif(sys.version_info < (3, 13), reason=UNCOUNTED),
    ),
)


@pytest.mark.parametrize("in_a_group", GROUPS)
async def test_a_conflict_within_a_task_group_is_tried_again(in_a_group):
    app = FastAPI()
    failing = [StaleDataError(), ExceptionGroup("inner", [StaleDataError(), StaleDataError()])]

    async def fail():
        raise failing.pop()

    @app.post("/", retry=Retry(on=is_conflict, wait=0.001))
    async def work() -> str:
        if failing:
            await in_a_group(fail)
        return "done"

    assert (await exchange(app, "POST", "/")).json == "done"
    assert failing == []


def test_a_group_is_a_conflict_if_all_of_it_is():
    conflict, other = StaleDataError(), ValueError("40001")
    assert is_conflict(ExceptionGroup("all", [conflict, ExceptionGroup("more", [conflict])]))
    assert not is_conflict(ExceptionGroup("some", [conflict, other]))
    assert not is_conflict(ExceptionGroup("some", [conflict, ExceptionGroup("more", [other])]))
    assert not is_conflict(BaseExceptionGroup("ended", [conflict, KeyboardInterrupt()]))
