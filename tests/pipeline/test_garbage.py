"""A request leaves nothing behind: nothing that only the garbage collector could find, and
nothing at all once it was answered.
"""

import asyncio
import gc
import logging
import sys
from contextlib import suppress
from typing import Annotated

import pytest
from drivers.asgi import Client, make_scope
from drivers.cycles import cycles_of
from pydantic import BaseModel

from pronghorn import (
    BackgroundTasks,
    Body,
    Depends,
    FastAPI,
    Form,
    HTTPException,
    Request,
    Response,
    UploadFile,
    WebSocket,
)
from pronghorn.responses import StreamingResponse
from pronghorn.security import OAuth2PasswordRequestForm
from pronghorn.sse import EventSourceResponse

JSON = (b"content-type", b"application/json")
FORM = (b"content-type", b"application/x-www-form-urlencoded")
MULTIPART = (b"content-type", b"multipart/form-data; boundary=B")
FILE = b'--B\r\ncontent-disposition: form-data; name="file"; filename="f"\r\n\r\nx\r\n--B--\r\n'


class Item(BaseModel):
    name: str
    numbers: list[int] = []


def make_app():
    app = FastAPI(openapi_url=None, max_body_size=300)

    def blocking():
        yield 1

    async def waiting():
        yield 1

    @app.get("/plain")
    async def plain():
        return 1

    @app.get("/sync")
    def sync():
        return 1

    @app.get("/model")
    async def model() -> Item:
        return Item(name="a")

    @app.post("/body")
    async def body(item: Item, more: Annotated[int, Body()] = 1) -> Item:
        return item

    @app.post("/json")
    async def json(item: Item):
        return item

    @app.post("/form")
    async def form(form: Annotated[OAuth2PasswordRequestForm, Depends()]):
        return form.username

    @app.post("/fields")
    async def fields(request: Request, names: Annotated[list[str], Form()]):
        return [names, len(await request.form())]

    @app.post("/file")
    async def file(file: UploadFile):
        return file.filename

    @app.get("/request")
    async def request(request: Request):
        return str(request.url)

    @app.get("/injected")
    async def injected(response: Response):
        response.headers["x-a"] = "1"
        return 1

    @app.get("/tasks")
    async def tasks(tasks: BackgroundTasks):
        tasks.add_task(plain)
        tasks.add_task(sync)
        return 1

    @app.get("/yields")
    async def yields(a=Depends(waiting), b=Depends(waiting, scope="function", use_cache=False)):
        return 1

    @app.get("/blocks")
    async def blocks(a=Depends(blocking)):
        return 1

    @app.get("/yields/raises")
    async def yields_and_raises(a=Depends(waiting), b=Depends(waiting, scope="function")):
        raise HTTPException(400)

    @app.get("/number/{number}")
    async def number(number: int, q: str | None = None):
        return number

    @app.get("/raises")
    async def raises(request: Request):
        raise HTTPException(400)

    @app.get("/fails")
    async def fails():
        raise LookupError

    @app.get("/fails/yields")
    async def fails_in_dependency(a=Depends(waiting)):
        raise LookupError

    @app.get("/bad", response_model=Item)
    async def bad():
        return 1

    @app.get("/stream")
    async def stream():
        yield 1

    @app.get("/events", response_class=EventSourceResponse)
    async def events():
        yield 1

    async def texts():
        yield "a"

    @app.get("/response")
    async def response():
        # An iterator that is none of asyncio's is read by Starlette in threads, with cycles.
        return StreamingResponse(texts())

    @app.websocket("/socket")
    async def socket(socket: WebSocket, a=Depends(waiting)):
        await socket.accept()
        await socket.send_text(await socket.receive_text())
        await socket.close()

    @app.websocket("/socket/{number}")
    async def socket_with_number(socket: WebSocket, number: int):
        await socket.accept()

    return app


REQUESTS = {
    "hello": ("GET", "/plain"),
    "sync": ("GET", "/sync"),
    "model": ("GET", "/model"),
    "params": ("GET", "/number/7?q=x"),
    "body": ("POST", "/body", [JSON], b'{"item": {"name": "a", "numbers": [1, 2]}}'),
    "json": ("POST", "/json", [JSON], b'{"name": "a", "numbers": [1, 2]}'),
    "form": ("POST", "/form", [FORM], b"username=a&password=b+c"),
    "fields": ("POST", "/fields", [FORM], b"names=a&names=%41"),
    "file": ("POST", "/file", [MULTIPART], FILE),
    "request": ("GET", "/request"),
    "injected": ("GET", "/injected"),
    "background tasks": ("GET", "/tasks"),
    "yields": ("GET", "/yields"),
    "yields in a thread": ("GET", "/blocks"),
    "yields and raises": ("GET", "/yields/raises"),
    "HTTPException": ("GET", "/raises"),
    "fails": ("GET", "/fails"),
    "yields and fails": ("GET", "/fails/yields"),
    "bad answer": ("GET", "/bad"),
    "422 params": ("GET", "/number/x"),
    "422 body": ("POST", "/body", [JSON], b'{"item": 1}'),
    "422 not JSON": ("POST", "/body", [JSON], b"{"),
    "422 form": ("POST", "/form", [FORM], b"username=a"),
    "400 form": ("POST", "/file", [MULTIPART], b"--C"),
    "413 JSON": ("POST", "/json", [JSON], b" " * 400),
    "413 form": ("POST", "/form", [FORM], b"a" * 400),
    "404": ("GET", "/nowhere"),
    "405": ("DELETE", "/plain"),
    "307": ("GET", "/plain/"),
    "stream": ("GET", "/stream"),
    "events": ("GET", "/events"),
    "streaming response": ("GET", "/response"),
    "socket": ("WEBSOCKET", "/socket"),
    "socket refused": ("WEBSOCKET", "/socket/x"),
}


async def ask(app, method, target, headers=(), body=b""):
    """One request; what the application raises is forgotten, as servers do."""
    client = Client([body])
    # With this version servers say by an error that a client has left, and nobody has to wait for
    # it: what Starlette does before that makes cycles of its own, when it cancels the waiting.
    asgi = {"version": "3.0", "spec_version": "2.4"}
    scope = make_scope(method, target, headers=headers, asgi=asgi)
    if method == "WEBSOCKET":
        scope = make_scope(method, target, protocol="websocket")
        client.waiting = [{"type": "websocket.connect"}]
        client.waiting += [{"type": "websocket.receive", "text": "a"}]
    with suppress(Exception):
        await app(scope, client.receive, client.send)
    return client.answer.messages


async def collected(app, request, number=20):
    """How many objects the collector finds after *number* requests."""

    async def once():
        assert await ask(app, *request)

    return await cycles_of(once, number)


@pytest.fixture(autouse=True)
def log_is_off(monkeypatch):
    """The records of parsers are kept by pytest."""
    monkeypatch.setattr(logging.getLogger("python_multipart"), "disabled", True)
    monkeypatch.setattr(logging.getLogger("python_multipart.multipart"), "disabled", True)


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_request_makes_no_cycles(kind):
    assert asyncio.run(collected(make_app(), REQUESTS[kind])) == 0


async def left(app, request, number):
    """How many blocks of memory there are more after *number* requests."""
    for _ in range(50):
        await ask(app, *request)
    gc.collect()
    before = sys.getallocatedblocks()
    for _ in range(number):
        await ask(app, *request)
    gc.collect()
    return sys.getallocatedblocks() - before


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_request_leaves_no_memory_behind(kind):
    # A table of Python's own may grow meanwhile, once; what requests leave grows with each.
    assert asyncio.run(left(make_app(), REQUESTS[kind], 200)) < 200


@pytest.mark.parametrize("kind", REQUESTS)
def test_the_requests_are_answered_as_they_are_called(kind):
    first = asyncio.run(ask(make_app(), *REQUESTS[kind]))[0]
    named = kind.partition(" ")[0]
    if named.isdigit():
        assert first["status"] == int(named)
    elif kind in ("fails", "yields and fails", "bad answer"):
        assert first["status"] == 500
    elif kind in ("HTTPException", "yields and raises"):
        assert first["status"] == 400
    elif kind.startswith("socket"):
        assert first["type"] == ("websocket.close" if "refused" in kind else "websocket.accept")
    else:
        assert first["status"] == 200
