"""Strawberry's `GraphQLRouter`, by HTTP and by WebSocket, with dependencies of FastAPI's."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
import strawberry
from fastapi import (
    BackgroundTasks,
    Depends,
    FastAPI,
    Header,
    HTTPException,
    Request,
    Response,
    WebSocket,
    WebSocketException,
)
from fastapi.requests import HTTPConnection
from fastapi.security import HTTPBearer
from served import Served, serving
from strawberry.fastapi import BaseContext, GraphQLRouter
from strawberry.file_uploads import Upload
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, MULTIPART_SUBSCRIPTION_PROTOCOL
from strawberry.types import Info
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

MODULE = Path(__file__).stem
MODERN, OLD = Subprotocol("graphql-transport-ws"), Subprotocol("graphql-ws")
log: list[str] = []

# The application ------------------------------------------------------------------------------


@strawberry.type
class Book:
    title: str
    pages: int

    # Strawberry makes one; this one is for type checkers that do not have Strawberry.
    def __init__(self, title: str, pages: int) -> None:
        self.title = title
        self.pages = pages


BOOKS = [Book("Emma", 474), Book("Dracula", 418)]


class Context(BaseContext):
    def __init__(self, reader: str, session: str) -> None:
        super().__init__()
        self.reader = reader
        self.session = session


async def open_session() -> AsyncIterator[str]:
    log.append("opened")
    yield "session"
    log.append("closed")


def find_reader(x_reader: Annotated[str, Header()] = "nobody") -> str:
    return x_reader


def refuse(connection: HTTPConnection) -> None:
    if connection.scope["type"] == "websocket":
        raise WebSocketException(4001, "closed")
    raise HTTPException(403, "closed")


async def make_context(
    reader: Annotated[str, Depends(find_reader)], session: Annotated[str, Depends(open_session)]
) -> Context:
    return Context(reader, session)


@strawberry.type
class Query:
    @strawberry.field
    def books(self, longer_than: int = 0) -> list[Book]:
        return [book for book in BOOKS if book.pages > longer_than]

    @strawberry.field
    async def reader(self, info: Info[Context, None]) -> str:
        return f"{info.context.reader} in {info.context.session}"

    @strawberry.field
    def path(self, info: Info[Context, None]) -> str:
        request = info.context.request
        assert isinstance(request, Request)
        return str(request.url.path)

    @strawberry.field
    def broken(self) -> str:
        raise RuntimeError("broken")


@strawberry.type
class Mutation:
    @strawberry.mutation
    def mark(self, info: Info[Context, None], text: str) -> str:
        """Answer, and do more: a header, a cookie, a status and a task."""
        assert isinstance(info.context.response, Response)
        assert isinstance(info.context.background_tasks, BackgroundTasks)
        info.context.response.headers["x-marked"] = text
        info.context.response.set_cookie("marked", text)
        info.context.response.status_code = 201
        info.context.background_tasks.add_task(log.append, f"marked {text}")
        return text

    @strawberry.mutation
    async def weigh(self, file: Upload) -> int:
        return len(await file.read())


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def count(self, info: Info[Context, None], to: int) -> AsyncIterator[str]:
        assert isinstance(info.context.request, WebSocket)
        for number in range(1, to + 1):
            await asyncio.sleep(0)
            yield f"{info.context.reader} {number}"

    @strawberry.subscription
    async def ticks(self, to: int) -> AsyncIterator[int]:
        for number in range(1, to + 1):
            await asyncio.sleep(0)
            yield number


def make_app() -> FastAPI:
    app = FastAPI()
    schema = strawberry.Schema(Query, Mutation, Subscription)
    router: GraphQLRouter[Context, None] = GraphQLRouter(
        schema,
        context_getter=make_context,
        multipart_uploads_enabled=True,
        subscription_protocols=(MODERN, OLD, MULTIPART_SUBSCRIPTION_PROTOCOL, GRAPHQL_SSE_PROTOCOL),
    )
    app.include_router(router, prefix="/graphql")
    closed: GraphQLRouter[Any, None] = GraphQLRouter(schema)
    app.include_router(closed, prefix="/closed", dependencies=[Depends(refuse)])
    guarded: GraphQLRouter[Any, None] = GraphQLRouter(schema, path="/graph")
    app.include_router(guarded, prefix="/guarded", dependencies=[Depends(HTTPBearer())])

    @app.get("/log")
    def read_log() -> list[str]:
        return log

    return app


# The checks -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(folder: Path) -> Iterator[Served]:
    with serving(f"{MODULE}:make_app", folder) as served:
        yield served


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url) as client:
        yield client


def check_a_query_is_answered(client: httpx.Client) -> None:
    query = "query ($pages: Int!) { books(longerThan: $pages) { title } }"
    answer = client.post("/graphql", json={"query": query, "variables": {"pages": 450}})
    assert answer.status_code == 200
    assert answer.json() == {"data": {"books": [{"title": "Emma"}]}}


def check_a_query_may_come_in_the_address(client: httpx.Client) -> None:
    answer = client.get("/graphql", params={"query": "{ path }"})
    assert answer.json() == {"data": {"path": "/graphql"}}


def check_the_context_is_made_by_dependencies(client: httpx.Client) -> None:
    answer = client.post("/graphql", json={"query": "{ reader }"}, headers={"x-reader": "ann"})
    assert answer.json() == {"data": {"reader": "ann in session"}}
    kept = client.get("/log").json()
    assert kept.count("opened") == kept.count("closed") >= 1


def check_a_mutation_may_set_header_cookie_status_and_tasks(client: httpx.Client) -> None:
    answer = client.post("/graphql", json={"query": 'mutation { mark(text: "blue") }'})
    assert answer.json() == {"data": {"mark": "blue"}}
    assert answer.status_code == 201
    assert answer.headers["x-marked"] == "blue"
    assert answer.cookies["marked"] == "blue"
    assert "marked blue" in client.get("/log").json()


def check_a_file_is_uploaded(client: httpx.Client) -> None:
    query = "mutation ($file: Upload!) { weigh(file: $file) }"
    answer = client.post(
        "/graphql",
        data={
            "operations": json.dumps({"query": query, "variables": {"file": None}}),
            "map": json.dumps({"0": ["variables.file"]}),
        },
        files={"0": ("book.txt", b"12345")},
    )
    assert answer.json() == {"data": {"weigh": 5}}


def check_errors_are_told_as_graphql_has_it(client: httpx.Client) -> None:
    broken = client.post("/graphql", json={"query": "{ broken }"})
    assert broken.status_code == 200
    assert broken.json()["data"] is None
    assert [e["message"] for e in broken.json()["errors"]] == ["broken"]
    unknown = client.post("/graphql", json={"query": "{ nothing }"})
    assert "Cannot query field 'nothing'" in unknown.json()["errors"][0]["message"]
    assert client.post("/graphql", content=b"{").status_code == 400


def check_the_page_of_graphiql_is_shown(client: httpx.Client) -> None:
    answer = client.get("/graphql", headers={"accept": "text/html"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "GraphiQL" in answer.text


def check_dependencies_of_the_include_guard_it(client: httpx.Client) -> None:
    query = {"query": "{ books { title } }"}
    assert client.post("/guarded/graph", json=query).status_code == 401
    headers = {"authorization": "Bearer token"}
    assert client.post("/guarded/graph", json=query, headers=headers).status_code == 200


def check_the_document_has_the_operations(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert set(paths["/graphql"]) == {"get", "post"}
    names = {p["name"] for p in paths["/graphql"]["post"]["parameters"]}
    assert names == {"x-reader"}


def subscribe(served: Served, protocol: Subprotocol) -> ClientConnection:
    return connect(
        f"{served.socket_url}/graphql",
        subprotocols=[protocol],
        additional_headers={"x-reader": "ann"},
    )


@pytest.mark.parametrize(
    ("protocol", "begin", "event"), [(MODERN, "subscribe", "next"), (OLD, "start", "data")]
)
def check_a_subscription_is_answered_over_a_websocket(
    served: Served, protocol: Subprotocol, begin: str, event: str
) -> None:
    with subscribe(served, protocol) as talk:
        assert talk.subprotocol == protocol
        talk.send(json.dumps({"type": "connection_init"}))
        assert json.loads(talk.recv(10))["type"] == "connection_ack"
        query = {"query": "subscription { count(to: 3) }"}
        talk.send(json.dumps({"id": "1", "type": begin, "payload": query}))
        told = [json.loads(talk.recv(10)) for _ in range(4)]
    assert [t["type"] for t in told] == [event, event, event, "complete"]
    counted = [t["payload"]["data"]["count"] for t in told[:3]]
    assert counted == ["ann 1", "ann 2", "ann 3"]


def check_a_query_is_answered_over_a_websocket(served: Served) -> None:
    with subscribe(served, MODERN) as talk:
        talk.send(json.dumps({"type": "connection_init"}))
        talk.recv(10)
        query = {"query": "{ books { title } }"}
        talk.send(json.dumps({"id": "1", "type": "subscribe", "payload": query}))
        told = json.loads(talk.recv(10))
    assert told["payload"]["data"]["books"] == [{"title": "Emma"}, {"title": "Dracula"}]


@pytest.mark.parametrize(
    ("accept", "kind", "prefix"),
    [
        (
            "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json",
            "multipart/mixed",
            '{"payload":',
        ),
        ("text/event-stream", "text/event-stream", "data: {"),
    ],
)
def check_a_subscription_is_answered_by_a_stream(
    client: httpx.Client, accept: str, kind: str, prefix: str
) -> None:
    query = {"query": "subscription { ticks(to: 3) }"}
    with client.stream("POST", "/graphql", json=query, headers={"accept": accept}) as answer:
        assert answer.headers["content-type"].startswith(kind)
        lines = [line for line in answer.iter_lines() if line.startswith(prefix)]
    assert [re.findall(r'"ticks": ?(\d)', line) for line in lines] == [["1"], ["2"], ["3"]]


def check_a_dependency_may_refuse_both_protocols(served: Served, client: httpx.Client) -> None:
    assert client.post("/closed", json={"query": "{ path }"}).status_code == 403
    with pytest.raises(InvalidStatus) as refused:
        connect(f"{served.socket_url}/closed", subprotocols=[MODERN])
    assert refused.value.response.status_code == 403
