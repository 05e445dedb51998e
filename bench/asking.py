"""Sends one request to an ASGI application of this process, as a server would.

It knows nothing of frameworks.  What it adds to the cost of a request is the same for all: a new
dict for the scope, and two small coroutines.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message

Answer = tuple[int, tuple[tuple[bytes, bytes], ...], bytes]
"""Status, headers in order of their names, and body."""

JSON = ((b"content-type", b"application/json"),)


@dataclass(frozen=True, slots=True)
class Question:
    """One request."""

    path: str
    method: str = "GET"
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""

    @property
    def scope(self) -> dict[str, Any]:
        """The request as ASGI has it."""
        length = ((b"content-length", b"%d" % len(self.body)),) if self.body else ()
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": self.method,
            "scheme": "http",
            "path": self.path,
            "raw_path": self.path.encode(),
            "query_string": self.query,
            "root_path": "",
            "headers": [(b"host", b"127.0.0.1:8000"), *self.headers, *length],
            "client": ("127.0.0.1", 40000),
            "server": ("127.0.0.1", 8000),
        }


async def ask(app: ASGIApp, question: Question) -> Answer:
    """Send the request once, and keep the answer."""
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": question.body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(question.scope, receive, send)
    start, *rest = sent
    headers = tuple(sorted(start["headers"]))
    return start["status"], headers, b"".join(message.get("body", b"") for message in rest)


async def ask_often(app: ASGIApp, question: Question, times: int) -> None:
    """Send the request so many times, one after the other, and look at no answer."""
    scope = question.scope
    body = {"type": "http.request", "body": question.body, "more_body": False}

    async def receive() -> Message:
        return dict(body)

    async def send(message: Message) -> None:
        pass

    for _ in range(times):
        await app({**scope, "headers": list(scope["headers"])}, receive, send)


async def start(app: ASGIApp) -> None:
    """Begin the application's life, and leave it there: a server would end it when it ends."""
    messages: Sequence[Message] = ({"type": "lifespan.startup"}, {"type": "lifespan.shutdown"})
    coming = iter(messages)
    sent: list[Message] = []

    async def receive() -> Message:
        return next(coming)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": {}}
    await app(scope, receive, send)
    if sent[0]["type"] != "lifespan.startup.complete":
        raise RuntimeError(f"the application did not start: {sent[0]}")
