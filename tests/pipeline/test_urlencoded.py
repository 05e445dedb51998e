"""Urlencoded forms are read by us, and are what Starlette would have made of them."""

import random
from contextlib import AsyncExitStack
from functools import partial
from typing import Annotated

import pytest
from drivers.asgi import Client, exchange, make_scope
from python_multipart import multipart
from starlette import formparsers
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

from pronghorn import FastAPI, Form
from pronghorn._pipeline import urlencoded
from pronghorn._pipeline.form_reading import make_form_reader
from pronghorn._pipeline.urlencoded import Limits, is_as_starlette
from pronghorn.exceptions import RequestValidationError
from pronghorn.responses import JSONResponse

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


URLENCODED = "application/x-www-form-urlencoded"
FORM = (b"content-type", URLENCODED.encode())
PIECES = [
    b"a",
    b"bc",
    b"=",
    b"&",
    b"%",
    b"%4",
    b"%41",
    b"%C3%A9",
    b"%c3",
    b"%FF",
    b"%00",
    b"+",
    b";",
]
PIECES += [
    b"\xe9",
    b"\xc3\xa9",
    b"\x00",
    b"\r\n",
    b"%26",
    b"%3D",
    b"%25",
    b"%2",
    b"%zz",
    b"&&",
    b"a=1&",
]
CONTENT_TYPES = [
    URLENCODED,
    URLENCODED,
    URLENCODED,
    f"{URLENCODED}; charset=utf-8",
    f"{URLENCODED};charset=latin-1",
    f"{URLENCODED}; charset*=x",
    f" {URLENCODED} ;x",
    f'{URLENCODED}; a="b;c',
    URLENCODED.title(),
    f"{URLENCODED}2",
    f"{URLENCODED}, text/plain",
    "application/json",
    "text/plain; application/x-www-form-urlencoded",
    "multipart/form-data",
    "multipart/form-data; boundary=B",
    "\xe9",
    "",
    None,
]


class Far(Client):
    """A client that sends *messages* of any kind, and goes away."""

    def __init__(self, messages):
        super().__init__()
        self.waiting = messages
        self.leave()


def messages_of(chance):
    """What a server may say of a body: in pieces, with strange messages, up to its end or not."""
    body = b"".join(chance.choices(PIECES, k=chance.choice([0, 1, 3, 10, 30])))
    chunks = [b""]
    for byte in body:
        chunks[-1] += bytes([byte])
        if chance.random() < chance.choice([0, 0, 0.1, 0.5]):
            chunks.append(b"")
    messages = []
    for number, chunk in enumerate(chunks, 1):
        message = {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
        if not chunk and chance.random() < 0.5:
            del message["body"]
        if not message["more_body"] and chance.random() < 0.5:
            del message["more_body"]
        messages.append(message)
    if chance.random() < 0.1:
        messages.insert(chance.randrange(len(messages)), {"type": "http.strange"})
    if chance.random() < 0.1:
        del messages[chance.randrange(len(messages)) :]
    return messages


def limits_of(chance):
    names = chance.sample(Limits._fields, chance.choice([0, 0, 1, 3]))
    return {name: chance.choice([0, 1, 2, 3, 5, 20]) for name in names}


async def outcome(read, messages):
    """What is read, or what is answered instead, and what is still to be received."""
    client = Far(list(messages))
    try:
        form = await read(client)
    except HTTPException as error:
        return (error.status_code, error.detail), client.waiting
    assert type(form) is FormData
    return form.multi_items(), client.waiting


def scope_of(content_type, inherited):
    headers = [] if content_type is None else [(b"content-type", content_type.encode("latin-1"))]
    fastapi = {"fastapi": {"form_limits": inherited}} if inherited else {}
    return make_scope("POST", "/", headers=headers, app=None, **fastapi)


async def read_ours(content_type, chosen, inherited, client):
    word = make_form_reader(chosen, lambda _: {})
    scope = scope_of(content_type, inherited)
    async with AsyncExitStack() as stack:
        return await word(scope, client.receive, client.send, stack)


async def read_theirs(content_type, chosen, inherited, client):
    request = Request(scope_of(content_type, {}), client.receive)
    try:
        return await request.form(**{**inherited, **chosen})
    except HTTPException:
        raise
    except Exception:  # noqa: BLE001  FastAPI answers any in this way.
        raise HTTPException(400, "There was an error parsing the body") from None


@pytest.mark.parametrize("seed", range(8))
async def test_a_form_is_what_starlette_makes_of_it_whatever_arrives(seed):
    assert is_as_starlette()
    chance = random.Random(seed)
    kinds = set()
    for _ in range(400):
        content_type, messages = chance.choice(CONTENT_TYPES), messages_of(chance)
        chosen, inherited = limits_of(chance), limits_of(chance)
        asked = (content_type, chosen, inherited)
        theirs = await outcome(partial(read_theirs, *asked), messages)
        assert await outcome(partial(read_ours, *asked), messages) == theirs, (asked, messages)
        kinds.add(type(theirs[0]))
    assert kinds == {list, tuple}


async def test_starlette_has_the_limits_that_we_know():
    assert Limits()._asdict() == Request.form.__kwdefaults__


@pytest.mark.parametrize(
    "body",
    [
        b"&".join(b"a=%d" % n for n in range(999)),
        b"&".join(b"a=%d" % n for n in range(1000)),
        b"&".join(b"a=%d" % n for n in range(1001)),
        b"&" * 5000 + b"a=1",
        b"a=" + b"x" * (1024 * 1024 - 1),
        b"a=" + b"x" * (1024 * 1024),
        b"b=" + b"x" * 600_000 + b"&a=" + b"y" * 600_000,
    ],
    ids=["999", "1000", "1001", "separators", "large", "too large", "two"],
)
@pytest.mark.parametrize("chunk_size", [None, 65_536])
async def test_large_forms_meet_the_limits_of_starlette(body, chunk_size):
    app = FastAPI()

    @app.post("/ours")
    async def ours(a: Annotated[str | None, Form()] = None):
        return len(a or "")

    @app.post("/theirs")
    async def theirs(request: Request):
        return len((await request.form()).get("a") or "")

    answers = []
    for path in ("/ours", "/theirs"):
        size = chunk_size or len(body)
        client = Client([body[start : start + size] for start in range(0, len(body), size)])
        await app(make_scope("POST", path, headers=[FORM]), client.receive, client.send)
        answers.append((client.answer.status, client.answer.body))
    assert answers[0] == answers[1]


async def test_a_client_that_leaves_in_the_middle_is_answered_as_one_that_cannot_be_read():
    app = FastAPI()

    @app.post("/")
    async def endpoint(a: Annotated[str, Form()]):
        return a

    client = Far([{"type": "http.request", "body": b"a=1&b=%4", "more_body": True}])
    await app(make_scope("POST", "/", headers=[FORM]), client.receive, client.send)
    assert client.answer.status == 400
    assert client.answer.json == {"detail": "There was an error parsing the body"}


async def test_many_small_chunks_cost_no_more_than_one_large_one():
    """Each byte is looked at once: what came before is not counted again."""
    counted = 0

    class Chunk(bytes):
        def count(self, *arguments):
            nonlocal counted
            counted += len(self)
            return super().count(*arguments)

    chunks = [Chunk(b"a") for _ in range(2000)]
    client = Client(chunks)
    message = await client.receive()
    taken = await urlencoded.take_body(message, client.receive, Limits())
    assert taken == (b"a" * 2000, False)
    assert counted == 2000


# --- whoever looks at the request afterwards --------------------------------------------------------


async def test_the_request_has_the_same_form_and_no_body_any_more():
    app = FastAPI()
    seen = []

    @app.post("/")
    async def endpoint(request: Request, a: Annotated[str, Form()]):
        form = await request.form()
        seen.append(form)
        with pytest.raises(RuntimeError, match="Stream consumed"):
            await request.body()
        async with request.form() as again:
            return [a, form.multi_items(), again is form]

    answer = await exchange(app, "POST", "/", body=b"a=1&b=2", headers=[FORM])
    assert answer.json == ["1", [["a", "1"], ["b", "2"]], True]
    assert type(seen[0]) is FormData


@pytest.mark.parametrize("wants_request", [False, True])
async def test_a_handler_of_exceptions_reads_the_form_that_was_read(wants_request):
    app = FastAPI()

    @app.exception_handler(RequestValidationError)
    @app.exception_handler(HTTPException)
    async def handle(request, error):
        form = await request.form()
        with pytest.raises(RuntimeError, match="Stream consumed"):
            await request.body()
        return JSONResponse([form.multi_items(), form is getattr(error, "body", form)], 418)

    if wants_request:

        @app.post("/")
        async def endpoint_with_request(request: Request, a: Annotated[int, Form()]):
            raise HTTPException(400)
    else:

        @app.post("/")
        async def endpoint(a: Annotated[int, Form()]):
            raise HTTPException(400)

    for body, items in ((b"a=x&b=2", [["a", "x"], ["b", "2"]]), (b"a=1", [["a", "1"]])):
        answer = await exchange(app, "POST", "/", body=body, headers=[FORM])
        assert answer.status == 418
        assert answer.json == [items, True]


async def test_a_handler_of_exceptions_gets_the_rest_of_a_body_that_was_too_much():
    app = FastAPI()
    rest = []

    @app.exception_handler(HTTPException)
    async def handle(request, error):
        rest.append(await request.body())
        return JSONResponse(error.detail, 400)

    @app.post("/", form_limits={"max_fields": 2})
    async def endpoint(a: Annotated[str, Form()]):
        return a

    client = Client([b"a=1&", b"b=2&c=3&", b"d=4", b"&e=5"])
    await app(make_scope("POST", "/", headers=[FORM]), client.receive, client.send)
    assert client.answer.json == "Too many fields. Maximum number of fields is 2."
    assert rest == [b"d=4&e=5"]


# --- whoever replaces how forms are read --------------------------------------------------------------


@pytest.mark.parametrize(
    ("owner", "name"),
    [(Request, "form"), (Request, "_get_form"), (formparsers.FormParser, "parse")],
)
async def test_what_somebody_put_in_the_place_of_starlettes_methods_is_called(
    monkeypatch, owner, name
):
    original = getattr(owner, name)
    called = []

    def replaced(self, **options):
        called.append(name)
        return original(self, **options)

    monkeypatch.setattr(owner, name, replaced)
    app = FastAPI()

    @app.post("/")
    async def endpoint(a: Annotated[str, Form()]):
        return a

    answer = await exchange(app, "POST", "/", body=b"a=1", headers=[FORM])
    assert answer.json == "1"
    assert called == [name]


async def test_another_parser_is_used(monkeypatch):
    class Shouting(formparsers.FormParser):
        async def parse(self):
            form = await super().parse()
            return FormData([(name, value.upper()) for name, value in form.multi_items()])

    monkeypatch.setattr("starlette.requests.FormParser", Shouting)
    app = FastAPI()

    @app.post("/")
    async def endpoint(a: Annotated[str, Form()]):
        return a

    assert (await exchange(app, "POST", "/", body=b"a=x", headers=[FORM])).json == "X"


async def test_a_library_that_splits_otherwise_is_used(monkeypatch):
    """Older releases of python-multipart take a semicolon for a separator."""

    class Older(multipart.QuerystringParser):
        def write(self, data):
            return super().write(data.replace(b";", b"&"))

    monkeypatch.setattr(formparsers.multipart, "QuerystringParser", Older)
    urlencoded.agrees.cache_clear()
    try:
        app = FastAPI()

        @app.post("/")
        async def endpoint(a: Annotated[list[str], Form()]):
            return a

        answer = await exchange(app, "POST", "/", body=b"a=1;a=2", headers=[FORM])
        assert answer.json == ["1", "2"]
    finally:
        urlencoded.agrees.cache_clear()


async def test_a_client_that_is_gone_is_told_of_as_starlette_does():
    client = Far([])
    with pytest.raises(ClientDisconnect):
        await urlencoded.take_body({"type": "http.disconnect"}, client.receive, Limits())
