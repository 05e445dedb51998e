"""Spans for what happens in a request: dependencies, the endpoint, writing, background tasks."""

import functools
from typing import Annotated

import anyio
import pytest
from drivers.asgi import converse, exchange, exchange_failing
from opentelemetry import trace
from opentelemetry.trace import SpanKind, StatusCode
from pydantic import BaseModel

from pronghorn import BackgroundTasks, Body, Depends, FastAPI, HTTPException, WebSocket
from pronghorn.responses import JSONResponse, StreamingResponse
from pronghorn.sse import EventSourceResponse

pytestmark = pytest.mark.anyio

DEPENDENCIES = "fastapi.dependencies"
ENDPOINT = "fastapi.endpoint"
SERIALIZATION = "fastapi.serialization"
TASK = "fastapi.background_task"


def current():
    """The name of the current span; None outside of all spans."""
    return getattr(trace.get_current_span(), "name", None)


class Word(BaseModel):
    text: str = "word"


@pytest.mark.parametrize("is_async", [False, True])
async def test_an_operation_is_within_the_request(told, is_async):
    app = FastAPI(telemetry=told.options())
    seen = []

    def see(answer):
        seen.append(current())
        return answer

    async def asynchronous(one=Depends(lambda: see(1))) -> Word:
        return see(Word())

    def synchronous(one=Depends(lambda: see(1))) -> Word:
        return see(Word())

    endpoint = asynchronous if is_async else synchronous
    app.add_api_route("/", endpoint)
    await exchange(app, "GET", "/")
    assert told.names == [DEPENDENCIES, ENDPOINT, SERIALIZATION, "GET /"]
    assert set(told.tree().values()) == {"GET /", None}
    assert seen == [DEPENDENCIES, ENDPOINT]
    for span in told.spans[:-1]:
        function = span.attributes["code.function.name"]
        assert function == f"{__name__}.{endpoint.__qualname__}"
        assert span.kind is SpanKind.INTERNAL
        assert span.status.is_unset
    assert told.spans[-1].kind is SpanKind.SERVER


async def test_spans_of_the_user_are_within_the_operation(told):
    app = FastAPI(telemetry=told.options())
    tracer = told.tracer_provider.get_tracer("mine")

    async def dependency():
        with tracer.start_as_current_span("in dependency"):
            yield 1

    @app.get("/")
    def read(tasks: BackgroundTasks, one=Depends(dependency)):
        with tracer.start_as_current_span("in endpoint"):
            tasks.add_task(task)

    async def task():
        with tracer.start_as_current_span("in task"):
            await anyio.lowlevel.checkpoint()

    await exchange(app, "GET", "/")
    tree = told.tree()
    assert tree["in dependency"] == DEPENDENCIES
    assert tree["in endpoint"] == ENDPOINT
    assert tree["in task"] == TASK


@pytest.mark.parametrize("operation_spans", [False, True])
@pytest.mark.parametrize("is_async", [False, True])
async def test_a_span_that_a_dependency_opens_ends_with_it(told, operation_spans, is_async, caplog):
    app = FastAPI(telemetry=told.options(operation_spans=operation_spans))
    tracer = told.tracer_provider.get_tracer("mine")
    seen = []

    async def asynchronous():
        with tracer.start_as_current_span("opened"):
            yield

    def synchronous():
        with tracer.start_as_current_span("opened"):
            yield

    async def see():
        seen.append(current())
        yield
        seen.append(current())

    @app.get("/")
    async def read(
        first=Depends(see),
        opened=Depends(asynchronous if is_async else synchronous, scope="function"),
        last=Depends(see, use_cache=False),
    ):
        return 1

    await exchange(app, "GET", "/")
    # At its end OpenTelemetry makes that span the current one again that was it at its beginning.
    around = DEPENDENCIES if operation_spans else "GET /"
    assert seen == [around, "opened", around, around]
    # An exit in another context could not do so, and OpenTelemetry would log it.
    assert caplog.records == []


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("scope", ["function", "request"])
async def test_the_exit_of_a_dependency_is_in_the_span_of_the_request(told, is_async, scope):
    app = FastAPI(telemetry=told.options())
    seen = []

    async def asynchronous():
        seen.append(current())
        yield 1
        seen.append(current())

    def synchronous():
        seen.append(current())
        yield 1
        seen.append(current())

    @app.get("/")
    async def read(
        one: Annotated[int, Depends(asynchronous if is_async else synchronous, scope=scope)],
    ):
        return one

    await exchange(app, "GET", "/")
    assert seen == [DEPENDENCIES, "GET /"]


async def test_a_response_is_not_serialized(told):
    app = FastAPI(telemetry=told.options())

    @app.get("/")
    async def read():
        return JSONResponse(1)

    await exchange(app, "GET", "/")
    assert told.names == [DEPENDENCIES, ENDPOINT, "GET /"]


async def test_a_refused_request_has_no_endpoint(told):
    app = FastAPI(telemetry=told.options())

    @app.post("/")
    async def read(word: Word, number: int):
        return number

    json = [(b"content-type", b"application/json")]
    assert (await exchange(app, "POST", "/?number=x", body=b"{", headers=json)).status == 422
    assert told.names == ["POST /"]
    told.clear()
    assert (await exchange(app, "POST", "/?number=x", json_body={})).status == 422
    assert told.names == [DEPENDENCIES, "POST /"]
    assert all(span.status.is_unset for span in told.spans)


@pytest.mark.parametrize("is_async", [False, True])
async def test_what_fails_says_so(told, is_async):
    app = FastAPI(telemetry=told.options())

    async def asynchronous(kind: str):
        raise LookupError if kind == "error" else HTTPException(503)

    def synchronous(kind: str):
        raise LookupError if kind == "error" else HTTPException(503)

    app.add_api_route("/", asynchronous if is_async else synchronous)
    await exchange_failing(app, "GET", "/?kind=error")
    endpoint = told.span(ENDPOINT)
    assert endpoint.attributes["error.type"] == "LookupError"
    assert endpoint.status.status_code is StatusCode.ERROR
    assert told.span(DEPENDENCIES).status.is_unset
    told.clear()
    # An `HTTPException` is a way to answer, and no failure of the endpoint.
    await exchange_failing(app, "GET", "/?kind=answer")
    assert told.span(ENDPOINT).status.is_unset
    assert "error.type" not in told.span(ENDPOINT).attributes


async def test_a_dependency_that_fails_says_so(told):
    app = FastAPI(telemetry=told.options())

    async def fail():
        raise LookupError

    @app.get("/", dependencies=[Depends(fail)])
    async def read():
        return 1

    await exchange_failing(app, "GET", "/")
    assert told.names == [DEPENDENCIES, "GET /"]
    assert told.span(DEPENDENCIES).attributes["error.type"] == "LookupError"


async def test_a_result_that_is_not_what_it_should_be_fails_to_be_written(told):
    app = FastAPI(telemetry=told.options())

    @app.get("/model")
    async def read_model() -> Word:
        return 1

    @app.get("/text")
    async def read_text():
        return "\ud800"

    await exchange_failing(app, "GET", "/model")
    written = told.span(SERIALIZATION)
    assert written.attributes["error.type"] == "pronghorn.exceptions.ResponseValidationError"
    told.clear()
    await exchange_failing(app, "GET", "/text")
    assert told.span(SERIALIZATION).attributes["error.type"] == "UnicodeEncodeError"


async def test_each_background_task_has_a_span(told):
    app = FastAPI(telemetry=told.options())
    seen = []

    def note(word):
        seen.append((word, current()))

    async def note_later(word):
        seen.append((word, current()))

    def fail():
        raise HTTPException(404)

    def add(tasks: BackgroundTasks):
        tasks.add_task(note, "dependency")

    @app.get("/", dependencies=[Depends(add)])
    async def read(tasks: BackgroundTasks):
        tasks.add_task(note_later, "endpoint")
        tasks.add_task(fail)

    await exchange_failing(app, "GET", "/")
    assert seen == [("dependency", TASK), ("endpoint", TASK)]
    tasks = [span for span in told.spans if span.name == TASK]
    names = [span.attributes["code.function.name"].rpartition(".")[2] for span in tasks]
    assert names == ["note", "note_later", "fail"]
    # The answer was sent, so what a task raises is no answer.
    failures = [span.attributes.get("error.type") for span in tasks]
    assert failures == [None, None, "pronghorn.exceptions.HTTPException"]
    # The span of the request ends when its answer does.
    assert told.names.index("GET /") < told.names.index(TASK)
    assert told.tree()[TASK] == "GET /"
    assert told.span("GET /").status.is_unset


async def test_a_task_outside_of_a_request_has_no_span(told):
    app = FastAPI(telemetry=told.options())

    @app.get("/")
    async def read():
        return 1

    await exchange(app, "GET", "/")
    told.clear()
    log = []
    tasks = BackgroundTasks()
    tasks.add_task(log.append, "task")
    await tasks()
    assert log == ["task"]
    assert told.spans == []


@pytest.mark.parametrize("path", ["/lines", "/sync-lines", "/events", "/response"])
async def test_a_stream_is_within_the_span_of_the_request(told, path):
    app = FastAPI(telemetry=told.options())
    seen = []

    @app.get("/lines")
    async def lines():
        for number in range(2):
            seen.append(current())
            yield number

    @app.get("/sync-lines")
    def sync_lines():
        for number in range(2):
            seen.append(current())
            yield number

    @app.get("/events", response_class=EventSourceResponse)
    async def events():
        for number in range(2):
            seen.append(current())
            yield number

    @app.get("/response")
    async def response():
        async def chunks():
            for number in range(2):
                seen.append(current())
                yield f"{number}"

        return StreamingResponse(chunks())

    assert (await exchange(app, "GET", path)).is_complete
    assert seen == [f"GET {path}"] * 2
    assert told.names[-1] == f"GET {path}"
    assert SERIALIZATION not in told.names
    assert told.spans[-1].status.is_unset


async def test_a_socket_has_dependencies_and_an_endpoint(told):
    app = FastAPI(telemetry=told.options())
    seen = []

    async def dependency():
        seen.append(current())
        yield 1
        seen.append(current())

    @app.websocket("/")
    async def talk(websocket: WebSocket, one=Depends(dependency)):
        seen.append(current())
        await websocket.accept()
        await websocket.close()

    await converse(app, "/")
    assert seen == [DEPENDENCIES, ENDPOINT, "WS /"]
    assert told.tree() == {DEPENDENCIES: "WS /", ENDPOINT: "WS /", "WS /": None}


async def test_without_operation_spans_there_is_the_request_alone(told):
    app = FastAPI(telemetry=told.options(operation_spans=False))

    @app.post("/")
    def read(tasks: BackgroundTasks, number: Annotated[int, Body()]):
        tasks.add_task(lambda: None)
        return number

    assert (await exchange(app, "POST", "/", json_body=3)).json == 3
    assert told.names == ["POST /"]


class Counter:
    async def __call__(self, number: int):
        return number

    def count(self, number: int):
        return number


async def add_to(one: int, number: int):
    return one + number


@pytest.mark.parametrize(
    ("endpoint", "name"),
    [
        (Counter(), f"{__name__}.Counter"),
        (Counter().count, f"{__name__}.Counter.count"),
        (functools.partial(add_to, 1), "functools.partial"),
    ],
    ids=["object", "method", "partial"],
)
async def test_whatever_can_be_called_has_a_name(told, endpoint, name):
    app = FastAPI(telemetry=told.options())
    app.add_api_route("/", endpoint)
    assert (await exchange(app, "GET", "/?number=2")).status == 200
    assert told.span(ENDPOINT).attributes["code.function.name"] == name


async def test_an_override_is_told_of_like_what_it_stands_for(told):
    app = FastAPI(telemetry=told.options())
    seen = []

    def real(number: int):
        return number

    def fake():
        seen.append(current())
        return "fake"

    @app.get("/")
    async def read(number=Depends(real)):
        return number

    assert (await exchange(app, "GET", "/?number=1")).json == 1
    app.dependency_overrides[real] = fake
    assert (await exchange(app, "GET", "/")).json == "fake"
    app.dependency_overrides.clear()
    assert (await exchange(app, "GET", "/?number=1")).json == 1
    assert seen == [DEPENDENCIES]
    assert told.names == [DEPENDENCIES, ENDPOINT, SERIALIZATION, "GET /"] * 3
