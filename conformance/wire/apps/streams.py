"""Streams: JSON lines, server-sent events, bytes; with dependencies, and with failures."""

from collections.abc import AsyncIterable, Iterable
from typing import Annotated, Any

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Response
from fastapi.responses import FileResponse, StreamingResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel

from wire.events import note

app = FastAPI()


class Item(BaseModel):
    name: str
    price: float | None = None


def resource():
    note("entered")
    yield "resource"
    note("left")


Resource = Annotated[str, Depends(resource)]
Early = Annotated[str, Depends(resource, scope="function")]


@app.get("/lines")
async def lines(resource: Resource, count: int = 3) -> AsyncIterable[Item]:
    for number in range(min(count, 20)):
        note(f"yields {number}")
        yield Item(name=f"{resource} é {number}", price=number / 2)


@app.get("/lines-blocking")
def lines_blocking(resource: Early, count: int = 2) -> Iterable[Item]:
    for number in range(min(count, 20)):
        yield Item(name=str(number))


@app.get("/lines-untyped")
async def lines_untyped():
    yield {"a": [1, None, "é"]}
    yield Item(name="x")
    yield "text"


@app.post("/lines-of-body")
async def lines_of_body(items: list[Item]) -> AsyncIterable[Item]:
    for item in items:
        yield item


@app.get("/lines-wrong")
async def lines_wrong(at: int = 1) -> AsyncIterable[Item]:
    for number in range(3):
        yield {"price": "x"} if number == at else {"name": "fine", "more": 1}


@app.get("/lines-failing")
async def lines_failing(resource: Resource, at: int = 1) -> AsyncIterable[Item]:
    for number in range(3):
        if number == at:
            raise HTTPException(409, "in the middle")
        yield Item(name="fine")


@app.get("/lines-status", status_code=201)
async def lines_status(response: Response, tasks: BackgroundTasks) -> AsyncIterable[int]:
    response.headers["x-stream"] = "yes"
    response.set_cookie("stream", "1")
    tasks.add_task(note, "background")
    yield 1
    yield 2


@app.get("/lines-exclude", response_model_exclude_none=True)
async def lines_exclude() -> AsyncIterable[Item]:
    yield Item(name="a")


@app.get("/numbers")
async def numbers() -> AsyncIterable[float]:
    yield 1.0
    yield 1e22
    yield float("nan") if False else 0.1


@app.get("/events", response_class=EventSourceResponse)
async def events(resource: Resource, count: int = 2) -> AsyncIterable[Item]:
    for number in range(min(count, 20)):
        yield Item(name=str(number))


@app.get("/events-blocking", response_class=EventSourceResponse)
def events_blocking() -> Iterable[Any]:
    yield {"a": 1}
    yield "text\nof two lines"
    yield None


@app.post("/events-own", response_class=EventSourceResponse)
async def events_own(item: Item) -> AsyncIterable[ServerSentEvent]:
    yield ServerSentEvent(data=item, event="item", id="1", retry=100)
    yield ServerSentEvent(raw_data="raw\nlines\r\nof three", comment="a comment\nof two")
    yield ServerSentEvent(comment="only a comment")
    yield ServerSentEvent(data="é", id="")
    yield ServerSentEvent(event="empty")


@app.get("/events-failing", response_class=EventSourceResponse)
async def events_failing(resource: Resource, at: int = 1) -> AsyncIterable[Item]:
    for number in range(2):
        if number == at:
            raise ValueError("in the middle")
        yield Item(name="fine")


@app.get("/bytes", response_class=StreamingResponse)
async def of_bytes(resource: Resource) -> AsyncIterable[bytes]:
    yield b"one"
    yield b""
    yield b"three"


@app.get("/text-blocking", response_class=StreamingResponse)
def text(resource: Resource) -> Iterable[str]:
    yield "é"
    yield "two"


class CSV(StreamingResponse):
    media_type = "text/csv"


@app.get("/csv", response_class=CSV)
async def csv():
    yield "a,b\n"
    yield "1,2\n"


@app.get("/returned")
async def returned(resource: Early):
    return StreamingResponse(iter(["a", "b"]), 206, {"x-a": "b"}, "text/x", background=None)


@app.get("/file")
async def file(name: str = "static/notes.txt"):
    return FileResponse(
        name if name == "static/notes.txt" else "static/styles.css", filename="é ü.txt"
    )


@app.head("/lines")
async def head_of_lines():
    return Response(headers={"x-head": "own"})
