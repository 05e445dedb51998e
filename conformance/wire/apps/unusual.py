"""What few applications do: own converters, hosts, sub-applications, dependencies of odd kinds."""

import functools
from collections.abc import Awaitable
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, HTTPException, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.convertors import Convertor, register_url_convertor
from starlette.endpoints import HTTPEndpoint
from starlette.requests import HTTPConnection
from starlette.routing import Host, Mount, Route, Router

from wire.events import note


class Even(Convertor[int]):
    regex = "[0-9]*[02468]"

    def convert(self, value: str) -> int:
        return int(value) // 2

    def to_string(self, value: int) -> str:
        return str(value * 2)


register_url_convertor("even", Even())
app = FastAPI()


class Callable:
    async def __call__(self, q: int = 1):
        note("async callable")
        return q


class Generating:
    def __call__(self, q: int = 1):
        note("entered")
        yield q
        note("left")


class AsyncGenerating:
    async def __call__(self, q: int = 1):
        note("async entered")
        yield q
        note("async left")


class Endpoint:
    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, n: int) -> int:
        self.calls += 1
        return n + self.calls

    async def method(self, n: int = 0, *, keyword: str = "k") -> list:
        return [n, keyword]


def wrapped(function):
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any):
        note("wrapped")
        return await function(*args, **kwargs)

    return wrapper


async def plain(a: int, b: int = 2, **kwargs: Any):
    return {"a": a, "b": b, "kwargs": kwargs}


def with_args(*args: Any, n: int = 1):
    return [args, n]


def returns_awaitable(n: int = 1) -> Awaitable[int]:
    async def later():
        return n

    return later()


@asynccontextmanager
async def managed():
    note("managed in")
    yield "managed"
    note("managed out")


@contextmanager
def blocking_managed():
    note("blocking managed in")
    yield "blocking managed"
    note("blocking managed out")


endpoint = Endpoint()
app.get("/callable")(endpoint)
app.get("/method")(endpoint.method)
app.get("/partial")(functools.partial(plain, b=5))
app.get("/lambda")(lambda q=1: {"q": q})
app.add_api_route("/wrapped", wrapped(plain), methods=["POST"], name="wrapped")


@app.get("/kinds")
async def kinds(
    a: Annotated[int, Depends(Callable())],
    b: Annotated[int, Depends(Generating())],
    c: Annotated[int, Depends(AsyncGenerating())],
    d: Annotated[list, Depends(endpoint.method)],
    e: Annotated[Any, Depends(with_args)],
    f: Annotated[str, Depends(managed)],
    g: Annotated[str, Depends(blocking_managed)],
):
    note("endpoint")
    return [a, b, c, d, str(type(f).__name__), str(type(g).__name__)]


@app.get("/awaitable")
def awaitable(n: int = 1):
    return {"n": n}


@app.get("/even/{n:even}", name="even")
async def even(n: int, request: Request):
    return {"n": n, "url": str(request.url_for("even", n=n))}


@app.get("/connection")
async def connection(
    connection: HTTPConnection, request: Request, response: Response, tasks: BackgroundTasks
):
    tasks.add_task(note, "task")
    response.headers["x-seen"] = connection.url.path
    return {"same": connection is request, "query": list(request.query_params.multi_items())}


@app.get("/scope")
async def scope(request: Request):
    return {
        "path": request.scope["path"],
        "raw": request.scope["raw_path"].decode("latin-1"),
        "query": request.scope["query_string"].decode("latin-1"),
        "params": request.path_params,
        "cookies": request.cookies,
        "endpoint": request.scope["endpoint"].__name__,
        "type": type(request).__name__,
        "headers": [
            [k.decode("latin-1"), v.decode("latin-1")] for k, v in request.scope["headers"]
        ],
        "client": request.client is not None,
    }


@app.post("/body-again")
async def body_again(request: Request, item: dict | None = None):
    first, second = await request.body(), await request.json() if item is not None else None
    return {"item": item, "body": first.decode("latin-1"), "json": second}


@app.post("/stream-after")
async def stream_after(request: Request, item: dict):
    return {"length": sum([len(chunk) async for chunk in request.stream()]), "item": item}


@app.get("/threads")
async def threads():
    await run_in_threadpool(note, "in a thread")
    return "done"


@app.get("/http-exceptions/{code}")
def http_exceptions(code: int, detail: str | None = None):
    known = code if 200 <= code < 600 else 400
    raise HTTPException(known, detail, {"x-code": str(code)} if detail else None)


class View(HTTPEndpoint):
    async def get(self, request: Request):
        return PlainTextResponse("view")

    def post(self, request: Request):
        return JSONResponse({"view": "post"})


async def home(request: Request):
    return PlainTextResponse(f"{request.url.path} {request.scope.get('root_path')}")


async def raw(scope, receive, send):
    note("raw")
    await PlainTextResponse(f"raw {scope['path']} {scope.get('root_path')}")(scope, receive, send)


inner = APIRouter(routes=[Route("/home", home), Mount("/deep", routes=[Route("/home", home)])])
inner.add_route("/view", View)
hosted = FastAPI()


@hosted.get("/hosted")
async def read_hosted(request: Request):
    return request.url.hostname


async def fallback(scope, receive, send):
    await PlainTextResponse("nothing here", 404)(scope, receive, send)


with_default = APIRouter(default=fallback, prefix="/with-default")


@with_default.get("/here")
async def here():
    return "here"


app.include_router(inner, prefix="/inner")
app.include_router(with_default)
app.mount("/raw", raw)
app.mount("/router", Router([Route("/home", home)], redirect_slashes=False))
app.router.routes.append(Host("good.test", hosted))
app.router.routes.insert(0, Route("/first", home, methods=["GET", "POST"]))
