"""Observe requests and WebSockets from outside of the middleware: a span, and two metrics."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import perf_counter
from typing import Any

from opentelemetry import context as contexts
from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.metrics import Histogram, Meter, UpDownCounter
from opentelemetry.trace import SpanKind, StatusCode
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pronghorn.telemetry.attributes import (
    RepeatedHeaders,
    known_methods,
    shared_attributes,
    span_attributes,
)
from pronghorn.telemetry.config import Config
from pronghorn.telemetry.observation import KEY, Observation, is_going, type_name
from pronghorn.telemetry.signals import LOGS, METRICS, NAME, SCHEMA, TRACES, VERSION
from pronghorn.telemetry.switch import OBSERVED

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0)
"""The buckets that the conventions advise for `http.server.request.duration`."""
REPEATED_HEADERS = RepeatedHeaders()


class Instruments:
    """What one provider measures requests with."""

    def __init__(self, meter: Meter) -> None:
        self.duration: Histogram = meter.create_histogram(
            "http.server.request.duration",
            unit="s",
            description="Duration of HTTP server requests.",
            explicit_bucket_boundaries_advisory=SECONDS,
        )
        self.active: UpDownCounter = meter.create_up_down_counter(
            "http.server.active_requests",
            unit="{request}",
            description="Number of active HTTP server requests.",
        )


class NativeTelemetry:
    """Observes the requests of one application."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.known_methods = known_methods()
        self.made: dict[str, tuple[Any, Any]] = {}
        """By signal: the provider, and what it made for us.  Asked once, as providers expect."""

    async def __call__(
        self,
        *,
        app: ASGIApp,
        scope: Scope,
        receive: Receive,
        send: Send,
        legacy_otel: bool = False,
    ) -> None:
        """Run *app* for one request, and tell of it.

        *legacy_otel*: another instrumentation tells of it already.
        """
        exclude = self.config["exclude"]
        if exclude is not None and exclude(scope):
            with left_out(scope):
                await app(scope, receive, send)
            return
        tracer = None if legacy_otel else self.tracer()
        logger = None if legacy_otel else self.logger()
        is_measured = scope["type"] == "http" and not legacy_otel
        instruments: Instruments | None = self.instruments() if is_measured else None
        if tracer is None and logger is None and instruments is None:
            await app(scope, receive, send)
            return
        name = scope.get("method", "")
        method = name if name in self.known_methods else "_OTHER"
        watch = Watch(scope, method, instruments)
        with watch.begun(tracer), within(scope, watch.observation):
            watch.observation.tracer = tracer if self.config["operation_spans"] else None
            watch.observation.logger = logger
            await watch.run(app, receive, send)

    # Any: what the providers of others make.
    def tracer(self) -> Any:
        provider = TRACES.provider_for(self.config)
        return self.once("tracer", provider, lambda: provider.get_tracer(*SCOPE, schema_url=SCHEMA))

    def logger(self) -> Any:
        provider = LOGS.provider_for(self.config)
        return self.once("logger", provider, lambda: provider.get_logger(*SCOPE, schema_url=SCHEMA))

    def instruments(self) -> Any:
        provider = METRICS.provider_for(self.config)
        return self.once(
            "meter",
            provider,
            lambda: Instruments(provider.get_meter(*SCOPE, schema_url=SCHEMA)),
        )

    def once(self, name: str, provider: Any, make: Any) -> Any:
        """What *provider* makes, asked for again only when it is another provider."""
        if provider is None:
            return None
        known = self.made.get(name)
        if known is None or known[0] is not provider:
            known = self.made[name] = (provider, make())
        return known[1]


SCOPE = (NAME, VERSION)


class Watch:
    """One request: when it began, what it is told with, and how it ended."""

    def __init__(self, scope: Scope, method: str, instruments: Instruments | None) -> None:
        self.scope = scope
        self.method = method
        self.instruments = instruments
        self.is_websocket = scope["type"] == "websocket"
        named = "HTTP" if method == "_OTHER" else method
        root_path = scope.get("app_root_path", scope.get("root_path", ""))
        self.observation = Observation(
            is_websocket=self.is_websocket,
            method="WS" if self.is_websocket else named,
            prefix=root_path.rstrip("/"),
        )
        self.attributes = shared_attributes(scope, method)
        # The conventions leave the protocol's version out where it is not known yet.
        self.active_attributes = {
            name: value
            for name, value in self.attributes.items()
            if name != "network.protocol.version"
        }
        self.started = perf_counter()
        self.is_finished = False
        self.has_trailers = False
        self.is_disconnected = False

    @contextmanager
    def begun(self, tracer: trace.Tracer | None) -> Iterator[None]:
        """Count the request, and open its span within the context that the client sent."""
        if self.instruments is not None:
            self.instruments.active.add(1, self.active_attributes)
        if tracer is None:
            yield
            return
        parent = propagate.extract(Headers(scope=self.scope), getter=REPEATED_HEADERS)
        with attached(parent):
            self.observation.span = tracer.start_span(
                self.observation.method,
                context=parent,
                kind=SpanKind.SERVER,
                attributes={**self.attributes, **span_attributes(self.scope, self.method)},
            )
            yield

    async def run(self, app: ASGIApp, receive: Receive, send: Send) -> None:
        if not self.is_websocket:
            receive, send = self.watched_receive(receive), self.watched_send(send)
        try:
            with self.current_span():
                try:
                    await app(self.scope, receive, send)
                except BaseException as error:
                    self.observation.note_failure(error)
                    is_normal = self.is_websocket and is_going(error)
                    self.finish(None if is_normal else error)
                    raise
                self.finish(None if self.is_websocket else self.unfinished())
        finally:
            self.observation.forget()

    def current_span(self) -> AbstractContextManager[Any]:
        span = self.observation.span
        if span is None:
            return nullcontext()
        return trace.use_span(
            span, end_on_exit=False, record_exception=False, set_status_on_exception=False
        )

    def unfinished(self) -> Exception:
        """Why an answer has no end although nothing was raised."""
        if self.is_disconnected:
            return ConnectionError("Client disconnected")
        return RuntimeError("Incomplete ASGI response")

    def watched_receive(self, receive: Receive) -> Receive:
        async def watching_receive() -> Message:
            message = await receive()
            self.is_disconnected = self.is_disconnected or message["type"] == "http.disconnect"
            return message

        return watching_receive

    def watched_send(self, send: Send) -> Send:
        async def watching_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.observation.status_code = message["status"]
                self.has_trailers = message.get("trailers", False)
            await send(message)
            if self.ends(message):
                self.finish(None)

        return watching_send

    def ends(self, message: Message) -> bool:
        """Whether the answer is complete with *message*."""
        match message["type"]:
            case "http.response.body":
                return not (message.get("more_body", False) or self.has_trailers)
            case "http.response.trailers":
                return not message.get("more_trailers", False)
            case kind:
                return bool(kind == "http.response.pathsend")

    def finish(self, error: BaseException | None) -> None:
        """End the span and record the metrics; what comes later counts no more."""
        if self.is_finished:
            return
        self.is_finished = True
        self.attributes |= self.ending(error)
        span = self.observation.span
        if span is not None:
            span.set_attributes(self.attributes)
            if "error.type" in self.attributes:
                span.set_status(StatusCode.ERROR)
        if self.instruments is not None:
            # While the span is current, so that measurements can refer to it.
            seconds = max(0, perf_counter() - self.started)
            self.instruments.duration.record(seconds, self.attributes)
            self.instruments.active.add(-1, self.active_attributes)
        if span is not None:
            span.end()

    def ending(self, error: BaseException | None) -> dict[str, Any]:
        """The attributes that are known at the end."""
        found = self.observation
        attributes: dict[str, Any] = {}
        if found.route is not None:
            attributes["http.route"] = found.route
        if found.status_code is not None:
            attributes["http.response.status_code"] = found.status_code
        has_answer = self.is_websocket or (
            found.status_code is not None and found.status_code < 500
        )
        if error is None and has_answer:
            return attributes
        failure = error or (found.failures[-1] if found.failures else None)
        unnamed = str(found.status_code or "incomplete_response")
        return {**attributes, "error.type": type_name(failure) if failure else unnamed}


# --- contexts -----------------------------------------------------------------------------


@contextmanager
def attached(context: Context) -> Iterator[None]:
    token = contexts.attach(context)
    try:
        yield
    finally:
        contexts.detach(token)


@contextmanager
def within(scope: Scope, observation: Observation | None) -> Iterator[None]:
    """Let *observation* be found in *scope* and in the current context."""
    scope[OBSERVED] = observation
    try:
        with attached(contexts.set_value(KEY, observation)):
            yield
    finally:
        scope.pop(OBSERVED, None)


def left_out(scope: Scope) -> AbstractContextManager[None]:
    """Observe nothing of this request, in what is mounted neither, nor as part of another one."""
    return within(scope, None)


def has_other_instrumentation(stack: Any) -> bool:
    """Whether OpenTelemetry's own middleware is among the layers of *stack*.

    The layers are looked at, since its flag is also set where its middleware was not built in.
    """
    kinds = map(type, layers_of(stack))
    return any((kind.__module__, kind.__name__) == CONTRIB for kind in kinds)


def layers_of(stack: Any) -> Iterator[Any]:
    """The layers of *stack* from the outermost on, each once even if they are in a circle."""
    seen: list[Any] = []
    while stack is not None and all(stack is not layer for layer in seen):
        yield stack
        seen.append(stack)
        stack = getattr(stack, "app", None)


CONTRIB = ("opentelemetry.instrumentation.asgi", "OpenTelemetryMiddleware")
