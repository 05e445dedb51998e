"""The settings of one application's telemetry, complete."""

import os
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from pronghorn._options.settings import TelemetryConfig
from pronghorn.logger import logger

Config = Mapping[str, Any]
"""A `TelemetryConfig` with all of its keys."""

NAMESPACE = "opentelemetry"
IS_INSTALLED = find_spec(NAMESPACE) is not None
NAMED_PROVIDERS = (
    "OTEL_PYTHON_TRACER_PROVIDER",
    "OTEL_PYTHON_METER_PROVIDER",
    "OTEL_PYTHON_LOGGER_PROVIDER",
)
"""Variables by which OpenTelemetry finds a provider that no code sets."""


def configured(options: TelemetryConfig | None) -> Config:
    """*options* with the defaults of those that are left out."""
    asked = os.environ.get("FASTAPI_OTEL_AUTO_CONFIGURE", "").lower() == "true"
    config = {
        "tracer_provider": None,
        "meter_provider": None,
        "logger_provider": None,
        "tracing": True,
        "metrics": True,
        "logs": True,
        "operation_spans": True,
        "auto_configure": asked,
        "exclude": None,
        **(options or {}),
    }
    if IS_INSTALLED and any(os.environ.get(name) for name in NAMED_PROVIDERS):
        import_module("opentelemetry.trace")
    if config["auto_configure"] and not IS_INSTALLED:
        logger.warning(
            "OpenTelemetry is to be configured, and is not installed: nothing is exported."
            " Install `pronghorn[opentelemetry]`, or leave `auto_configure` off."
        )
    return config
