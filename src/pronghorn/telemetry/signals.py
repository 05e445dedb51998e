"""The three signals of OpenTelemetry, and the provider that hears each of them."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from opentelemetry import _logs, metrics, trace
from opentelemetry._logs import _internal as logs_internal
from opentelemetry.metrics import _internal as metrics_internal

from pronghorn.telemetry.config import Config

NAME = "fastapi"
VERSION = "0.165.0"
SCHEMA = "https://opentelemetry.io/schemas/1.44.0"
"""The instrumentation scope is FastAPI's: who filters spans by it still finds them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One kind of telemetry."""

    wanted: str
    """The option that switches it."""
    provider: str
    """The option that names a provider for it."""
    module: ModuleType
    getter: str
    """The function of *module* that gives the global provider."""
    waiting: tuple[str, str]
    """Module and name of the class that stands for a provider that was not set yet.

    Its API has no public way to ask whether one was.
    """
    silent: type
    """The class of providers that drop everything."""

    def provider_for(self, config: Config) -> Any:
        """The provider that hears this signal, or None if nobody does."""
        if not config[self.wanted]:
            return None
        chosen = config[self.provider]
        provider = self.current() if chosen is None else chosen
        if isinstance(provider, self.silent):
            return None
        return None if chosen is None and self.is_waiting(provider) else provider

    def current(self) -> Any:
        """The global provider, or what stands for it."""
        get: Callable[[], Any] = getattr(self.module, self.getter)
        return get()

    def is_waiting(self, provider: Any) -> bool:
        """Whether *provider* stands for one that was not set yet."""
        kind = type(provider)
        return (kind.__module__, kind.__name__) == self.waiting


TRACES = Signal(
    wanted="tracing",
    provider="tracer_provider",
    module=trace,
    getter="get_tracer_provider",
    waiting=("opentelemetry.trace", "ProxyTracerProvider"),
    silent=trace.NoOpTracerProvider,
)
METRICS = Signal(
    wanted="metrics",
    provider="meter_provider",
    module=metrics,
    getter="get_meter_provider",
    waiting=("opentelemetry.metrics._internal", "_ProxyMeterProvider"),
    silent=metrics.NoOpMeterProvider,
)
LOGS = Signal(
    wanted="logs",
    provider="logger_provider",
    module=_logs,
    getter="get_logger_provider",
    waiting=("opentelemetry._logs._internal", "ProxyLoggerProvider"),
    silent=_logs.NoOpLoggerProvider,
)
SIGNALS = (TRACES, METRICS, LOGS)


class Audience:
    """Whether anybody hears of the requests of one application."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.is_given = any(
            config[signal.wanted] and config[signal.provider] is not None for signal in SIGNALS
        )
        self.known: tuple[Any, ...] | None = None
        """What the global providers were when they were asked for."""
        self.is_there = False

    def listens(self) -> bool:
        """Whether there is a provider now: asked in each request, so it costs little."""
        if self.is_given:
            return True
        try:
            # Another one as soon as a global provider is set, or a getter is replaced.
            now = (
                trace._TRACER_PROVIDER,
                metrics_internal._METER_PROVIDER,
                logs_internal._LOGGER_PROVIDER,
                trace.get_tracer_provider,
                metrics.get_meter_provider,
                _logs.get_logger_provider,
            )
        except AttributeError:
            # This OpenTelemetry keeps its providers elsewhere.
            return self.ask()
        if now != self.known:
            self.is_there = self.ask()
            # A provider that the environment names is set by the asking: then it is asked twice.
            self.known = now
        return self.is_there

    def ask(self) -> bool:
        return any(
            self.config[signal.wanted] and not signal.is_waiting(signal.current())
            for signal in SIGNALS
        )
