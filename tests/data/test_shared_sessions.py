"""Two tasks, or two threads, that use one session at once, and what the loop waits for."""

import asyncio
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial

import pytest
from data.models import User
from data.watched import watched
from drivers.asgi import exchange
from sqlalchemy import event, func, select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.util import await_only

from pronghorn import FastAPI
from pronghorn.concurrency import run_in_threadpool
from pronghorn.data import SyncReadSession, SyncSession
from pronghorn.data.errors import BlockedLoopWarning, ReadOnlySessionError, SharedSessionError

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("mode", ["development", "production"])
async def test_two_tasks_cannot_use_one_session_at_once_in_development(address, mode, monkeypatch):
    monkeypatch.setenv("FASTAPI_ENV", mode)

    async def use_twice(seen):
        async with seen.db.sessions() as session:
            # From here on SQLAlchemy itself lets them follow one another.
            await session.execute(select(User))
            await asyncio.gather(session.execute(select(User)), session.execute(select(User)))

    async with watched(address) as seen:
        if mode == "development":
            with pytest.raises(SharedSessionError, match="SessionFactory"):
                await use_twice(seen)
        else:
            await use_twice(seen)
        assert seen.held() == 0


@pytest.fixture
async def guarded(address):
    async with watched(address, is_guarded=True) as seen:
        async with seen.db.sessions() as session:
            session.add_all(User(name=str(number)) for number in range(9))
        yield seen


@asynccontextmanager
async def held_in_a_statement(seen, session):
    """A block during which another task is in the midst of a statement of *session*."""
    is_there, may_go_on = asyncio.Event(), asyncio.Event()

    def hold(*_):
        is_there.set()
        await_only(may_go_on.wait())

    event.listen(seen.db.engine.sync_engine, "before_cursor_execute", hold, once=True)
    task = asyncio.create_task(session.scalar(select(func.count()).select_from(User)))
    await asyncio.wait_for(is_there.wait(), 10)
    try:
        yield
    finally:
        may_go_on.set()
    assert await asyncio.wait_for(task, 10) == 9


@pytest.mark.parametrize("what", ["rollback", "close", "aclose", "reset", "invalidate"])
async def test_nobody_ends_a_session_while_another_task_is_at_a_statement(guarded, what):
    async with guarded.db.sessions() as session:
        await session.execute(select(User))
        async with held_in_a_statement(guarded, session):
            with pytest.raises(SharedSessionError):
                await getattr(session, what)()
        await getattr(session, what)()
    assert guarded.held() == 0


async def test_a_request_ends_its_session_whoever_uses_it_still(guarded):
    with pytest.raises(ZeroDivisionError):
        async with guarded.db.sessions() as session, AsyncExitStack() as stack:
            await session.execute(select(User))
            stack.push_async_callback(leave_a_statement_behind, guarded, session)
            raise ZeroDivisionError
    await asyncio.sleep(0.1)
    assert guarded.held() == 0


async def leave_a_statement_behind(seen, session):
    """Let a task be in the midst of a statement when its session ends."""
    is_there = asyncio.Event()

    def tell(*_):
        is_there.set()
        with suppress(asyncio.CancelledError):
            await_only(asyncio.sleep(0.05))

    async def use():
        with suppress(Exception):
            await session.execute(select(User))

    event.listen(seen.db.engine.sync_engine, "before_cursor_execute", tell, once=True)
    left.append(asyncio.create_task(use()))
    await asyncio.wait_for(is_there.wait(), 10)


left = []


async def test_a_stream_and_a_statement_of_two_tasks_are_refused(guarded):
    async with guarded.db.sessions() as session:
        await session.execute(select(User))
        rows = await session.stream_scalars(select(User), execution_options={"yield_per": 1})
        assert (await anext(rows)).name == "0"
        async with held_in_a_statement(guarded, session):
            with pytest.raises(SharedSessionError):
                await anext(rows)
        await rows.close()


async def test_one_task_may_use_the_session_while_it_reads_a_stream(guarded):
    async with guarded.db.sessions() as session:
        names = []
        async for user in await session.stream_scalars(select(User).order_by(User.id)):
            await session.execute(select(User).where(User.id == user.id))
            names.append(user.name)
        async for part in (await session.stream(select(User.name))).mappings().partitions(4):
            names += [row["name"] for row in part]
        names += await (await session.stream_scalars(select(User.name))).all()
    assert len(names) == 27


async def test_two_threads_cannot_use_one_blocking_session_at_once(guarded):
    may_go_on = threading.Event()
    is_there = threading.Event()

    def hold(*_):
        is_there.set()
        assert may_go_on.wait(10)

    def use(session):
        return len(session.scalars(select(User)).all())

    def end(session, what):
        getattr(session, what)()

    with ThreadPoolExecutor() as threads:
        with guarded.db.sessions.sync() as session:
            # One after the other they may.
            assert threads.submit(use, session).result() == use(session) == 9
            event.listen(guarded.db.sync_engine, "before_cursor_execute", hold, once=True)
            first = threads.submit(use, session)
            assert is_there.wait(10)
            for work in (use, partial(end, what="rollback"), partial(end, what="close")):
                with pytest.raises(SharedSessionError, match="threads"):
                    work(session)
            may_go_on.set()
            assert first.result() == use(session) == 9
        with guarded.db.sessions.sync_read() as session:
            assert threads.submit(use, session).result() == use(session) == 9
            session.add(user := User(name="Ada"))
            with pytest.raises(ReadOnlySessionError):
                session.flush()
            session.expunge(user)
    assert guarded.held() == 0


async def test_a_blocking_session_ends_whichever_thread_uses_it_still(guarded):
    may_go_on = threading.Event()
    is_there = threading.Event()

    def hold(*_):
        is_there.set()
        assert may_go_on.wait(10)

    def use(session):
        with suppress(Exception):
            session.execute(select(User))

    with ThreadPoolExecutor() as threads:
        with pytest.raises(ZeroDivisionError), guarded.db.sessions.sync() as session:
            session.execute(select(User))
            event.listen(guarded.db.sync_engine, "before_cursor_execute", hold, once=True)
            threads.submit(use, session)
            assert is_there.wait(10)
            threading.Timer(0.05, may_go_on.set).start()
            raise ZeroDivisionError
    assert guarded.held() == 0


async def test_two_tasks_that_break_a_session_take_no_connection_with_them(address):
    async with watched(address, is_guarded=False) as seen:

        async def use(session):
            async with session.begin_nested():
                await asyncio.sleep(0.01)
                await session.execute(select(User))

        sessions = []  # so that the garbage collector has nothing to mend
        with pytest.raises(InvalidRequestError):
            async with seen.db.sessions() as session:
                sessions.append(session)
                await session.execute(select(User))
                await asyncio.gather(use(session), use(session))
        await asyncio.sleep(0.1)
        assert seen.held() == 0
        with pytest.raises(InvalidRequestError):
            await sessions[0].execute(select(User))
        async with seen.db.sessions() as session:
            assert (await session.scalars(select(User))).all() == []


# --- where the loop runs -----------------------------------------------------------------


@pytest.mark.parametrize("mode", ["development", "production", "tests"])
@pytest.mark.parametrize("asked", [SyncSession, SyncReadSession])
async def test_development_warns_of_a_blocking_session_on_the_loop(
    address, asked, mode, monkeypatch
):
    monkeypatch.setenv("FASTAPI_ENV", mode)
    async with watched(address) as seen:
        app = FastAPI()
        app.state.database = seen.db

        @app.get("/async")
        async def on_the_loop(session: asked):
            return len(session.scalars(select(User)).all())

        @app.get("/thread")
        async def in_a_thread(session: asked):
            return await run_in_threadpool(lambda: len(session.scalars(select(User)).all()))

        @app.get("/def")
        def blocking(session: asked):
            return len(session.scalars(select(User)).all())

        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("default")
            for path in ("/thread", "/def", "/async", "/async"):
                assert (await exchange(app, "GET", path)).json == 0
            # A script of one's own, as in a notebook, is nobody's request.
            with seen.db.sessions.sync() as session:
                session.scalars(select(User)).all()
        found = [(one.category, one.filename, one.lineno) for one in told]
        line = on_the_loop.__code__.co_firstlineno + 2
        expected = [(BlockedLoopWarning, __file__, line)] if mode == "development" else []
        assert found == expected
        assert seen.held() == 0


async def test_a_warning_of_the_loop_that_is_an_error_leaves_the_session_free(address, monkeypatch):
    monkeypatch.setenv("FASTAPI_ENV", "development")
    async with watched(address) as seen:
        with seen.db.sessions.sync_read() as session:
            session.is_of_request = True
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                with pytest.raises(BlockedLoopWarning, match="in a thread"):
                    session.scalars(select(User))
            assert await run_in_threadpool(session.scalar, select(func.count(User.id))) == 0
        assert seen.held() == 0
