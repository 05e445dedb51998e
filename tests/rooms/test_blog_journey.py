"""The example's users on their way through it: real servers, real databases, real sockets."""

import asyncio
import time
from collections.abc import Iterator
from email import message_from_bytes

import httpx
import pytest
from servers.blog import SERVERS, Blog, running_blog
from servers.postgres import fresh_database
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

PATIENCE = 20
ADA = {"email": "ada@example.com", "name": "Ada", "password": "correct horse"}
LOGIN = {"username": "ada@example.com", "password": "correct horse"}

# What a log has when an exception got as far as the server.
CRASHES = ("Exception in ASGI application", "Application callable raised an exception")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('sqlite')}/blog.db"
    else:
        with fresh_database(request.getfixturevalue("postgres")) as address:
            yield address


@pytest.fixture(scope="module", params=list(SERVERS))
def blog(
    request: pytest.FixtureRequest, database: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Blog]:
    with running_blog(request.param, database, tmp_path_factory.mktemp("blog")) as blog:
        yield blog
    log = blog.log.read_text()
    assert not any(crash in log for crash in CRASHES), log


@pytest.fixture
def client(blog: Blog) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"http://{blog.address}", timeout=PATIENCE) as client:
        yield client


def test_the_journey(blog: Blog, client: httpx.Client) -> None:
    created = client.post("/users", json=ADA)
    assert created.status_code == 201
    ada = created.json()
    assert (ada["email"], ada["name"]) == ("ada@example.com", "Ada")
    assert client.post("/users", json=ADA).status_code == 409

    assert client.post("/auth/token", data={**LOGIN, "password": "wrong"}).status_code == 401
    token = client.post("/auth/token", data=LOGIN).json()["access_token"]
    assert client.get("/users/me").status_code == 401
    client.headers["Authorization"] = f"Bearer {token}"
    assert client.get("/users/me").json() == ada

    post = client.post("/posts", json={"title": "First", "content": "Hello world"})
    assert post.status_code == 201
    assert client.get("/posts").json() == [post.json()]
    assert post.json()["author"] == {"id": ada["id"], "name": "Ada"}

    asyncio.run(two_talk(blog))
    assert mail_of(blog)["To"] == "ada@example.com"

    assert client.delete(f"/users/{ada['id']}").status_code == 204
    assert client.get("/users/me").status_code == 401
    assert client.get("/posts").json() == []


async def two_talk(blog: Blog) -> None:
    address = f"ws://{blog.address}/ws"
    async with connect(f"{address}/1") as one, connect(f"{address}/2") as two:
        await one.send("hello")
        assert [await hear(one), await hear(two)] == ["Client #1: hello"] * 2
        await two.send("grüß dich")
        assert [await hear(one), await hear(two)] == ["Client #2: grüß dich"] * 2
        await two.close()
        assert await hear(one) == "Client #2 left"


async def hear(connection: ClientConnection) -> str | bytes:
    return await asyncio.wait_for(connection.recv(), PATIENCE)


def mail_of(blog: Blog) -> object:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        for file in blog.mailbox.glob("*.eml"):
            return message_from_bytes(file.read_bytes())
        time.sleep(0.05)
    raise AssertionError("no mail arrived")


JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}

MISTAKES = {
    "malformed JSON": ("POST", "/users", JSON, b'{"email": ', 422, "json_invalid"),
    "no body": ("POST", "/users", JSON, b"", 422, "missing"),
    "a wrong content type": ("POST", "/users", FORM, b"email=a", 422, "model_attributes_type"),
    "a bad address": (
        "POST",
        "/users",
        JSON,
        b'{"email": "x", "name": "X", "password": "password"}',
        422,
        "value_error",
    ),
    "no form": ("POST", "/auth/token", {}, b"", 422, "missing"),
    "half a form": ("POST", "/auth/token", FORM, b"username=ada", 422, "missing"),
    "JSON for a form": ("POST", "/auth/token", JSON, b'{"username": "ada"}', 422, "missing"),
    "an id of letters": ("GET", "/users/x", {}, b"", 422, "int_parsing"),
    "an id of nobody": ("GET", "/users/999", {}, b"", 404, "User not found"),
    "an id of zero": ("GET", "/users/0", {}, b"", 422, "greater_than"),
    "an id out of range": ("GET", f"/users/{2**70}", {}, b"", 422, "less_than_equal"),
    "NUL in a search": ("GET", "/users?search=%00", {}, b"", 422, "string_pattern_mismatch"),
    "an unknown path": ("GET", "/nowhere", {}, b"", 404, "Not Found"),
    "an unknown method": ("PUT", "/users", {}, b"", 405, "Method Not Allowed"),
    "no token": ("GET", "/users/me", {}, b"", 401, "Not authenticated"),
    "a wrong token": (
        "GET",
        "/users/me",
        {"Authorization": "Bearer nonsense"},
        b"",
        401,
        "Could not validate credentials",
    ),
    "an unreadable form": ("POST", "/auth/token", MULTIPART, b"not a part", 400, None),
}


def test_mistakes_get_the_answers_of_fastapi(client: httpx.Client) -> None:
    for name, (method, path, headers, content, status, expected) in MISTAKES.items():
        response = client.request(method, path, headers=headers, content=content)
        assert response.status_code == status, name
        detail = response.json()["detail"]
        if expected is not None:
            assert expected == (detail if isinstance(detail, str) else detail[0]["type"]), name
    assert client.get("/users").json() == []


def test_bad_frames_close_their_sender_only(blog: Blog) -> None:
    asyncio.run(send_bad_frames(blog))


async def send_bad_frames(blog: Blog) -> None:
    address = f"ws://{blog.address}/ws"
    async with connect(f"{address}/0") as witness:
        async with connect(f"{address}/1") as no_text:
            no_text.protocol.send_text(b"\xff\xfe")
            no_text.transport.write(b"".join(no_text.protocol.data_to_send()))
            await closed(no_text)
        assert await hear(witness) == "Client #1 left"
        async with connect(f"{address}/2") as binary:
            await binary.send(b"\x00\x01")
            assert await closed(binary) == 1003
        assert await hear(witness) == "Client #2 left"
        async with connect(f"{address}/3") as long:
            await long.send("x" * 100_000)
            assert await closed(long) == 1009
        assert await hear(witness) == "Client #3 left"
        with pytest.raises(InvalidStatus, match="403"):
            await connect(f"{address}/nobody")
        await witness.send("still here")
        assert await hear(witness) == "Client #0: still here"


async def closed(connection: ClientConnection) -> int | None:
    """Wait for the end, which no message comes before; return its code."""
    with pytest.raises(ConnectionClosed):
        await hear(connection)
    return connection.close_code
