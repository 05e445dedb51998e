"""The seed's middleware: the time of a request, and answers to other origins."""

import anyio
import pytest
from seed import preludes
from seed.blocks import run_block

from pronghorn import FastAPI, HTTPException
from pronghorn.testclient import TestClient

SEEDS_ORIGIN = "http://localhost:3000"
PREFLIGHT = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "X-Any"}


def make_client(heading: str) -> TestClient:
    app: FastAPI = run_block(heading, preludes.application()).app

    @app.get("/slow")
    async def answer_slowly():
        await anyio.sleep(0.02)
        return "done"

    @app.get("/refused")
    async def refuse():
        raise HTTPException(403)

    return TestClient(app)


@pytest.fixture
def timed() -> TestClient:
    return make_client("Custom Middleware")


@pytest.fixture
def shared() -> TestClient:
    return make_client("CORS Middleware")


def test_an_answer_tells_its_time(timed):
    response = timed.get("/slow")
    assert response.json() == "done"
    assert 0.02 <= float(response.headers["X-Process-Time"]) < 20


@pytest.mark.parametrize("path", ["/refused", "/nowhere", "/docs", "/openapi.json"])
def test_every_answer_tells_its_time(timed, path):
    assert float(timed.get(path).headers["X-Process-Time"]) < 20


def test_the_origin_is_allowed_all(shared):
    response = shared.options("/slow", headers={"Origin": SEEDS_ORIGIN, **PREFLIGHT})
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == SEEDS_ORIGIN
    assert response.headers["Access-Control-Allow-Credentials"] == "true"
    assert "PUT" in response.headers["Access-Control-Allow-Methods"]
    assert "X-Any" in response.headers["Access-Control-Allow-Headers"]


def test_its_requests_are_answered_with_permission_to_read(shared):
    response = shared.get("/slow", headers={"Origin": SEEDS_ORIGIN})
    assert response.json() == "done"
    assert response.headers["Access-Control-Allow-Origin"] == SEEDS_ORIGIN
    assert response.headers["Access-Control-Allow-Credentials"] == "true"


def test_another_origin_is_allowed_nothing(shared):
    origin = {"Origin": "http://elsewhere.example"}
    preflight = shared.options("/slow", headers={**origin, **PREFLIGHT})
    assert preflight.status_code == 400
    for response in (preflight, shared.get("/slow", headers=origin)):
        assert "Access-Control-Allow-Origin" not in response.headers
