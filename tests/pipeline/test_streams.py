"""Endpoints that yield: lines of JSON, events and chunks."""

from collections.abc import AsyncIterable, Iterable

import anyio
import anyio.lowlevel
import pytest
from drivers.asgi import exchange, exchange_failing, leaving_client
from pydantic import BaseModel

from pronghorn import Depends, FastAPI, HTTPException, Response, sse
from pronghorn.exceptions import ResponseValidationError
from pronghorn.responses import JSONResponse, StreamingResponse
from pronghorn.sse import EventSourceResponse, ServerSentEvent

pytestmark = pytest.mark.anyio


class Item(BaseModel):
    id: int


class Bigger(Item):
    secret: str = "secret"


def streaming(values, *, is_async, annotation=None, **options):
    app = FastAPI()

    if is_async:

        async def endpoint():
            for value in values:
                if isinstance(value, Exception):
                    raise value
                yield value
    else:

        def endpoint():
            for value in values:
                if isinstance(value, Exception):
                    raise value
                yield value

    if annotation is not None:
        endpoint.__annotations__["return"] = annotation
    app.add_api_route("/", endpoint, **options)
    return app


@pytest.fixture(params=[False, True], ids=["sync", "async"])
def is_async(request):
    return request.param


async def test_what_is_yielded_is_a_line_of_json(is_async):
    app = streaming([1, "é", None, {"a": Item(id=1)}, float("nan")], is_async=is_async)
    answer = await exchange(app, "GET", "/")
    assert answer.headers["content-type"] == "application/jsonl"
    assert answer.body == b'1\n"\\u00e9"\nnull\n{"a": {"id": 1}}\nnull\n'


async def test_each_item_is_sent_when_it_is_yielded(is_async):
    answer = await exchange(streaming([1, 2], is_async=is_async), "GET", "/")
    bodies = [message["body"] for message in answer.messages[1:]]
    assert bodies == [b"1\n", b"2\n", b""]


async def test_items_are_validated_and_filtered_by_their_type(is_async):
    annotation = AsyncIterable[Item] if is_async else Iterable[Item]
    app = streaming([Bigger(id=1), {"id": "2"}], is_async=is_async, annotation=annotation)
    assert (await exchange(app, "GET", "/")).body == b'{"id":1}\n{"id":2}\n'
    app = streaming([{"id": 1}, {"id": "x"}], is_async=is_async, annotation=annotation)
    answer, error = await exchange_failing(app, "GET", "/")
    assert answer.body == b'{"id":1}\n'
    assert isinstance(error, ResponseValidationError)
    assert error.endpoint_path == "GET /"


async def test_an_injected_response_and_a_status_count_for_a_stream():
    app = FastAPI()

    def stamp(response: Response):
        response.headers["x-a"] = "b"

    @app.get("/", status_code=202, dependencies=[Depends(stamp)])
    async def endpoint():
        yield 1

    answer = await exchange(app, "GET", "/")
    assert (answer.status, answer.headers["x-a"]) == (202, "b")


async def test_an_exception_before_the_first_item_comes_after_the_start(is_async):
    app = streaming([HTTPException(404)], is_async=is_async)
    answer, error = await exchange_failing(app, "GET", "/")
    assert answer.status == 200
    assert isinstance(error, RuntimeError)


async def test_a_response_class_makes_chunks(is_async):
    app = streaming(["a", b"b"], is_async=is_async, response_class=StreamingResponse)
    answer = await exchange(app, "GET", "/")
    assert answer.body == b"ab"
    assert "content-type" not in answer.headers


async def test_events_are_written_as_the_format_wants_them(is_async):
    values = [
        1,
        Item(id=1),
        {"a": "x\ny"},
        ServerSentEvent(data={"b": 1}, event="update", id="7", retry=10, comment="note"),
        ServerSentEvent(raw_data="a\nb"),
        ServerSentEvent(comment="only"),
    ]
    app = streaming(values, is_async=is_async, response_class=EventSourceResponse)
    answer = await exchange(app, "GET", "/")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-accel-buffering"] == "no"
    assert answer.body.decode() == (
        'data: 1\n\ndata: {"id": 1}\n\n'
        'data: {"a": "x\\ny"}\n\n'
        ': note\nevent: update\ndata: {"b": 1}\nid: 7\nretry: 10\n\n'
        "data: a\ndata: b\n\n"
        ": only\n\n"
    )


def one_by_one():
    yield 1
    yield ServerSentEvent(raw_data="two")


async def one_by_one_later():
    yield 1
    yield ServerSentEvent(raw_data="two")


def returning(make, *, is_async, annotation=None, **options):
    app = FastAPI()

    if is_async:

        async def endpoint():
            return make()
    else:

        def endpoint():
            return make()

    if annotation is not None:
        endpoint.__annotations__["return"] = annotation
    app.add_api_route("/", endpoint, response_class=EventSourceResponse, **options)
    return app


@pytest.mark.parametrize("annotation", [None, Iterable[Item], list[int]])
@pytest.mark.parametrize(
    "make", [one_by_one, one_by_one_later, lambda: list(one_by_one()), lambda: iter(one_by_one())]
)
async def test_events_may_be_returned(make, is_async, annotation):
    app = returning(make, is_async=is_async, annotation=annotation, status_code=201)
    answer = await exchange(app, "GET", "/")
    assert (answer.status, answer.body) == (201, b"data: 1\n\ndata: two\n\n")
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-cache"


async def test_a_response_may_be_returned_in_place_of_events(is_async):
    app = returning(lambda: Response(status_code=204), is_async=is_async)
    assert (await exchange(app, "GET", "/")).status == 204


async def test_what_is_returned_for_events_and_is_none_is_one_server_error(is_async):
    answer, error = await exchange_failing(returning(lambda: 5, is_async=is_async), "GET", "/")
    assert answer.status == 500
    assert isinstance(error, TypeError)
    assert "returned 5: these are no events" in str(error)


async def test_events_that_are_returned_end_when_the_client_leaves(is_async):
    ended = []

    def forever():
        try:
            while True:
                yield 1
        finally:
            ended.append("generator")

    await leave_within(returning(forever, is_async=is_async))
    assert ended == ["generator"]


async def test_what_a_function_returns_is_a_stream_of_events_if_its_response_class_says_so():
    app = FastAPI()

    @app.get("/", response_class=EventSourceResponse, status_code=202)
    def endpoint(response: Response):
        response.headers["x-injected"] = "yes"
        return [Item(id=1), ServerSentEvent(data="x", event="e")]

    answer = await exchange(app, "GET", "/")
    assert answer.status == 202
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["x-injected"] == "yes"
    assert answer.body == b'data: {"id": 1}\n\nevent: e\ndata: "x"\n\n'


async def test_a_stream_of_events_that_a_function_made_itself_is_passed_on():
    app = FastAPI()

    @app.get("/", response_class=EventSourceResponse)
    def endpoint():
        return EventSourceResponse(iter([b"data: own\n\n"]), headers={"x-own": "yes"})

    answer = await exchange(app, "GET", "/")
    assert answer.headers["x-own"] == "yes"
    assert answer.body == b"data: own\n\n"


@pytest.mark.parametrize("response_class", [EventSourceResponse, StreamingResponse, None])
async def test_a_generator_begins_when_what_ends_with_the_function_has_ended(
    response_class, is_async
):
    noted = []

    async def waiting():
        yield
        # Long enough for whatever would not wait.
        for _ in range(20):
            await anyio.lowlevel.checkpoint()
        noted.append("dependency ends")

    async def items():
        noted.append("generator begins")
        yield b"1" if response_class is StreamingResponse else 1

    def blocking_items():
        noted.append("generator begins")
        yield b"1" if response_class is StreamingResponse else 1

    app = FastAPI()
    app.add_api_route(
        "/",
        items if is_async else blocking_items,
        **({} if response_class is None else {"response_class": response_class}),
        dependencies=[Depends(waiting, scope="function")],
    )
    assert (await exchange(app, "GET", "/")).status == 200
    assert noted == ["dependency ends", "generator begins"]


async def test_a_silent_stream_of_events_is_kept_alive(monkeypatch):
    monkeypatch.setattr(sse, "_PING_INTERVAL", 0.01)
    app = FastAPI()

    @app.get("/", response_class=EventSourceResponse)
    async def endpoint():
        yield 1
        await anyio.sleep(0.035)
        yield 2

    body = (await exchange(app, "GET", "/")).body
    assert body.startswith(b"data: 1\n\n: ping\n\n")
    assert body.endswith(b": ping\n\ndata: 2\n\n")


async def test_a_stream_of_events_that_fails_ends_with_its_exception():
    app = streaming([1, OSError("broken")], is_async=True, response_class=EventSourceResponse)
    answer, error = await exchange_failing(app, "GET", "/")
    assert answer.status == 200
    assert answer.body in (b"", b"data: 1\n\n")
    while isinstance(error, BaseExceptionGroup):
        (error,) = error.exceptions
    assert isinstance(error, OSError)


STREAMS = [JSONResponse, StreamingResponse, EventSourceResponse]


def streaming_until_left(response_class, endpoint, *dependencies):
    """An application that streams what *endpoint* yields, as long as the client stays."""
    options = {} if response_class is JSONResponse else {"response_class": response_class}
    app = FastAPI()
    app.get("/", dependencies=[Depends(each) for each in dependencies], **options)(endpoint)
    return app


async def leave_within(app):
    async with leaving_client(app, "GET", "/") as client:
        await client.has_body.wait()


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize("response_class", STREAMS)
async def test_a_generator_that_a_client_leaves_ends_before_its_dependencies(
    response_class, is_async
):
    left = []

    async def hold():
        yield
        left.append("dependency")

    async def endpoint():
        try:
            while True:
                yield "item"
        finally:
            await anyio.lowlevel.checkpoint()
            left.append("endpoint")

    def blocking():
        try:
            while True:
                yield "item"
        finally:
            left.append("endpoint")

    await leave_within(
        streaming_until_left(response_class, endpoint if is_async else blocking, hold)
    )
    assert left == ["endpoint", "dependency"]


@pytest.mark.parametrize("response_class", STREAMS)
async def test_a_generator_that_a_client_leaves_may_have_scopes_open(response_class):
    left = []

    async def endpoint():
        with anyio.fail_after(60):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(anyio.sleep_forever)
                try:
                    while True:
                        yield "item"
                finally:
                    left.append("endpoint")
                    tasks.cancel_scope.cancel()

    await leave_within(streaming_until_left(response_class, endpoint))
    assert left == ["endpoint"]


@pytest.mark.parametrize("response_class", STREAMS)
async def test_what_a_generator_raises_when_the_client_has_left_is_raised(response_class):
    async def endpoint():
        try:
            while True:
                yield "item"
        finally:
            raise OSError("broken")

    with pytest.raises(BaseExceptionGroup) as raised:
        await leave_within(streaming_until_left(response_class, endpoint))
    error = raised.value
    while isinstance(error, BaseExceptionGroup):
        (error,) = error.exceptions
    assert isinstance(error, OSError)


async def test_a_response_class_of_the_author_keeps_its_name_and_its_methods():
    class Shouting(StreamingResponse):
        media_type = "text/loud"

        async def stream_response(self, send):
            self.body_iterator = (chunk.upper() async for chunk in self.body_iterator)
            await super().stream_response(send)

    app = streaming(["a", "b"], is_async=True, response_class=Shouting)
    answer = await exchange(app, "GET", "/")
    assert answer.body == b"AB"
    assert answer.headers["content-type"].startswith("text/loud")


async def test_a_stream_gives_others_their_turn():
    app = FastAPI()

    @app.get("/")
    async def endpoint():
        while True:
            yield 1

    turns = 0
    async with leaving_client(app, "GET", "/") as client:
        await client.has_body.wait()
        for _ in range(10):
            await anyio.lowlevel.checkpoint()
            turns += 1
    assert turns == 10


async def test_a_response_class_keeps_the_attributes_of_its_author():
    class Table(StreamingResponse):
        def __init__(self, content, **options):
            super().__init__(content, **options)
            self.source = "a table"

        async def stream_response(self, send):
            self.raw_headers.append((b"x-source", self.source.encode()))
            await super().stream_response(send)

    app = FastAPI()

    @app.get("/", response_class=Table)
    def rows():
        yield "1,2"

    answer = await exchange(app, "GET", "/")
    assert (answer.headers["x-source"], answer.body) == ("a table", b"1,2")
