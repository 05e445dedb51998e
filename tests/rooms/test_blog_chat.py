"""One reader who has stopped reading, and fifty who notice nothing."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from servers.blog import SERVERS, Blog, running_blog
from websockets.asyncio.client import ClientConnection, connect
from websockets.client import ClientProtocol
from websockets.frames import Close, Frame, Opcode
from websockets.uri import parse_uri

READERS = 50
TEXT = "🦌" * 3900

# More than the sockets' buffers and the queue of a reader who reads nothing can hold.
MOST_MESSAGES = 3000
PATIENCE = 60


@pytest.fixture(params=list(SERVERS))
def blog(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Blog]:
    with running_blog(request.param, f"sqlite:///{tmp_path}/blog.db", tmp_path) as blog:
        yield blog


class StuckReader:
    """A client that says hello and then reads nothing until it is asked to."""

    def __init__(self, address: str) -> None:
        host, _, port = address.partition(":")
        self.protocol = ClientProtocol(parse_uri(f"ws://{address}/ws/0"), max_size=None)
        self.socket = socket.socket()
        # Small buffers here, and small segments make the server's buffer small.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        self.socket.settimeout(PATIENCE)
        self.socket.connect((host, int(port)))
        self.protocol.send_request(self.protocol.connect())
        self.socket.sendall(b"".join(self.protocol.data_to_send()))
        self.protocol.receive_data(self.socket.recv(4096))

    def read_to_the_end(self) -> tuple[int, int]:
        """How many messages were still sent, and the code that the socket was closed with."""
        messages = 0
        while data := self.socket.recv(65536):
            self.protocol.receive_data(data)
            for event in self.protocol.events_received():
                if isinstance(event, Frame) and event.opcode is Opcode.CLOSE:
                    return messages, Close.parse(event.data).code
                messages += isinstance(event, Frame)
        raise AssertionError("the connection ended without a reason")


def test_a_slow_reader_delays_nobody(blog: Blog) -> None:
    stuck = StuckReader(blog.address)
    try:
        sent = asyncio.run(asyncio.wait_for(talk_until_somebody_leaves(blog), PATIENCE))
        messages, close_code = stuck.read_to_the_end()
    finally:
        stuck.socket.close()
    assert close_code == 1013
    assert messages < sent < MOST_MESSAGES


async def talk_until_somebody_leaves(blog: Blog) -> int:
    """Let one speak and all listen; return how many messages it took."""
    async with AsyncExitStack() as connections:

        async def enter(number: int) -> ClientConnection:
            address = f"ws://{blog.address}/ws/{number}"
            connection = connect(address, compression=None, max_queue=None)
            return await connections.enter_async_context(connection)

        readers = [await enter(number) for number in range(1, READERS + 1)]
        listening = [asyncio.create_task(listen(reader)) for reader in readers]
        speaker = await enter(READERS + 1)
        sent = 0
        has_left = False
        while not has_left and sent < MOST_MESSAGES:
            await speaker.send(TEXT)
            sent += 1
            # The speaker waits for its own words, so that it does not outrun the readers.
            has_left = str(await speaker.recv()).endswith("left")
        await speaker.send("over")
        expected = [f"Client #{READERS + 1}: {TEXT}"] * sent
        assert [texts == expected for texts in await asyncio.gather(*listening)] == [True] * READERS
    return sent


async def listen(reader: ClientConnection) -> list[str]:
    """What is said until the speaker is over; who leaves is of no interest."""
    texts: list[str] = []
    while not (text := str(await reader.recv())).endswith("over"):
        if not text.endswith("left"):
            texts.append(text)
    return texts
