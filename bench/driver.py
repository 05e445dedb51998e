"""Sends requests to an ASGI application, as a server would, and takes the time.

Each request has a scope, a `receive` and a `send` of its own.  What that costs is part of each
figure, and is measured by a case of its own.
"""

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from starlette.types import ASGIApp, Message, Scope

from bench.cases import Case


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, in a form that can be compared."""

    status: int
    headers: list[tuple[str, str]]
    body: str


class Driver:
    """Sends one case's request to one application."""

    def __init__(self, app: ASGIApp, case: Case) -> None:
        self.app = app
        self.case = case
        self.template: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": case.method,
            "scheme": "http",
            "path": case.path,
            "raw_path": case.path.encode(),
            "query_string": case.query,
            "root_path": "",
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 8000),
        }
        self.headers = case.sent_headers

    async def answer(self) -> Answer:
        """Send one request, and keep the answer."""
        sent: list[Message] = []
        await request(self.app, self.template, self.headers, self.case.body, sent)
        start = sent[0]
        headers = [
            (name.decode(), "" if name in self.case.varying else value.decode())
            for name, value in start["headers"]
        ]
        body = b"".join(message.get("body", b"") for message in sent[1:])
        return Answer(start["status"], sorted(headers), body.decode())

    async def time(self, count: int) -> float:
        """Send *count* requests; the microseconds that each took.

        Of the processor, or by the clock on the wall where threads are waited for.
        """
        clock = time.perf_counter if self.case.in_threads else time.process_time
        at_once = self.case.at_once
        if at_once > 1:
            share = count // at_once or 1
            began = clock()
            await asyncio.gather(*(self.send(share) for _ in range(at_once)))
            return (clock() - began) / (share * at_once) * 1e6
        began = clock()
        await self.send(count)
        return (clock() - began) / count * 1e6

    async def send(self, count: int) -> None:
        """Send *count* requests, one after the other."""
        app, template, headers, body = self.app, self.template, self.headers, self.case.body
        for _ in range(count):
            await request(app, template, headers, body, [])


async def request(
    app: ASGIApp,
    template: dict[str, Any],
    headers: list[tuple[bytes, bytes]],
    body: bytes,
    sent: list[Message],
) -> None:
    """One request, with a scope and functions of its own."""
    scope = template.copy()
    scope["headers"] = headers.copy()
    scope["state"] = {}
    is_read = False

    async def receive() -> Message:
        nonlocal is_read
        if is_read:
            return {"type": "http.disconnect"}
        is_read = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    await app(scope, receive, send)


class Life:
    """The life of an application: its start is waited for, as a server would."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.inbox: asyncio.Queue[Message] = asyncio.Queue()
        self.outbox: asyncio.Queue[Message] = asyncio.Queue()
        self.task: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Start it; an application that knows no lifespan has none."""
        self.inbox.put_nowait({"type": "lifespan.startup"})
        self.task = asyncio.create_task(self.run())
        message = await self.outbox.get()
        if message["type"] == "lifespan.startup.failed":
            raise RuntimeError(f"The application did not start: {message.get('message')}")

    async def run(self) -> None:
        scope: Scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        # A server takes it for "knows no lifespan", too.
        with suppress(Exception):
            await self.app(scope, self.inbox.get, self.outbox.put)
        self.outbox.put_nowait({"type": "none"})

    async def end(self) -> None:
        """Stop it."""
        self.inbox.put_nowait({"type": "lifespan.shutdown"})
        if self.task is not None:
            await self.task
