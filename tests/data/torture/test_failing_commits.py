"""A thousand commits that fail: none is answered as a success, none leaves a row behind."""

from itertools import cycle

import pytest
from data.models import Post, User
from data.watched import watched
from drivers.asgi import exchange, exchange_failing
from sqlalchemy import select

from pronghorn import FastAPI
from pronghorn.data import Session, SyncSession

pytestmark = [pytest.mark.anyio, pytest.mark.slow, pytest.mark.timeout(240)]


def failing(seen):
    """Writes whose foreign key is found wrong when they are committed, in several ways."""
    app = FastAPI()
    app.state.database = seen.db

    @app.post("/async")
    async def write(session: Session):
        session.add_all([User(name="leaked"), Post(title="nobody's", author_id=-1)])
        return "done"

    @app.post("/flushed")
    async def write_flushed(session: Session):
        session.add_all([User(name="leaked"), Post(title="nobody's", author_id=-1)])
        await session.flush()
        return "done"

    @app.post("/nested")
    async def write_nested(session: Session):
        session.add(User(name="leaked"))
        async with session.begin_nested():
            session.add(Post(title="nobody's", author_id=-1))
        return "done"

    @app.post("/sync")
    def write_blocking(session: SyncSession):
        session.add_all([User(name="leaked"), Post(title="nobody's", author_id=-1)])
        return "done"

    @app.post("/sync-nested")
    def write_blocking_nested(session: SyncSession):
        session.add(User(name="leaked"))
        with session.begin_nested():
            session.add(Post(title="nobody's", author_id=-1))
        return "done"

    @app.get("/async")
    async def read(session: Session):
        return list(await session.scalars(select(User.name)))

    @app.get("/sync")
    def read_blocking(session: SyncSession):
        return list(session.scalars(select(User.name)))

    return app


async def test_a_thousand_failing_commits(address):
    async with watched(address) as seen:
        app = failing(seen)
        statuses, leaked = [], []
        ways = cycle(["/async", "/flushed", "/nested", "/sync", "/sync-nested"])
        for number, way in zip(range(1000), ways, strict=False):
            answer, _ = await exchange_failing(app, "POST", way)
            statuses.append(answer.status)
            if number % 10 == 9:
                for reader in ("/async", "/sync"):
                    leaked += (await exchange(app, "GET", reader)).json
        assert not [status for status in statuses if status < 400]
        assert leaked == []
        assert (seen.names(), seen.held()) == ([], 0)
