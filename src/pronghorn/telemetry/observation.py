"""One request while it is observed: its span, its route, what is known and what went wrong.

It is found in the scope of the request and in OpenTelemetry's context.  The functions at the
end are the words that handlers with spans may say.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from time import time_ns
from typing import Any

from opentelemetry import context as contexts
from opentelemetry._logs import Logger, SeverityNumber
from opentelemetry.context import Context
from opentelemetry.trace import Span, StatusCode, Tracer
from starlette.exceptions import HTTPException, WebSocketException
from starlette.requests import HTTPConnection, Request
from starlette.websockets import WebSocket, WebSocketDisconnect

from pronghorn.exceptions import (
    RequestValidationError,
    ValidationException,
    WebSocketRequestValidationError,
)
from pronghorn.telemetry.data import TelemetryData
from pronghorn.telemetry.switch import NOTHING

KEY = contexts.create_key("fastapi.request")
ANSWERS = (
    HTTPException,
    RequestValidationError,
    WebSocketException,
    WebSocketRequestValidationError,
)
"""Exceptions that are a way to answer, and no failure of an operation."""
GOING = (1000, 1001)
"""RFC 6455 section 7.4.1: the peer is done, or is going away."""


@dataclass(kw_only=True, eq=False)
class Observation:
    """What is told of one request or WebSocket."""

    is_websocket: bool
    method: str
    """The method as names of spans have it."""
    prefix: str
    """The path of what the application is mounted in."""
    span: Span | None = None
    tracer: Tracer | None = None
    """Makes spans for operations, if they are wanted."""
    logger: Logger | None = None
    route: str | None = None
    status_code: int | None = None
    data: TelemetryData | None = field(default_factory=TelemetryData)
    failures: list[BaseException] = field(default_factory=list)

    def select(self, path: str | None, *, is_mount: bool = False) -> None:
        """Note which route was found, by the template of its path."""
        if path is None:
            return
        if is_mount:
            # What is mounted adds its own path; until then the rest is whatever was asked for.
            self.prefix += path.removesuffix("/{path}")
            path = "/{path}"
        self.route = self.prefix + path
        if self.span is not None:
            self.span.set_attribute("http.route", self.route)
            self.span.update_name(f"{self.method} {self.route}")

    def note_refusal(self, error: ValidationException) -> None:
        """Note that the request does not have the declared shape."""
        if self.data is not None:
            if isinstance(error, RequestValidationError):
                self.data.body = error.body
            self.data.errors = error.errors()
        if self.logger is not None:
            self.logger.emit(
                event_name="fastapi.validation.failed",
                timestamp=time_ns(),
                severity_number=SeverityNumber.WARN,
                severity_text="WARN",
                body="Request validation failed",
                attributes={
                    "fastapi.validation.error_count": len(error.errors()),
                    **self.route_attributes(),
                },
            )

    def note_failure(self, error: BaseException) -> None:
        """Note what nobody handled; the same exception once, however often it is met."""
        is_normal = self.is_websocket and is_going(error)
        if is_normal or any(known is error for known in self.failures):
            return
        self.failures.append(error)
        if self.logger is not None and isinstance(error, Exception):
            kind = "WebSocket connection" if self.is_websocket else "request"
            self.logger.emit(
                exception=error,
                event_name="fastapi.websocket.exception"
                if self.is_websocket
                else "http.server.request.exception",
                timestamp=time_ns(),
                severity_number=SeverityNumber.ERROR,
                severity_text="ERROR",
                body=f"Unhandled exception in FastAPI {kind}",
                attributes=self.route_attributes(),
            )

    def route_attributes(self) -> dict[str, Any]:
        return {"http.route": self.route} if self.route else {}

    def forget(self) -> None:
        """Let go of the request: contexts are kept longer than it."""
        self.data = None
        self.failures.clear()


def is_going(error: BaseException) -> bool:
    return isinstance(error, WebSocketDisconnect) and error.code in GOING


def type_name(error: BaseException) -> str:
    """The name of an exception's class, as `error.type` has it."""
    kind = type(error)
    module = kind.__module__
    if module == "builtins":
        return kind.__qualname__
    # Under the alias the author imported it from `fastapi`, and looks for it by that name.
    other = "fastapi" + module.removeprefix("pronghorn")
    if module.startswith("pronghorn.") and sys.modules.get(other) is sys.modules[module]:
        module = other
    return f"{module}.{kind.__qualname__}"


def observation_in(context: Context | None = None) -> Observation | None:
    """The observation that *context*, or else the current one, belongs to."""
    value = contexts.get_value(KEY, context)
    return value if isinstance(value, Observation) else None


def data_in(context: Context | None = None) -> TelemetryData | None:
    """What is known of the request that *context* belongs to."""
    observation = observation_in(context)
    return None if observation is None else observation.data


# --- the words of handlers -----------------------------------------------------------------


def operation(name: str, function: Callable[..., Any]) -> AbstractContextManager[None]:
    """A span around one operation of the request, if spans are wanted for it."""
    observation = observation_in()
    if observation is None or observation.tracer is None:
        return NOTHING
    return spanned(observation.tracer, name, function)


@contextmanager
def spanned(tracer: Tracer, name: str, function: Callable[..., Any]) -> Iterator[None]:
    module = getattr(function, "__module__", type(function).__module__)
    qualified = getattr(function, "__qualname__", type(function).__qualname__)
    with tracer.start_as_current_span(
        f"fastapi.{name}",
        attributes={"code.function.name": f"{module}.{qualified}"},
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield
        except Exception as error:
            is_answer = isinstance(error, ANSWERS) or is_going(error)
            if name == "background_task" or not is_answer:
                span.set_attribute("error.type", type_name(error))
                span.set_status(StatusCode.ERROR)
            raise


def call_observed(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    """Call an endpoint in the thread that we are in, within its span."""
    with operation("endpoint", function):
        return function(*args, **kwargs)


def tell_connection(connection: HTTPConnection) -> None:
    """Show the request or the WebSocket to whoever observes it."""
    data = data_in()
    if data is not None:
        if isinstance(connection, Request):
            data.request = connection
        elif isinstance(connection, WebSocket):
            data.websocket = connection


def tell_body(body: Any) -> None:
    """Show the body that was read."""
    data = data_in()
    if data is not None:
        data.body = body


def tell_values(values: dict[str, Any], errors: list[Any]) -> None:
    """Show the arguments of the endpoint, and the faults that were found."""
    data = data_in()
    if data is not None:
        data.values = values
        data.errors = errors


def tell_refusal(error: ValidationException) -> None:
    """Tell that the handler refuses the request."""
    observation = observation_in()
    if observation is not None:
        observation.note_refusal(error)


WORDS: dict[str, Any] = {
    "ValidationException": ValidationException,
    "call_observed": call_observed,
    "operation": operation,
    "tell_body": tell_body,
    "tell_connection": tell_connection,
    "tell_refusal": tell_refusal,
    "tell_values": tell_values,
}
