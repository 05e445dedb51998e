"""A server exports what the environment asks for: a real uvicorn, and a real collector."""

import os
import signal
import subprocess
import sys
import time

import httpx
import pytest
from drivers.own_process import run
from servers.collector import collecting
from servers.ports import free_port
from websockets.sync.client import connect

PATIENCE = 30

SHOP = """
from pronghorn import BackgroundTasks, FastAPI, WebSocket

app = FastAPI()


@app.get("/items/{item_id}")
async def read_item(item_id: int, tasks: BackgroundTasks) -> int:
    tasks.add_task(print, end="")
    return item_id


@app.get("/fail")
def fail():
    raise LookupError("gone")


@app.websocket("/talk")
async def talk(websocket: WebSocket):
    await websocket.accept()
    await websocket.send_text("hi")
    await websocket.close()
"""


def wait_until_it_answers(server, client):
    end = time.monotonic() + PATIENCE
    while True:
        assert server.poll() is None, "the server has ended"
        assert time.monotonic() < end, "the server does not answer"
        try:
            client.get("/openapi.json")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return


@pytest.fixture
def served(tmp_path):
    """Start the shop with an environment; gives its client and a function that stops it."""
    running = []
    (tmp_path / "shop.py").write_text(SHOP)

    def start(**environment):
        port = free_port()
        server = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "shop:app", "--port", str(port)],
            cwd=tmp_path,
            env={**os.environ, "OTEL_SERVICE_NAME": "shop", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}")
        running.append((server, client))

        def stop():
            server.send_signal(signal.SIGTERM)
            written, _ = server.communicate(timeout=PATIENCE)
            return written

        wait_until_it_answers(server, client)
        return client, stop

    yield start
    for server, client in running:
        client.close()
        server.kill()
        server.communicate()


def ask_for_all(client):
    assert client.get("/items/3").json() == 3
    assert client.get("/items/x").status_code == 422
    assert client.get("/fail").status_code == 500
    url = str(client.base_url.join("/talk")).replace("http", "ws", 1)
    with connect(url) as session:
        assert session.recv() == "hi"


def test_a_server_exports_what_it_has_told_when_it_stops(served):
    with collecting() as collected:
        client, stop = served(
            FASTAPI_OTEL_AUTO_CONFIGURE="true", OTEL_EXPORTER_OTLP_ENDPOINT=collected.address
        )
        ask_for_all(client)
        written = stop()

    names = [span.name for span in collected.spans]
    assert collected.services == {"shop"}
    assert names.count("GET /items/{item_id}") == 2
    assert {"WS /talk", "GET /fail", "fastapi.endpoint", "fastapi.background_task"} <= {*names}
    assert collected.metrics == {"http.server.request.duration", "http.server.active_requests"}
    assert [record.event_name for record in collected.logs] == [
        "fastapi.validation.failed",
        "http.server.request.exception",
    ]
    # The log records lead to the spans that they belong to.
    traces = {span.trace_id for span in collected.spans}
    assert {record.trace_id for record in collected.logs} <= traces
    assert "configuration failed" not in written


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"FASTAPI_OTEL_AUTO_CONFIGURE": "true", "OTEL_SDK_DISABLED": "true"},
        {"FASTAPI_OTEL_AUTO_CONFIGURE": "true", "OTEL_TRACES_EXPORTER": "none"},
    ],
    ids=["not asked", "disabled", "no traces"],
)
def test_a_server_exports_nothing_that_it_is_not_asked_for(served, environment):
    with collecting() as collected:
        client, stop = served(
            OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{collected.address}/v1/traces", **environment
        )
        ask_for_all(client)
        stop()

    assert collected.spans == collected.logs == []
    assert collected.metrics == set()


def test_a_server_without_its_collector_answers_all_the_same(served):
    client, stop = served(
        FASTAPI_OTEL_AUTO_CONFIGURE="true",
        OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{free_port()}",
        OTEL_EXPORTER_OTLP_TIMEOUT="1",
    )
    ask_for_all(client)
    stop()


def test_a_server_whose_export_cannot_be_done_says_so_and_answers(served):
    client, stop = served(
        FASTAPI_OTEL_AUTO_CONFIGURE="true",
        OTEL_EXPORTER_OTLP_ENDPOINT="http://127.0.0.1:1",
        OTEL_EXPORTER_OTLP_PROTOCOL="grpc",
    )
    assert client.get("/items/3").json() == 3
    written = stop()
    assert "automatic telemetry speaks http/protobuf" in written


ENDS_AT_ONCE = """
import asyncio
from drivers.asgi import exchange
from pronghorn import FastAPI

app = FastAPI(telemetry={"auto_configure": True})
app.add_api_route("/", lambda: 1)

async def start_and_ask():
    started = asyncio.Event()
    waiting = [{"type": "lifespan.startup"}]

    async def receive():
        return waiting.pop() if waiting else await asyncio.Future()

    async def send(message):
        assert message["type"] == "lifespan.startup.complete"
        started.set()

    living = asyncio.ensure_future(app({"type": "lifespan", "state": {}}, receive, send))
    await started.wait()
    await exchange(app, "GET", "/")
    living.cancel()

asyncio.run(start_and_ask())
"""


def test_a_process_that_ends_without_a_stop_has_exported_all():
    with collecting() as collected:
        run(ENDS_AT_ONCE, OTEL_EXPORTER_OTLP_ENDPOINT=collected.address)

    assert "GET /" in [span.name for span in collected.spans]
    assert "http.server.request.duration" in collected.metrics
