"""What a request holds while it is answered, counted; the budgets are in `tests/budgets.toml`.

Counted is what lives when the answer begins and did not when the request came: blocks of memory
as Python's allocator gives them, and objects that the garbage collector knows.  Both are the same
in every run of one release of Python; of the releases 3.11 to 3.13 the budgets are the largest.
"""

import asyncio
import gc
import sys
import tomllib
from pathlib import Path
from typing import Annotated

import pytest
from drivers.asgi import make_scope
from pydantic import BaseModel

from pronghorn import Depends, FastAPI, Header
from pronghorn.security import OAuth2PasswordRequestForm

BUDGETS = tomllib.loads((Path(__file__).parents[1] / "budgets.toml").read_text())["held"]

JSON = (b"content-type", b"application/json")
FORM = (b"content-type", b"application/x-www-form-urlencoded")


class Item(BaseModel):
    name: str
    price: float


def make_app():
    app = FastAPI()

    @app.get("/")
    async def hello():
        return {"hello": "world"}

    @app.get("/items/{item_id}")
    async def params(item_id: int, q: str | None = None):
        return {"item_id": item_id, "q": q}

    @app.post("/items", status_code=201)
    async def body(item: Item) -> Item:
        return item

    @app.post("/token")
    async def form(form: Annotated[OAuth2PasswordRequestForm, Depends()]):
        return {"access_token": form.username}

    async def settings():
        return {"a": 1}

    async def session(settings: Annotated[dict, Depends(settings)]):
        yield settings

    async def user(x_token: Annotated[str, Header()], session: Annotated[dict, Depends(session)]):
        return x_token

    @app.get("/deps")
    async def deps(user: Annotated[str, Depends(user)], session: Annotated[dict, Depends(session)]):
        return user

    return app


REQUESTS = {
    "hello": ("GET", "/", [], b""),
    "params": ("GET", "/items/7?q=x", [], b""),
    "body": ("POST", "/items", [JSON], b'{"name": "a", "price": 1.5}'),
    "form": ("POST", "/token", [FORM], b"username=a&password=b"),
    "deps": ("GET", "/deps", [(b"x-token", b"t")], b""),
    "missing": ("GET", "/nowhere", [], b""),
    "refused": ("GET", "/items/x", [], b""),
}


def held(app, method, target, headers, body):
    """The blocks and the objects that one warm request holds when its answer begins."""
    blocks, objects = [], []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        if message["type"] == "http.response.start":
            blocks.append(sys.getallocatedblocks())
            objects.append(len(gc.get_objects()))

    async def ask():
        scope = make_scope(method, target, headers=headers)
        blocks[:] = [sys.getallocatedblocks()]
        objects[:] = [len(gc.get_objects())]
        await app(scope, receive, send)

    async def ask_often():
        # What a collection does to warm objects is over, too.
        for _ in range(2):
            for _ in range(20):
                await ask()
            gc.collect()
        gc.disable()
        try:
            for _ in range(3):
                await ask()
        finally:
            gc.enable()

    asyncio.run(ask_often())
    return blocks[1] - blocks[0], objects[1] - objects[0]


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_request_holds_little_memory(kind, monkeypatch):
    # Whichever test came before: nobody has imported OpenTelemetry, as in most processes.
    monkeypatch.delitem(sys.modules, "opentelemetry", raising=False)
    blocks, objects = held(make_app(), *REQUESTS[kind])
    assert blocks <= BUDGETS[kind]["blocks"]
    assert objects <= BUDGETS[kind]["objects"]


@pytest.mark.parametrize("kind", REQUESTS)
def test_what_is_held_is_counted_alike_each_time(kind):
    app = make_app()
    first = held(app, *REQUESTS[kind])
    assert [held(app, *REQUESTS[kind]) for _ in range(3)] == [first] * 3
