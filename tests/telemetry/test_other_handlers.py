"""Handlers that are not the usual ones: of route classes, and with replaced private names."""

import pytest
from drivers.asgi import converse, exchange, exchange_failing
from pydantic import BaseModel

from pronghorn import APIRouter, BackgroundTasks, Depends, FastAPI, Request, WebSocket, routing
from pronghorn.exceptions import RequestValidationError
from pronghorn.responses import PlainTextResponse
from pronghorn.routing import APIRoute
from pronghorn.telemetry import get_telemetry_data
from pronghorn.telemetry.switch import switch

pytestmark = pytest.mark.anyio

OPERATIONS = ["fastapi.dependencies", "fastapi.endpoint", "fastapi.serialization"]


class Word(BaseModel):
    text: str


def seen():
    data = get_telemetry_data()
    values = {name: value for name, value in data.values.items() if name != "tasks"}
    return [data.request.url.path, data.body, values, list(data.errors)]


class Guarded(APIRoute):
    """Answers what does not fit in a way of its own."""

    def get_route_handler(self):
        handle = super().get_route_handler()

        async def guarded(request: Request):
            assert get_telemetry_data() is not None
            try:
                response = await handle(request)
            except RequestValidationError:
                return PlainTextResponse("no", status_code=400)
            response.headers["guarded"] = "yes"
            return response

        return guarded


class Patient(APIRoute):
    """Only puts a function around the handler."""

    def get_route_handler(self):
        handle = super().get_route_handler()

        async def patient(request: Request):
            return await handle(request)

        return patient


def word_app(told, route_class=APIRoute):
    app = FastAPI(telemetry=told.options())
    router = APIRouter(route_class=route_class, prefix="/words")

    async def count_pages(page: int = 1):
        yield page

    @router.post("/{number}")
    async def read(word: Word, number: int, tasks: BackgroundTasks, pages=Depends(count_pages)):
        tasks.add_task(lambda: None)
        assert seen() == ["/words/3", {"text": "hi"}, {"word": word, "number": 3, "pages": 1}, []]
        return word

    @router.get("/{number}")
    def read_in_thread(number: int):
        assert seen() == ["/words/3", None, {"number": 3}, []]
        return number

    @router.delete("/{number}")
    async def fail(number: int):
        raise LookupError

    @router.websocket("/{number}")
    async def talk(websocket: WebSocket, number: int):
        assert get_telemetry_data().values == {"websocket": websocket, "number": 3}
        await websocket.accept()
        await websocket.close()

    app.include_router(router)
    return app


async def test_a_route_class_of_its_own_is_told_of(told):
    app = word_app(told, Guarded)
    answer = await exchange(app, "POST", "/words/3", json_body={"text": "hi"})
    assert answer.headers["guarded"] == "yes"
    assert told.names == [*OPERATIONS, "POST /words/{number}", "fastapi.background_task"]
    told.clear()
    assert (await exchange(app, "GET", "/words/3")).json == 3
    assert told.names == [*OPERATIONS, "GET /words/{number}"]


@pytest.mark.parametrize("route_class", [APIRoute, Patient])
async def test_handlers_that_were_made_before_anybody_listened_are_made_anew(told, route_class):
    quiet = FastAPI()
    router = APIRouter(route_class=route_class)

    @router.get("/{number}")
    async def read(number: int):
        data = get_telemetry_data()
        return [number, data and data.values]

    quiet.include_router(router)
    app = FastAPI(telemetry=told.options(), routes=quiet.routes)
    assert (await exchange(quiet, "GET", "/3")).json == [3, None]
    assert (await exchange(app, "GET", "/3")).json == [3, {"number": 3}]
    assert told.names == [*OPERATIONS, "GET /{number}"]
    told.clear()
    switch.turn_off()
    assert (await exchange(quiet, "GET", "/3")).json == [3, None]
    assert told.spans == []


async def test_a_route_class_may_answer_a_refused_request(told):
    app = word_app(told, Guarded)
    assert (await exchange(app, "GET", "/words/x")).status == 400
    assert told.names == ["fastapi.dependencies", "GET /words/{number}"]
    # It was refused all the same.
    assert [log.event_name for log in told.logs] == ["fastapi.validation.failed"]


async def test_a_failure_behind_a_route_class_is_told_once(told):
    _, error = await exchange_failing(word_app(told, Guarded), "DELETE", "/words/3")
    assert isinstance(error, LookupError)
    assert len(told.logs) == 1
    assert told.span("DELETE /words/{number}").attributes["error.type"] == "LookupError"


@pytest.mark.parametrize(
    "name", ["run_endpoint_function", "serialize_response", "solve_dependencies"]
)
async def test_names_that_were_replaced_are_called_within_the_same_spans(told, name, monkeypatch):
    app = word_app(told)
    original = getattr(routing, name)
    calls = []

    async def replacement(**arguments):
        calls.append(name)
        return await original(**arguments)

    async def ask():
        await exchange(app, "POST", "/words/3", json_body={"text": "hi"})
        await exchange(app, "GET", "/words/3")
        await converse(app, "/words/3")
        await exchange(app, "GET", "/words/x")
        await exchange_failing(app, "DELETE", "/words/3")
        found = [(span.name, dict(span.attributes)) for span in told.spans]
        told.clear()
        return found

    before = await ask()
    monkeypatch.setattr(routing, name, replacement)
    while_replaced = await ask()
    assert calls
    monkeypatch.undo()
    assert before == while_replaced == await ask()


async def test_an_app_of_a_route_that_was_replaced_is_named(told):
    app = FastAPI(telemetry=told.options())

    @app.get("/{word}")
    async def read(word: str):
        return word

    await exchange(app, "GET", "/first")
    app.routes[-1].app = PlainTextResponse("other")
    assert (await exchange(app, "GET", "/second")).body == b"other"
    assert told.names[-1] == "GET /{word}"
