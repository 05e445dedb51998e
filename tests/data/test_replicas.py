"""Reads go to the replica, but not those of a client that has written a moment ago."""

import sys
import threading
from types import SimpleNamespace

import pytest
from drivers.asgi import exchange
from sqlalchemy import text

from pronghorn import FastAPI
from pronghorn.data import Database
from pronghorn.data.connections import replicas
from pronghorn.data.connections.replicas import RecentWrites, client_of

pytestmark = pytest.mark.anyio


def connection(**headers):
    return SimpleNamespace(headers=headers, client=SimpleNamespace(host="10.0.0.1"))


@pytest.fixture
def now(monkeypatch):
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(replicas, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


def test_a_client_is_known_by_its_credentials_its_cookies_or_its_address():
    keys = [
        client_of(connection()),
        client_of(connection(authorization="Bearer a")),
        client_of(connection(authorization="Bearer b")),
        client_of(connection(cookie="session=a")),
    ]
    assert len(set(keys)) == 4
    assert client_of(connection(cookie="session=a")) == keys[3]
    assert client_of(SimpleNamespace(headers={}, client=None)) is None


def test_a_write_is_recent_for_its_client_and_for_its_time(now):
    recent = RecentWrites(5)
    recent.note(connection(cookie="a"))
    assert recent.is_recent(connection(cookie="a"))
    assert not recent.is_recent(connection(cookie="b"))
    now.now += 4
    recent.note(connection(cookie="a"))
    now.now += 4
    assert recent.is_recent(connection(cookie="a"))
    now.now += 1
    assert not recent.is_recent(connection(cookie="a"))
    recent.note(connection(cookie="b"))
    assert len(recent.ends) == 1


def test_threads_may_note_writes_at_the_same_time():
    recent, errors = RecentWrites(0.0001, key=lambda connection: connection), []

    def write(number):
        for step in range(20_000):
            try:
                recent.note((number, step % 7))
            except Exception as error:  # noqa: BLE001 - in a thread nobody sees it
                errors.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert errors == []


def test_beyond_what_is_remembered_everybody_has_written(now, monkeypatch):
    monkeypatch.setattr(replicas, "MOST", 2)
    recent = RecentWrites(5)
    for name in "abc":
        recent.note(connection(cookie=name))
    assert len(recent.ends) == 2
    assert recent.is_recent(connection(cookie="d"))
    now.now += 5
    assert not recent.is_recent(connection(cookie="d"))


@pytest.fixture
async def db(postgres_database):
    url = postgres_database.replace("postgresql://", "postgresql+psycopg://")
    replica = f"{url}?application_name=replica"
    async with Database(f"{url}?application_name=writer", replica=replica) as db:
        yield db


NAME = text("SELECT current_setting('application_name'), current_setting('transaction_read_only')")


async def test_who_has_written_reads_where_it_was_written(db):
    app = FastAPI()

    @app.get("/")
    async def read(session: db.ReadSession):
        return list((await session.execute(NAME)).one())

    @app.get("/blocking")
    def read_blocking(session: db.SyncReadSession):
        return list(session.execute(NAME).one())

    @app.post("/")
    async def write(session: db.Session):
        return list((await session.execute(NAME)).one())

    @app.post("/blocking")
    def write_blocking(session: db.SyncSession):
        return list(session.execute(NAME).one())

    async def ask(method, path, name):
        answer = await exchange(app, method, path, headers=[(b"cookie", name.encode())])
        return answer.json

    for path in ("/", "/blocking"):
        writer = f"writer of {path}"
        assert await ask("GET", path, writer) == ["replica", "on"]
        assert await ask("POST", path, writer) == ["writer", "off"]
        assert await ask("GET", "/", writer) == ["writer", "on"]
        assert await ask("GET", "/blocking", writer) == ["writer", "on"]
        assert await ask("GET", "/", "somebody else") == ["replica", "on"]


async def test_scripts_may_ask_for_what_was_written(db):
    async with db.sessions.read() as session:
        assert (await session.execute(NAME)).one()[0] == "replica"
    async with db.sessions.read(is_fresh=True) as session:
        assert tuple((await session.execute(NAME)).one()) == ("writer", "on")


async def test_without_a_replica_nothing_is_remembered(postgres_database):
    async with Database(postgres_database) as db:
        assert db.recent_writes is None
        assert db.fresh_read_engine is db.read_engine
        assert db.sync_fresh_read_engine is db.sync_read_engine
