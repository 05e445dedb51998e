"""The OTLP exporters that the environment asks for, added when an application starts.

They are added to the providers that are there; where there is none, one is made and set.
What was added here is flushed when an application stops, and shut down with the process.
"""

import atexit
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from anyio.to_thread import run_sync
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pronghorn.exceptions import FastAPIError
from pronghorn.logger import logger
from pronghorn.telemetry.config import Config
from pronghorn.telemetry.signals import LOGS, METRICS, TRACES, Signal

OPT_OUT = "pass telemetry={'auto_configure': False} to the application"
ENDINGS = frozenset(
    ("lifespan.shutdown.complete", "lifespan.shutdown.failed", "lifespan.startup.failed")
)

_lock = threading.RLock()
_owned: list[Any] = []
"""What was made here, to be flushed and shut down."""
_configured: list[tuple[str, Any]] = []
"""Signal and provider of each exporter that was added: there is one for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """How one signal is exported: by which classes of OpenTelemetry's SDK."""

    says: str
    signal: Signal
    make_exporter: Callable[[str], Any]
    """Made for an endpoint, it is what can be added to a provider."""
    make_provider: Callable[[Any], Any]
    set_provider: Callable[[Any], None]
    add: str
    """The method by which a provider takes one more exporter."""


async def lifespan(
    *, config: Config, app: ASGIApp, scope: Scope, receive: Receive, send: Send
) -> None:
    """Run the lifespan of *app*: exporters are added before it starts, flushed when it stops."""

    async def configuring_receive() -> Message:
        message = await receive()
        if message["type"] == "lifespan.startup":
            try:
                _configure_from_environment(config)
            except Exception as error:  # noqa: BLE001 - an app starts without its telemetry, too
                logger.warning("FastAPI automatic telemetry configuration failed: %s", error)
        return message

    async def flushing_send(message: Message) -> None:
        if message["type"] in ENDINGS and _owned:
            await run_sync(_flush)
        await send(message)

    await app(scope, configuring_receive, flushing_send)


def _flush() -> None:
    for component in tuple(_owned):
        end(component.force_flush)


def _shutdown() -> None:
    with _lock:
        owned = tuple(_owned)
        _owned.clear()
    for component in owned:
        end(component.shutdown)


def end(call: Callable[[], Any]) -> None:
    """Flush or shut down one component; the others are not held up by what it raises."""
    try:
        call()
    except Exception:  # noqa: BLE001 - what providers raise is theirs
        logger.exception("FastAPI telemetry cleanup failed")


atexit.register(_shutdown)


# --- what the environment asks for ------------------------------------------------------------


def _export_endpoint(signal: str) -> str | None:
    """Where *signal* is exported to, or None; raises `FastAPIError` for what cannot be done."""
    exporter = (os.environ.get(f"OTEL_{signal}_EXPORTER") or "otlp").strip().lower()
    endpoint = endpoint_of(signal)
    if not endpoint or exporter == "none":
        return None
    if exporter != "otlp":
        raise FastAPIError(
            f"OTEL_{signal}_EXPORTER is {exporter!r}: automatic telemetry supports"
            f" otlp or none.  Configure other exporters in code, and {OPT_OUT}."
        )
    protocol = (
        os.environ.get(f"OTEL_EXPORTER_OTLP_{signal}_PROTOCOL")
        or os.environ.get("OTEL_EXPORTER_OTLP_PROTOCOL")
        or "http/protobuf"
    )
    if protocol != "http/protobuf":
        raise FastAPIError(
            f"The OTLP protocol of {signal.lower()} is {protocol!r}: automatic telemetry speaks"
            f" http/protobuf.  Configure other transports in code, and {OPT_OUT}."
        )
    url = urlsplit(endpoint)
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise FastAPIError(
            f"Invalid OTLP {signal.lower()} endpoint {endpoint!r}."
            "  Write an absolute HTTP or HTTPS URL."
        )
    return endpoint


def endpoint_of(signal: str) -> str | None:
    """The endpoint for *signal*: its own as it is, or the general one with a path added."""
    own = os.environ.get(f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT")
    general = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT")
    if own or not general:
        return own
    return f"{general.removesuffix('/')}/v1/{signal.lower()}"


def _configure_from_environment(config: Config) -> None:
    """Add the exporters that are asked for and were not added yet."""
    is_disabled = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if is_disabled or not config["auto_configure"]:
        return
    with _lock:
        asked = [
            (name, endpoint)
            for name, signal in (("TRACES", TRACES), ("METRICS", METRICS), ("LOGS", LOGS))
            if config[signal.wanted] and (endpoint := _export_endpoint(name)) is not None
        ]
        if not asked:
            return
        pipelines = make_pipelines()
        for name, endpoint in asked:
            pipeline = pipelines[name]
            chosen = config[pipeline.signal.provider]
            add_exporter(name, pipeline, endpoint, chosen)


# --- adding -----------------------------------------------------------------------------------


def add_exporter(name: str, pipeline: Pipeline, endpoint: str, chosen: Any) -> None:
    """Let *chosen*, or else the global provider, export to *endpoint*, too."""
    provider = _registration_provider(pipeline.signal.current() if chosen is None else chosen)
    if is_configured(name, provider):
        return
    if chosen is None and pipeline.signal.is_waiting(provider):
        made = pipeline.make_provider(pipeline.make_exporter(endpoint))
        pipeline.set_provider(made)
        current = pipeline.signal.current()
        if current is made:
            _configured.append((name, made))
            _owned.append(made)
            return
        # Somebody else was faster: theirs is the provider, and ours is of no use.
        made.shutdown()
        provider = _registration_provider(current)
    add = getattr(provider, pipeline.add, None)
    if not callable(add):
        raise FastAPIError(
            f"The OpenTelemetry {pipeline.says} provider {type(provider).__name__} does not"
            " support adding an OTLP exporter.  Configure the export by that provider, and"
            f" {OPT_OUT}."
        )
    exporter = pipeline.make_exporter(endpoint)
    try:
        add(exporter)
    except Exception:
        exporter.shutdown()
        raise
    _configured.append((name, provider))
    _owned.append(exporter)


def is_configured(name: str, provider: Any) -> bool:
    return any(known == name and taker is provider for known, taker in _configured)


def _registration_provider(provider: Any) -> Any:
    """What takes exporters for *provider*: older Logfire hides the SDK's meter provider."""
    kind = type(provider)
    is_hiding = (kind.__module__, kind.__name__) == LOGFIRE_METERS
    return (
        provider.provider if is_hiding and not hasattr(provider, "add_metric_reader") else provider
    )


LOGFIRE_METERS = ("logfire._internal.metrics", "ProxyMeterProvider")


def make_pipelines() -> dict[str, Pipeline]:
    """How each signal is exported; raises `FastAPIError` if the SDK is not installed."""
    try:
        from opentelemetry import _logs, metrics, trace  # noqa: PLC0415 - the SDK is optional
        from opentelemetry.exporter.otlp.proto.http._log_exporter import (  # noqa: PLC0415
            OTLPLogExporter,
        )
        from opentelemetry.exporter.otlp.proto.http.metric_exporter import (  # noqa: PLC0415
            OTLPMetricExporter,
        )
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
            OTLPSpanExporter,
        )
        from opentelemetry.sdk._logs import LoggerProvider  # noqa: PLC0415
        from opentelemetry.sdk._logs.export import BatchLogRecordProcessor  # noqa: PLC0415
        from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415
        from opentelemetry.sdk.metrics.export import (  # noqa: PLC0415
            PeriodicExportingMetricReader,
        )
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        raise FastAPIError(
            "Automatic OpenTelemetry export requires its SDK and exporter: install"
            f" pronghorn[opentelemetry] (with FastAPI: fastapi[opentelemetry] or"
            f" fastapi[standard]), configure providers in code, or {OPT_OUT}."
        ) from error

    def with_processor(provider: Any, method: str, processor: Any) -> Any:
        getattr(provider, method)(processor)
        return provider

    # The process ends them itself, with the rest of what is owned: `shutdown_on_exit` is off.
    return {
        "TRACES": Pipeline(
            says="tracer",
            signal=TRACES,
            make_exporter=lambda endpoint: BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)),
            make_provider=lambda processor: with_processor(
                TracerProvider(shutdown_on_exit=False), "add_span_processor", processor
            ),
            set_provider=trace.set_tracer_provider,
            add="add_span_processor",
        ),
        "METRICS": Pipeline(
            says="meter",
            signal=METRICS,
            make_exporter=lambda endpoint: PeriodicExportingMetricReader(
                OTLPMetricExporter(endpoint=endpoint)
            ),
            make_provider=lambda reader: MeterProvider(
                metric_readers=[reader], shutdown_on_exit=False
            ),
            set_provider=metrics.set_meter_provider,
            add="add_metric_reader",
        ),
        "LOGS": Pipeline(
            says="logger",
            signal=LOGS,
            make_exporter=lambda endpoint: BatchLogRecordProcessor(
                OTLPLogExporter(endpoint=endpoint)
            ),
            make_provider=lambda processor: with_processor(
                LoggerProvider(shutdown_on_exit=False), "add_log_record_processor", processor
            ),
            set_provider=_logs.set_logger_provider,
            add="add_log_record_processor",
        ),
    }
