"""The seed's users by token: who has a good one is known, all others are refused."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from jose import jwt
from seed import preludes
from seed.blocks import run_block
from seed.preludes import ALGORITHM, SECRET_KEY
from seed.users import ADA_ROW
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

pytestmark = pytest.mark.anyio

LONG_AGO = datetime.now(UTC) - timedelta(days=1)
BAD_TOKENS = {
    "nonsense": "nonsense",
    "signed by somebody else": jwt.encode({"sub": "1"}, "another key", ALGORITHM),
    "of another algorithm": jwt.encode({"sub": "1"}, SECRET_KEY, "HS512"),
    "of the past": jwt.encode({"sub": "1", "exp": LONG_AGO}, SECRET_KEY, ALGORITHM),
    "of nobody": jwt.encode({}, SECRET_KEY, ALGORITHM),
    "of somebody unknown": jwt.encode({"sub": "2"}, SECRET_KEY, ALGORITHM),
}


@pytest.fixture
async def client(
    models: Any, session_maker: async_sessionmaker[AsyncSession]
) -> AsyncIterator[AsyncClient]:
    async with session_maker() as session:
        session.add(models.User(**ADA_ROW))
        await session.commit()
    sessions = run_block(
        "Dependency Injection", preludes.dependency_injection(models, session_maker)
    )
    block = run_block(
        "Authentication Dependency", preludes.authentication_dependency(models, sessions)
    )
    transport = ASGITransport(block.app)
    async with AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_a_token_leads_to_its_user(client):
    token = jwt.encode({"sub": "1"}, SECRET_KEY, ALGORITHM)
    response = await client.get("/users/me", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 200
    user = response.json()
    assert datetime.fromisoformat(user.pop("created_at"))
    assert user == {"id": 1, "email": "ada@example.com", "name": "Ada", "is_active": True}


@pytest.mark.parametrize("name", BAD_TOKENS)
async def test_a_bad_token_is_refused(client, name):
    headers = {"Authorization": f"Bearer {BAD_TOKENS[name]}"}
    response = await client.get("/users/me", headers=headers)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.json() == {"detail": "Could not validate credentials"}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Basic YWRhOng="}])
async def test_no_token_is_refused(client, headers):
    response = await client.get("/users/me", headers=headers)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    assert response.json() == {"detail": "Not authenticated"}


async def test_the_document_says_where_tokens_are_given(client):
    document = (await client.get("/openapi.json")).json()
    assert document["paths"]["/users/me"]["get"]["security"] == [{"OAuth2PasswordBearer": []}]
    assert document["components"]["securitySchemes"]["OAuth2PasswordBearer"] == {
        "type": "oauth2",
        "flows": {"password": {"scopes": {}, "tokenUrl": "token"}},
    }
