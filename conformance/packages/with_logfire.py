"""Logfire's instrumentation of applications.

Its spans go by OTLP to a receiver in the process of the checks, and to no other.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Any

import httpx
import logfire
import pytest
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, WebSocket
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from pydantic import BaseModel
from received import Receiver, receiving
from served import Served, find_port, running, serving
from spans import CALLER, FAST, Span, begin_trace, find_server_span, find_span, read_spans
from websockets.sync.client import connect

MODULE = Path(__file__).stem
SCOPE = "opentelemetry.instrumentation.fastapi"
# The numbers by which Logfire writes its levels.
WARNING, ERROR = 13, 17
router = APIRouter()

# The application ------------------------------------------------------------------------------


class Order(BaseModel):
    amount: int


async def find_customer(customer: str = "ann") -> str:
    with logfire.span("looking for {customer}", customer=customer):
        return customer


@router.get("/items/{item_id}", operation_id="the-item")
async def read_item(item_id: int, customer: Annotated[str, Depends(find_customer)]) -> int:
    logfire.info("reading {item_id}", item_id=item_id)
    return item_id


@router.post("/orders")
def add_order(order: Order, request: Request) -> int:
    with logfire.span("adding"):
        return order.amount


@router.get("/broken")
async def break_down() -> None:
    raise RuntimeError("broken")


@router.get("/status/{status}")
async def refuse(status: int) -> None:
    raise HTTPException(status)


@router.get("/health")
async def tell_health() -> None:
    """It is left out."""


@router.websocket("/talk/{name}")
async def talk(websocket: WebSocket, name: str) -> None:
    await websocket.accept()
    logfire.info("talking")
    await websocket.send_text(name)


def configure() -> None:
    """Set Logfire up to send to our receiver alone."""
    exporter = OTLPSpanExporter(os.environ["RECEIVER"])
    logfire.configure(
        send_to_logfire=False,
        console=False,
        additional_span_processors=[BatchSpanProcessor(exporter, schedule_delay_millis=50)],
    )


def make_app() -> FastAPI:
    configure()
    app = make_plain_app()
    logfire.instrument_fastapi(app, excluded_urls=["health"], capture_headers=True)
    return app


def make_app_with_extra_spans() -> FastAPI:
    configure()
    app = make_plain_app()
    logfire.instrument_fastapi(app, extra_spans=True, request_attributes_mapper=keep_errors)
    return app


def make_plain_app() -> FastAPI:
    app = FastAPI()
    app.include_router(router, prefix="/shop")
    return app


def keep_errors(request: Request | WebSocket, attributes: dict[str, Any]) -> dict[str, Any]:
    """Keep what was wrong, and say which application it was."""
    return {"errors": attributes["errors"], "mapped": type(request.app).__name__}


# The checks -----------------------------------------------------------------------------------

Ask = Callable[..., tuple[httpx.Response, list[Span]]]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def serving_traced(factory: str, folder: Path, receiver: Receiver) -> Any:
    return serving(f"{MODULE}:{factory}", folder, RECEIVER=f"{receiver.url}/v1/traces", **FAST)


@pytest.fixture(scope="module")
def served(folder: Path, receiver: Receiver) -> Iterator[Served]:
    with serving_traced("make_app", folder, receiver) as served:
        yield served


@pytest.fixture(scope="module")
def served_with_extra_spans(folder: Path, receiver: Receiver) -> Iterator[Served]:
    with serving_traced("make_app_with_extra_spans", folder, receiver) as served:
        yield served


def asking(served: Served, receiver: Receiver) -> Ask:
    def ask(method: str, path: str, **options: Any) -> tuple[httpx.Response, list[Span]]:
        trace = begin_trace()
        answer = httpx.request(method, served.url + path, headers=trace.headers, **options)
        return answer, trace.wait_for_spans(receiver, SCOPE)

    return ask


@pytest.fixture
def ask(served: Served, receiver: Receiver) -> Ask:
    return asking(served, receiver)


@pytest.fixture
def ask_for_extra_spans(served_with_extra_spans: Served, receiver: Receiver) -> Ask:
    return asking(served_with_extra_spans, receiver)


def check_a_request_is_a_span_with_its_route_and_arguments(ask: Ask) -> None:
    answer, spans = ask("GET", "/shop/items/3?customer=bob")
    assert answer.json() == 3
    span = find_server_span(spans, SCOPE)
    assert span.name == "GET /shop/items/{item_id}"
    assert span.parent == CALLER
    assert span.attributes["http.route"] == "/shop/items/{item_id}"
    assert span.attributes["http.status_code"] == 200
    assert span.attributes["fastapi.route.name"] == "read_item"
    assert span.attributes["fastapi.route.operation_id"] == "the-item"
    values = json.loads(span.attributes["fastapi.arguments.values"])
    assert values == {"item_id": 3, "customer": "bob"}
    for part in ("arguments", "endpoint_function"):
        began, ended = (
            span.attributes[f"fastapi.{part}.{moment}_timestamp"] for moment in ("start", "end")
        )
        assert began <= ended


def check_there_is_one_span_for_one_request(ask: Ask) -> None:
    _, spans = ask("GET", "/shop/items/3")
    assert [s.name for s in spans if s.is_server] == ["GET /shop/items/{item_id}"]


def check_spans_of_dependencies_and_endpoints_are_below_it(ask: Ask) -> None:
    _, spans = ask("GET", "/shop/items/3")
    server = find_server_span(spans, SCOPE)
    assert find_span(spans, "looking for {customer}").parent == server.number
    assert find_span(spans, "reading {item_id}").parent == server.number


def check_spans_of_threads_are_below_it(ask: Ask) -> None:
    answer, spans = ask("POST", "/shop/orders", json={"amount": 2})
    assert answer.json() == 2
    server = find_server_span(spans, SCOPE)
    assert find_span(spans, "adding").parent == server.number
    values = json.loads(server.attributes["fastapi.arguments.values"])
    # The request is an argument, too, and is left out.
    assert values == {"order": {"amount": 2}}


def check_what_was_wrong_with_a_request_is_kept(ask: Ask) -> None:
    answer, spans = ask("POST", "/shop/orders", json={"amount": "two"})
    assert answer.status_code == 422
    span = find_server_span(spans, SCOPE)
    assert span.attributes["http.status_code"] == 422
    errors = json.loads(span.attributes["fastapi.arguments.errors"])
    assert [(e["type"], e["loc"], e["input"]) for e in errors] == [
        ("int_parsing", ["body", "amount"], "two")
    ]


def check_an_exception_is_recorded(ask: Ask) -> None:
    answer, spans = ask("GET", "/shop/broken")
    assert answer.status_code == 500
    span = find_server_span(spans, SCOPE)
    assert span.has_error
    assert span.attributes["logfire.level_num"] == ERROR
    assert set(span.find_exceptions()) == {"RuntimeError"}


@pytest.mark.parametrize("status", [404, 503])
def check_a_refusal_has_its_status(ask: Ask, status: int) -> None:
    answer, spans = ask("GET", f"/shop/status/{status}")
    assert answer.status_code == status
    span = find_server_span(spans, SCOPE)
    assert span.attributes["http.status_code"] == status
    assert span.has_error is (status == 503)


def check_headers_are_captured(ask: Ask) -> None:
    _, spans = ask("GET", "/shop/items/3")
    attributes = find_server_span(spans, SCOPE).attributes
    assert attributes["http.response.header.content_type"] == ["application/json"]
    assert len(attributes["http.request.header.traceparent"]) == 1


def check_an_excluded_address_has_no_span(served: Served, receiver: Receiver, ask: Ask) -> None:
    excluded = begin_trace()
    assert httpx.get(f"{served.url}/shop/health", headers=excluded.headers).json() is None
    ask("GET", "/shop/items/3")
    traces = {s.trace for s in read_spans(receiver.messages)}
    assert traces
    assert excluded.number not in traces


def check_a_websocket_is_a_span_with_its_arguments(served: Served, receiver: Receiver) -> None:
    trace = begin_trace()
    path = "/shop/talk/ann"
    with connect(served.socket_url + path, additional_headers=trace.headers) as talk:
        assert talk.recv() == "ann"
    spans = trace.wait_for_spans(receiver, SCOPE)
    span = find_server_span(spans, SCOPE)
    assert span.attributes["http.route"] == "/shop/talk/{name}"
    assert span.attributes["fastapi.route.name"] == "talk"
    assert json.loads(span.attributes["fastapi.arguments.values"]) == {"name": "ann"}
    assert find_span(spans, "talking").parent == span.number


def check_arguments_and_endpoint_may_have_spans_of_their_own(ask_for_extra_spans: Ask) -> None:
    answer, spans = ask_for_extra_spans("GET", "/shop/items/3")
    assert answer.json() == 3
    server = find_server_span(spans, SCOPE)
    arguments = find_span(spans, "FastAPI arguments")
    endpoint = find_span(spans, "{method} {http.route} ({code.function})")
    assert arguments.parent == endpoint.parent == server.number
    assert find_span(spans, "looking for {customer}").parent == arguments.number
    assert find_span(spans, "reading {item_id}").parent == endpoint.number
    assert endpoint.attributes["code.function"] == "read_item"


def check_attributes_may_be_mapped(ask_for_extra_spans: Ask) -> None:
    answer, spans = ask_for_extra_spans("GET", "/shop/items/three")
    assert answer.status_code == 422
    span = find_server_span(spans, SCOPE)
    assert span.attributes["mapped"] == "FastAPI"
    assert "fastapi.arguments.values" not in span.attributes
    assert json.loads(span.attributes["fastapi.arguments.errors"])[0]["input"] == "three"
    arguments = find_span(spans, "FastAPI arguments")
    assert arguments.attributes["logfire.level_num"] == WARNING


def check_an_application_is_instrumented_by_the_command(folder: Path, receiver: Receiver) -> None:
    variables = {
        "LOGFIRE_SEND_TO_LOGFIRE": "false",
        "LOGFIRE_CONSOLE": "false",
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
        **FAST,
    }
    port = find_port()
    command = [
        "logfire", "run", "--no-summary", "-m", "uvicorn", f"{MODULE}:make_plain_app",
        "--factory", "--host", "127.0.0.1", "--port", str(port),
    ]  # fmt: skip
    with running(command, port, folder, **variables) as served:
        answer, spans = asking(served, receiver)("GET", "/shop/items/3")
    assert answer.json() == 3
    span = find_server_span(spans, SCOPE)
    assert span.attributes["http.route"] == "/shop/items/{item_id}"
    assert span.attributes["fastapi.route.name"] == "read_item"
    assert find_span(spans, "reading {item_id}").trace == span.trace
