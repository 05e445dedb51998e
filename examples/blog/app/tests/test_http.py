"""What HTTP sees besides the routes: headers, documents, and mistakes in requests."""

from collections.abc import AsyncIterator

import pytest
from httpx import ASGITransport, AsyncClient

from dependencies.services import get_users_to_read
from main import app

pytestmark = pytest.mark.parametrize("database_backend", ["sqlite"], indirect=True)


@pytest.mark.parametrize("path", ["/health", "/users", "/nowhere", "/users/0"])
async def test_every_answer_tells_its_time(client: AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert 0 < float(response.headers["X-Process-Time"]) < 60


async def test_the_pages_of_the_front_end_may_ask(client: AsyncClient) -> None:
    headers = {"Origin": "http://localhost:3000", "Access-Control-Request-Method": "PATCH"}
    preflight = await client.options("/users/1", headers=headers)
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "http://localhost:3000"
    assert preflight.headers["Access-Control-Allow-Credentials"] == "true"
    other = await client.get("/health", headers={"Origin": "http://elsewhere.example"})
    assert "Access-Control-Allow-Origin" not in other.headers


@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
async def test_the_documents(client: AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code == 200


async def test_the_document_tells_where_to_log_in(client: AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    (scheme,) = document["components"]["securitySchemes"].values()
    assert scheme["flows"]["password"]["tokenUrl"] == "auth/token"
    assert "hashed_password" not in str(document)


@pytest.mark.parametrize(
    ("method", "path", "status", "detail"),
    [
        ("GET", "/nowhere", 404, "Not Found"),
        ("GET", "/auth/nowhere", 404, "Not Found"),
        ("PUT", "/users", 405, "Method Not Allowed"),
        ("GET", "/auth/token", 405, "Method Not Allowed"),
        ("POST", "/health", 405, "Method Not Allowed"),
    ],
)
async def test_an_unknown_path_or_method(
    client: AsyncClient, method: str, path: str, status: int, detail: str
) -> None:
    response = await client.request(method, path)
    assert response.status_code == status
    assert response.json() == {"detail": detail}


@pytest.mark.parametrize(
    ("body", "content_type", "kind"),
    [
        (b'{"email": ', "application/json", "json_invalid"),
        (b"", "application/json", "missing"),
        (b"null", "application/json", "model_attributes_type"),
        (b"[]", "application/json", "model_attributes_type"),
        (b'"text"', "application/json", "model_attributes_type"),
        (b'{"email": "a@example.com"}', "text/plain", "model_attributes_type"),
        (b"email=a%40example.com", "application/x-www-form-urlencoded", "model_attributes_type"),
    ],
)
async def test_a_body_that_is_no_user(
    client: AsyncClient, body: bytes, content_type: str, kind: str
) -> None:
    response = await client.post("/users", content=body, headers={"Content-Type": content_type})
    assert response.status_code == 422
    assert response.json()["detail"][0]["type"] == kind
    assert (await client.get("/users")).json() == []


@pytest.fixture
async def outsider(client: AsyncClient) -> AsyncIterator[AsyncClient]:
    """A client that sees what a server would send, not the exception behind it."""
    transport = ASGITransport(app=app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://test") as outsider:
        yield outsider


async def test_an_unexpected_error_tells_nothing(outsider: AsyncClient) -> None:
    def fail() -> None:
        raise RuntimeError("a secret of the house")

    app.dependency_overrides[get_users_to_read] = fail
    try:
        response = await outsider.get("/users")
    finally:
        app.dependency_overrides.clear()
    assert response.status_code == 500
    assert response.json() == {"detail": "Internal server error"}
