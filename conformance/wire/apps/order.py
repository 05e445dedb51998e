"""The order of events: reading, dependencies, the endpoint, the commit, the answer, the exits."""

import asyncio
from typing import Annotated

from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse
from pydantic import BaseModel

from wire.events import note


class Item(BaseModel):
    name: str
    price: float = 1.0


class Failure(Exception):
    pass


app = FastAPI()


@app.exception_handler(Failure)
async def answer_failure(request: Request, error: Failure):
    note("handler")
    return JSONResponse({"failure": str(error)}, 418)


def fail(where: str, chosen: str | None) -> None:
    if chosen == where:
        note(f"fails in {where}")
        raise Failure(where)
    if chosen == f"{where}-http":
        raise HTTPException(409, detail=where, headers={"x-where": where})
    if chosen == f"{where}-key":
        raise KeyError(where)


WHERE = [
    "outer",
    "inner",
    "session",
    "commit",
    "endpoint",
    "background",
    "stream",
    "outer-exit",
    "inner-exit",
]
FAIL = Query(
    description="where it fails",
    json_schema_extra={
        "enum": [*WHERE, *(f"{where}-{how}" for where in WHERE for how in ("http", "key"))]
    },
)


async def outer(fails: Annotated[str | None, FAIL] = None):
    note("outer entered")
    fail("outer", fails)
    try:
        yield "outer"
    except Failure:
        note("outer saw the failure")
        raise
    finally:
        note("outer left")
        fail("outer-exit", fails)


def inner(outer: Annotated[str, Depends(outer)], fails: Annotated[str | None, FAIL] = None):
    note("inner entered")
    fail("inner", fails)
    try:
        yield f"{outer} inner"
    except HTTPException:
        note("inner saw an answer")
        raise
    finally:
        note("inner left")
        fail("inner-exit", fails)


class Session:
    def __init__(self, fails: str | None) -> None:
        self.fails = fails

    def commit(self) -> None:
        note("commit")
        fail("commit", self.fails)

    def rollback(self) -> None:
        note("rollback")


async def session(fails: Annotated[str | None, FAIL] = None):
    note("session opened")
    made = Session(fails)
    try:
        yield made
    except BaseException:
        made.rollback()
        raise
    else:
        made.commit()
    finally:
        note("session closed")


def blocking(inner: Annotated[str, Depends(inner)]):
    note("blocking called")
    return inner


OfFunction = Annotated[Session, Depends(session, scope="function")]
OfRequest = Annotated[Session, Depends(session, scope="request")]


def background(text: str, fails: str | None) -> None:
    note(f"background {text}")
    fail("background", fails)


@app.post("/items")
async def create(
    item: Item,
    value: Annotated[str, Depends(blocking)],
    session: OfFunction,
    tasks: BackgroundTasks,
    fails: Annotated[str | None, FAIL] = None,
) -> Item:
    note("endpoint")
    tasks.add_task(background, "one", fails)
    tasks.add_task(background, "two", None)
    fail("endpoint", fails)
    return item


@app.post("/blocking-items")
def create_blocking(
    item: Item,
    value: Annotated[str, Depends(inner)],
    session: OfRequest,
    tasks: BackgroundTasks,
    fails: Annotated[str | None, FAIL] = None,
):
    note("endpoint")
    tasks.add_task(background, "one", fails)
    fail("endpoint", fails)
    return {"value": value, "item": item}


@app.get("/both")
async def both(
    first: OfRequest,
    second: OfFunction,
    value: Annotated[str, Depends(inner, scope="request")],
    response: Response,
):
    note(f"endpoint {first is second}")
    response.headers["x-value"] = value
    response.set_cookie("seen", "yes", httponly=True)
    response.status_code = 202
    return {"same": first is second}


@app.get("/wrong-answer", response_model=Item)
async def wrong_answer(session: OfFunction, value: Annotated[str, Depends(inner)]):
    note("endpoint")
    return {"price": "not a number"}


@app.get("/stream")
async def stream(
    session: OfRequest,
    closed: Annotated[str, Depends(inner, scope="request")],
    fails: Annotated[str | None, FAIL] = None,
):
    async def content():
        for number in range(3):
            note(f"chunk {number}")
            yield f"{number}\n"
            await asyncio.sleep(0)
        fail("stream", fails)

    note("endpoint")
    return StreamingResponse(content(), media_type="text/plain")


@app.get("/response")
async def own_response(session: OfFunction, tasks: BackgroundTasks):
    note("endpoint")
    tasks.add_task(background, "of the response", None)
    return PlainTextResponse("own", 203, {"x-own": "1"}, background=None)


@app.get("/shared")
async def shared(
    first: Annotated[str, Depends(blocking)],
    second: Annotated[str, Depends(inner)],
    third: Annotated[str, Depends(inner, use_cache=False)],
):
    note("endpoint")
    return [first, second, third]


@app.middleware("http")
async def around(request: Request, call_next):
    if "middleware" not in request.query_params:
        return await call_next(request)
    note("middleware in")
    response = await call_next(request)
    note("middleware out")
    response.headers["x-middleware"] = "yes"
    return response
