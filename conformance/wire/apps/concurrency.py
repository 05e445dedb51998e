"""Dependencies of which only so many may be in use: one request must not wait for itself."""

from typing import Annotated

from fastapi import Depends, FastAPI
from fastapi.responses import StreamingResponse

from wire.events import note

app = FastAPI()


async def connection():
    note("connected")
    yield "connection"
    note("released")


def hashed(word: str = "word"):
    note("hashed")
    return word[::-1]


def blocking():
    note("entered")
    try:
        yield "blocking"
    finally:
        note("left")


@app.get("/")
async def read(
    first: Annotated[str, Depends(connection, max_concurrency=1)],
    second: Annotated[str, Depends(hashed, max_concurrency=1)],
    third: Annotated[str, Depends(blocking, max_concurrency=1, scope="function")],
):
    note("endpoint")
    return [first, second, third]


@app.get("/stream")
async def stream(first: Annotated[str, Depends(connection, max_concurrency=2)]):
    async def content():
        note("streams")
        yield first

    return StreamingResponse(content())


@app.get("/failing")
def failing(first: Annotated[str, Depends(blocking, max_concurrency=1)], n: int):
    return 1 // n
