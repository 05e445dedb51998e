"""Sentry's SDK, switched on as its documentation says: `sentry_sdk.init()`, and nothing more.

The envelopes go to a receiver in the process of the checks.
"""

import json
import os
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Barrier
from typing import Annotated, Any

import httpx
import pytest
import sentry_sdk
from fastapi import (
    APIRouter,
    BackgroundTasks,
    Depends,
    FastAPI,
    Form,
    HTTPException,
    Request,
    UploadFile,
    WebSocket,
)
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from received import Message, Receiver, receiving
from sentry_sdk.integrations.fastapi import FastApiIntegration
from sentry_sdk.integrations.starlette import StarletteIntegration
from served import Served, serving
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

MODULE = Path(__file__).stem
CALLER = "00f067aa0ba902b7"
router = APIRouter()
both_are_here = Barrier(2)

# The application ------------------------------------------------------------------------------


class Order(BaseModel):
    amount: int
    note: str = ""


def require_login(login: str = "yes") -> None:
    if login == "broken":
        raise RuntimeError("in a dependency")


def fail_later() -> None:
    raise RuntimeError("in a task")


@router.get("/items/{item_id}")
async def read_item(item_id: int) -> int:
    with sentry_sdk.start_span(op="work", name="reading"):
        return item_id


@router.post("/orders/{order_id}")
async def add_order(order_id: int, order: Order) -> None:
    raise RuntimeError("in a coroutine")


@router.put("/orders/{order_id}")
def change_order(order_id: int, order: Order) -> None:
    raise RuntimeError("in a thread")


@router.post("/forms")
async def read_form(name: Annotated[str, Form()], file: UploadFile) -> None:
    assert await file.read() == b"12345"
    raise RuntimeError("in a form")


@router.get("/guarded", dependencies=[Depends(require_login)])
async def read_guarded() -> None:
    """It is never reached."""


@router.get("/status/{status}")
async def refuse(status: int) -> None:
    raise HTTPException(status, "refused")


@router.get("/handled")
async def raise_what_is_handled() -> None:
    raise KeyError("handled")


@router.get("/captured")
async def capture() -> None:
    sentry_sdk.capture_message("hello")


@router.get("/tagged/{name}")
def tag(name: str) -> None:
    """Wait for the other request, so that both are in their scopes at one time."""
    sentry_sdk.set_tag("name", name)
    both_are_here.wait(10)
    sentry_sdk.capture_message("tagged")


@router.get("/later")
async def work_later(tasks: BackgroundTasks) -> None:
    tasks.add_task(fail_later)


@router.websocket("/talk")
async def talk(websocket: WebSocket) -> None:
    await websocket.accept()
    raise RuntimeError("in a websocket")


def make_app(style: str = "url", **options: Any) -> FastAPI:
    sentry_sdk.init(
        **options,
        dsn=os.environ["DSN"],
        traces_sample_rate=1.0,
        send_default_pii=True,
        integrations=[
            StarletteIntegration(transaction_style=style, middleware_spans=True),
            FastApiIntegration(transaction_style=style),
        ],
    )
    app = FastAPI(middleware=[Middleware(GZipMiddleware)])
    app.include_router(router, prefix="/shop")

    @app.exception_handler(KeyError)
    async def answer_key_error(request: Request, error: KeyError) -> JSONResponse:
        return JSONResponse("handled", 418)

    return app


def make_app_with_last_resort() -> FastAPI:
    """Make an application that answers all exceptions itself."""
    app = make_app()

    @app.exception_handler(Exception)
    async def answer_all(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse("last resort", 500)

    return app


def make_app_that_streams() -> FastAPI:
    """Make an application whose spans are sent as they end, not as one transaction."""
    return make_app(_experiments={"trace_lifecycle": "stream"})


def make_app_named_by_endpoints() -> FastAPI:
    return make_app("endpoint")


# The checks -----------------------------------------------------------------------------------

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and what Sentry was told of it."""

    status: int
    transaction: Item
    events: list[Item]

    @property
    def event(self) -> Item:
        """The one event."""
        assert len(self.events) == 1, [e.get("exception") or e.get("message") for e in self.events]
        return self.events[0]


def read_envelopes(messages: list[Message]) -> Iterator[tuple[str, Item]]:
    """Read what is in the envelopes, with the kind of each."""
    for message in messages:
        lines = message.body.splitlines()
        # After the envelope's own line, a line that tells the type and one that is the item.
        for header, body in zip(lines[1::2], lines[2::2], strict=True):
            yield json.loads(header)["type"], json.loads(body)


def read_items(messages: list[Message]) -> list[Item]:
    """Read the events and transactions."""
    envelopes = read_envelopes(messages)
    return [{"kind": kind, **item} for kind, item in envelopes if kind in {"event", "transaction"}]


def read_streamed_spans(messages: list[Message]) -> list[Item]:
    """Read the spans that are sent on their own."""
    return [
        span for kind, sent in read_envelopes(messages) if kind == "span" for span in sent["items"]
    ]


def wait_for_trace(receiver: Receiver, trace: str) -> tuple[Item, list[Item]]:
    """Wait for the transaction of a trace, which ends last; give it and the events."""

    def find(messages: list[Message]) -> tuple[Item, list[Item]] | None:
        items = [i for i in read_items(messages) if i["contexts"]["trace"]["trace_id"] == trace]
        ended = [i for i in items if i["kind"] == "transaction"]
        return (ended[0], [i for i in items if i["kind"] == "event"]) if ended else None

    return receiver.wait_for(find, f"the transaction of trace {trace}")


Ask = Callable[..., Asked]


def asking(served: Served, receiver: Receiver) -> Ask:
    def ask(method: str, path: str, **options: Any) -> Asked:
        trace = secrets.token_hex(16)
        headers = {"sentry-trace": f"{trace}-{CALLER}-1"}
        answer = httpx.request(method, served.url + path, headers=headers, **options)
        return Asked(answer.status_code, *wait_for_trace(receiver, trace))

    return ask


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def served(folder: Path, receiver: Receiver) -> Iterator[Served]:
    with serving(f"{MODULE}:make_app", folder, DSN=name_receiver(receiver)) as served:
        yield served


def name_receiver(receiver: Receiver) -> str:
    return f"http://key@127.0.0.1:{receiver.port}/1"


@pytest.fixture
def ask(served: Served, receiver: Receiver) -> Ask:
    return asking(served, receiver)


def check_a_request_is_a_transaction_with_its_route(ask: Ask) -> None:
    asked = ask("GET", "/shop/items/3")
    assert asked.status == 200
    assert asked.events == []
    assert asked.transaction["transaction"] == "/shop/items/{item_id}"
    assert asked.transaction["transaction_info"] == {"source": "route"}
    trace = asked.transaction["contexts"]["trace"]
    assert trace["op"] == "http.server"
    assert trace["parent_span_id"] == CALLER
    assert trace["status"] == "ok"
    assert trace["data"]["http.response.status_code"] == 200


def check_spans_of_the_endpoint_and_of_middleware_are_in_it(ask: Ask) -> None:
    spans = ask("GET", "/shop/items/3").transaction["spans"]
    assert "reading" in [s.get("description") for s in spans if s["op"] == "work"]
    layers = [s["description"] for s in spans if s["op"] == "middleware.starlette"]
    assert "GZipMiddleware" in layers


@pytest.mark.parametrize(
    ("method", "message"), [("POST", "in a coroutine"), ("PUT", "in a thread")]
)
def check_an_exception_is_one_event_with_its_request(
    served: Served, ask: Ask, method: str, message: str
) -> None:
    asked = ask(method, "/shop/orders/7?page=1", json={"amount": 2, "note": "soon"})
    assert asked.status == 500
    event = asked.event
    assert event["transaction"] == "/shop/orders/{order_id}"
    error = event["exception"]["values"][-1]
    assert (error["type"], error["value"]) == ("RuntimeError", message)
    assert error["mechanism"]["handled"] is False
    request = event["request"]
    assert request["method"] == method
    assert request["url"] == f"{served.url}/shop/orders/7"
    assert request["query_string"] == "page=1"
    assert request["data"] == {"amount": 2, "note": "soon"}
    assert asked.transaction["contexts"]["trace"]["status"] == "internal_error"


def check_an_event_has_the_fields_of_its_form(ask: Ask) -> None:
    files = {"file": ("note.txt", b"12345")}
    asked = ask("POST", "/shop/forms", data={"name": "ann"}, files=files)
    assert asked.status == 500
    assert asked.event["exception"]["values"][-1]["value"] == "in a form"
    assert asked.event["request"]["data"]["name"] == "ann"


def check_an_exception_is_an_event_though_it_is_answered_last(
    folder: Path, receiver: Receiver
) -> None:
    factory = f"{MODULE}:make_app_with_last_resort"
    with serving(factory, folder, DSN=name_receiver(receiver)) as served:
        asked = asking(served, receiver)("POST", "/shop/orders/7", json={"amount": 2})
    assert asked.status == 500
    assert asked.event["exception"]["values"][-1]["value"] == "in a coroutine"


def check_spans_may_be_streamed(folder: Path, receiver: Receiver) -> None:
    def find(messages: list[Message]) -> Item | None:
        spans = [span for span in read_streamed_spans(messages) if span["trace_id"] == trace]
        return next((span for span in spans if span["is_segment"]), None)

    trace = secrets.token_hex(16)
    headers = {"sentry-trace": f"{trace}-{CALLER}-1"}
    factory = f"{MODULE}:make_app_that_streams"
    with serving(factory, folder, DSN=name_receiver(receiver)) as served:
        httpx.post(f"{served.url}/shop/orders/7", json={"amount": 2}, headers=headers)
        span = receiver.wait_for(find, "a streamed span")
    assert span["name"] == "/shop/orders/{order_id}"
    assert span["attributes"]["http.route"]["value"] == "/shop/orders/{order_id}"
    assert json.loads(span["attributes"]["http.request.body.data"]["value"]) == {"amount": 2}


def check_the_place_of_an_exception_is_the_endpoint(ask: Ask) -> None:
    error = ask("POST", "/shop/orders/7", json={"amount": 2}).event["exception"]["values"][-1]
    last = error["stacktrace"]["frames"][-1]
    assert last["function"] == "add_order"
    assert last["vars"]["order_id"] == "7"


def check_an_exception_in_a_dependency_is_one_event(ask: Ask) -> None:
    asked = ask("GET", "/shop/guarded?login=broken")
    assert asked.status == 500
    assert asked.event["exception"]["values"][-1]["value"] == "in a dependency"
    assert asked.event["transaction"] == "/shop/guarded"


def check_an_exception_in_a_background_task_is_one_event(ask: Ask) -> None:
    asked = ask("GET", "/shop/later")
    assert asked.status == 200
    assert asked.event["exception"]["values"][-1]["value"] == "in a task"


@pytest.mark.parametrize("status", [503, 500])
def check_an_http_exception_of_the_server_is_an_event(ask: Ask, status: int) -> None:
    asked = ask("GET", f"/shop/status/{status}")
    assert asked.status == status
    assert asked.event["exception"]["values"][-1]["type"] == "HTTPException"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/shop/status/404", 404),
        ("/shop/items/three", 422),
        ("/shop/handled", 418),
        ("/nowhere", 404),
    ],
)
def check_what_is_no_fault_of_the_server_is_no_event(ask: Ask, path: str, status: int) -> None:
    asked = ask("GET", path)
    assert asked.status == status
    assert asked.events == []
    assert asked.transaction["contexts"]["trace"]["data"]["http.response.status_code"] == status


def check_a_message_knows_its_request(ask: Ask) -> None:
    event = ask("GET", "/shop/captured?page=2").event
    assert event["message"] == "hello"
    assert event["request"]["query_string"] == "page=2"


def check_requests_at_one_time_have_scopes_of_their_own(served: Served, receiver: Receiver) -> None:
    traces = {name: secrets.token_hex(16) for name in ("ann", "bob")}
    with httpx.Client(base_url=served.url) as client, ThreadPoolExecutor(2) as threads:
        for name, trace in traces.items():
            headers = {"sentry-trace": f"{trace}-{CALLER}-1"}
            threads.submit(client.get, f"/shop/tagged/{name}", headers=headers)
    for name, trace in traces.items():
        _, events = wait_for_trace(receiver, trace)
        assert [event["tags"]["name"] for event in events] == [name]


def check_an_exception_in_a_websocket_is_one_event(served: Served, receiver: Receiver) -> None:
    trace = secrets.token_hex(16)
    headers = {"sentry-trace": f"{trace}-{CALLER}-1"}
    with connect(f"{served.socket_url}/shop/talk", additional_headers=headers) as talk:
        with pytest.raises(ConnectionClosed):
            talk.recv()
    transaction, events = wait_for_trace(receiver, trace)
    assert transaction["transaction"] == "/shop/talk"
    assert [e["exception"]["values"][-1]["value"] for e in events] == ["in a websocket"]


def check_transactions_may_have_the_names_of_endpoints(folder: Path, receiver: Receiver) -> None:
    factory = f"{MODULE}:make_app_named_by_endpoints"
    with serving(factory, folder, DSN=name_receiver(receiver)) as served:
        transaction = asking(served, receiver)("GET", "/shop/items/3").transaction
    assert transaction["transaction"] == f"{MODULE}.read_item"
    assert transaction["transaction_info"] == {"source": "component"}
