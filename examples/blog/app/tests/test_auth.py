"""Logging in, and what a token opens."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from httpx import AsyncClient
from pronghorn.data import Database
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import update

from config import settings
from models import User
from services import auth_service, passwords
from services.tokens import create_access_token
from tests.people import PASSWORD, Person, log_in, sign_up

FORM = {"username": "ada@example.com", "password": PASSWORD}


def signed(claims: dict[str, Any], key: str | None = None) -> str:
    return jwt.encode(claims, key or settings.secret_key.get_secret_value(), settings.algorithm)


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=1)


async def test_log_in(client: AsyncClient, ada: Person) -> None:
    response = await client.post("/auth/token", data={**FORM, "username": "ADA@example.com"})
    assert response.status_code == 200
    assert response.json()["token_type"] == "bearer"
    claims = jwt.decode(response.json()["access_token"], options={"verify_signature": False})
    assert claims["sub"] == str(ada.id)
    assert claims["exp"] > datetime.now(UTC).timestamp()


@pytest.mark.parametrize(
    "wrong",
    [
        {"password": "wrong"},
        {"password": PASSWORD.upper()},
        {"username": "nobody@example.com"},
        {"username": "nobody"},
        {"username": "NUL \0 within"},
    ],
)
async def test_a_wrong_log_in(client: AsyncClient, ada: Person, wrong: dict[str, str]) -> None:
    response = await client.post("/auth/token", data={**FORM, **wrong})
    assert response.status_code == 401
    assert response.json() == {"detail": "Incorrect username or password"}
    assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_an_unknown_user_costs_a_hash_too(
    client: AsyncClient, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes = 0

    class CountingHasher(Argon2Hasher):
        def hash(self, password: str | bytes, **options: Any) -> str:
            nonlocal hashes
            hashes += 1
            return super().hash(password, **options)

        def verify(self, password: str | bytes, hash: str | bytes) -> bool:  # noqa: A002
            nonlocal hashes
            hashes += 1
            return super().verify(password, hash)

    hasher = PasswordHash((CountingHasher(time_cost=1, memory_cost=8, parallelism=1),))
    monkeypatch.setattr(passwords, "hasher", hasher)
    for username in ("ada@example.com", "nobody@example.com"):
        hashes = 0
        await client.post("/auth/token", data={"username": username, "password": "wrong"})
        assert hashes == 1


async def test_no_connection_is_held_while_a_password_is_verified(
    client: AsyncClient, ada: Person, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[str] = []

    async def verify(password: str, hashed: str | None) -> tuple[bool, None]:
        held.extend(engine.pool.status() for engine in (database.engine, database.read_engine))
        return True, None

    monkeypatch.setattr(auth_service, "verify_password", verify)
    await client.post("/auth/token", data=FORM)
    assert len(held) == 2
    assert all("Current Checked out connections: 0" in status for status in held), held


async def test_an_old_hash_is_replaced(
    client: AsyncClient, ada: Person, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    stronger = PasswordHash((Argon2Hasher(time_cost=2, memory_cost=8, parallelism=1),))
    monkeypatch.setattr(passwords, "hasher", stronger)
    await log_in(client, ada.email)
    async with database.sessions.read() as session:
        user = await session.get_one(User, ada.id)
    assert "t=2" in user.hashed_password
    await log_in(client, ada.email)


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/x-www-form-urlencoded", b"", 422),
        ("application/x-www-form-urlencoded", b"username=ada%40example.com", 422),
        ("application/x-www-form-urlencoded", b"\xff\x00&&==%%%", 422),
        ("application/json", b'{"username": "ada@example.com", "password": "x"}', 422),
        ("multipart/form-data; boundary=x", b"no part at all", 400),
        ("multipart/form-data", b"no boundary", 400),
    ],
)
async def test_a_form_that_cannot_be_read(
    client: AsyncClient, content_type: str, body: bytes, status: int
) -> None:
    response = await client.post(
        "/auth/token", content=body, headers={"Content-Type": content_type}
    )
    assert response.status_code == status
    assert "detail" in response.json()


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic YTpi", "nonsense"])
async def test_no_token(client: AsyncClient, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    response = await client.get("/users/me", headers=headers)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"


async def test_a_wrong_token(client: AsyncClient, ada: Person) -> None:
    subject = str(ada.id)
    brackets = base64.urlsafe_b64encode(b"[" * 20_000).decode().rstrip("=")
    wrong = {
        "no token": "nonsense",
        "no text": "\xff\xfe",
        "deep": f"{brackets}.e30.AAAA",
        "of another key": signed({"sub": subject, "exp": soon()}, key="k" * 64),
        "not signed": jwt.encode({"sub": subject, "exp": soon()}, None, algorithm="none"),
        "over": signed({"sub": subject, "exp": datetime.now(UTC) - timedelta(seconds=1)}),
        "without end": signed({"sub": subject}),
        "without subject": signed({"exp": soon()}),
        "of no number": signed({"sub": "ada", "exp": soon()}),
        "of a number too large": signed({"sub": str(2**70), "exp": soon()}),
        "of nobody": create_access_token(999),
    }
    for name, token in wrong.items():
        headers = {b"Authorization": f"Bearer {token}".encode("latin-1")}
        response = await client.get("/users/me", headers=headers)
        assert response.status_code == 401, name
        assert response.json() == {"detail": "Could not validate credentials"}, name
        assert response.headers["WWW-Authenticate"] == "Bearer", name


async def test_a_user_who_is_not_active(
    client: AsyncClient, ada: Person, database: Database
) -> None:
    async with database.sessions() as session:
        await session.execute(update(User).values(is_active=False))
    assert (await client.get("/users/me", headers=ada.headers)).status_code == 401
    assert (await client.post("/auth/token", data=FORM)).status_code == 401


async def test_two_people_with_one_password(client: AsyncClient, ada: Person, bob: Person) -> None:
    await sign_up(client, "carol@example.com")
    ids = [
        (await client.get("/users/me", headers=await log_in(client, email))).json()["id"]
        for email in ("ada@example.com", "bob@example.com", "carol@example.com")
    ]
    assert len(set(ids)) == 3
