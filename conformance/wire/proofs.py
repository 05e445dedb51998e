"""An application whose answers prove what they say: who is inside at once, what arrived when.

Nothing here measures time.  A request waits for what another one does, and if that cannot happen,
it is answered with 504.
"""

import asyncio
import threading
from collections.abc import AsyncIterable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request, WebSocket, WebSocketDisconnect
from fastapi.responses import StreamingResponse
from fastapi.sse import EventSourceResponse

TOGETHER = 20
PATIENCE = 20.0
STEPS = 3


@asynccontextmanager
async def lifespan(app: FastAPI):
    Path("life.txt").write_text("started\n")
    yield {"life": "started"}
    Path("life.txt").write_text("started\nended\n")


app = FastAPI(lifespan=lifespan)
async_barrier = asyncio.Barrier(TOGETHER)
thread_barrier = threading.Barrier(TOGETHER)
# One permit for each piece of a stream that the client has seen.
seen: dict[str, threading.Semaphore] = {}
noticed: dict[str, threading.Event] = {}
is_inside = threading.Event()
"""Somebody whose answer has not begun is inside, and may leave."""


@app.get("/life")
async def life(request: Request):
    return request.state.life


@app.get("/together/async")
async def together_async():
    try:
        async with asyncio.timeout(PATIENCE):
            await async_barrier.wait()
    except TimeoutError:
        raise HTTPException(504, "alone") from None
    return "together"


@app.get("/together/sync")
def together_sync():
    try:
        thread_barrier.wait(PATIENCE)
    except threading.BrokenBarrierError:
        raise HTTPException(504, "alone") from None
    return "together"


def permits(name: str) -> threading.Semaphore:
    return seen.setdefault(name, threading.Semaphore(0))


@app.post("/seen/{name}")
async def tell_seen(name: str):
    permits(name).release()
    return "told"


async def wait_async(name: str) -> None:
    if not await asyncio.to_thread(permits(name).acquire, timeout=PATIENCE):
        raise RuntimeError("the piece did not arrive before the next was made")


def wait_sync(name: str) -> None:
    if not permits(name).acquire(timeout=PATIENCE):
        raise RuntimeError("the piece did not arrive before the next was made")


@app.get("/pieces/async", response_class=StreamingResponse)
async def pieces_async() -> AsyncIterable[str]:
    for number in range(STEPS):
        yield f"piece {number};"
        await wait_async("async")


@app.get("/pieces/sync", response_class=StreamingResponse)
def pieces_sync() -> Iterable[str]:
    for number in range(STEPS):
        yield f"piece {number};"
        wait_sync("sync")


@app.get("/pieces/lines")
async def pieces_lines() -> AsyncIterable[str]:
    for number in range(STEPS):
        yield f"piece {number};"
        await wait_async("lines")


@app.get("/pieces/events", response_class=EventSourceResponse)
async def pieces_events() -> AsyncIterable[str]:
    for number in range(STEPS):
        yield f"piece {number};"
        await wait_async("events")


@app.get("/pieces/returned")
async def pieces_returned():
    return StreamingResponse(pieces_of("returned"))


async def pieces_of(name: str):
    for number in range(STEPS):
        yield f"piece {number};"
        await wait_async(name)


def notices(name: str) -> threading.Event:
    return noticed.setdefault(name, threading.Event())


@app.get("/leave/stream", response_class=StreamingResponse)
async def leave_stream() -> AsyncIterable[str]:
    try:
        while True:
            yield "more;"
            await asyncio.sleep(0.01)
    finally:
        notices("stream").set()


@app.get("/leave/request")
async def leave_request(request: Request):
    is_inside.set()
    while not await request.is_disconnected():
        await asyncio.sleep(0.01)
    notices("request").set()


@app.websocket("/leave/socket")
async def leave_socket(websocket: WebSocket):
    await websocket.accept()
    try:
        await websocket.receive_text()
    except WebSocketDisconnect:
        notices("socket").set()


@app.get("/inside")
def inside():
    if not is_inside.wait(PATIENCE):
        raise HTTPException(504, "not inside")
    return "inside"


@app.get("/noticed/{name}")
def was_noticed(name: str):
    if not notices(name).wait(PATIENCE):
        raise HTTPException(504, "not noticed")
    return "noticed"


@app.websocket("/echo")
async def echo(websocket: WebSocket):
    await websocket.accept()
    async for message in websocket.iter_text():
        await websocket.send_text(message)
        await websocket.send_bytes(message.encode())
