"""A limit on bodies answers as Starlette's does, whatever stands within it."""

import itertools

import anyio
import pytest
from drivers.asgi import exchange, make_scope
from drivers.cycles import cycles_of
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from pronghorn import FastAPI
from pronghorn._serve.body_limit import Limited

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


START = {"type": "http.response.start", "status": 200, "headers": []}
END = {"type": "http.response.body", "body": b"done"}


async def reading(scope, receive, send):
    while (await receive()).get("more_body"):
        pass
    await send(dict(START))
    await send(dict(END))


async def answering_first(scope, receive, send):
    await send(dict(START))
    await reading(scope, receive, send)


async def not_reading(scope, receive, send):
    await send(dict(START))
    await send(dict(END))


async def failing(scope, receive, send):
    await receive()
    raise LookupError


async def messages_of(app, chunks, headers):
    """What *app* sends and what it raises; and what it leaves in the scope."""
    waiting = [{"type": "http.request", "body": each, "more_body": True} for each in chunks]
    waiting[-1]["more_body"] = False
    sent = []

    async def receive():
        return waiting.pop(0)

    async def send(message):
        sent.append(message)

    scope = make_scope("POST", "/", headers=headers)
    before = dict(scope)
    error = None
    try:
        await app(scope, receive, send)
    except Exception as raised:  # noqa: BLE001 - it is compared
        error = type(raised)
    assert scope == before
    return sent, error


BODIES = [[b""], [b"12345"], [b"123", b"45"], [b"1234567"], [b"1234", b"567"]]
LENGTHS = [None, b"0", b"5", b"7", b"x", b"-1", b"9" * 5000]
LIMITS = [(5,), (6, 5), (5, 9), (9, 9, 4), (0,)]


@pytest.mark.parametrize("limits", LIMITS, ids=str)
@pytest.mark.parametrize("inner", [reading, answering_first, not_reading, failing])
async def test_a_limit_answers_as_starlettes(inner, limits):
    ours = theirs = inner
    for limit in reversed(limits):
        ours, theirs = Limited(ours, limit), RequestBodyLimitMiddleware(theirs, limit)
    for chunks, length in itertools.product(BODIES, LENGTHS):
        headers = [] if length is None else [(b"content-length", length)]
        expected = await messages_of(theirs, chunks, headers)
        assert await messages_of(ours, chunks, headers) == expected


async def test_a_body_that_is_too_large_is_refused_out_of_a_task_group():
    async def grouped(scope, receive, send):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(reading, scope, receive, send)

    sent, error = await messages_of(Limited(grouped, 3), [b"1234"], [])
    assert (sent[0]["status"], error) == (413, None)


async def test_a_refused_body_leaves_nothing_for_the_collector():
    app = FastAPI(max_body_size=9)

    @app.post("/", max_body_size=5)
    async def read(body: dict[str, int]):
        return body

    async def ask():
        for size in (6, 20):
            headers = [(b"content-length", b"%d" % size)]
            answer = await exchange(app, "POST", "/", body=b"1" * size, headers=headers)
            assert answer.status == 413

    assert await cycles_of(ask) == 0
