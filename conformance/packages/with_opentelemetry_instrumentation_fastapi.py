"""OpenTelemetry's instrumentation, in the three ways in which it is switched on.

The spans go by OTLP to a receiver in the process of the checks.
"""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import fastapi
import httpx
import pytest
from fastapi import APIRouter, BackgroundTasks, Depends, HTTPException, Request, WebSocket
from fastapi.responses import StreamingResponse
from opentelemetry import metrics, trace
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from received import Message, Receiver, receiving
from served import Served, serving
from spans import (
    CALLER,
    FAST,
    Span,
    begin_trace,
    count_measured,
    find_server_span,
    find_span,
    read_spans,
)
from websockets.sync.client import connect

MODULE = Path(__file__).stem
SCOPE = "opentelemetry.instrumentation.fastapi"
tracer = trace.get_tracer("shop")
router = APIRouter()

# The application ------------------------------------------------------------------------------


def use_session() -> Iterator[str]:
    """A dependency with a span of its own, open until the answer was sent."""
    with tracer.start_as_current_span("session"):
        yield "session"


async def finish_later() -> None:
    """A background task."""


@router.get("/items/{item_id}")
async def read_item(item_id: int) -> int:
    with tracer.start_as_current_span("work"):
        return item_id


@router.post("/items")
def add_item(amount: int, session: Annotated[str, Depends(use_session)]) -> str:
    with tracer.start_as_current_span("blocking work"):
        return session


@router.get("/missing")
async def miss() -> None:
    raise HTTPException(404)


@router.get("/broken")
async def break_down() -> None:
    raise RuntimeError("broken")


@router.get("/handled")
async def break_and_mend() -> None:
    raise KeyError("handled")


@router.get("/later")
async def work_later(tasks: BackgroundTasks) -> None:
    tasks.add_task(finish_later)


@router.get("/stream")
async def stream() -> StreamingResponse:
    async def write() -> AsyncIterator[str]:
        for part in "abc":
            with tracer.start_as_current_span(f"part {part}"):
                yield part

    return StreamingResponse(write())


@router.websocket("/talk/{name}")
async def talk(websocket: WebSocket, name: str) -> None:
    await websocket.accept()
    text = await websocket.receive_text()
    with tracer.start_as_current_span("answer"):
        await websocket.send_text(f"{name}: {text}")


def make_app() -> fastapi.FastAPI:
    """Make the application, with no word of telemetry but its own spans."""
    app = fastapi.FastAPI()
    app.include_router(router, prefix="/shop/{shop}")
    inner = fastapi.FastAPI()
    app.mount("/inner", inner)

    @inner.get("/things/{number}")
    async def read_thing(number: int) -> int:
        return number

    @app.get("/health")
    async def tell_health() -> str:
        return "well"

    @app.exception_handler(KeyError)
    async def answer_key_error(request: Request, error: KeyError) -> fastapi.Response:
        return fastapi.Response(status_code=418)

    return app


def send_spans() -> None:
    """Set OpenTelemetry's SDK up; where to send is said by the environment."""
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    reader = PeriodicExportingMetricReader(OTLPMetricExporter())
    metrics.set_meter_provider(MeterProvider([reader]))


def make_instrumented_app() -> fastapi.FastAPI:
    """Instrument one application, after it was made."""
    send_spans()
    app = make_app()
    FastAPIInstrumentor.instrument_app(app)
    return app


def make_app_under_instrumentation() -> fastapi.FastAPI:
    """Instrument all applications, by another class in FastAPI's place."""
    send_spans()
    FastAPIInstrumentor().instrument()
    return make_app()


def make_app_with_hooks() -> fastapi.FastAPI:
    """Instrument an application with all that can be said to `instrument_app`."""
    send_spans()
    app = make_app()
    FastAPIInstrumentor.instrument_app(
        app,
        server_request_hook=lambda span, scope: span.set_attribute("hook", scope["path"]),
        client_response_hook=lambda span, scope, message: span.set_attribute(
            "sent", message["type"]
        ),
        http_capture_headers_server_request=["x-asked"],
        http_capture_headers_server_response=["content-type"],
        exclude_spans=["receive"],
    )
    return app


def make_uninstrumented_app() -> fastapi.FastAPI:
    """Instrument an application, and take it back."""
    send_spans()
    app = make_app()
    FastAPIInstrumentor.instrument_app(app)
    FastAPIInstrumentor.uninstrument_app(app)
    return app


# The checks -----------------------------------------------------------------------------------

WAYS: dict[str, tuple[str, tuple[str, ...]]] = {
    "instrument_app": ("make_instrumented_app", ()),
    "instrument": ("make_app_under_instrumentation", ()),
    "opentelemetry-instrument": ("make_app", ("opentelemetry-instrument",)),
}


@pytest.fixture(scope="module", params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def receiver(way: str) -> Iterator[Receiver]:
    """A receiver for each way: what another way has sent proves nothing."""
    with receiving() as receiver:
        yield receiver


@contextmanager
def serving_traced(
    factory: str, folder: Path, receiver: Receiver, before: tuple[str, ...] = ()
) -> Iterator[Served]:
    variables = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_PYTHON_FASTAPI_EXCLUDED_URLS": "health",
        "OTEL_SEMCONV_STABILITY_OPT_IN": "http",
        **FAST,
    }
    with serving(f"{MODULE}:{factory}", folder, before=before, **variables) as served:
        yield served


@pytest.fixture(scope="module")
def served(way: str, folder: Path, receiver: Receiver) -> Iterator[Served]:
    factory, before = WAYS[way]
    with serving_traced(factory, folder, receiver, before) as served:
        yield served


Ask = Callable[..., tuple[httpx.Response, list[Span]]]


def asking(served: Served, receiver: Receiver) -> Ask:
    """Make a function that asks, and gives the answer and the spans of the request."""

    def ask(
        method: str, path: str, *, late: tuple[str, ...] = (), **headers: str
    ) -> tuple[httpx.Response, list[Span]]:
        trace = begin_trace()
        answer = httpx.request(method, served.url + path, headers={**headers, **trace.headers})
        return answer, trace.wait_for_spans(receiver, SCOPE, *late)

    return ask


@pytest.fixture
def ask(served: Served, receiver: Receiver) -> Ask:
    return asking(served, receiver)


def check_a_request_is_a_span_with_its_route(ask: Ask) -> None:
    answer, spans = ask("GET", "/shop/north/items/3")
    assert answer.json() == 3
    span = find_server_span(spans, SCOPE)
    assert span.name == "GET /shop/{shop}/items/{item_id}"
    assert span.parent == CALLER
    assert span.attributes["http.route"] == "/shop/{shop}/items/{item_id}"
    assert span.attributes["http.response.status_code"] == 200
    assert span.attributes["url.path"] == "/shop/north/items/3"
    assert not span.has_error


def check_spans_of_the_endpoint_are_below_it(ask: Ask) -> None:
    _, spans = ask("GET", "/shop/north/items/3")
    assert find_span(spans, "work").parent == find_server_span(spans, SCOPE).number


def check_spans_of_dependencies_and_blocking_endpoints_are_below_it(ask: Ask) -> None:
    answer, spans = ask("POST", "/shop/north/items?amount=2", late=("session",))
    assert answer.json() == "session"
    server = find_server_span(spans, SCOPE)
    assert find_span(spans, "session").parent == server.number
    assert find_span(spans, "blocking work").trace == server.trace


@pytest.mark.parametrize(
    ("path", "status", "route"),
    [
        ("/shop/north/items/three", 422, "/shop/{shop}/items/{item_id}"),
        ("/shop/north/missing", 404, "/shop/{shop}/missing"),
        ("/shop/north/handled", 418, "/shop/{shop}/handled"),
        ("/shop/north/items", 405, "/shop/{shop}/items"),
        ("/nowhere", 404, None),
    ],
)
def check_a_refused_request_has_its_status(
    ask: Ask, path: str, status: int, route: str | None
) -> None:
    answer, spans = ask("GET", path)
    assert answer.status_code == status
    span = find_server_span(spans, SCOPE)
    assert span.attributes["http.response.status_code"] == status
    assert span.attributes.get("http.route") == route
    assert not span.has_error


def check_an_exception_is_recorded_once(ask: Ask) -> None:
    answer, spans = ask("GET", "/shop/north/broken")
    assert answer.status_code == 500
    span = find_server_span(spans, SCOPE)
    assert span.attributes["http.route"] == "/shop/{shop}/broken"
    assert span.attributes["http.response.status_code"] == 500
    assert span.has_error
    assert span.find_exceptions() == ["RuntimeError"]


def check_a_background_task_is_a_span(ask: Ask) -> None:
    _, spans = ask("GET", "/shop/north/later", late=("BackgroundTask finish_later",))
    task = find_span(spans, "BackgroundTask finish_later")
    assert task.parent == find_server_span(spans, SCOPE).number


def check_a_stream_belongs_to_its_request(ask: Ask) -> None:
    answer, spans = ask("GET", "/shop/north/stream")
    assert answer.text == "abc"
    server = find_server_span(spans, SCOPE)
    assert {find_span(spans, f"part {part}").trace for part in "abc"} == {server.trace}


def check_a_mounted_application_is_traced(ask: Ask) -> None:
    answer, spans = ask("GET", "/inner/things/4")
    assert answer.json() == 4
    names = {s.name for s in spans if s.is_server and s.scope == SCOPE}
    assert "GET /inner" in names


def check_a_websocket_is_a_span_with_its_messages(served: Served, receiver: Receiver) -> None:
    trace = begin_trace()
    path = "/shop/north/talk/ann"
    with connect(served.socket_url + path, additional_headers=trace.headers) as talk:
        talk.send("hello")
        assert talk.recv() == "ann: hello"
    spans = trace.wait_for_spans(receiver, SCOPE)
    span = find_server_span(spans, SCOPE)
    route = "/shop/{shop}/talk/{name}"
    assert span.name == f"HTTP {route}"
    assert span.attributes["http.route"] == route
    assert find_span(spans, "answer").parent == span.number
    messages = {s.name for s in spans if s.parent == span.number and s.scope == SCOPE}
    assert messages == {f"HTTP {route} websocket receive", f"HTTP {route} websocket send"}


def check_an_excluded_address_has_no_span(served: Served, receiver: Receiver, ask: Ask) -> None:
    excluded = begin_trace()
    assert httpx.get(f"{served.url}/health", headers=excluded.headers).json() == "well"
    ask("GET", "/shop/north/items/3")
    traces = {s.trace for s in read_spans(receiver.messages) if s.scope == SCOPE}
    assert traces
    assert excluded.number not in traces


def check_durations_are_measured_by_route(receiver: Receiver, ask: Ask) -> None:
    def count() -> int:
        counts = count_measured(receiver.messages, "http.server.request.duration", SCOPE)
        return counts.get("/shop/{shop}/items/{item_id}", 0)

    before = count()
    ask("GET", "/shop/north/items/3")
    receiver.wait_for(lambda _: count() > before or None, "a measured duration")


def check_hooks_are_called_and_headers_kept(folder: Path) -> None:
    with (
        receiving() as receiver,
        serving_traced("make_app_with_hooks", folder, receiver) as served,
    ):
        _, spans = asking(served, receiver)("GET", "/shop/north/items/3", **{"x-asked": "yes"})
    span = find_server_span(spans, SCOPE)
    assert span.attributes["hook"] == "/shop/north/items/3"
    assert span.attributes["http.request.header.x_asked"] == ["yes"]
    assert span.attributes["http.response.header.content_type"] == ["application/json"]
    sent = [s.attributes["sent"] for s in spans if "sent" in s.attributes]
    assert "http.response.start" in sent


def check_what_is_taken_back_sends_nothing(folder: Path) -> None:
    def find(messages: list[Message]) -> list[Span] | None:
        spans = read_spans(messages)
        return spans if [s.name for s in spans].count("work") == 2 else None

    # FastAPI may have spans of its own then, so the trace does not tell which are looked for.
    with receiving() as receiver:
        with serving_traced("make_uninstrumented_app", folder, receiver) as served:
            for _ in range(2):
                assert httpx.get(f"{served.url}/shop/north/items/3").json() == 3
            # Spans are sent in the order in which they end, so all of the first request are here.
            spans = receiver.wait_for(find, "the spans of two requests")
    assert SCOPE not in {s.scope for s in spans}
