"""The seed's handlers of exceptions: its own, and all others."""

import pytest
from seed import preludes
from seed.blocks import run_block

from pronghorn import HTTPException
from pronghorn.testclient import TestClient


@pytest.fixture
def client() -> TestClient:
    block = run_block("Error Handling", preludes.application())
    errors = {
        "own": block.AppException(418, "I am a teapot"),
        "fault": RuntimeError("a secret"),
        "http": HTTPException(403, "Not for you", headers={"X-Reason": "none"}),
    }

    @block.app.get("/{name}")
    async def fail(name: str, number: int = 0):
        raise errors[name]

    return TestClient(block.app, raise_server_exceptions=False)


def test_the_applications_own_exception_is_answered_by_its_handler(client):
    response = client.get("/own")
    assert response.status_code == 418
    assert response.json() == {"detail": "I am a teapot", "type": "app_error"}


def test_any_other_exception_is_answered_without_its_text(client):
    response = client.get("/fault")
    assert response.status_code == 500
    assert response.json() == {"detail": "Internal server error"}


def test_the_server_learns_of_it_nevertheless(client):
    with pytest.raises(RuntimeError, match="a secret"):
        TestClient(client.app).get("/fault")


def test_the_frameworks_own_answers_stay(client):
    response = client.get("/http")
    assert (response.status_code, response.json()) == (403, {"detail": "Not for you"})
    assert response.headers["X-Reason"] == "none"
    assert client.get("/own?number=x").status_code == 422
    assert client.get("/no/where").json() == {"detail": "Not Found"}
