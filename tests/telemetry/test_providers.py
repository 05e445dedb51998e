"""Providers that are set for the whole process, at whatever time; each case in its own process."""

import pytest
from drivers.own_process import run

APP = """
import asyncio
from opentelemetry import _logs, metrics, trace
from drivers.asgi import exchange
from drivers.told import Told
from pronghorn import FastAPI
from pronghorn.telemetry import get_telemetry_data
from pronghorn.telemetry.switch import switch

app = FastAPI()
told = Told()

seen = []

@app.get("/")
async def read():
    seen.append(get_telemetry_data() is not None)
    return "read"

def ask():
    assert asyncio.run(exchange(app, "GET", "/")).json == "read"

ask()
assert not switch.is_on
"""


def test_a_provider_that_is_set_later_hears_of_later_requests():
    run(
        APP
        + """
trace.set_tracer_provider(told.tracer_provider)
ask()
assert told.names[-1] == "GET /" and len(told.names) == 4
assert told.points("http.server.request.duration") == told.logs == []
metrics.set_meter_provider(told.meter_provider)
_logs.set_logger_provider(told.logger_provider)
ask()
assert len(told.names) == 8
assert told.points("http.server.request.duration")[0].count == 1
"""
    )


@pytest.mark.parametrize(
    "set_provider",
    [
        "metrics.set_meter_provider(told.meter_provider)",
        "_logs.set_logger_provider(told.logger_provider)",
    ],
)
def test_each_of_the_three_is_enough(set_provider):
    run(f"{APP}\n{set_provider}\nask()\nassert switch.is_on\nassert told.spans == []")


def test_a_provider_that_drops_everything_is_none():
    run(
        APP
        + """
trace.set_tracer_provider(trace.NoOpTracerProvider())
metrics.set_meter_provider(metrics.NoOpMeterProvider())
_logs.set_logger_provider(_logs.NoOpLoggerProvider())
ask()
assert seen == [False, False]
"""
    )


def test_a_function_that_gives_the_provider_may_be_replaced():
    run(
        APP
        + """
original = trace.get_tracer_provider
trace.get_tracer_provider = lambda: told.tracer_provider
ask()
assert told.names[-1] == "GET /"
told.clear()
other = Told()
trace.get_tracer_provider = lambda: other.tracer_provider
ask()
assert other.names[-1] == "GET /"
trace.get_tracer_provider = original
ask()
assert told.spans == []
assert len(other.spans) == 4
"""
    )


def test_an_application_that_does_not_want_it_is_not_told_of():
    run(
        APP
        + """
trace.set_tracer_provider(told.tracer_provider)
app = FastAPI(telemetry={"tracing": False})
app.add_api_route("/", lambda: "read")
ask()
assert told.spans == []
assert not switch.is_on
"""
    )


LIVE = """
import logging
from opentelemetry import _logs, metrics, trace
from opentelemetry.sdk.trace import TracerProvider
from pronghorn import FastAPI
from pronghorn.testclient import TestClient

logging.basicConfig()

def live(**telemetry):
    app = FastAPI(telemetry=telemetry)
    app.add_api_route("/", lambda: 1)
    with TestClient(app) as client:
        assert client.get("/").json() == 1

def processors(provider):
    return len(provider._active_span_processor._span_processors)
"""
ENDPOINT = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:1/v1/traces"}
QUICK = {"OTEL_EXPORTER_OTLP_TIMEOUT": "0.1"}


def test_a_provider_that_is_there_is_kept_and_gets_one_exporter():
    run(
        LIVE
        + """
provider = TracerProvider(shutdown_on_exit=False)
trace.set_tracer_provider(provider)
live(auto_configure=True)
live(auto_configure=True)
assert trace.get_tracer_provider() is provider
assert processors(provider) == 1
""",
        **ENDPOINT,
        **QUICK,
    )


def test_a_provider_of_the_application_gets_an_exporter_of_its_own():
    run(
        LIVE
        + """
provider = TracerProvider(shutdown_on_exit=False)
live(auto_configure=True, tracer_provider=provider)
assert processors(provider) == 1
assert type(trace.get_tracer_provider()).__name__ == "ProxyTracerProvider"
""",
        **ENDPOINT,
        **QUICK,
    )


def test_where_there_is_none_one_is_made():
    run(
        LIVE
        + """
live(auto_configure=True)
assert processors(trace.get_tracer_provider()) == 1
assert type(metrics.get_meter_provider()).__name__ == "_ProxyMeterProvider"
""",
        **ENDPOINT,
        **QUICK,
    )


def test_what_the_application_says_counts_more_than_the_environment():
    run(
        LIVE
        + """
live(auto_configure=False)
assert type(trace.get_tracer_provider()).__name__ == "ProxyTracerProvider"
""",
        FASTAPI_OTEL_AUTO_CONFIGURE="true",
        **ENDPOINT,
    )


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"OTEL_TRACES_EXPORTER": "zipkin"}, "automatic telemetry supports otlp or none"),
        ({"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "grpc"}, "speaks http/protobuf"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "localhost:4318"}, "Write an absolute HTTP"),
    ],
)
def test_what_cannot_be_done_is_said_and_the_application_starts(environment, said):
    written = run(LIVE + "\nlive(auto_configure=True)", **{**ENDPOINT, **environment})
    assert said in written


def test_a_provider_that_takes_no_exporter_is_named():
    written = run(
        LIVE
        + """
class Own(trace.TracerProvider):
    def get_tracer(self, *_, **__):
        return trace.NoOpTracer()

live(auto_configure=True, tracer_provider=Own())
""",
        **ENDPOINT,
    )
    assert "tracer provider Own does not support adding an OTLP exporter" in written
