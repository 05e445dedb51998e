"""A collector of OTLP over HTTP, in this process, on a real socket."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

MESSAGES = {
    "/v1/traces": ExportTraceServiceRequest,
    "/v1/metrics": ExportMetricsServiceRequest,
    "/v1/logs": ExportLogsServiceRequest,
}


class Collected:
    """What was exported so far, by path."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.messages: dict[str, list[Any]] = {path: [] for path in MESSAGES}
        self.address = ""

    def add(self, path: str, body: bytes) -> None:
        message = MESSAGES[path]()
        message.ParseFromString(body)
        with self.lock:
            self.messages[path].append(message)

    @property
    def spans(self) -> list[Any]:
        return [
            span
            for message in self.messages["/v1/traces"]
            for resource in message.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]

    @property
    def services(self) -> set[str]:
        """The names of the services that spans came from."""
        return {
            attribute.value.string_value
            for message in self.messages["/v1/traces"]
            for resource in message.resource_spans
            for attribute in resource.resource.attributes
            if attribute.key == "service.name"
        }

    @property
    def metrics(self) -> set[str]:
        return {
            metric.name
            for message in self.messages["/v1/metrics"]
            for resource in message.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
        }

    @property
    def logs(self) -> list[Any]:
        return [
            record
            for message in self.messages["/v1/logs"]
            for resource in message.resource_logs
            for scope in resource.scope_logs
            for record in scope.log_records
        ]


@contextmanager
def collecting() -> Iterator[Collected]:
    """A collector that listens, and what it has heard."""
    collected = Collected()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            collected.add(self.path, body)
            self.send_response(200)
            self.send_header("content-type", "application/x-protobuf")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collected.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield collected
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
