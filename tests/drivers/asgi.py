"""One request by hand: an ASGI scope, what the client sends, and what the application sends.

No server and no client library stands between, so a test sees each message, and decides when
the client goes away.
"""

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import anyio

Headers = Sequence[tuple[bytes, bytes]]

PATIENCE = 5  # Seconds.


@dataclass
class Answer:
    """What the application sent, message by message."""

    messages: list[dict[str, Any]] = field(default_factory=list)

    @property
    def status(self) -> int:
        starts = [message for message in self.messages if message["type"].endswith(".start")]
        assert len(starts) == 1, self.messages
        return starts[0]["status"]

    @property
    def headers(self) -> dict[str, str]:
        (start,) = [message for message in self.messages if message["type"].endswith(".start")]
        return {name.decode(): value.decode() for name, value in start["headers"]}

    @property
    def body(self) -> bytes:
        bodies = [message for message in self.messages if message["type"] == "http.response.body"]
        return b"".join(message.get("body", b"") for message in bodies)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def is_complete(self) -> bool:
        """Whether the answer has begun once and ended once."""
        kinds = [message["type"] for message in self.messages]
        return (
            kinds[:1] == ["http.response.start"]
            and set(kinds[1:]) == {"http.response.body"}
            and [message.get("more_body", False) for message in self.messages[1:]].count(False) == 1
        )


def make_scope(
    method: str, target: str, *, headers: Headers = (), protocol: str = "http", **more: Any
) -> dict[str, Any]:
    path, _, query = target.partition("?")
    scope = {
        "type": protocol,
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "scheme": "http" if protocol == "http" else "ws",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode("latin-1"),
        "root_path": "",
        "headers": [(b"host", b"test"), *headers],
        "client": ("client", 1),
        "server": ("test", 80),
        "state": {},
    }
    if protocol == "http":
        scope["method"] = method
    else:
        scope["subprotocols"] = []
    return {**scope, **more}


class Client:
    """The far end of one request: it sends a body, and goes away when it is told to."""

    def __init__(self, chunks: Sequence[bytes] = (b"",), *, answer: Answer | None = None) -> None:
        self.waiting = [
            {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
            for number, chunk in enumerate(chunks, 1)
        ]
        self.answer = answer or Answer()
        self.is_gone = anyio.Event()
        self.has_start = anyio.Event()
        self.has_body = anyio.Event()

    async def receive(self) -> dict[str, Any]:
        if self.waiting:
            return self.waiting.pop(0)
        await self.is_gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        self.answer.messages.append(message)
        if message["type"] == "http.response.start":
            self.has_start.set()
        elif message.get("body"):
            self.has_body.set()
        await anyio.lowlevel.checkpoint()

    def leave(self) -> None:
        self.is_gone.set()


async def exchange(
    app: Any,
    method: str,
    target: str,
    *,
    json_body: Any = None,
    body: bytes = b"",
    headers: Headers = (),
    answer: Answer | None = None,
    **more: Any,
) -> Answer:
    """Let *app* answer one request; raises what *app* raises, as servers would see it."""
    if json_body is not None:
        body = json.dumps(json_body).encode()
        headers = [*headers, (b"content-type", b"application/json")]
    client = Client([body], answer=answer)
    await app(make_scope(method, target, headers=headers, **more), client.receive, client.send)
    return client.answer


async def exchange_failing(app: Any, method: str, target: str, **more: Any) -> tuple[Answer, Any]:
    """Like `exchange`, with what *app* raised, or None."""
    answer = Answer()
    try:
        await exchange(app, method, target, answer=answer, **more)
    except Exception as error:  # noqa: BLE001  What it raises is what is tested.
        return answer, error
    return answer, None


async def converse(app: Any, target: str, *received: Any, **more: Any) -> list[dict[str, Any]]:
    """What *app* sends over a WebSocket to a client that connects, says *received*, and leaves.

    A text is sent, and a number is the code that the client leaves with: 1000, if there is none.
    """
    waiting: list[dict[str, Any]] = [{"type": "websocket.connect"}]
    for value in received:
        if isinstance(value, int):
            waiting.append({"type": "websocket.disconnect", "code": value})
        else:
            waiting.append({"type": "websocket.receive", "text": value})
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return waiting.pop(0) if waiting else {"type": "websocket.disconnect", "code": 1000}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(make_scope("", target, protocol="websocket", **more), receive, send)
    return sent


@asynccontextmanager
async def leaving_client(app: Any, method: str, target: str) -> AsyncIterator[Client]:
    """A client whose request is being answered meanwhile; at the end it leaves, and *app* ends."""
    client = Client()
    with anyio.fail_after(PATIENCE):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(app, make_scope(method, target), client.receive, client.send)
            yield client
            client.leave()
