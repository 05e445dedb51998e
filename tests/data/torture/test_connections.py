"""Who holds a connection: not those who idle, and nobody two of them."""

import asyncio
import socket
import time
from contextlib import asynccontextmanager, contextmanager

import httpx
import pytest
import uvicorn
from data.models import User
from data.watched import watched
from sqlalchemy import select, text
from websockets.asyncio.client import connect

from pronghorn import Depends, FastAPI, WebSocket
from pronghorn.data import ReadSession, Session, SyncSession
from pronghorn.responses import StreamingResponse
from pronghorn.sse import EventSourceResponse

PATIENCE = {"pool_timeout": 20, "busy_timeout": 20}

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


@asynccontextmanager
async def serving(app):
    """The address of *app*, served over real sockets by this very loop."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    config = uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    server.capture_signals = no_signals  # type: ignore[method-assign]
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.01)
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        server.force_exit = True
        await task
        listener.close()


@contextmanager
def no_signals():
    yield


def idle_application(seen, leave):
    app = FastAPI(lifespan=seen.db.lifespan)

    async def current_user(session: ReadSession):
        return (await session.scalars(select(User))).one().name

    async def visit(session: Session):
        user = (await session.scalars(select(User).with_for_update())).one()
        return user.name

    @app.get("/events", response_class=EventSourceResponse, dependencies=[Depends(visit)])
    async def events(user: str = Depends(current_user)):
        yield {"user": user}
        await leave.wait()

    @app.websocket("/socket")
    async def socket_(websocket: WebSocket, user: str = Depends(current_user)):
        await websocket.accept()
        await websocket.send_text(user)
        await leave.wait()

    @app.get("/download")
    async def download(user: str = Depends(current_user)):
        async def body():
            yield user.encode()
            await leave.wait()

        return StreamingResponse(body())

    @app.get("/quick")
    async def quick(session: ReadSession):
        return (await session.scalars(select(User))).one().name

    return app


async def test_streams_sockets_and_downloads_hold_no_connection_while_they_idle(address):
    leave = asyncio.Event()
    async with watched(address) as seen:
        async with seen.db.sessions() as session:
            session.add(User(name="Ada"))
        async with (
            serving(idle_application(seen, leave)) as place,
            httpx.AsyncClient(
                base_url=f"http://{place}", timeout=30, limits=httpx.Limits(max_connections=200)
            ) as client,
        ):
            tasks = [asyncio.create_task(first_of(client, "/events")) for _ in range(50)]
            tasks += [asyncio.create_task(first_of(client, "/download")) for _ in range(20)]
            tasks += [asyncio.create_task(first_message(f"ws://{place}/socket")) for _ in range(50)]
            begun = [await asyncio.wait_for(task, 30) for task in tasks]
            assert [name for name, _ in begun if "Ada" not in name] == []
            assert seen.held() == 0
            times = []
            for _ in range(20):
                before = time.perf_counter()
                assert (await client.get("/quick")).json() == "Ada"
                times.append(time.perf_counter() - before)
            leave.set()
            await asyncio.gather(*(end() for _, end in begun))
            # Not how fast it is, but that nobody waits for those who idle.
            assert sorted(times)[len(times) // 2] < 0.1
            assert seen.held() == 0


async def first_of(client, path):
    """The first bytes of a stream, and what reads it to its end."""
    stream = client.stream("GET", path)
    response = await stream.__aenter__()
    chunks = response.aiter_text()
    first = await anext(chunks)

    async def end():
        async for _ in chunks:
            pass
        await stream.__aexit__(None, None, None)

    return first, end


async def first_message(url):
    connection = await connect(url)
    first = await connection.recv()

    async def end():
        await connection.wait_closed()

    return first, end


@pytest.mark.parametrize("kind", ["async", "blocking"])
async def test_two_hundred_requests_that_read_and_write_share_five_connections(address, kind):
    # A slow machine may take long, and is waited for; requests that wait for one another are not.
    async with watched(address, pool_size=5, max_overflow=0, **PATIENCE) as seen:
        app = FastAPI(lifespan=seen.db.lifespan)

        async def current_user(session: ReadSession):
            return (await session.execute(text("SELECT 1"))).scalar()

        if kind == "async":

            @app.post("/{number}")
            async def write(number: int, session: Session, user: int = Depends(current_user)):
                session.add(User(name=str(number)))
        else:

            @app.post("/{number}")
            def write_blocking(
                number: int, session: SyncSession, user: int = Depends(current_user)
            ):
                session.add(User(name=str(number)))

        async with (
            serving(app) as place,
            httpx.AsyncClient(
                base_url=f"http://{place}", timeout=60, limits=httpx.Limits(max_connections=200)
            ) as client,
        ):
            answers = await asyncio.gather(*(client.post(f"/{number}") for number in range(200)))
        assert [answer.status_code for answer in answers] == [200] * 200
        assert (seen.count(), seen.held()) == (200, 0)
