"""The life of a session: when it begins, what it holds, when it commits, what comes after."""

import asyncio
from contextlib import suppress
from typing import Annotated

import pytest
from data.models import Post, User, UserOut
from data.watched import is_in_transaction, moments, watched
from drivers.asgi import exchange, exchange_failing
from sqlalchemy import event, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session as BlockingSession
from sqlalchemy.orm import selectinload

from pronghorn import BackgroundTasks, Depends, FastAPI, HTTPException
from pronghorn.data import Session, SessionFactory, SyncSession
from pronghorn.data.errors import ReadOnlySessionError, SessionOverError
from pronghorn.responses import FileResponse, JSONResponse, StreamingResponse
from pronghorn.sse import EventSourceResponse

pytestmark = pytest.mark.anyio


@pytest.fixture
async def seen(address):
    async with watched(address) as seen:
        yield seen


def application(seen):
    app = FastAPI(lifespan=seen.db.lifespan)
    app.state.database = seen.db
    return app


def saved(session, name="Ada"):
    user = User(name=name)
    session.add(user)
    return user


# --- plain routes ------------------------------------------------------------------------


async def test_an_endpoint_commits_before_a_byte_leaves_and_before_background_tasks(seen):
    app = application(seen)
    in_task = []

    @app.post("/", response_model=UserOut)
    async def create(session: Session, tasks: BackgroundTasks):
        user = saved(session)
        await session.flush()
        assert seen.names() == []
        tasks.add_task(lambda: in_task.append((seen.names(), seen.held())))
        return user

    answer, noted = await moments(app, seen, "POST", "/")
    assert answer.json == {"id": 1, "name": "Ada"}
    assert [(moment.names, moment.held) for moment in noted] == [(["Ada"], 0), (["Ada"], 0)]
    assert in_task == [(["Ada"], 0)]


async def test_a_blocking_endpoint_commits_before_a_byte_leaves_and_before_tasks(seen):
    app = application(seen)
    in_task = []

    @app.post("/", response_model=UserOut)
    def create(session: SyncSession, tasks: BackgroundTasks):
        user = saved(session)
        session.flush()
        assert seen.names() == []
        tasks.add_task(lambda: in_task.append((seen.names(), seen.held())))
        return user

    answer, noted = await moments(app, seen, "POST", "/")
    assert answer.json == {"id": 1, "name": "Ada"}
    assert [(moment.names, moment.held) for moment in noted] == [(["Ada"], 0), (["Ada"], 0)]
    assert in_task == [(["Ada"], 0)]


async def test_a_session_of_a_dependency_is_the_endpoints(seen):
    app = application(seen)

    async def user_of(session: Session):
        return saved(session)

    def blocking_user_of(session: Session):
        return saved(session, "Bob")

    @app.post("/")
    async def create(
        user: Annotated[User, Depends(user_of)],
        other: Annotated[User, Depends(blocking_user_of)],
        session: Session,
    ):
        assert user in session.new
        assert other in session.new

    answer, noted = await moments(app, seen, "POST", "/")
    assert answer.status == 200
    assert noted[0].names == ["Ada", "Bob"]
    assert noted[0].held == 0


@pytest.mark.parametrize("kind", ["async", "blocking"])
async def test_a_session_begins_at_its_first_statement(seen, kind):
    app = application(seen)
    held = []

    if kind == "async":

        @app.get("/")
        async def endpoint(session: Session):
            held.append(seen.held())
            await session.execute(select(User))
            held.append(seen.held())
    else:

        @app.get("/")
        def blocking_endpoint(session: SyncSession):
            held.append(seen.held())
            session.execute(select(User))
            held.append(seen.held())

    await exchange(app, "GET", "/")
    assert [*held, seen.held()] == [0, 1, 0]


async def test_the_commit_comes_after_the_answer_is_checked(seen):
    app = application(seen)

    @app.post("/", response_model=UserOut)
    async def create(session: Session):
        saved(session)
        await session.flush()
        return {"id": "no number"}

    answer, error = await exchange_failing(app, "POST", "/")
    assert (answer.status, error is not None) == (500, True)
    assert seen.names() == []


async def test_an_answer_that_is_returned_commits_whatever_its_status(seen):
    app = application(seen)

    @app.post("/")
    async def create(session: Session):
        saved(session)
        return JSONResponse({}, status_code=418)

    assert (await exchange(app, "POST", "/")).status == 418
    assert seen.names() == ["Ada"]


@pytest.mark.parametrize("error", [HTTPException(404), RuntimeError(), asyncio.CancelledError()])
@pytest.mark.parametrize("kind", ["async", "blocking"])
async def test_what_raises_rolls_back(seen, kind, error):
    app = application(seen)

    if kind == "async":

        @app.post("/")
        async def create(session: Session):
            saved(session)
            await session.flush()
            raise error
    else:

        @app.post("/")
        def blocking_create(session: SyncSession):
            saved(session)
            session.flush()
            raise error

    if isinstance(error, asyncio.CancelledError):
        with pytest.raises(asyncio.CancelledError):
            await exchange(app, "POST", "/")
    else:
        await exchange_failing(app, "POST", "/")
    assert (seen.names(), seen.held()) == ([], 0)


async def test_a_cancelled_request_rolls_back_and_gives_its_connection_back(seen):
    app = application(seen)
    is_there = asyncio.Event()

    @app.post("/")
    async def create(session: Session):
        saved(session)
        await session.flush()
        is_there.set()
        await asyncio.sleep(60)

    task = asyncio.create_task(exchange(app, "POST", "/"))
    await asyncio.wait_for(is_there.wait(), 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (seen.names(), seen.held()) == ([], 0)


@pytest.mark.parametrize("kind", ["async", "blocking"])
async def test_a_commit_that_fails_is_no_success_and_leaves_nothing(seen, kind):
    app = application(seen)
    tasks_run = []

    if kind == "async":

        @app.post("/")
        async def create(session: Session, tasks: BackgroundTasks):
            tasks.add_task(tasks_run.append, 1)
            saved(session)
            session.add(Post(title="nobody's", author_id=99))
            await session.flush()  # the foreign key is checked at the commit
            return "fine"

        @app.get("/")
        async def read(session: Session):
            return [user.name for user in await session.scalars(select(User))]
    else:

        @app.post("/")
        def blocking_create(session: SyncSession, tasks: BackgroundTasks):
            tasks.add_task(tasks_run.append, 1)
            saved(session)
            session.add(Post(title="nobody's", author_id=99))
            session.flush()
            return "fine"

        @app.get("/")
        def blocking_read(session: SyncSession):
            return [user.name for user in session.scalars(select(User))]

    answer, _ = await exchange_failing(app, "POST", "/")
    assert answer.status >= 400
    assert tasks_run == []
    assert seen.names() == []
    assert (await exchange(app, "GET", "/")).json == []


@pytest.mark.parametrize("kind", ["async", "blocking"])
async def test_what_sqlite_has_rolled_back_by_itself_is_not_acknowledged(tmp_path, kind):
    twice = text("INSERT OR ROLLBACK INTO users (id, name) VALUES (1, 'Ada')")
    async with watched(f"sqlite:///{tmp_path / 'test.db'}") as seen:
        app = application(seen)

        if kind == "async":

            @app.post("/")
            async def create(session: Session):
                await session.execute(twice)
                with suppress(IntegrityError):
                    await session.execute(twice)
        else:

            @app.post("/")
            def blocking_create(session: SyncSession):
                session.execute(twice)
                with suppress(IntegrityError):
                    session.execute(twice)

        answer, error = await exchange_failing(app, "POST", "/")
        assert "aborted-transaction" in str(error)
        assert answer.status == 500
        assert (seen.names(), seen.held()) == ([], 0)


@pytest.mark.parametrize("kind", ["async", "blocking"])
async def test_what_is_acknowledged_is_there_though_a_refused_statement_was_swallowed(seen, kind):
    app = application(seen)
    write = insert(User).values(name="Ada")

    if kind == "async":

        @app.post("/")
        async def create(session: Session):
            await session.execute(write)
            with suppress(IntegrityError):
                await session.execute(write)
            return "fine"

        @app.get("/")
        async def read(session: Session):
            return list(await session.scalars(select(User.name)))
    else:

        @app.post("/")
        def blocking_create(session: SyncSession):
            session.execute(write)
            with suppress(IntegrityError):
                session.execute(write)
            return "fine"

        @app.get("/")
        def blocking_read(session: SyncSession):
            return list(session.scalars(select(User.name)))

    if seen.db.is_sqlite:
        answer = await exchange(app, "POST", "/")
    else:
        # PostgreSQL has given up the whole transaction, and says so of a COMMIT by one word.
        answer, error = await exchange_failing(app, "POST", "/")
        assert "aborted-transaction" in str(error)
    assert seen.names() == (["Ada"] if answer.status < 400 else [])
    assert (await exchange(app, "GET", "/")).json == seen.names()
    assert seen.held() == 0


# --- what comes later --------------------------------------------------------------------


@pytest.mark.parametrize("what", ["execute", "add", "commit"])
async def test_a_background_task_cannot_use_the_session(seen, what):
    app = application(seen)

    @app.post("/")
    async def create(session: Session, tasks: BackgroundTasks):
        async def later():
            if what == "execute":
                await session.execute(select(User))
            elif what == "add":
                saved(session, "late")
            else:
                await session.commit()

        tasks.add_task(later)
        saved(session)

    answer, error = await exchange_failing(app, "POST", "/")
    assert answer.status == 200
    assert isinstance(error, SessionOverError)
    assert "SessionFactory" in str(error)
    assert seen.names() == ["Ada"]


async def test_a_background_task_cannot_use_a_blocking_session(seen):
    app = application(seen)

    @app.post("/")
    def create(session: SyncSession, tasks: BackgroundTasks):
        saved(session)
        tasks.add_task(lambda: session.execute(select(User)))

    _, error = await exchange_failing(app, "POST", "/")
    assert isinstance(error, SessionOverError)


def streamed(session):
    async def body():
        yield b"first"
        await session.execute(select(User))

    return StreamingResponse(body())


async def test_a_stream_begins_after_the_commit_and_cannot_use_the_session(seen):
    app = application(seen)

    @app.post("/")
    async def create(session: Session):
        saved(session)
        return streamed(session)

    noted = []
    with pytest.raises(SessionOverError, match="SessionFactory"):
        await moments(app, seen, "POST", "/", noted=noted)
    assert [(moment.names, moment.held) for moment in noted] == [(["Ada"], 0)] * 2


async def test_a_file_is_sent_after_the_commit(seen, tmp_path):
    app = application(seen)
    (tmp_path / "file.txt").write_text("text")

    @app.post("/")
    async def create(session: Session) -> FileResponse:
        saved(session)
        return FileResponse(tmp_path / "file.txt")

    answer, noted = await moments(app, seen, "POST", "/")
    assert answer.body == b"text"
    assert [(moment.names, moment.held) for moment in noted] == [(["Ada"], 0)] * len(noted)


GENERATED = [(None, b'0\n["Ada"]\n'), (EventSourceResponse, b'data: 0\n\ndata: ["Ada"]\n\n')]


@pytest.mark.parametrize(("response_class", "expected"), GENERATED, ids=["lines", "events"])
@pytest.mark.parametrize("kind", ["async", "blocking"])
async def test_a_generator_begins_after_the_commit_of_a_dependency(
    seen, kind, response_class, expected
):
    app = application(seen)
    options = {} if response_class is None else {"response_class": response_class}

    async def user_of(session: Session):
        saved(session)
        await session.flush()
        return session

    def blocking_user_of(session: SyncSession):
        saved(session)
        session.flush()
        return session

    if kind == "async":

        @app.get("/", **options)
        async def items(session: Annotated[AsyncSession, Depends(user_of)]):
            yield seen.held()
            with pytest.raises(SessionOverError):
                await session.execute(select(User))
            yield seen.names()
    else:

        @app.get("/", **options)
        def blocking_items(session: Annotated[BlockingSession, Depends(blocking_user_of)]):
            yield seen.held()
            with pytest.raises(SessionOverError):
                session.execute(select(User))
            yield seen.names()

    answer, noted = await moments(app, seen, "GET", "/")
    assert answer.body == expected
    assert noted[0].names == ["Ada"]


@pytest.mark.parametrize("response_class", [None, EventSourceResponse])
async def test_a_generator_does_not_begin_if_the_commit_of_a_dependency_fails(seen, response_class):
    app = application(seen)
    begun = []

    async def nobodys_post(session: Session):
        session.add(Post(title="It", author_id=99))

    async def items():
        begun.append(True)
        yield 1

    options = {} if response_class is None else {"response_class": response_class}
    app.add_api_route("/", items, dependencies=[Depends(nobodys_post)], **options)
    answer = await exchange(app, "GET", "/")
    assert 400 <= answer.status < 500
    assert begun == []


async def test_a_factory_gives_tasks_and_streams_sessions_of_their_own(seen):
    app = application(seen)

    @app.post("/")
    async def create(sessions: SessionFactory, tasks: BackgroundTasks):
        async def later():
            async with sessions() as session:
                saved(session)
            async with sessions.read() as session:
                assert await session.scalar(select(User.name)) == "Ada"

        def later_in_a_thread():
            with sessions.sync() as session:
                saved(session, "Bob")
            with sessions.sync_read() as session:
                assert len(session.scalars(select(User)).all()) == 2

        tasks.add_task(later)
        tasks.add_task(later_in_a_thread)

    answer, noted = await moments(app, seen, "POST", "/")
    assert answer.status == 200
    assert noted[0].names == []
    assert (seen.names(), seen.held()) == (["Ada", "Bob"], 0)


async def test_a_script_has_the_same_factory(seen):
    async with seen.db.sessions() as session:
        saved(session)
    assert seen.names() == ["Ada"]
    with pytest.raises(RuntimeError):
        async with seen.db.sessions() as session:
            saved(session, "Bob")
            await session.flush()
            raise RuntimeError
    assert (seen.names(), seen.held()) == (["Ada"], 0)


# --- sessions that only read -------------------------------------------------------------


async def test_a_reading_session_refuses_objects_statements_and_the_rest(seen):
    async with seen.db.sessions() as session:
        saved(session)
    with pytest.raises(ReadOnlySessionError, match="User"):
        async with seen.db.sessions.read() as session:
            saved(session, "Bob")
            await session.flush()
    with pytest.raises(ReadOnlySessionError, match="changed"):
        async with seen.db.sessions.read() as session:
            user = await session.scalar(select(User))
            user.name = "Eve"
            await session.commit()
    async with seen.db.sessions.read() as session:
        with pytest.raises(ReadOnlySessionError):
            await session.execute(User.__table__.delete())
    async with seen.db.sessions.read() as session:
        with pytest.raises(DBAPIError, match=r"(?i)read.?only") as caught:
            await session.execute(text("DELETE FROM users"))
        assert "Ask for `Session` in place of `ReadSession`" in str(caught.value.__notes__)
    assert (seen.names(), seen.held()) == (["Ada"], 0)


async def test_rows_and_their_eager_loads_are_of_one_moment(seen):
    """A second select would otherwise see what was committed after the first."""
    async with seen.db.sessions() as session:
        user = saved(session)
        await session.flush()
        session.add(Post(title="old", author_id=user.id))

    def between(connection, cursor, statement, *rest):
        if "FROM posts" in statement:
            with BlockingSession(seen.outside) as other, other.begin():
                other.add(Post(title="new", author_id=1))

    async with seen.db.sessions.read() as session:
        event.listen(seen.db.read_engine.sync_engine, "before_cursor_execute", between)
        users = await session.scalars(select(User).options(selectinload(User.posts)))
        assert [post.title for post in users.one().posts] == ["old"]
        event.remove(seen.db.read_engine.sync_engine, "before_cursor_execute", between)
        assert len((await session.scalars(select(Post))).all()) == 2
    assert seen.held() == 0


async def test_a_stream_of_rows_is_of_one_moment(seen):
    async with seen.db.sessions() as session:
        session.add_all(User(name=str(number)) for number in range(50))
    async with seen.db.sessions.read() as session:
        names = []
        async for user in await session.stream_scalars(select(User).order_by(User.id)):
            if not names:
                with BlockingSession(seen.outside) as other, other.begin():
                    other.add(User(name="new"))
            names.append(user.name)
        assert names == [str(number) for number in range(50)]
    assert seen.held() == 0
    async with seen.db.sessions.read() as session:
        assert len((await session.scalars(select(User))).all()) == 51


async def test_a_single_statement_takes_no_transaction(seen):
    async with seen.db.sessions.read() as session:
        within = []
        event.listen(
            seen.db.read_engine.sync_engine,
            "after_cursor_execute",
            lambda connection, *_: within.append(is_in_transaction(connection)),
        )
        await session.scalars(select(User))
        await session.get(User, 1)
        assert within == [False, False]


async def test_a_session_is_given_once_however_it_is_asked_for(seen):
    app = application(seen)

    def same(session: seen.db.Session):
        return session

    @app.get("/")
    async def endpoint(session: seen.db.Session, other: Annotated[AsyncSession, Depends(same)]):
        return session is other

    assert (await exchange(app, "GET", "/")).json is True
