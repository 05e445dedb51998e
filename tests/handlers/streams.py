"""Endpoints that yield: lines of JSON, events, chunks."""

from collections.abc import AsyncIterable, Iterable

from pydantic import BaseModel

from pronghorn import FastAPI
from pronghorn.responses import StreamingResponse
from pronghorn.sse import EventSourceResponse, ServerSentEvent

app = FastAPI()


class Item(BaseModel):
    id: int


@app.get("/lines")
async def lines() -> AsyncIterable[Item]:
    yield Item(id=1)


@app.get("/events", response_class=EventSourceResponse)
async def events() -> AsyncIterable[ServerSentEvent]:
    yield ServerSentEvent(data=1)


@app.get("/returned", response_class=EventSourceResponse)
async def returned():
    return [1, 2]


@app.get("/chunks", response_class=StreamingResponse)
def chunks() -> Iterable[str]:
    yield "chunk"
