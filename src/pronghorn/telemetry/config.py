"""The settings of one application's telemetry, complete."""

import os
import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

from pronghorn._options.settings import TelemetryConfig
from pronghorn.logger import logger

Config = Mapping[str, Any]
"""A `TelemetryConfig` with all of its keys."""

NAMESPACE = "opentelemetry"


def is_installed() -> bool:
    try:
        return find_spec(NAMESPACE) is not None
    except (ImportError, ValueError):
        # Somebody hides it, by a finder that refuses it or by None in `sys.modules`.
        return False


IS_INSTALLED = is_installed()
API = ("opentelemetry.trace", "opentelemetry.metrics", "opentelemetry._logs")
OLDEST = (1, 44)
"""The first release of its API that has all that we say; the extra asks for it, too."""
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
    if config["auto_configure"] and not can_be_used():
        config["auto_configure"] = False
    return config


@cache
def can_be_used() -> bool:
    """Whether OpenTelemetry is here, whole and new enough; warns if it is not."""
    problem = problem_with_opentelemetry()
    if problem is not None:
        logger.warning(
            "Nothing is told to OpenTelemetry: %s.  Install `pronghorn[opentelemetry]`.", problem
        )
    return problem is None


def problem_with_opentelemetry() -> str | None:
    """Why it cannot be used; other packages share its namespace and need less of it."""
    if not IS_INSTALLED:
        return "it is not installed"
    try:
        found = version("opentelemetry-api")
    except PackageNotFoundError:
        found = ""
    numbers = tuple(int(number) for number in re.findall(r"\d+", found)[:2])
    if numbers and numbers < OLDEST:
        return f"its API is {found}, and {OLDEST[0]}.{OLDEST[1]} is needed"
    try:
        for module in API:
            import_module(module)
    except ImportError as error:
        return f"its API cannot be imported ({error})"
    return None
