"""Users sign up, look around, and change or delete themselves."""

import asyncio

import pytest
from httpx import AsyncClient

from tests.people import PASSWORD, Person, sign_up

MAX_ID = 2**31 - 1


async def test_create_user(client: AsyncClient) -> None:
    response = await client.post(
        "/users",
        json={"email": "test@example.com", "name": "Test", "password": "password123"},
    )
    assert response.status_code == 201
    data = response.json()
    assert data.pop("created_at").endswith("Z")
    assert data == {"id": 1, "email": "test@example.com", "name": "Test", "is_active": True}


async def test_an_address_is_kept_in_lower_case(client: AsyncClient) -> None:
    assert (await sign_up(client, "Ada@Example.COM"))["email"] == "ada@example.com"


@pytest.mark.parametrize("email", ["ada@example.com", "ADA@example.com"])
async def test_an_address_can_be_taken_once(client: AsyncClient, ada: Person, email: str) -> None:
    response = await client.post(
        "/users", json={"email": email, "name": "Other", "password": PASSWORD}
    )
    assert response.status_code == 409
    assert response.json() == {"detail": "Email already registered", "type": "app_error"}


async def test_an_address_can_be_taken_once_by_many_at_the_same_time(client: AsyncClient) -> None:
    body = {"email": "race@example.com", "name": "Race", "password": PASSWORD}
    responses = await asyncio.gather(*(client.post("/users", json=body) for _ in range(8)))
    assert sorted(r.status_code for r in responses) == [201] + [409] * 7
    assert len((await client.get("/users")).json()) == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "nobody"),
        ("email", "nul\0@example.com"),
        ("email", None),
        # Valid, and longer in lower case than the column: each of these letters becomes two.
        ("email", "İ" * 64 + "@" + "a" * 60 + "." + "b" * 60 + "." + "c" * 60 + ".example"),
        ("name", ""),
        ("name", "x" * 101),
        ("name", "NUL \0 within"),
        ("password", "short"),
        ("password", "x" * 257),
    ],
)
async def test_what_cannot_be_kept_is_refused(
    client: AsyncClient, field: str, value: str | None
) -> None:
    body = {"email": "ada@example.com", "name": "Ada", "password": PASSWORD, field: value}
    response = await client.post("/users", json=body)
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["body", field]
    assert (await client.get("/users")).json() == []


async def test_list_users_by_pages(client: AsyncClient) -> None:
    for number in range(5):
        await sign_up(client, f"user{number}@example.com")
    response = await client.get("/users", params={"skip": 1, "limit": 2})
    assert [user["email"] for user in response.json()] == [
        "user1@example.com",
        "user2@example.com",
    ]


@pytest.mark.parametrize(
    "query", ["skip=-1", f"skip={2**70}", "limit=0", "limit=101", "limit=x", "search=%00"]
)
async def test_a_page_has_bounds(client: AsyncClient, query: str) -> None:
    assert (await client.get(f"/users?{query}")).status_code == 422


async def test_search_in_names_and_addresses(client: AsyncClient, ada: Person, bob: Person) -> None:
    for search, expected in {"AD": [ada], "bob@": [bob], "example": [ada, bob]}.items():
        found = (await client.get("/users", params={"search": search})).json()
        assert [user["id"] for user in found] == [person.id for person in expected]


@pytest.mark.parametrize("search", ["%", "_", "/", "\\", "' OR 1=1 --"])
async def test_a_wildcard_stands_for_itself(client: AsyncClient, ada: Person, search: str) -> None:
    assert (await client.get("/users", params={"search": search})).json() == []
    await sign_up(client, "other@example.com", name=f"Name {search}")
    found = (await client.get("/users", params={"search": search})).json()
    assert [user["email"] for user in found] == ["other@example.com"]


async def test_get_user(client: AsyncClient, ada: Person) -> None:
    response = await client.get(f"/users/{ada.id}")
    assert response.status_code == 200
    assert response.json()["name"] == "Ada"


@pytest.mark.parametrize("user_id", [999, MAX_ID])
async def test_get_user_not_found(client: AsyncClient, user_id: int) -> None:
    response = await client.get(f"/users/{user_id}")
    assert response.status_code == 404
    assert response.json() == {"detail": "User not found"}


@pytest.mark.parametrize("user_id", [0, -1, MAX_ID + 1, 2**70, "x"])
async def test_an_id_out_of_range_is_refused(client: AsyncClient, user_id: object) -> None:
    response = await client.get(f"/users/{user_id}")
    assert response.status_code == 422
    assert response.json()["detail"][0]["loc"] == ["path", "user_id"]


async def test_read_users_me(client: AsyncClient, ada: Person) -> None:
    response = await client.get("/users/me", headers=ada.headers)
    assert response.status_code == 200
    assert response.json()["email"] == "ada@example.com"


async def test_a_password_is_in_no_answer(client: AsyncClient, ada: Person) -> None:
    post = await client.post("/posts", json={"title": "T", "content": "C"}, headers=ada.headers)
    answers = [
        post,
        await client.get("/users"),
        await client.get(f"/users/{ada.id}"),
        await client.get("/users/me", headers=ada.headers),
        await client.patch(f"/users/{ada.id}", json={"name": "A"}, headers=ada.headers),
    ]
    for answer in answers:
        assert answer.is_success
        assert "password" not in answer.text
        assert "argon2" not in answer.text


async def test_update_user(client: AsyncClient, ada: Person) -> None:
    path = f"/users/{ada.id}"
    changed = await client.patch(path, json={"name": "Countess"}, headers=ada.headers)
    assert changed.status_code == 200
    assert changed.json()["name"] == "Countess"
    assert changed.json()["email"] == "ada@example.com"
    assert (await client.get(path)).json() == changed.json()


async def test_an_update_of_nothing_changes_nothing(client: AsyncClient, ada: Person) -> None:
    before = (await client.get(f"/users/{ada.id}")).json()
    response = await client.patch(f"/users/{ada.id}", json={}, headers=ada.headers)
    assert response.status_code == 200
    assert response.json() == before


@pytest.mark.parametrize(
    "body",
    [{"name": None}, {"email": None}, {"name": ""}, {"name": "\0"}, {"email": "x"}, [], None],
)
async def test_an_update_to_no_value_is_refused(
    client: AsyncClient, ada: Person, body: object
) -> None:
    response = await client.patch(f"/users/{ada.id}", json=body, headers=ada.headers)
    assert response.status_code == 422
    assert (await client.get(f"/users/{ada.id}")).json()["name"] == "Ada"


async def test_an_address_cannot_be_changed_to_a_taken_one(
    client: AsyncClient, ada: Person, bob: Person
) -> None:
    body = {"name": "New", "email": "BOB@example.com"}
    response = await client.patch(f"/users/{ada.id}", json=body, headers=ada.headers)
    assert response.status_code == 409
    assert (await client.get(f"/users/{ada.id}")).json()["name"] == "Ada"


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_nobody_else_changes_a_user(
    client: AsyncClient, ada: Person, bob: Person, method: str
) -> None:
    body = {"name": "X"} if method == "PATCH" else None
    path = f"/users/{ada.id}"
    anonymous = await client.request(method, path, json=body)
    assert anonymous.status_code == 401
    assert anonymous.headers["WWW-Authenticate"] == "Bearer"
    other = await client.request(method, path, json=body, headers=bob.headers)
    assert other.status_code == 403
    assert (await client.get(path)).json()["name"] == "Ada"


async def test_delete_user_with_posts(client: AsyncClient, ada: Person, bob: Person) -> None:
    for person in (ada, bob):
        body = {"title": "Title", "content": "Content"}
        assert (await client.post("/posts", json=body, headers=person.headers)).is_success
    response = await client.delete(f"/users/{ada.id}", headers=ada.headers)
    assert response.status_code == 204
    assert response.content == b""
    assert (await client.get(f"/users/{ada.id}")).status_code == 404
    assert [post["author"]["name"] for post in (await client.get("/posts")).json()] == ["Bob"]
    assert (await client.get("/users/me", headers=ada.headers)).status_code == 401


async def test_changes_at_the_same_time_as_the_end(client: AsyncClient, ada: Person) -> None:
    path = f"/users/{ada.id}"
    responses = await asyncio.gather(
        *(client.patch(path, json={"name": f"{n}"}, headers=ada.headers) for n in range(4)),
        *(client.delete(path, headers=ada.headers) for _ in range(4)),
    )
    codes = [response.status_code for response in responses]
    assert codes.count(204) == 1
    assert set(codes) <= {200, 204, 401, 404}
