"""Everybody reads posts; their authors write and change them."""

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient
from pronghorn.data import Database

from models import Post
from repositories import PostRepository, UserRepository
from tests.people import Person, meet

POST = {"title": "Title", "content": "Content\nof two lines"}


async def publish(client: AsyncClient, author: Person, title: str = "Title") -> dict[str, Any]:
    response = await client.post("/posts", json={**POST, "title": title}, headers=author.headers)
    assert response.status_code == 201, response.text
    post: dict[str, Any] = response.json()
    return post


async def test_create_post(client: AsyncClient, ada: Person) -> None:
    post = await publish(client, ada)
    assert post.pop("created_at").endswith("Z")
    assert post == {**POST, "id": 1, "author": {"id": ada.id, "name": "Ada"}}


async def test_only_users_write(client: AsyncClient) -> None:
    assert (await client.post("/posts", json=POST)).status_code == 401
    assert (await client.get("/posts")).json() == []


@pytest.mark.parametrize(
    "wrong", [{"title": ""}, {"title": "x" * 201}, {"title": "\0"}, {"content": "\0"}]
)
async def test_what_cannot_be_kept_is_refused(
    client: AsyncClient, ada: Person, wrong: dict[str, str]
) -> None:
    response = await client.post("/posts", json={**POST, **wrong}, headers=ada.headers)
    assert response.status_code == 422


async def test_list_posts_newest_first(client: AsyncClient, ada: Person) -> None:
    for title in ("one", "two", "three"):
        await publish(client, ada, title)
    everything = (await client.get("/posts")).json()
    assert [post["title"] for post in everything] == ["three", "two", "one"]
    page = (await client.get("/posts", params={"skip": 1, "limit": 1})).json()
    assert page == everything[1:2]


async def test_authors_cost_one_query(client: AsyncClient) -> None:
    for number in range(5):
        author = await meet(client, f"author{number}@example.com", f"Author {number}")
        await publish(client, author)
        await publish(client, author)
    # The route has a budget of two statements. In tests, more of them are an error.
    posts = (await client.get("/posts")).json()
    assert len({post["author"]["id"] for post in posts}) == 5


async def test_get_post(client: AsyncClient, ada: Person) -> None:
    post = await publish(client, ada)
    response = await client.get(f"/posts/{post['id']}")
    assert response.status_code == 200
    assert response.json() == post


@pytest.mark.parametrize(("post_id", "status"), [(999, 404), (0, 422), (2**31, 422), (2**70, 422)])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_a_post_that_cannot_be(
    client: AsyncClient, ada: Person, method: str, post_id: int, status: int
) -> None:
    body: dict[str, str] | None = {} if method == "PATCH" else None
    response = await client.request(method, f"/posts/{post_id}", json=body, headers=ada.headers)
    assert response.status_code == status


async def test_update_post(client: AsyncClient, ada: Person) -> None:
    post = await publish(client, ada)
    path = f"/posts/{post['id']}"
    response = await client.patch(path, json={"title": "Better"}, headers=ada.headers)
    assert response.status_code == 200
    assert response.json() == {**post, "title": "Better"}
    assert (await client.get(path)).json() == response.json()
    refused = await client.patch(path, json={"content": None}, headers=ada.headers)
    assert refused.status_code == 422


async def test_delete_post(client: AsyncClient, ada: Person) -> None:
    path = f"/posts/{(await publish(client, ada))['id']}"
    assert (await client.delete(path, headers=ada.headers)).status_code == 204
    assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_nobody_else_changes_a_post(
    client: AsyncClient, ada: Person, bob: Person, method: str
) -> None:
    path = f"/posts/{(await publish(client, ada))['id']}"
    body = {"title": "X"} if method == "PATCH" else None
    assert (await client.request(method, path, json=body)).status_code == 401
    other = await client.request(method, path, json=body, headers=bob.headers)
    assert other.status_code == 403
    assert (await client.get(path)).json()["title"] == "Title"


async def test_an_author_who_leaves_while_writing(client: AsyncClient, ada: Person) -> None:
    responses = await asyncio.gather(
        client.delete(f"/users/{ada.id}", headers=ada.headers),
        *(client.post("/posts", json=POST, headers=ada.headers) for _ in range(4)),
    )
    assert {response.status_code for response in responses} <= {201, 204, 401}
    assert (await client.get("/posts")).json() == []


# On SQLite nobody leaves meanwhile: there is one writer at a time.
@pytest.mark.parametrize("database_backend", ["postgresql"], indirect=True)
async def test_an_author_who_left_is_found_to_be_gone(
    client: AsyncClient, ada: Person, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = PostRepository.create

    async def leave_and_create(self: PostRepository, *data: Any, **values: Any) -> Post:
        async with database.sessions() as session:
            users = UserRepository(session)
            await users.delete(await users.get_or_404(ada.id))
        return await create(self, *data, **values)

    monkeypatch.setattr(PostRepository, "create", leave_and_create)
    response = await client.post("/posts", json=POST, headers=ada.headers)
    assert response.status_code == 401
