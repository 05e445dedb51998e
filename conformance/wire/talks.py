"""Talks over WebSockets, by the client of the library `websockets`; compared as answers are."""

import base64
import random
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from wire.client import FROM_THE_SERVER
from wire.dispatcher import DOMAIN
from wire.requesting import Answer, Request

PATIENCE = 2.0
# Made anew for each connection.
OF_THE_HANDSHAKE = (*FROM_THE_SERVER, b"sec-websocket-accept")
RECEIVE = object()


@dataclass(frozen=True, slots=True)
class Talk:
    """What a client does, in order: sends text or bytes, receives, closes with a code."""

    application: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    subprotocols: tuple[str, ...] = ()
    steps: tuple[object, ...] = ()

    def request(self) -> Request:
        """Show it as a request, for lists and reports."""
        headers = tuple((name.encode(), value.encode()) for name, value in self.headers)
        said = "; ".join("receive" if step is RECEIVE else repr(step) for step in self.steps)
        return Request(
            self.application, self.target.encode(), b"SOCKET", headers, said.encode(), "talk"
        )


def hold(talk: Talk, port: int) -> Answer:
    """Hold a talk; the answer's body is what was received, a line each."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as stream:
        try:
            connection = connect(
                f"ws://{talk.application}{DOMAIN}{talk.target}",
                sock=stream,
                additional_headers=talk.headers,
                subprotocols=[Subprotocol(name) for name in talk.subprotocols] or None,
                compression=None,
                open_timeout=PATIENCE,
                close_timeout=PATIENCE,
            )
        except InvalidStatus as error:
            refusal = error.response
            headers = keep(refusal.headers.raw_items())
            return Answer(refusal.status_code, headers, bytes(refusal.body or b""))
        except (InvalidHandshake, OSError, EOFError) as error:
            return Answer(fault=f"no handshake: {type(error).__name__}")
        with connection:
            lines = list(follow(talk.steps, connection))
            answer = connection.response
            headers = () if answer is None else keep(answer.headers.raw_items())
            return Answer(101, headers, "\n".join(lines).encode())


def keep(headers: Iterator[tuple[str, str]]) -> tuple[tuple[bytes, bytes], ...]:
    """Keep the headers that tell something."""
    encoded = [(name.encode(), value.encode("utf-8", "surrogateescape")) for name, value in headers]
    return tuple(header for header in encoded if header[0].lower() not in OF_THE_HANDSHAKE)


def follow(steps: tuple[object, ...], connection: ClientConnection) -> Iterator[str]:
    """Do what the talk says, and tell what came; at the end, whatever still comes."""
    try:
        for step in steps:
            match step:
                case str() | bytes():
                    # What came before the other side closed is still to be read.
                    with suppress(ConnectionClosed):
                        connection.send(step)
                case int():
                    connection.close(step, "by the client")
                case _:
                    yield repr(connection.recv(PATIENCE))
        while True:
            yield repr(connection.recv(PATIENCE))
    except ConnectionClosed:
        pass
    except TimeoutError:
        yield "nothing came"
    # Who closed, and with what: None where the connection was cut.
    yield f"closed with {connection.close_code} {connection.close_reason!r}"


BASIC = "Basic " + base64.b64encode(b"ann:secret").decode()
CREDENTIALS = ("Bearer token", "bearer token", "Bearer", "Basic", BASIC, "Other x", "")
PATHS = {
    "own.sockets": (
        "/echo", "/echo?n=3&q=%C3%A9", "/echo?n=x", "/json/5", "/json/x", "/validated",
        "/validated?number=1", "/validated?number=0", "/validated?number=x", "/refused",
        "/refused?kind=http", "/refused?kind=close", "/refused?kind=own", "/refused?kind=key",
        "/raises-late?kind=http", "/raises-late?kind=close", "/raises-late?kind=own",
        "/raises-late?kind=key", "/raises-late?n=1", "/never-accepted", "/closes-first",
        "/secured/key-header", "/secured/key-query", "/secured/key-query?key=k", "/secured/basic",
        "/secured/bearer", "/secured/password", "/secured/bearer?n=x", "/router/a%20b/socket?n=1",
        "/router/connection", "/unknown", "/", "/deep/4/router/x/socket",
        "/deep/x/router/x/socket", "/deep/4/router/connection", "/echo/", "/docs",
    ),
    "own.layers": ("/socket", "/", "/unknown"),
    "websockets_.tutorial001": ("/ws", "/ws/", "/"),
    "websockets_.tutorial002": (
        "/items/foo/ws", "/items/foo/ws?token=t", "/items/foo/ws?token=t&q=3",
        "/items/foo/ws?token=t&q=x",
    ),
    "websockets_.tutorial003": ("/ws/1", "/ws/x", "/ws/5?a=b"),
    "dependencies.tutorial012": ("/items/", "/ws"),
}  # fmt: skip
PATHS["websockets_.tutorial002_non_an"] = PATHS["websockets_.tutorial002"]
# Who closes must be certain, or the code that arrives is chance: these wait for the client.
LISTENING = ("/echo", "/items/", "/ws")
TO_LISTENERS: tuple[tuple[object, ...], ...] = (
    ("hello", RECEIVE, 1000), ("é" * 50, RECEIVE, "two", RECEIVE, 1001), ("", RECEIVE, 4999),
    (1000,), ("x" * 70000, RECEIVE, 3000), ("a", RECEIVE, "b", RECEIVE, "c", RECEIVE, 1000),
    (b"\x00\xff",),
)  # fmt: skip
TO_SPEAKERS: tuple[tuple[object, ...], ...] = (
    ("hello",), ('{"a": [1, null]}', RECEIVE), ("not JSON",), ("5", RECEIVE, RECEIVE), (b"[1]",),
)  # fmt: skip


# How many messages come for one, where it is not one.
ANSWERS = {
    ("websockets_.tutorial002", "/items/foo/ws"): 2,
    ("websockets_.tutorial002", "/items/foo/ws?token=t"): 2,
    ("websockets_.tutorial002", "/items/foo/ws?token=t&q=3"): 3,
    ("websockets_.tutorial003", "/ws/1"): 2,
    ("websockets_.tutorial003", "/ws/5?a=b"): 2,
}


def repeat_receiving(steps: tuple[object, ...], times: int) -> tuple[object, ...]:
    """Receive so many times where the steps receive once."""
    return tuple(s for step in steps for s in ([step] * times if step is RECEIVE else [step]))


def generate_talks(name: str, rng: random.Random) -> Iterator[Talk]:
    """Make talks with an application: to each path some, with what chance gives."""
    for path in PATHS.get(name, ()):
        for _ in range(6):
            headers = []
            if rng.random() < 0.5:
                headers.append(("x-key", rng.choice(("k", "", "refuse"))))
            if rng.random() < 0.3:
                headers.append(("cookie", rng.choice(("session=s", "session=", "other=1"))))
            if rng.random() < 0.5:
                headers.append(("authorization", rng.choice(CREDENTIALS)))
            if rng.random() < 0.2:
                headers.append(("origin", "https://example.org"))
            protocols = rng.choice(((), (), ("chat",), ("chat", "other")))
            steps = rng.choice(TO_LISTENERS if path.startswith(LISTENING) else TO_SPEAKERS)
            times = ANSWERS.get((name.removesuffix("_non_an"), path), 1)
            yield Talk(name, path, tuple(headers), protocols, repeat_receiving(steps, times))
