"""Alive and ready are two things."""

import pytest
from httpx import AsyncClient
from pronghorn.data import Database
from sqlalchemy.exc import OperationalError


async def test_a_database_that_answers(client: AsyncClient) -> None:
    for path, status in {"/health": "ok", "/ready": "ready"}.items():
        response = await client.get(path)
        assert response.status_code == 200
        assert response.json() == {"status": status}


async def test_a_database_that_is_away(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def ping(self: Database) -> None:
        raise OperationalError("SELECT 1", {}, ConnectionRefusedError())

    monkeypatch.setattr(Database, "ping", ping)
    assert (await client.get("/health")).status_code == 200
    response = await client.get("/ready")
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "1"
