"""People who use the application in the tests."""

from dataclasses import dataclass, field
from typing import Any

from httpx import AsyncClient

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Person:
    """Somebody who has signed up and logged in."""

    id: int
    email: str
    headers: dict[str, str] = field(repr=False)


async def sign_up(client: AsyncClient, email: str, name: str = "Somebody") -> dict[str, Any]:
    """Create a user; return the answer."""
    response = await client.post(
        "/users", json={"email": email, "name": name, "password": PASSWORD}
    )
    assert response.status_code == 201, response.text
    user: dict[str, Any] = response.json()
    return user


async def log_in(client: AsyncClient, email: str, password: str = PASSWORD) -> dict[str, str]:
    """Log in; return the header that says so."""
    response = await client.post("/auth/token", data={"username": email, "password": password})
    assert response.status_code == 200, response.text
    return {"Authorization": f"Bearer {response.json()['access_token']}"}


async def meet(client: AsyncClient, email: str, name: str) -> Person:
    user = await sign_up(client, email, name)
    return Person(user["id"], email, await log_in(client, email))
