"""An application whose answers tell who asked, and how often was asked.

It is run in the process of the tests, and by real servers in processes of their own.
"""

import asyncio
import random
import threading
import time
from collections import Counter
from contextvars import ContextVar
from typing import Annotated

from pydantic import BaseModel

from pronghorn import (
    Body,
    Cookie,
    Depends,
    FastAPI,
    File,
    Form,
    Header,
    HTTPException,
    Query,
    Request,
    Response,
    UploadFile,
)
from pronghorn.exceptions import RequestValidationError
from pronghorn.responses import JSONResponse
from pronghorn.security import OAuth2PasswordRequestForm

app = FastAPI()

# --- endpoints that count ------------------------------------------------------------------------

lock = threading.Lock()
counts: Counter[str] = Counter()


def count(kind: str) -> int:
    with lock:
        counts[kind] += 1
        return counts[kind]


class Counted(BaseModel):
    count: int


@app.get("/ready")
async def ready():
    return "ready"


@app.get("/count/async")
async def count_async():
    return {"count": count("async")}


@app.get("/count/sync")
def count_sync():
    return {"count": count("sync")}


@app.get("/count/model")
async def count_with_model() -> Counted:
    return Counted(count=count("model"))


@app.get("/count/sync_model", response_model=list[Counted])
def count_with_sync_model():
    return [{"count": count("sync_model")}]


@app.post("/count/body", status_code=201)
async def count_bodies(item: Counted) -> Counted:
    return Counted(count=count("body"))


@app.get("/count/constant")
async def answer_always_the_same():
    count("constant")
    return "always the same"


@app.get("/count/error")
async def count_and_raise():
    raise HTTPException(418, {"count": count("error")}, headers={"x-kind": "error"})


def count_dependency() -> int:
    return count("dependency")


@app.get("/count/refused")
async def never_called(number: int, counted: Annotated[int, Depends(count_dependency)]):
    count("never")


@app.get("/count/stream")
async def count_and_stream():
    yield {"count": count("stream")}


@app.exception_handler(RequestValidationError)
async def count_refusals(request: Request, error: RequestValidationError):
    return JSONResponse({"count": count("refused"), "detail": error.errors()}, 422)


@app.exception_handler(404)
async def count_missing(request: Request, error: HTTPException):
    return JSONResponse({"count": count("missing"), "path": request.url.path}, 404)


@app.exception_handler(405)
def count_methods(request: Request, error: HTTPException):
    return JSONResponse({"count": count("method"), "method": request.method}, 405)


@app.get("/counts")
async def all_counts():
    return counts


# --- answers that all differ ------------------------------------------------------------------------


class Item(BaseModel):
    name: str
    numbers: list[int] = []


current: ContextVar[str | None] = ContextVar("current", default=None)


async def pause():
    """Let others go on, in an order that nobody knows."""
    await asyncio.sleep(random.choice([0, 0, 0.001, 0.002]))


@app.get("/params/{number}")
async def read_params(
    number: int, q: str, tags: Annotated[list[str], Query()], page: int = 1, flag: bool = False
):
    await pause()
    return [number, q, tags, page, flag]


@app.post("/body/{number}")
async def read_body(number: int, item: Item, extra: Annotated[dict | None, Body()] = None) -> Item:
    await pause()
    return Item(name=f"{item.name}-{number}", numbers=[*item.numbers, len(extra or {})])


@app.get("/list/{number}", response_model=list[Item])
async def read_list(number: int):
    await pause()
    return [{"name": f"{number}-{n}", "numbers": [number, n]} for n in range(5)]


def in_thread(x_who: Annotated[str, Header()]) -> str:
    time.sleep(random.choice([0, 0.001]))
    return x_who


async def in_loop(who: Annotated[str, Depends(in_thread)], response: Response) -> str:
    await pause()
    response.headers["x-who"] = who
    return who


async def held(number: int, who: Annotated[str, Depends(in_loop)]):
    await pause()
    value = [number, who]
    yield value
    value.append("gone")


@app.get("/deps/{number}")
async def read_deps(
    held: Annotated[list, Depends(held)],
    who: Annotated[str, Depends(in_loop)],
    again: Annotated[str, Depends(in_thread, use_cache=False)],
):
    await pause()
    return [held, who, again]


@app.post("/form")
async def read_form(form: Annotated[OAuth2PasswordRequestForm, Depends()]):
    await pause()
    return [form.username, form.password, form.scopes, form.client_id]


@app.post("/file")
async def read_file(file: UploadFile, raw: Annotated[bytes, File()], name: Annotated[str, Form()]):
    await pause()
    return [(await file.read()).decode(), raw.decode(), file.filename, name]


@app.get("/sync/{number}")
def read_in_thread(number: int, q: str, request: Request):
    time.sleep(random.choice([0, 0.001]))
    return [number, q, str(request.url.path), request.query_params["q"]]


@app.get("/headers")
async def read_headers(
    request: Request,
    response: Response,
    x_who: Annotated[str, Header()],
    session: Annotated[str, Cookie()],
    x_many: Annotated[list[str] | None, Header()] = None,
):
    await pause()
    response.set_cookie("session", session)
    response.headers["x-who"] = x_who
    return [x_who, session, x_many, request.headers["x-who"], request.cookies["session"]]


def set_context(x_who: Annotated[str, Header()]):
    before = current.get()
    current.set(x_who)
    return before


async def check_context(before: Annotated[str | None, Depends(set_context)]):
    await pause()
    yield [before, current.get()]


@app.get("/contexts")
async def read_contexts(seen: Annotated[list, Depends(check_context)]):
    await pause()
    return [*seen, await asyncio.create_task(read_context())]


async def read_context():
    await pause()
    return current.get()
