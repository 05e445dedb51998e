"""The chat. Its journey over a real network is among the tests of the framework."""

import asyncio
from typing import Any

import pytest

from main import app
from routers.chat import room
from services.chat_room import MESSAGE_SIZE, QUEUE_SIZE


class Client:
    """A WebSocket client that speaks ASGI, and may stop reading."""

    def __init__(self, client_id: str) -> None:
        self.to_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.from_server: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.reads = asyncio.Event()
        self.reads.set()
        self.is_lost = False
        scope = {
            "type": "websocket",
            "path": f"/ws/{client_id}",
            "query_string": b"",
            "headers": [],
        }
        self.to_server.put_nowait({"type": "websocket.connect"})
        self.task = asyncio.create_task(app(scope, self.to_server.get, self.receive_from_server))

    async def receive_from_server(self, message: Any) -> None:
        await self.reads.wait()
        if self.is_lost:
            raise OSError("connection lost")
        self.from_server.put_nowait(message)

    def say(self, text: str) -> None:
        self.to_server.put_nowait({"type": "websocket.receive", "text": text})

    async def hear(self) -> dict[str, Any]:
        return await asyncio.wait_for(self.from_server.get(), 5)

    async def hear_text(self) -> str:
        text: str = (await self.hear())["text"]
        return text

    async def leave(self) -> None:
        self.to_server.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait_for(self.task, 5)


async def enter(*client_ids: int) -> list[Client]:
    clients = [Client(str(client_id)) for client_id in client_ids]
    for client in clients:
        assert (await client.hear())["type"] == "websocket.accept"
    return clients


@pytest.fixture(autouse=True)
def empty_room() -> None:
    assert not room.members


async def test_what_one_says_all_hear() -> None:
    one, two = await enter(1, 2)
    one.say("hello")
    two.say("grüß dich")
    for client in (one, two):
        assert await client.hear_text() == "Client #1: hello"
        assert await client.hear_text() == "Client #2: grüß dich"
    await two.leave()
    assert await one.hear_text() == "Client #2 left"
    await one.leave()


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"type": "websocket.receive", "bytes": b"\xff\xfe"}, 1003),
        ({"type": "websocket.receive", "bytes": b"text", "text": None}, 1003),
        ({"type": "websocket.receive", "text": "x" * (MESSAGE_SIZE + 1)}, 1009),
    ],
)
async def test_what_is_no_message_closes_its_sender_only(event: dict[str, Any], code: int) -> None:
    one, two = await enter(1, 2)
    one.to_server.put_nowait(event)
    closed = await one.hear()
    assert (closed["type"], closed["code"]) == ("websocket.close", code)
    await asyncio.wait_for(one.task, 5)
    assert await two.hear_text() == "Client #1 left"
    two.say("still here")
    assert await two.hear_text() == "Client #2: still here"
    await two.leave()


async def test_a_client_without_a_number_is_refused() -> None:
    client = Client("nobody")
    refused = await client.hear()
    assert (refused["type"], refused["code"]) == ("websocket.close", 1008)
    await client.task


async def test_a_slow_reader_delays_nobody() -> None:
    slow, one, two = await enter(0, 1, 2)
    slow.reads.clear()
    total = QUEUE_SIZE * 3
    for number in range(total):
        one.say(str(number))
    for client in (one, two):
        heard = [await client.hear_text() for _ in range(total + 1)]
        assert heard.count("Client #0 left") == 1
        heard.remove("Client #0 left")
        assert heard == [f"Client #1: {number}" for number in range(total)]
    slow.reads.set()
    closed = await slow.hear()
    while closed["type"] == "websocket.send":
        closed = await slow.hear()
    assert (closed["type"], closed["code"]) == ("websocket.close", 1013)
    await asyncio.wait_for(slow.task, 5)
    await one.leave()
    await two.leave()


async def test_a_client_that_is_gone_is_no_problem() -> None:
    gone, one = await enter(0, 1)
    gone.is_lost = True
    one.say("hello")
    assert await one.hear_text() == "Client #1: hello"
    assert await one.hear_text() == "Client #0 left"
    await asyncio.wait_for(gone.task, 5)
    await one.leave()
