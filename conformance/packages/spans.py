"""Spans and metrics that came over OTLP, as plain values."""

import secrets
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as SentSpan
from opentelemetry.proto.trace.v1.trace_pb2 import Status
from received import Message, Receiver

# So that spans arrive while somebody waits for them.
FAST = {"OTEL_BSP_SCHEDULE_DELAY": "50", "OTEL_METRIC_EXPORT_INTERVAL": "500"}
# The parent of a request's spans, in another service.
CALLER = "00f067aa0ba902b7"


@dataclass(frozen=True, slots=True)
class Event:
    """What happened within a span."""

    name: str
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Span:
    """A span, less its times."""

    name: str
    scope: str
    is_server: bool
    has_error: bool
    trace: str
    number: str
    parent: str
    attributes: dict[str, Any]
    events: list[Event]

    def find_exceptions(self) -> list[str]:
        """Find the types of the exceptions that it recorded."""
        return [
            event.attributes["exception.type"] for event in self.events if event.name == "exception"
        ]


@dataclass(frozen=True, slots=True)
class Trace:
    """A trace of a caller's, under a number that no other has."""

    number: str

    @property
    def headers(self) -> dict[str, str]:
        """What a request of this trace has to say (W3C Trace Context, 3.2)."""
        return {"traceparent": f"00-{self.number}-{CALLER}-01"}

    def wait_for_spans(self, receiver: Receiver, scope: str, *late: str) -> list[Span]:
        """Wait until the span of *scope* that the caller's is the parent of has ended; give all.

        It ends when the answer was sent.  What ends after that, and may be sent later, is named
        by *late*.
        """

        def find(messages: list[Message]) -> list[Span] | None:
            spans = [s for s in read_spans(messages) if s.trace == self.number]
            is_answered = any(s.parent == CALLER and s.scope.startswith(scope) for s in spans)
            return spans if is_answered and {s.name for s in spans}.issuperset(late) else None

        return receiver.wait_for(find, f"the server's span of trace {self.number}")


def begin_trace() -> Trace:
    """Begin a trace."""
    return Trace(secrets.token_hex(16))


def find_server_span(spans: list[Span], scope: str) -> Span:
    """Find the one span that stands for the request as a whole."""
    found = [s for s in spans if s.is_server and s.scope.startswith(scope)]
    assert len(found) == 1, found
    return found[0]


def find_span(spans: list[Span], name: str) -> Span:
    """Find the one span of a name."""
    found = [s for s in spans if s.name == name]
    assert len(found) == 1, f"{name!r} among {[s.name for s in spans]}"
    return found[0]


def read_spans(messages: list[Message]) -> list[Span]:
    """Read the spans out of what was sent."""
    return [
        Span(
            name=sent.name,
            scope=group.scope.name,
            is_server=sent.kind == SentSpan.SPAN_KIND_SERVER,
            has_error=sent.status.code == Status.STATUS_CODE_ERROR,
            trace=sent.trace_id.hex(),
            number=sent.span_id.hex(),
            parent=sent.parent_span_id.hex(),
            attributes=read_attributes(sent.attributes),
            events=[Event(e.name, read_attributes(e.attributes)) for e in sent.events],
        )
        for message in messages
        if message.path == "/v1/traces"
        for resource in ExportTraceServiceRequest.FromString(message.body).resource_spans
        for group in resource.scope_spans
        for sent in group.spans
    ]


def count_measured(messages: list[Message], metric: str, scope: str) -> dict[str, int]:
    """Count by route what a histogram has measured, as its newest report says it."""
    counts: dict[str, int] = {}
    for message in messages:
        if message.path != "/v1/metrics":
            continue
        # A route has a point for each status.
        found: Counter[str] = Counter()
        for resource in ExportMetricsServiceRequest.FromString(message.body).resource_metrics:
            for group in resource.scope_metrics:
                if group.scope.name != scope:
                    continue
                for sent in group.metrics:
                    for point in sent.histogram.data_points if sent.name == metric else ():
                        route = read_attributes(point.attributes).get("http.route", "")
                        found[route] += point.count
        counts |= found
    return counts


def read_attributes(pairs: Iterable[KeyValue]) -> dict[str, Any]:
    """Read attributes."""
    return {pair.key: read_value(pair.value) for pair in pairs}


def read_value(value: AnyValue) -> Any:
    """Read a value of whatever kind it is."""
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [read_value(each) for each in value.array_value.values]
    return getattr(value, kind) if kind else None
