"""In development a COMMIT is warned of that comes after the answer, of any engine of SQLAlchemy's."""

import contextlib
import subprocess
import sys
import warnings
from collections.abc import Iterator
from inspect import getsourcelines

import pytest
from data.models import Base, User
from drivers.asgi import exchange
from sqlalchemy import Engine, create_engine, delete, event, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from pronghorn import APIRouter, BackgroundTasks, Depends, FastAPI
from pronghorn.answered import Route
from pronghorn.data.watching import late_commits
from pronghorn.data.watching.late_commits import listen
from pronghorn.exceptions import LateCommitWarning
from pronghorn.responses import StreamingResponse

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def leave_no_listener() -> Iterator[None]:
    """Others of the process look at no commits."""
    yield
    for target, name, note in late_commits.LISTENERS:
        if event.contains(target, name, note):
            event.remove(target, name, note)


@pytest.fixture
def engine(tmp_path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path / 'plain.db'}")
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
async def async_engine(engine):
    async_engine = create_async_engine(f"sqlite+aiosqlite:///{engine.url.database}")
    yield async_engine
    await async_engine.dispose()


def get_session(engine: Engine):
    """The usual recipe: it commits when the request is over."""

    def session():
        with Session(engine) as session:
            yield session
            session.commit()

    return session


def add_route(router, engine, **options):
    @router.post("/users", **options)
    def create_user(name: str, session=Depends(get_session(engine))):
        session.add(User(name=name))
        session.flush()


async def test_a_commit_after_the_answer_is_warned_of_once(engine):
    app = FastAPI(debug=True)
    add_route(app, engine)
    with pytest.warns(LateCommitWarning) as caught:
        await exchange(app, "POST", "/users?name=a")
    assert len(caught) == 1
    text = str(caught[0].message)
    assert text.startswith("A COMMIT of '/users' came after its answer had begun")
    assert "in create_user() at tests/data/test_late_commits.py:" in text
    assert "FastAPI(commit_before_response=True)" in text
    # It is shown with the line that commits.
    line = getsourcelines(get_session)[1] + 6
    assert (caught[0].filename, caught[0].lineno) == (__file__, line)
    await exchange(app, "POST", "/users?name=b")
    with Session(engine) as session:
        assert len(session.scalars(select(User)).all()) == 2


async def test_a_session_that_sends_nothing_before_its_commit_is_seen_too(engine):
    app = FastAPI(debug=True)

    @app.post("/users")
    def create_user(name: str, session=Depends(get_session(engine))):
        session.add(User(name=name))

    with pytest.warns(LateCommitWarning, match="/users"):
        await exchange(app, "POST", "/users?name=a")


async def test_an_asynchronous_engine_is_seen_too(async_engine: AsyncEngine):
    app = FastAPI(debug=True)

    async def session():
        async with AsyncSession(async_engine) as session:
            yield session
            await session.commit()

    @app.post("/users")
    async def create_user(name: str, session=Depends(session)):
        session.add(User(name=name))

    with pytest.warns(LateCommitWarning, match="A COMMIT of '/users'"):
        await exchange(app, "POST", "/users?name=a")


NEW = "INSERT INTO users (name) VALUES ('a')"
WRITES = {
    "ORM": lambda session: session.add(User(name="a")),
    "Core": lambda session: session.execute(insert(User).values(name="a")),
    "by Core, which returns": lambda session: session.scalar(
        insert(User).values(name="a").returning(User.id)
    ),
    "an update": lambda session: session.execute(update(User).values(name="b")),
    "a delete": lambda session: session.execute(delete(User)),
    "text": lambda session: session.execute(text(NEW)),
    "text with a comment": lambda session: session.execute(text(f"-- select\n /* a */ {NEW}")),
    "text with a CTE": lambda session: session.execute(text(f"WITH one AS (SELECT 1) {NEW}")),
    "the driver's": lambda session: session.connection().exec_driver_sql(NEW.lower()),
    "a table": lambda session: session.execute(text("CREATE TABLE more (id INT)")),
    "then reads": lambda session: (session.execute(text(NEW)), session.scalars(select(User))),
    "in a savepoint": lambda session: write_nested(session),
}


def write_nested(session):
    with session.begin_nested():
        session.add(User(name="a"))


READS = {
    "nothing": lambda session: None,
    "ORM": lambda session: session.scalars(select(User)).all(),
    "ORM, for an update": lambda session: session.scalars(select(User).with_for_update()).all(),
    "Core": lambda session: session.execute(select(User.id)).all(),
    "Core with a CTE": lambda session: session.scalars(select(select(User.id).cte())).all(),
    "text": lambda session: session.scalar(text("select 1")),
    "text with a comment": lambda session: session.scalar(
        text("\n/* UPDATE */ -- DELETE\n SELECT 1")
    ),
    "values": lambda session: session.scalar(text("VALUES (1)")),
    "the driver's": lambda session: session.connection().exec_driver_sql("PRAGMA user_version"),
    "a savepoint": lambda session: session.begin_nested().commit(),
    "what was committed before": lambda session: (
        session.add(User(name="a")),
        session.commit(),
        session.scalars(select(User)).all(),
    ),
}


def using(engine, work):
    """An application of one route, which commits late what *work* does."""
    app = FastAPI(debug=True)

    @app.post("/")
    def use(session=Depends(get_session(engine))):
        work(session)

    return app


@pytest.mark.parametrize("work", WRITES.values(), ids=WRITES)
async def test_a_write_of_any_kind_is_warned_of(engine, work):
    with pytest.warns(LateCommitWarning):
        await exchange(using(engine, work), "POST", "/")


@pytest.mark.parametrize("work", READS.values(), ids=READS)
async def test_what_only_reads_is_not_warned_of(engine, work):
    """Its COMMIT is late, but nobody was told of a write."""
    with nothing_warned():
        reply = await exchange(using(engine, work), "POST", "/")
    assert reply.status == 200


async def test_a_write_that_was_rolled_back_is_no_write(engine):
    def work(session):
        session.add(User(name="a"))
        session.flush()
        session.rollback()
        session.scalars(select(User)).all()

    with nothing_warned():
        await exchange(using(engine, work), "POST", "/")


async def test_development_is_set_by_the_environment_too(engine, monkeypatch):
    monkeypatch.setenv("FASTAPI_ENV", "development")
    app, router = FastAPI(), APIRouter(prefix="/v1")
    add_route(router, engine)
    app.include_router(router)
    with pytest.warns(LateCommitWarning, match="A COMMIT of '/v1/users'"):
        await exchange(app, "POST", "/v1/users?name=a")


async def test_a_stream_that_commits_at_its_end_is_warned_of(engine):
    app = FastAPI(debug=True)

    @app.get("/")
    def read(session=Depends(get_session(engine))):
        session.add(User(name="a"))
        session.flush()
        return StreamingResponse(iter(["line"]))

    with pytest.warns(LateCommitWarning):
        await exchange(app, "GET", "/")


@contextlib.contextmanager
def nothing_warned():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


async def test_with_the_option_nothing_is_late(engine):
    app = FastAPI(debug=True, commit_before_response=True)
    add_route(app, engine)
    listen()
    with nothing_warned():
        await exchange(app, "POST", "/users?name=a")


async def test_an_endpoint_that_commits_is_not_late(engine):
    app = FastAPI(debug=True)

    def session():
        with Session(engine) as session:
            yield session

    @app.post("/users")
    def create_user(name: str, session=Depends(session)):
        session.add(User(name=name))
        session.commit()

    with nothing_warned():
        await exchange(app, "POST", "/users?name=a")


async def test_a_task_that_commits_what_it_began_is_not_late(engine):
    app = FastAPI(debug=True)

    def rest(name):
        with Session(engine) as session, session.begin():
            session.add(User(name=name))

    def lock():
        yield

    @app.post("/users", dependencies=[Depends(lock)])
    def create_user(name: str, tasks: BackgroundTasks):
        tasks.add_task(rest, name)

    with nothing_warned():
        await exchange(app, "POST", "/users?name=a")
    with Session(engine) as session:
        assert len(session.scalars(select(User)).all()) == 1


async def test_a_task_that_commits_what_the_request_began_is_late(engine):
    app = FastAPI(debug=True)

    def session():
        with Session(engine) as session:
            yield session

    @app.post("/users")
    def create_user(name: str, tasks: BackgroundTasks, session=Depends(session)):
        session.add(User(name=name))
        session.flush()
        tasks.add_task(session.commit)

    with pytest.warns(LateCommitWarning):
        await exchange(app, "POST", "/users?name=a")


async def test_a_transaction_that_is_none_is_not_late(engine):
    autocommitting = engine.execution_options(isolation_level="AUTOCOMMIT")
    app = FastAPI(debug=True)

    @app.post("/users")
    def create_user(name: str, session=Depends(get_session(autocommitting))):
        session.add(User(name=name))

    with nothing_warned():
        await exchange(app, "POST", "/users?name=a")


async def test_what_comes_after_the_request_is_none_of_its_business(engine):
    app = FastAPI(debug=True)
    add_route(app, engine)
    with pytest.warns(LateCommitWarning):
        await exchange(app, "POST", "/users?name=a")
    other = FastAPI(debug=True)
    add_route(other, engine)
    with nothing_warned(), Session(engine) as session:
        session.add(User(name="b"))
        session.commit()


async def test_in_production_nobody_listens(engine):
    app = FastAPI()
    add_route(app, engine)
    with nothing_warned():
        await exchange(app, "POST", "/users?name=a")
    assert not event.contains(Engine, "commit", late_commits.note_commit)


PROGRAM = """
import asyncio, sys, warnings
from sqlalchemy import create_engine, text
from pronghorn import Depends, FastAPI
sys.path.insert(0, {tests!r})
from drivers.asgi import exchange

engine = create_engine("sqlite://")
app = FastAPI(debug=True)

def connection():
    with engine.begin() as connection:
        yield connection

@app.get("/")
def read(connection=Depends(connection)):
    connection.execute(text("CREATE TABLE things (id INT)"))

assert "pronghorn.data" not in sys.modules
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    asyncio.run(exchange(app, "GET", "/"))
print([type(one.message).__name__ for one in caught])
"""


def test_a_program_that_knows_only_sqlalchemy_is_warned(request):
    program = PROGRAM.format(tests=str(request.config.rootpath / "tests"))
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    assert done.stdout.strip() == "['LateCommitWarning']", done.stderr


async def test_a_commit_that_no_line_of_the_users_asks_for_is_shown_with_the_endpoint():
    """What commits may be of a package, and nothing of the user's waits for it."""
    route = Route(add_route, "/users")
    with pytest.warns(LateCommitWarning) as caught:
        route.tell(None)
    line = getsourcelines(add_route)[1]
    assert [(it.filename, it.lineno) for it in caught] == [(__file__, line)]
