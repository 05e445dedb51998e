"""What differs on purpose, so that each line of docs/differences.md is seen on the wire."""

from contextvars import ContextVar
from typing import Annotated

from fastapi import APIRouter, Body, Depends, FastAPI, HTTPException, Response

from wire.events import note

app = FastAPI()
USER: ContextVar[str] = ContextVar("USER", default="nobody")


@app.get("/status/{code}")
async def status(code: int):
    return Response("odd", code)


@app.get("/header/{which}")
async def header(which: int):
    return Response("odd", headers={"x-odd": ["a\r\nx-more: b", "a\x00b", "fine"][which % 3]})


def set_user():
    USER.set("ann")
    yield
    note(f"exit for {USER.get()}")


@app.get("/context")
async def context(_: Annotated[None, Depends(set_user)]):
    return USER.get()


def swallow():
    try:
        yield
    except KeyError:
        note("swallowed")


@app.get("/swallowed/function")
async def swallowed(_: Annotated[None, Depends(swallow, scope="function")]):
    raise KeyError("x")


@app.get("/swallowed/request")
async def swallowed_late(_: Annotated[None, Depends(swallow, scope="request")]):
    raise KeyError("x")


def positional(n: int, /):
    return n


@app.get("/positional")
async def read_positional(n: Annotated[int, Depends(positional)]):
    return n


class Unhashable:
    """Compares by value, so Python gives it no hash."""

    def __call__(self):
        return 7

    __hash__ = None


@app.get("/unhashable")
async def read_unhashable(n: Annotated[int, Depends(Unhashable())]):
    return n


@app.post("/numbers")
async def numbers(body: Annotated[list[int], Body()]):
    return len(body)


@app.post("/text")
async def text(body: Annotated[int, Body(media_type="text/plain")]):
    return body


starting = APIRouter(
    on_startup=[lambda: note("router starts")], on_shutdown=[lambda: note("router ends")]
)
shrinking = APIRouter(prefix="/shrinking")


@shrinking.get("/removed")
async def removed():
    return "here"


@app.post("/remove")
async def remove():
    shrinking.routes[:] = []
    return "removed"


def original():
    return "original"


@app.get("/overridden")
async def overridden(value: Annotated[str, Depends(original)]):
    return value


MINE: dict = {}


@app.post("/reset", include_in_schema=False)
async def reset():
    MINE.clear()
    app.dependency_overrides = {}


@app.post("/assign")
async def assign():
    app.dependency_overrides = MINE
    return "assigned"


@app.post("/override")
async def override():
    MINE[original] = lambda: "override"
    return "overridden"


@app.get("/refused")
async def refused():
    raise HTTPException(400, "fine on both")


app.include_router(starting)
app.include_router(shrinking)
