"""`get_telemetry_data()`: what is known of the request that is being answered, and of no other."""

from typing import Annotated

import anyio
import pytest
from drivers.asgi import converse, exchange
from opentelemetry import context as contexts
from opentelemetry.sdk.trace import SpanProcessor
from pydantic import BaseModel

from pronghorn import BackgroundTasks, Body, Depends, FastAPI, Form, Request, WebSocket
from pronghorn.responses import PlainTextResponse
from pronghorn.telemetry import get_telemetry_data

pytestmark = pytest.mark.anyio


class Word(BaseModel):
    text: str


class DataAtEnds(SpanProcessor):
    """Copies what is known when a span ends."""

    def __init__(self):
        self.seen = {}

    def on_end(self, span):
        data = get_telemetry_data()
        self.seen[span.name] = data and (data.body, data.values, data.errors)


@pytest.fixture
def ends(told):
    processor = DataAtEnds()
    told.watch_spans(processor)
    return processor.seen


def word_app(told):
    app = FastAPI(telemetry=told.options())

    async def count_pages(page: int = 1):
        return page

    @app.post("/words/{number}")
    async def read(word: Word, number: int, pages: Annotated[int, Depends(count_pages)]):
        return number

    @app.post("/form")
    def read_form(word: Annotated[str, Form()], request: Request):
        return word

    @app.post("/parts")
    async def read_parts(one: Annotated[int, Body()], two: Annotated[int, Body()] = 2):
        return one

    return app


async def test_it_is_filled_as_the_request_is_understood(told, ends):
    body = {"text": "hi"}
    values = {"word": Word(text="hi"), "number": 3, "pages": 1}
    await exchange(word_app(told), "POST", "/words/3", json_body=body)
    assert ends["fastapi.dependencies"] == (body, values, [])
    assert ends["fastapi.endpoint"] == (body, values, [])
    assert ends["POST /words/{number}"] == (body, values, [])


async def test_it_has_what_was_wrong_and_what_was_right(told, ends):
    await exchange(word_app(told), "POST", "/words/x?page=2", json_body={"text": 1})
    body, values, errors = ends["POST /words/{number}"]
    assert body == {"text": 1}
    assert values == {"word": None, "pages": 2}
    assert [(error["loc"], error["input"]) for error in errors] == [
        (("path", "number"), "x"),
        (("body", "text"), 1),
    ]


async def test_a_body_that_cannot_be_parsed_is_shown_as_text(told, ends):
    json = [(b"content-type", b"application/json")]
    await exchange(word_app(told), "POST", "/words/3", body=b"{bad", headers=json)
    body, values, errors = ends["POST /words/{number}"]
    assert (body, values) == ("{bad", None)
    assert [error["type"] for error in errors] == ["json_invalid"]


async def test_parts_and_forms_are_shown_as_they_came(told, ends):
    app = word_app(told)
    await exchange(app, "POST", "/parts", json_body={"one": "1"})
    assert ends["POST /parts"] == ({"one": "1"}, {"one": 1, "two": 2}, [])
    form = [(b"content-type", b"application/x-www-form-urlencoded")]
    await exchange(app, "POST", "/form", body=b"word=hi", headers=form)
    body, values, _ = ends["POST /form"]
    assert dict(body) == {"word": "hi"}
    assert values["word"] == "hi"
    assert values["request"].url.path == "/form"


async def test_it_is_there_wherever_the_request_is(told):
    app = FastAPI(telemetry=told.options())
    seen = {}

    def see(place):
        data = get_telemetry_data()
        seen[place] = data.request.url.path if data.request else "nothing yet"

    async def asynchronous():
        see("async dependency")
        yield 1
        see("async exit")

    def synchronous():
        see("sync dependency")
        yield 1
        see("sync exit")

    class Pure:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            see("before")
            await self.app(scope, receive, send)
            see("after")

    app.add_middleware(Pure)

    @app.exception_handler(LookupError)
    async def answer(request, error):
        see("exception handler")
        return PlainTextResponse("gone", status_code=404)

    @app.middleware("http")
    async def watch(request, call_next):
        see("middleware")
        return await call_next(request)

    @app.get("/async")
    async def read(tasks: BackgroundTasks, one=Depends(asynchronous), two=Depends(synchronous)):
        see("async endpoint")
        tasks.add_task(see, "task")

    @app.get("/sync")
    def read_in_thread():
        see("sync endpoint")

    @app.get("/stream")
    async def stream():
        see("stream")
        yield 1

    @app.get("/fail")
    async def fail():
        raise LookupError

    for path in ("async", "sync", "stream", "fail"):
        await exchange(app, "GET", f"/{path}")
    # The request is shown by its handler, so nobody has seen it before.
    assert seen == {
        "before": "nothing yet",
        "middleware": "nothing yet",
        "async dependency": "/async",
        "sync dependency": "/async",
        "async endpoint": "/async",
        "task": "/async",
        "async exit": "/async",
        "sync exit": "/async",
        "sync endpoint": "/sync",
        "stream": "/stream",
        "exception handler": "/fail",
        "after": "/fail",
    }


async def test_a_socket_is_shown_as_such(told):
    app = FastAPI(telemetry=told.options())

    @app.websocket("/{number}")
    async def talk(websocket: WebSocket, number: int):
        data = get_telemetry_data()
        assert data.websocket is websocket
        assert data.request is None
        assert data.values == {"websocket": websocket, "number": number}
        await websocket.accept()
        await websocket.send_text("right")

    assert (await converse(app, "/3"))[-1]["text"] == "right"


async def test_it_is_nowhere_else(told):
    app = FastAPI(telemetry=told.options(exclude=lambda scope: scope["path"] == "/out"))
    quiet = FastAPI()
    seen = []

    for one in (app, quiet):

        @one.get("/{path}")
        async def read(path: str):
            seen.append(get_telemetry_data())

    assert get_telemetry_data() is None
    await exchange(app, "GET", "/in")
    await exchange(app, "GET", "/out")
    await exchange(quiet, "GET", "/in")
    assert get_telemetry_data() is None
    assert [data is None for data in seen] == [False, True, True]


@pytest.mark.parametrize("signal", ["tracing", "metrics", "logs"])
async def test_one_signal_is_enough(told, signal):
    off = {"tracing": False, "metrics": False, "logs": False}
    app = FastAPI(telemetry=told.options(**{**off, signal: True}))

    @app.get("/")
    async def read():
        return get_telemetry_data() is not None

    assert (await exchange(app, "GET", "/")).json is True


async def test_many_requests_at_once_keep_their_data_apart(told):
    app = FastAPI(telemetry=told.options())
    barrier = [0]
    everybody = anyio.Event()

    async def meet():
        barrier[0] += 1
        if barrier[0] == 40:
            everybody.set()
        await everybody.wait()

    def seen():
        data = get_telemetry_data()
        return [data.request.query_params["number"], data.body, data.values["number"]]

    @app.post("/async")
    async def read(number: int, word: Word, met=Depends(meet)):
        return seen()

    @app.post("/sync")
    def read_in_thread(number: int, word: Word, met=Depends(meet)):
        return seen()

    answers = {}

    async def ask(path, number):
        body = {"text": f"{path} {number}"}
        answer = await exchange(app, "POST", f"/{path}?number={number}", json_body=body)
        answers[path, number] = answer.json

    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(ask, "async", number)
            tasks.start_soon(ask, "sync", number)
    assert answers == {
        (path, number): [str(number), {"text": f"{path} {number}"}, number]
        for path in ("async", "sync")
        for number in range(20)
    }
    traces = {span.context.trace_id for span in told.spans}
    assert len(traces) == 40


async def test_a_context_that_is_kept_has_no_data_when_the_request_has_ended(told):
    app = FastAPI(telemetry=told.options())
    kept = []

    @app.get("/")
    async def read():
        kept.append(contexts.get_current())
        assert get_telemetry_data(kept[0]) is get_telemetry_data()

    await exchange(app, "GET", "/")
    assert get_telemetry_data(kept[0]) is None


async def test_a_task_that_outlives_its_request_sees_none(told):
    app = FastAPI(telemetry=told.options())
    seen = []
    goes_on = anyio.Event()

    async with anyio.create_task_group() as tasks:

        async def outlive():
            seen.append(get_telemetry_data() is not None)
            await goes_on.wait()
            seen.append(get_telemetry_data() is not None)

        @app.get("/")
        async def read():
            tasks.start_soon(outlive)
            await anyio.lowlevel.checkpoint()

        await exchange(app, "GET", "/")
        goes_on.set()
    assert seen == [True, False]
