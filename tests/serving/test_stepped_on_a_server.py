"""Middleware over a real socket: uvicorn, with asyncio's loop and with uvloop."""

import asyncio
import socket
import threading
import time
from contextlib import contextmanager

import anyio
import httpx
import pytest
import uvicorn
from drivers.dispatched import PATIENCE, make_app
from starlette.middleware.base import BaseHTTPMiddleware

from pronghorn import BackgroundTasks, Depends, Request
from pronghorn.responses import StreamingResponse


@contextmanager
def serving(app, loop):
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, loop=loop, lifespan="off", log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        wait_until(lambda: server.started)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        listener.close()


def wait_until(is_so):
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


async def timing(request, call_next):
    begin = time.perf_counter()
    async with asyncio.timeout(PATIENCE):
        response = await call_next(request)
    response.headers.append("x-process-time", str(time.perf_counter() - begin))
    return response


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def served(request):
    app = make_app(BaseHTTPMiddleware, timing, timing, timing)
    journal = []

    async def resource():
        async with asyncio.TaskGroup():
            yield
        journal.append("exit")

    @app.get("/items/{item_id}", dependencies=[Depends(resource)])
    async def read_item(item_id: int, tasks: BackgroundTasks):
        await asyncio.sleep(0)
        tasks.add_task(journal.append, "task")
        return {"item_id": item_id}

    @app.post("/sum")
    def add(numbers: list[int]):
        return sum(numbers)

    @app.get("/slowly")
    async def stream():
        async def chunks():
            yield "first"
            await asyncio.sleep(0.05)
            yield "second"

        return StreamingResponse(chunks())

    @app.get("/endless")
    async def stream_forever():
        async def chunks():
            try:
                while True:
                    yield "chunk"
                    await asyncio.sleep(0.001)
            finally:
                journal.append("ended")

        return StreamingResponse(chunks())

    @app.get("/patient")
    async def wait(request: Request):
        with anyio.fail_after(PATIENCE):
            while not await request.is_disconnected():
                await asyncio.sleep(0.005)
        journal.append("left")

    with serving(app, request.param) as url:
        yield url, journal


def test_requests_one_after_another_are_answered(served):
    url, journal = served
    journal.clear()
    with httpx.Client(base_url=url) as client:
        for number in range(20):
            answer = client.get(f"/items/{number}")
            assert answer.json() == {"item_id": number}
            assert len(answer.headers.get_list("x-process-time")) == 3
            assert client.post("/sum", json=[number, 1]).json() == number + 1
    wait_until(lambda: journal == ["task", "exit"] * 20)


def test_requests_at_one_time_are_apart(served):
    url, _ = served

    async def ask():
        async with httpx.AsyncClient(base_url=url) as client:
            answers = [client.get(f"/items/{number}") for number in range(30)]
            return [answer.json()["item_id"] for answer in await asyncio.gather(*answers)]

    assert asyncio.run(ask()) == list(range(30))


def test_a_stream_arrives_as_it_is_made(served):
    url, _ = served
    with httpx.stream("GET", f"{url}/slowly") as answer:
        chunks = list(answer.iter_text())
    assert chunks == ["first", "second"]


def test_a_client_that_leaves_ends_the_stream(served):
    url, journal = served
    journal.clear()
    with httpx.stream("GET", f"{url}/endless") as answer:
        assert next(answer.iter_text()) == "chunk"
    wait_until(lambda: journal == ["ended"])


def test_an_endpoint_is_told_that_the_client_has_left(served):
    url, journal = served
    journal.clear()
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{url}/patient", timeout=0.1)
    wait_until(lambda: journal == ["left"])
