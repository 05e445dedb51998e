"""The seed's routes: created, found, not found, refused, listed, documented."""

from datetime import datetime

import pytest
from pydantic import ValidationError
from seed import preludes
from seed.blocks import run_block
from seed.users import ADA, EXAMPLE

from pronghorn.testclient import TestClient


@pytest.fixture
def client() -> TestClient:
    users = {n: EXAMPLE | {"id": n, "name": f"John {n}"} for n in range(1, 201)}
    return TestClient(run_block("Route Definition", preludes.route_definition(users)).app)


def test_a_user_is_created(client):
    response = client.post("/users", json=ADA)
    assert response.status_code == 201
    user = response.json()
    assert datetime.fromisoformat(user.pop("created_at"))
    assert user == {"id": 1, "email": "ada@example.com", "name": "Ada", "is_active": True}


def test_the_seeds_own_schema_demands_a_time_that_its_route_does_not_give():
    schemas = run_block("Pydantic v2 Schemas")
    names = preludes.route_definition() | {"UserResponse": schemas.UserResponse}
    client = TestClient(run_block("Route Definition", names).app)
    with pytest.raises(ValidationError, match=r"created_at\n  Field required"):
        client.post("/users", json=ADA)


@pytest.mark.parametrize(
    ("body", "place", "error"),
    [
        (ADA | {"email": "nobody"}, ["body", "email"], "value_error"),
        (ADA | {"password": "short"}, ["body", "password"], "string_too_short"),
        ({"email": "ada@example.com", "name": "Ada"}, ["body", "password"], "missing"),
        ([], ["body"], "model_attributes_type"),
    ],
)
def test_a_wrong_user_is_refused(client, body, place, error):
    response = client.post("/users", json=body)
    assert response.status_code == 422
    assert [(e["loc"], e["type"]) for e in response.json()["detail"]] == [(place, error)]


def test_a_user_is_found(client):
    response = client.get("/users/7")
    assert response.status_code == 200
    assert response.json() == EXAMPLE | {"id": 7, "name": "John 7"}


def test_a_user_is_not_found(client):
    response = client.get("/users/999")
    assert (response.status_code, response.json()) == (404, {"detail": "User not found"})


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/users/0", "greater_than"),
        ("/users/x", "int_parsing"),
        ("/users?limit=0", "greater_than_equal"),
        ("/users?limit=101", "less_than_equal"),
        ("/users?limit=x", "int_parsing"),
        ("/users?skip=-1", "greater_than_equal"),
    ],
)
def test_numbers_have_bounds(client, path, error):
    response = client.get(path)
    assert response.status_code == 422
    assert [e["type"] for e in response.json()["detail"]] == [error]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", range(1, 11)),
        ("?limit=1", [1]),
        ("?limit=100", range(1, 101)),
        ("?skip=2&limit=3", [3, 4, 5]),
        ("?search=John 77", [77]),
    ],
)
def test_users_are_listed(client, query, ids):
    response = client.get(f"/users{query}")
    assert response.status_code == 200
    assert [user["id"] for user in response.json()] == list(ids)


def test_the_document_describes_them(client):
    document = client.get("/openapi.json").json()
    create = document["paths"]["/users"]["post"]
    assert (create["summary"], create["tags"]) == ("Create a new user", ["users"])
    assert create["description"] == (
        "Create a new user with the following information:\n\n"
        "- **email**: unique email address\n"
        "- **name**: display name\n"
        "- **password**: secure password (min 8 chars)"
    )
    assert create["responses"].keys() == {"201", "422"}
    user_id = document["paths"]["/users/{user_id}"]["get"]["parameters"][0]
    assert user_id["description"] == "User ID"
    assert user_id["schema"]["exclusiveMinimum"] == 0
    limit = document["paths"]["/users"]["get"]["parameters"][1]["schema"]
    assert (limit["minimum"], limit["maximum"], limit["default"]) == (1, 100, 10)
    assert document["components"]["schemas"]["UserResponse"]["example"] == EXAMPLE
