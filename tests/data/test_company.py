"""Sessions in company: one connection for a request, whoever asks for it, and where they are refused."""

import asyncio
from contextlib import suppress
from functools import wraps
from typing import Annotated
from weakref import WeakSet

import pytest
from data.models import Post, User
from data.watched import watched
from drivers.asgi import exchange, exchange_failing
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session as BlockingSession
from starlette.websockets import WebSocketDisconnect

from pronghorn import Depends, FastAPI, WebSocket
from pronghorn.data import (
    Database,
    ReadSession,
    Session,
    SessionFactory,
    SyncReadSession,
    SyncSession,
)
from pronghorn.data.errors import SessionOverError, TwoNamesError, WhichDatabaseError
from pronghorn.data.sessions import finding
from pronghorn.exceptions import DeclarationError
from pronghorn.routing import APIRoute
from pronghorn.sse import EventSourceResponse
from pronghorn.testclient import TestClient

pytestmark = pytest.mark.anyio


def in_a_thread(test):
    """A test that has a client with an event loop of its own."""

    @wraps(test)
    async def run(**fixtures):
        await asyncio.to_thread(test, **fixtures)

    return run


@pytest.fixture
async def seen(address):
    async with watched(address) as seen:
        yield seen


def application(seen):
    app = FastAPI()
    app.state.database = seen.db
    return app


# --- one connection ----------------------------------------------------------------------


async def test_who_reads_beside_who_writes_has_the_same_transaction(seen):
    app = application(seen)

    async def current_user(session: ReadSession):
        return session

    @app.post("/")
    async def create(user: Annotated[AsyncSession, Depends(current_user)], session: Session):
        session.add(User(name="Ada"))
        await session.flush()
        found = (await user.scalars(select(User.name))).all()
        return [user is session, found, seen.held()]

    assert (await exchange(app, "POST", "/")).json == [True, ["Ada"], 1]
    assert (seen.names(), seen.held()) == (["Ada"], 0)


async def test_blocking_sessions_share_one_transaction_too(seen):
    app = application(seen)

    def current_user(session: SyncReadSession):
        return session

    @app.post("/")
    def create(user: Annotated[BlockingSession, Depends(current_user)], session: SyncSession):
        session.add(User(name="Ada"))
        session.flush()
        return [user is session, seen.held()]

    assert (await exchange(app, "POST", "/")).json == [True, 1]
    assert seen.names() == ["Ada"]


@pytest.mark.parametrize("writes", [True, False])
async def test_an_asynchronous_reader_holds_nothing_beside_a_blocking_session(seen, writes):
    app = application(seen)
    with BlockingSession(seen.outside) as session, session.begin():
        session.add(User(name="Ada"))

    async def current_user(session: ReadSession):
        name = (await session.scalars(select(User.name))).one()
        return name, seen.held()

    if writes:

        @app.post("/")
        def create(user: Annotated[tuple[str, int], Depends(current_user)], session: SyncSession):
            session.add(User(name="Bob"))
            session.flush()
            return [*user, seen.held()]
    else:

        @app.post("/")
        def look(user: Annotated[tuple[str, int], Depends(current_user)], session: SyncReadSession):
            assert session.scalars(select(User.name)).all() == ["Ada"]
            return [*user, seen.held()]

    assert (await exchange(app, "POST", "/")).json == ["Ada", 0, 1]


async def test_two_databases_have_a_connection_each(seen, tmp_path):
    async with watched(f"sqlite:///{tmp_path / 'other.db'}") as other:
        app = FastAPI()

        @app.post("/")
        async def create(here: seen.db.Session, there: other.db.Session):
            here.add(User(name="here"))
            there.add(User(name="there"))

        assert (await exchange(app, "POST", "/")).status == 200
        assert (seen.names(), other.names()) == (["here"], ["there"])


async def test_who_reads_has_the_transaction_of_who_writes_with_options(seen):
    app = application(seen)
    strict = Annotated[AsyncSession, seen.db.session_with(isolation_level="REPEATABLE READ")]

    async def current_user(session: seen.db.ReadSession):
        return session

    @app.post("/")
    async def create(
        user: Annotated[AsyncSession, Depends(current_user)],
        session: strict,
        same: Annotated[AsyncSession, seen.db.session_with(isolation_level="REPEATABLE READ")],
    ):
        level = "SERIALIZABLE"
        if not seen.db.is_sqlite:
            level = await session.scalar(text("SHOW transaction_isolation"))
        return [user is session is same, level.upper()]

    level = "SERIALIZABLE" if seen.db.is_sqlite else "REPEATABLE READ"
    assert (await exchange(app, "POST", "/")).json == [True, level]

    with pytest.raises(DeclarationError, match="exclude"):

        @app.put("/")
        async def change(session: strict, other: seen.db.Session):
            pass


@pytest.mark.parametrize("first", [Session, ReadSession])
async def test_one_database_cannot_be_asked_for_by_two_names(seen, first):
    app = application(seen)

    async def current_user(session: first):
        return session

    @app.post("/")
    async def create(user: Annotated[str, Depends(current_user)], session: seen.db.Session):
        pass

    with pytest.raises(TwoNamesError, match="Session"):
        await exchange(app, "POST", "/")


class OwnRoute(APIRoute):
    def get_route_handler(self):
        handle = super().get_route_handler()

        async def own(request):
            return await handle(request)

        return own


@pytest.mark.parametrize("route_class", [APIRoute, OwnRoute])
async def test_nobody_makes_a_success_of_a_commit_that_fails(seen, route_class):
    """Not even a dependency around the session that swallows whatever goes wrong within it."""
    app = application(seen)
    app.router.route_class = route_class

    async def swallowing():
        with suppress(Exception):
            yield

    @app.post("/", dependencies=[Depends(swallowing, scope="function")])
    async def create(session: Session):
        session.add_all([User(name="Ada"), Post(title="nobody's", author_id=-1)])

    answer, _ = await exchange_failing(app, "POST", "/")
    assert answer.status == 500
    assert (seen.names(), seen.held()) == ([], 0)


# --- what is refused at import -----------------------------------------------------------


@pytest.mark.parametrize("blocking", [SyncSession, SyncReadSession])
def test_asynchronous_and_blocking_sessions_exclude_each_other(blocking):
    app = FastAPI()

    def current_user(session: blocking):
        return session

    with pytest.raises(DeclarationError, match="exclude"):

        @app.post("/")
        async def create(session: Session, user: Annotated[str, Depends(current_user)]):
            pass


@pytest.mark.parametrize("kind", [Session, ReadSession])
def test_the_signature_of_a_generator_cannot_have_a_session(kind):
    app = FastAPI()
    with pytest.raises(DeclarationError, match="SessionFactory"):

        @app.get("/")
        async def lines(session: kind):
            yield 1

    with pytest.raises(DeclarationError, match="SessionFactory"):

        @app.get("/", response_class=EventSourceResponse)
        async def events(session: kind):
            yield 1

    with pytest.raises(DeclarationError, match="SessionFactory"):

        @app.get("/")
        def blocking_lines(session: SyncSession):
            yield 1


def test_the_signature_of_a_socket_cannot_have_a_session():
    app = FastAPI()
    with pytest.raises(DeclarationError, match="SessionFactory"):

        @app.websocket("/")
        async def talk(websocket: WebSocket, session: Session):
            pass


# --- WebSockets --------------------------------------------------------------------------


@in_a_thread
def test_a_socket_begins_after_the_commit_of_its_dependencies(seen):
    app = application(seen)

    async def visitor(session: Session):
        session.add(User(name="Ada"))
        await session.flush()
        return session

    @app.websocket("/")
    async def talk(websocket: WebSocket, session: Annotated[AsyncSession, Depends(visitor)]):
        await websocket.accept()
        await websocket.send_json([seen.names(), seen.held()])
        with pytest.raises(SessionOverError):
            await session.execute(select(User))
        await websocket.close()

    with TestClient(app).websocket_connect("/") as socket:
        assert socket.receive_json() == [["Ada"], 0]


@in_a_thread
def test_a_socket_whose_commit_fails_is_not_accepted(seen):
    app = application(seen)
    ran = []

    async def visitor(session: Session):
        session.add(Post(title="nobody's", author_id=-1))

    @app.websocket("/", dependencies=[Depends(visitor)])
    async def talk(websocket: WebSocket):
        ran.append(1)

    with pytest.raises(WebSocketDisconnect), TestClient(app).websocket_connect("/"):
        pass
    assert (ran, seen.held()) == ([], 0)


@in_a_thread
def test_a_socket_has_sessions_by_the_factory(seen):
    app = application(seen)

    @app.websocket("/")
    async def talk(websocket: WebSocket, sessions: SessionFactory):
        await websocket.accept()
        async with sessions() as session:
            session.add(User(name=await websocket.receive_text()))
        await websocket.send_json([seen.names(), seen.held()])
        await websocket.close()

    with TestClient(app).websocket_connect("/") as socket:
        socket.send_text("Ada")
        assert socket.receive_json() == [["Ada"], 0]


# --- which database ----------------------------------------------------------------------


async def test_without_a_lifespan_the_only_database_is_meant(tmp_path, monkeypatch):
    alone = WeakSet()
    monkeypatch.setattr(finding, "living", alone)
    app = FastAPI()

    @app.get("/")
    async def endpoint(sessions: SessionFactory):
        return str(sessions.database is db)

    with pytest.raises(WhichDatabaseError, match="No `Database`"):
        await exchange(app, "GET", "/")
    db = Database(f"sqlite:///{tmp_path / 'one.db'}")
    alone.add(db)
    assert (await exchange(app, "GET", "/")).json == "True"
    alone.add(Database(f"sqlite:///{tmp_path / 'two.db'}"))
    with pytest.raises(WhichDatabaseError, match=r"db\.Session"):
        await exchange(app, "GET", "/")


async def test_an_application_opens_the_database_that_it_means(seen):
    app = FastAPI(lifespan=seen.db.lifespan)

    @app.get("/")
    async def endpoint(sessions: SessionFactory):
        return str(sessions.database is seen.db)

    async with app.router.lifespan_context(app):
        assert (await exchange(app, "GET", "/")).json == "True"
        await asyncio.sleep(0)


async def test_a_statement_without_rows_may_be_read_beside_a_blocking_session(seen):
    app = application(seen)

    async def set_something(session: ReadSession):
        statement = "PRAGMA cache_size=-2000" if seen.db.is_sqlite else "SET LOCAL work_mem='5MB'"
        await session.execute(text(statement))

    @app.post("/", dependencies=[Depends(set_something)])
    def create(session: SyncSession):
        session.add(User(name="Ada"))

    assert (await exchange(app, "POST", "/")).status == 200
    assert seen.names() == ["Ada"]
