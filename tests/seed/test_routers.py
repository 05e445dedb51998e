"""The seed's routers: the block's two files in a folder, named by its comments."""

import runpy
from pathlib import Path

import pytest
from seed import preludes
from seed.blocks import read_blocks

from pronghorn.testclient import TestClient

# The block imports these two from the same folder and does not show them.
POSTS = """
from fastapi import APIRouter
router = APIRouter(prefix="/posts", tags=["posts"])

@router.get("/")
async def list_posts():
    return ["a post"]
"""
AUTH = """
from fastapi import APIRouter
router = APIRouter()

@router.post("/token")
async def log_in():
    return {"access_token": "a token"}
"""


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    users, comment, main = read_blocks("python")["Router Organization"].text.partition("# main.py")
    assert users.startswith("# routers/users.py\n")
    (tmp_path / "routers").mkdir()
    (tmp_path / "routers" / "users.py").write_text(users)
    (tmp_path / "routers" / "posts.py").write_text(POSTS)
    (tmp_path / "routers" / "auth.py").write_text(AUTH)
    (tmp_path / "main.py").write_text(comment + main)
    monkeypatch.syspath_prepend(tmp_path)
    names = runpy.run_path(str(tmp_path / "main.py"), init_globals=preludes.application())
    return TestClient(names["app"])


def test_each_router_answers_below_its_prefix(client):
    for path in ("/users/", "/users/7"):
        response = client.get(path)
        assert (response.status_code, response.json()) == (200, None)
    assert client.get("/posts/").json() == ["a post"]
    assert client.post("/auth/token").json() == {"access_token": "a token"}


def test_nothing_else_answers(client):
    assert client.get("/users/x").status_code == 422
    assert client.get("/").status_code == 404
    assert client.post("/token").status_code == 404
    assert client.delete("/users/").status_code == 405


def test_a_missing_slash_leads_to_the_list(client):
    response = client.get("/users", follow_redirects=False)
    assert response.status_code == 307
    assert response.headers["location"] == "http://testserver/users/"


def test_tags_and_responses_are_documented(client):
    paths = client.get("/openapi.json").json()["paths"]
    for path in ("/users/", "/users/{user_id}"):
        assert paths[path]["get"]["tags"] == ["users"]
        assert paths[path]["get"]["responses"]["404"] == {"description": "Not found"}
    assert paths["/posts/"]["get"]["tags"] == ["posts"]
    assert paths["/auth/token"]["post"]["tags"] == ["auth"]
