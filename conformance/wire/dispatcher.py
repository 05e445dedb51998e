"""One ASGI application that hands each request, unchanged, to the one that its host names.

It runs the lifespan of each, and records the order of what passes in and out.
"""

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from wire import injected
from wire.events import CURRENT, Record

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGI = Callable[[Scope, Receive, Send], Awaitable[None]]

DOMAIN = ".example.com"
CONTROL = "control"
# A header for requests whose host is what is tested.
CHOICE = b"x-application"
# So long the dispatcher waits for a request to begin, or to be finished with.
PATIENCE = 5.0


@dataclass(slots=True)
class Hosted:
    """One application that is served here, with what was recorded of it."""

    name: str
    app: ASGI
    life: Record = field(default_factory=Record)
    state: dict[str, Any] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    began: asyncio.Event = field(default_factory=asyncio.Event)
    number: int = 0
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Run the lifespan up to where requests may come."""
        started = asyncio.Event()
        self.task = asyncio.create_task(self.live(started))
        await started.wait()

    async def live(self, started: asyncio.Event) -> None:
        """Be the server of the application's lifespan."""
        messages = iter(("startup", "shutdown"))

        async def receive() -> Message:
            kind = next(messages)
            if kind == "shutdown":
                await self.stop.wait()
            return {"type": f"lifespan.{kind}"}

        async def send(message: Message) -> None:
            # The message of a failure is a traceback; its last line tells what failed.
            why = message.get("message", "").strip().splitlines()[-1:]
            self.life.add(": ".join((message["type"], *why)))
            started.set()

        CURRENT.set(self.life)
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": self.state}
        try:
            await self.app(scope, receive, send)
        except Exception as error:  # noqa: BLE001  whatever it is, it is to be compared
            self.life.add(f"raised {type(error).__name__}")
        finally:
            started.set()

    async def end(self) -> None:
        """Run the rest of the lifespan."""
        self.stop.set()
        if self.task is not None:
            await self.task

    async def answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application answer, and record the order of events."""
        record = Record()
        self.records.append(record)
        self.began.set()
        self.number += 1
        injected.seed(self.number)
        CURRENT.set(record)
        if "state" in scope:
            scope["state"] = self.state.copy()
        try:
            await self.app(scope, heard(receive, record), said(send, record))
        except BaseException as error:
            record.add(f"raised {type(error).__name__}")
            raise
        finally:
            record.finished.set()

    async def take_records(self, expected: int) -> list[list[str]]:
        """Give what was recorded since the last time, when all of it is finished."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while len(self.records) < expected:
                    self.began.clear()
                    await self.began.wait()
        records, self.records = self.records, []
        for record in records:
            try:
                await asyncio.wait_for(record.finished.wait(), PATIENCE)
            except TimeoutError:
                record.add("never finished")
        return [record.events for record in records]


class Dispatcher:
    """What the server serves."""

    def __init__(self, hosted: dict[str, Hosted], unloaded: dict[str, list[str]]) -> None:
        self.hosted = hosted
        self.unloaded = unloaded

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on one request, or run all lifespans."""
        if scope["type"] == "lifespan":
            await self.live(receive, send)
            return
        name = find_name(scope)
        if name == CONTROL:
            await self.control(scope, send)
        elif (hosted := self.hosted.get(name)) is not None:
            await hosted.answer(scope, receive, send)
        else:
            await answer_json(send, {"unknown application": name}, 404)

    async def live(self, receive: Receive, send: Send) -> None:
        """Run the lifespan of each application, in their order."""
        await receive()
        for hosted in self.hosted.values():
            await hosted.start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def control(self, scope: Scope, send: Send) -> None:
        """Answer what the client asks about the run itself."""
        what, _, rest = scope["path"].strip("/").partition("/")
        if what == "events":
            name, _, expected = rest.partition("/")
            await answer_json(send, await self.hosted[name].take_records(int(expected)))
        elif what == "end":
            for hosted in self.hosted.values():
                await hosted.end()
            await answer_json(send, {name: h.life.events for name, h in self.hosted.items()})
        else:
            documents = {name: list_documents(hosted.app) for name, hosted in self.hosted.items()}
            await answer_json(send, {"documents": documents, "unloaded": self.unloaded})


def find_name(scope: Scope) -> str:
    """Find which application a request is for."""
    headers = dict(reversed(scope["headers"]))
    if CHOICE in headers:
        return str(headers[CHOICE].decode("latin-1"))
    host = headers.get(b"host", b"").decode("latin-1").partition(":")[0]
    return str(host.removesuffix(DOMAIN))


def list_documents(app: Any, prefix: str = "") -> list[str]:
    """List where the OpenAPI documents of an application and of those mounted in it are."""
    found = []
    if getattr(app, "openapi_url", None) and hasattr(app, "openapi"):
        found.append(f"{prefix}{app.openapi_url}")
    for route in getattr(app, "routes", ()):
        inner = getattr(route, "app", None)
        if hasattr(inner, "openapi_url"):
            found += list_documents(inner, f"{prefix}{getattr(route, 'path', '')}")
    return found


def heard(receive: Receive, record: Record) -> Receive:
    """Record what the application reads.

    A request's disconnection is left out: whether it is noticed before the answer is done, is
    the network's business.
    """

    async def receive_recorded() -> Message:
        message = await receive()
        match message["type"]:
            case "http.request":
                record.add_once("> body")
            case "http.disconnect":
                pass
            case kind:
                record.add(f"> {kind} {message.get('code', '')}".rstrip())
        return message

    return receive_recorded


def said(send: Send, record: Record) -> Send:
    """Record what the application sends."""

    async def send_recorded(message: Message) -> None:
        match message["type"]:
            case "http.response.start":
                record.add(f"< start {message['status']}")
            case "http.response.body":
                ending = "" if message.get("more_body", False) else ", the last"
                record.add(f"< body of {len(message.get('body', b''))}{ending}")
            case kind:
                told = [
                    repr(message[key]) for key in ("status", "code", "reason") if key in message
                ]
                record.add(" ".join(("<", kind, *told)))
        await send(message)

    return send_recorded


async def answer_json(send: Send, value: object, status: int = 200) -> None:
    """Answer a control request."""
    body = json.dumps(value).encode()
    headers = [(b"content-length", str(len(body)).encode()), (b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
