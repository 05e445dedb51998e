"""The options that are dicts, with the keys that they know."""

from collections.abc import Callable, MutableMapping
from typing import Annotated, Any

from pydantic import ConfigDict, NonNegativeInt, with_config
from typing_extensions import Doc, TypedDict


@with_config(ConfigDict(strict=True, extra="forbid"))
class FormLimits(TypedDict, total=False):
    """How large a form may be.  A key that is left out is inherited."""

    max_fields: Annotated[NonNegativeInt, Doc("Most fields that are no files.")]
    max_files: Annotated[NonNegativeInt, Doc("Most files.")]
    max_part_size: Annotated[NonNegativeInt, Doc("Most bytes in one field that is no file.")]


class TelemetryConfig(TypedDict, total=False):
    """What is told to OpenTelemetry, and by which providers."""

    # Any: providers of OpenTelemetry, which is not always installed.
    tracer_provider: Annotated[Any, Doc("Makes the spans, instead of the global provider.")]
    meter_provider: Annotated[Any, Doc("Makes the metrics, instead of the global provider.")]
    logger_provider: Annotated[Any, Doc("Makes the log records, instead of the global provider.")]
    tracing: Annotated[bool, Doc("Make a span for each request and WebSocket.  On by default.")]
    metrics: Annotated[bool, Doc("Measure requests, and no WebSockets.  On by default.")]
    logs: Annotated[
        bool,
        Doc(
            "Record failed validations, and exceptions that nobody handled, with their messages"
            " and stack traces.  On by default."
        ),
    ]
    operation_spans: Annotated[
        bool,
        Doc(
            "Make spans, too, for dependencies, the endpoint, the writing of its result and"
            " background tasks.  On by default."
        ),
    ]
    auto_configure: Annotated[
        bool,
        Doc(
            "Add the OTLP exporters that the environment asks for, when the application starts."
            "  Off by default, unless FASTAPI_OTEL_AUTO_CONFIGURE is true."
        ),
    ]
    exclude: Annotated[
        Callable[[MutableMapping[str, Any]], bool] | None,
        Doc("Called with the ASGI scope of each request and WebSocket; true leaves it out."),
    ]
