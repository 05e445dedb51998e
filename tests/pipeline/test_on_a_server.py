"""The same over a real socket: uvicorn, and clients that come and go."""

import asyncio
import socket
import threading
import time
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from pronghorn import Depends, FastAPI, Response, WebSocket
from pronghorn.responses import StreamingResponse

PATIENCE = 10


@contextmanager
def serving(app, http):
    """The address of *app*, served by uvicorn in a thread, its loop asyncio's own."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=http, loop="asyncio", lifespan="off", log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        wait_until(lambda: server.started)
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        listener.close()


def wait_until(is_so):
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


@pytest.fixture(scope="module", params=["h11", "httptools"])
def served(request):
    app = FastAPI()
    journal = []

    async def resource():
        journal.append("enter")
        try:
            yield
        finally:
            await asyncio.sleep(0.01)
            journal.append("clean")

    @app.get("/items/{item_id}")
    async def read_item(item_id: int, q: str | None = None):
        return {"item_id": item_id, "q": q}

    @app.post("/echo")
    async def echo(item: dict):
        return item

    @app.api_route("/status/{status}", methods=["GET", "HEAD"])
    async def status(status: int, response: Response):
        response.status_code = status
        return {"status": status}

    @app.get("/no-content", status_code=204)
    async def no_content():
        pass

    @app.get("/reset-content", status_code=205)
    async def reset_content():
        pass

    @app.get("/stream", dependencies=[Depends(resource)])
    async def stream():
        async def chunks():
            while True:
                yield b"x" * 1000
                await asyncio.sleep(0.001)

        return StreamingResponse(chunks())

    @app.get("/fail")
    async def fail():
        raise LookupError("gone")

    @app.get("/fail-late")
    async def fail_late():
        yield 1
        raise LookupError("gone")

    @app.websocket("/ws/{number}")
    async def talk(websocket: WebSocket, number: int):
        await websocket.accept()
        async for text in websocket.iter_text():
            await websocket.send_text(text * number)

    with (
        serving(app, request.param) as address,
        httpx.Client(base_url=f"http://{address}") as client,
    ):
        client.address = address
        client.journal = journal
        yield client


def test_a_connection_is_kept_through_all_kinds_of_answers(served):
    for _ in range(2):
        assert served.get("/items/7?q=%C3%A9").json() == {"item_id": 7, "q": "é"}
        assert served.post("/echo", json={"a": [1]}).json() == {"a": [1]}
        assert served.get("/items/x").status_code == 422
        assert served.get("/nowhere").status_code == 404
        assert served.delete("/items/7").status_code == 405
        assert served.get("/fail").status_code == 500
        assert served.get("/no-content").status_code == 204
        assert served.get("/no-content").content == b""


def test_head_has_the_headers_and_no_body(served):
    answer = served.head("/status/200")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-length"] == "14"
    assert served.get("/status/200").json() == {"status": 200}


@pytest.mark.parametrize("target", ["/reset-content", "/status/205", "/status/304", "/status/204"])
def test_a_status_without_a_body_does_not_break_the_connection(served, target):
    answer = served.get(target)
    assert answer.content == b""
    assert served.get("/items/7").status_code == 200


def test_a_body_in_pieces_arrives_whole(served):
    def pieces():
        yield b'{"a": '
        yield b'"' + b"x" * 100_000 + b'"'
        yield b"}"

    headers = {"content-type": "application/json"}
    answer = served.post("/echo", content=pieces(), headers=headers)
    assert answer.json() == {"a": "x" * 100_000}


def test_a_client_that_leaves_a_stream_lets_the_server_clean_up(served):
    served.journal.clear()
    with served.stream("GET", "/stream") as answer:
        next(answer.iter_bytes())
        assert served.journal == ["enter"]
    wait_until(lambda: served.journal == ["enter", "clean"])


def test_a_stream_that_fails_is_cut_off_and_not_ended_as_if_whole(served):
    with pytest.raises(httpx.RemoteProtocolError), served.stream("GET", "/fail-late") as answer:
        assert answer.status_code == 200
        list(answer.iter_bytes())


def test_a_hundred_clients_at_once_get_their_own_answers(served):
    async def ask_all():
        async with httpx.AsyncClient(base_url=f"http://{served.address}") as client:
            targets = [f"/items/{n}?q=q{n}" for n in range(100)]
            return await asyncio.gather(*map(client.get, targets))

    answers = asyncio.run(ask_all())
    assert [a.json() for a in answers] == [{"item_id": n, "q": f"q{n}"} for n in range(100)]


def test_a_web_socket_talks_and_tells_why_it_closes(served):
    with connect(f"ws://{served.address}/ws/2") as session:
        session.send("ab")
        assert session.recv(PATIENCE) == "abab"


def test_a_web_socket_that_does_not_fit_is_refused(served):
    with pytest.raises(Exception) as caught, connect(f"ws://{served.address}/ws/x") as session:
        session.recv(PATIENCE)
    if isinstance(caught.value, ConnectionClosed):
        assert caught.value.rcvd.code == 1008
    else:
        assert caught.value.response.status_code == 403
