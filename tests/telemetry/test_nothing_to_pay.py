"""Where nobody listens nothing is imported, and nothing is in the way of a request."""

import pytest
from drivers.own_process import run

from pronghorn import FastAPI

NONE = """
import sys
sys.modules["opentelemetry"] = None
"""
HIDDEN = """
import sys

class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "opentelemetry":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hide())
"""
SERVE = """
import asyncio, sys
from drivers.asgi import converse, exchange
from pronghorn import BackgroundTasks, Depends, FastAPI, WebSocket
from pronghorn.telemetry import get_telemetry_data
from pronghorn.testclient import TestClient
from pronghorn.telemetry.switch import switch

log = []
app = FastAPI(telemetry=TELEMETRY)

def dependency():
    yield 1

@app.get("/{number}")
def read(number: int, tasks: BackgroundTasks, one=Depends(dependency)):
    tasks.add_task(log.append, "task")
    return [number, one, get_telemetry_data() is None]

@app.websocket("/")
async def talk(websocket: WebSocket):
    await websocket.accept()
    await websocket.close()

async def ask():
    assert (await exchange(app, "GET", "/3")).json == [3, 1, True]
    assert (await exchange(app, "GET", "/x")).status == 422
    assert (await converse(app, "/"))[-1]["type"] == "websocket.close"

asyncio.run(ask())
with TestClient(app) as client:
    assert client.get("/4").json() == [4, 1, True]
assert log == ["task", "task"]
assert not switch.is_on
"""


def serve(before="", *, telemetry="None", after="", **more):
    """Serve requests in a process of its own; what it wrote."""
    return run(before + SERVE.replace("TELEMETRY", telemetry) + after, **more)


@pytest.mark.parametrize("hidden", [HIDDEN, NONE], ids=["finder", "none"])
def test_without_opentelemetry_nobody_asks_for_it(hidden):
    nothing = (
        "assert not [name for name in sys.modules if name.startswith('opentelemetry.')]\n"
        "assert app._ear is None\n"
    )
    assert serve(hidden, after=nothing) == ""


def test_without_opentelemetry_whoever_wants_it_configured_is_told():
    written = serve(HIDDEN, telemetry="{'auto_configure': True}")

    assert "it is not installed.  Install `pronghorn[opentelemetry]`" in written


def test_as_long_as_nobody_imports_it_neither_do_we():
    nothing = "assert not [name for name in sys.modules if name.startswith('opentelemetry')]\n"

    assert serve(after=nothing) == ""


def test_a_provider_that_the_environment_names_is_looked_for():
    program = (
        SERVE.replace("TELEMETRY", "None")
        .replace("assert not switch.is_on", "assert switch.is_on")
        .replace("get_telemetry_data() is None", "get_telemetry_data() is not None")
    )

    assert run(program, OTEL_PYTHON_TRACER_PROVIDER="sdk_tracer_provider") == ""


def test_without_a_provider_handlers_are_written_without_spans():
    imported = "from opentelemetry import trace\nfrom opentelemetry.sdk.trace import *\n"
    assert serve(imported) == ""


@pytest.mark.parametrize("is_wanted", [False, True])
def test_a_part_of_opentelemetry_is_as_good_as_none(tmp_path, is_wanted):
    # Its parts are packages of their own in one namespace: some bring no API.
    part = tmp_path / "opentelemetry"
    part.mkdir()
    (part / "__init__.py").touch()
    written = serve(
        "import opentelemetry\n",
        telemetry=f"{{'auto_configure': {is_wanted}}}",
        path=[tmp_path],
    )

    assert written.count("Nothing is told to OpenTelemetry: its API cannot be imported") == 1


def test_an_opentelemetry_that_is_too_old_is_as_good_as_none(tmp_path):
    metadata = tmp_path / "opentelemetry_api-1.43.9.dist-info" / "METADATA"
    metadata.parent.mkdir()
    metadata.write_text("Metadata-Version: 2.1\nName: opentelemetry-api\nVersion: 1.43.9\n")
    provided = (
        "from opentelemetry import trace\n"
        "from opentelemetry.sdk.trace import TracerProvider\n"
        "trace.set_tracer_provider(TracerProvider(shutdown_on_exit=False))\n"
    )
    written = serve(provided, path=[tmp_path])

    assert "its API is 1.43.9, and 1.44 is needed" in written


def test_who_was_there_before_us_is_called():
    run(
        """
from starlette.applications import Starlette
from drivers.asgi import exchange
import anyio

seen = []
own = Starlette.__call__

async def watching(self, scope, receive, send):
    seen.append(scope["path"])
    await own(self, scope, receive, send)

Starlette.__call__ = watching

from pronghorn import FastAPI

app = FastAPI()
app.add_api_route("/x", lambda: 1)
assert anyio.run(exchange, app, "GET", "/x").json == 1
assert seen == ["/x"]
"""
    )


def test_a_class_of_an_application_may_take_options():
    class Named:
        def __init_subclass__(cls, name: str = "", **options: object) -> None:
            super().__init_subclass__(**options)
            cls.name = name

    class Shop(FastAPI, Named, name="shop"):
        pass

    assert Shop.name == "shop"
