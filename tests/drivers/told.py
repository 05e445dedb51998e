"""Providers of OpenTelemetry that keep what they are told, for one test."""

from typing import Any

from opentelemetry.sdk._logs import LoggerProvider, LogRecordProcessor, ReadWriteLogRecord
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

DURATION = "http.server.request.duration"
ACTIVE = "http.server.active_requests"


class KeptLogs(LogRecordProcessor):
    """Keeps log records, and calls a function with each while it is emitted."""

    def __init__(self) -> None:
        self.records: list[ReadWriteLogRecord] = []

    def on_emit(self, log_record: ReadWriteLogRecord) -> None:
        self.records.append(log_record)

    def shutdown(self) -> None:
        """Nothing is open."""

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        return True


class Told:
    """What was told: spans, measurements and log records."""

    def __init__(self) -> None:
        self.exporter = InMemorySpanExporter()
        self.tracer_provider = TracerProvider(shutdown_on_exit=False)
        self.tracer_provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.reader = InMemoryMetricReader()
        self.meter_provider = MeterProvider([self.reader], shutdown_on_exit=False)
        self.kept_logs = KeptLogs()
        self.logger_provider = LoggerProvider(shutdown_on_exit=False)
        self.logger_provider.add_log_record_processor(self.kept_logs)

    def options(self, **more: Any) -> dict[str, Any]:
        """The option `telemetry` of an application that tells it here."""
        return {
            "tracer_provider": self.tracer_provider,
            "meter_provider": self.meter_provider,
            "logger_provider": self.logger_provider,
            **more,
        }

    def watch_spans(self, processor: SpanProcessor) -> None:
        self.tracer_provider.add_span_processor(processor)

    @property
    def spans(self) -> list[ReadableSpan]:
        """The spans that have ended, in that order."""
        return list(self.exporter.get_finished_spans())

    @property
    def names(self) -> list[str]:
        return [span.name for span in self.spans]

    def span(self, name: str) -> ReadableSpan:
        (found,) = [span for span in self.spans if span.name == name]
        return found

    def tree(self) -> dict[str, str | None]:
        """The name of each span's parent; None for those that have none here."""
        names = {span.context.span_id: span.name for span in self.spans}
        return {
            span.name: None if span.parent is None else names.get(span.parent.span_id)
            for span in self.spans
        }

    @property
    def logs(self) -> list[Any]:
        return [kept.log_record for kept in self.kept_logs.records]

    def points(self, metric: str) -> list[Any]:
        """The data points of the metric of that name."""
        data = self.reader.get_metrics_data()
        return [
            point
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for found in scope.metrics
            if found.name == metric
            for point in found.data.data_points
        ]

    def clear(self) -> None:
        """Forget the spans and the log records; measurements add up."""
        self.exporter.clear()
        self.kept_logs.records.clear()
