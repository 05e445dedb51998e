"""WebSockets: the same plan, other errors, and an endpoint that talks itself."""

from typing import Annotated

import pytest
from pydantic import BaseModel
from starlette.websockets import WebSocketDisconnect

from pronghorn import (
    APIRouter,
    Cookie,
    Depends,
    FastAPI,
    Header,
    HTTPException,
    Query,
    Request,
    Response,
    WebSocket,
    WebSocketException,
)
from pronghorn.exceptions import WebSocketRequestValidationError
from pronghorn.requests import HTTPConnection
from pronghorn.routing import Mount, websocket_session
from pronghorn.security import APIKeyQuery
from pronghorn.testclient import TestClient


def talk(app, target="/", **options):
    """What the application sends, up to its close, as JSON values."""
    with TestClient(app).websocket_connect(target, **options) as session:
        received = []
        try:
            while True:
                received.append(session.receive_json())
        except WebSocketDisconnect as end:
            return received, end.code


async def say(websocket, *values):
    await websocket.accept()
    for value in values:
        await websocket.send_json(value)
    await websocket.close()


def test_values_of_path_query_headers_and_cookies_are_read():
    app = FastAPI()

    class Paging(BaseModel):
        limit: int = 10

    @app.websocket("/rooms/{room_id}")
    async def endpoint(
        websocket: WebSocket,
        room_id: int,
        x_token: Annotated[str, Header()],
        paging: Annotated[Paging, Query()],
        seen: Annotated[str | None, Cookie()] = None,
    ):
        await say(websocket, room_id, x_token, paging.limit, seen)

    headers = {"x-token": "t", "cookie": "seen=yes"}
    assert talk(app, "/rooms/7?limit=3", headers=headers) == ([7, "t", 3, "yes"], 1000)


def test_a_request_that_does_not_fit_is_closed_with_a_text_as_reason():
    app = FastAPI()
    entered = []

    @app.websocket("/{room_id}")
    async def endpoint(websocket: WebSocket, room_id: int):
        entered.append(1)

    with pytest.raises(WebSocketDisconnect) as caught:
        talk(app, "/x")
    assert caught.value.code == 1008
    assert isinstance(caught.value.reason, str)
    assert '"int_parsing"' in caught.value.reason
    assert len(caught.value.reason.encode()) <= 123
    assert entered == []


def test_the_errors_are_told_to_a_handler():
    app = FastAPI()
    errors = []

    @app.websocket("/{room_id}")
    async def endpoint(websocket: WebSocket, room_id: int, q: int):
        pass

    @app.exception_handler(WebSocketRequestValidationError)
    async def handler(websocket, error):
        errors.append((error.endpoint_path, [e["loc"] for e in error.errors()]))
        await websocket.close(4000, "Not so")

    with pytest.raises(WebSocketDisconnect) as caught:
        talk(app, "/x")
    assert (caught.value.code, caught.value.reason) == (4000, "Not so")
    assert errors == [("WS /{room_id}", [("path", "room_id"), ("query", "q")])]


def test_a_body_is_absent_on_a_web_socket():
    app = FastAPI()

    class Item(BaseModel):
        name: str

    @app.websocket("/optional")
    async def optional(websocket: WebSocket, a: Item | None = None, b: Item | None = None):
        await say(websocket, a, b)

    @app.websocket("/required")
    async def required(websocket: WebSocket, item: Item):
        pass

    assert talk(app, "/optional") == ([None, None], 1000)
    with pytest.raises(WebSocketDisconnect) as caught:
        talk(app, "/required")
    assert caught.value.code == 1008


@pytest.mark.parametrize("scope", ["function", "request"])
def test_dependencies_live_as_long_as_the_conversation(scope):
    app = FastAPI()
    journal = []

    async def room():
        journal.append("enter")
        yield "room"
        journal.append("leave")

    @app.websocket("/")
    async def endpoint(websocket: WebSocket, room: Annotated[str, Depends(room, scope=scope)]):
        await websocket.accept()
        journal.append(await websocket.receive_text())
        await websocket.send_json(room)
        await websocket.close()

    with TestClient(app).websocket_connect("/") as session:
        session.send_text("hello")
        assert session.receive_json() == "room"
    assert journal == ["enter", "hello", "leave"]


def test_dependencies_are_left_when_the_client_goes_away():
    app = FastAPI()
    journal = []

    def room():
        try:
            yield
        except WebSocketDisconnect as error:
            journal.append(error.code)
            raise
        finally:
            journal.append("leave")

    @app.websocket("/", dependencies=[Depends(room)])
    async def endpoint(websocket: WebSocket):
        await websocket.accept()
        await websocket.receive_text()

    with pytest.raises(WebSocketDisconnect), TestClient(app).websocket_connect("/") as session:
        session.close(4001)
    assert journal == [4001, "leave"]


@pytest.mark.parametrize("where", ["dependency", "endpoint", "endpoint after accept"])
def test_a_web_socket_exception_closes_with_its_code(where):
    app = FastAPI()

    def refuse():
        if where == "dependency":
            raise WebSocketException(4003, "Not you")

    @app.websocket("/", dependencies=[Depends(refuse)])
    async def endpoint(websocket: WebSocket):
        if where == "endpoint after accept":
            await websocket.accept()
        raise WebSocketException(4003, "Not you")

    with pytest.raises(WebSocketDisconnect) as caught:
        with TestClient(app).websocket_connect("/") as session:
            session.receive_text()
    assert (caught.value.code, caught.value.reason) == (4003, "Not you")


def test_security_works_on_a_web_socket():
    app = FastAPI()

    @app.websocket("/")
    async def endpoint(websocket: WebSocket, key: Annotated[str, Depends(APIKeyQuery(name="key"))]):
        await say(websocket, key)

    assert talk(app, "/?key=k") == (["k"], 1000)
    with pytest.raises(Exception):  # noqa: B017  A denial or a disconnect: it is not let in.
        talk(app, "/")


def test_the_connection_is_given_and_a_request_is_not():
    app = FastAPI()

    def connection(connection: HTTPConnection, response: Response):
        response.headers["x-unused"] = "yes"
        return type(connection).__name__

    def asked(request: Request = None, websocket: WebSocket = None):
        return [request is None, type(websocket).__name__]

    @app.websocket("/")
    async def endpoint(websocket: WebSocket, a=Depends(connection), b=Depends(asked)):
        await say(websocket, a, b)

    @app.get("/")
    async def read(a=Depends(connection), b=Depends(asked)):
        return [a, b]

    assert talk(app) == (["WebSocket", [True, "WebSocket"]], 1000)
    assert TestClient(app).get("/").json() == ["Request", [False, "NoneType"]]


def test_routes_of_routers_and_prefixes_are_found():
    app = FastAPI()
    router = APIRouter(prefix="/rooms")
    calls = []

    @router.websocket("/{room_id}", dependencies=[Depends(lambda: calls.append("route"))])
    async def endpoint(websocket: WebSocket, room_id: int, org_id: int):
        await say(websocket, room_id, org_id)

    app.include_router(
        router,
        prefix="/orgs/{org_id}",
        dependencies=[Depends(lambda: calls.append("include"))],
    )
    assert talk(app, "/orgs/1/rooms/2") == ([2, 1], 1000)
    assert calls == ["include", "route"]
    with pytest.raises(WebSocketDisconnect):
        talk(app, "/rooms/2")


def test_the_route_in_the_scope_has_the_path_under_which_it_was_included():
    app = FastAPI()
    router = APIRouter(prefix="/rooms")

    @router.websocket("/{room_id}")
    async def endpoint(websocket: WebSocket):
        await say(websocket, websocket.scope["route"].path)

    app.include_router(router)
    app.include_router(router, prefix="/orgs/{org_id}")
    assert talk(app, "/rooms/2") == (["/rooms/{room_id}"], 1000)
    assert talk(app, "/orgs/1/rooms/2") == (["/orgs/{org_id}/rooms/{room_id}"], 1000)


def test_a_web_socket_and_a_get_share_a_path():
    app = FastAPI()

    @app.get("/{name}")
    async def read(name: str):
        return name

    @app.websocket("/{name}")
    async def endpoint(websocket: WebSocket, name: str):
        await say(websocket, name)

    assert TestClient(app).get("/a").json() == "a"
    assert talk(app, "/b") == (["b"], 1000)


def test_an_exception_of_the_endpoint_reaches_the_server():
    app = FastAPI()

    @app.websocket("/")
    async def endpoint(websocket: WebSocket):
        await websocket.accept()
        raise LookupError("gone")

    with pytest.raises(LookupError, match="gone"):
        with TestClient(app).websocket_connect("/") as session:
            session.receive_text()


def test_a_handler_of_an_exception_can_close_the_socket():
    app = FastAPI()

    @app.websocket("/")
    async def endpoint(websocket: WebSocket):
        await websocket.accept()
        raise LookupError("gone")

    @app.exception_handler(LookupError)
    async def handler(websocket, error):
        await websocket.close(4004, str(error))

    with pytest.raises(WebSocketDisconnect) as caught:
        with TestClient(app).websocket_connect("/") as session:
            session.receive_text()
    assert (caught.value.code, caught.value.reason) == (4004, "gone")


def test_a_handler_of_an_exception_talks_on_where_the_endpoint_stopped():
    app = FastAPI()

    @app.websocket("/")
    async def endpoint(websocket: WebSocket):
        websocket.state.name = "x"
        await websocket.accept()
        raise LookupError("gone")

    @app.exception_handler(LookupError)
    async def handler(websocket, error):
        await websocket.send_json({"error": str(error), "name": websocket.state.name})
        await websocket.close(4004)

    with TestClient(app).websocket_connect("/") as session:
        assert session.receive_json() == {"error": "gone", "name": "x"}


def test_a_handler_of_an_exception_has_the_websocket_of_a_session_of_its_own():
    app = FastAPI()

    async def talk(websocket):
        await websocket.accept()
        raise LookupError("gone")

    @app.exception_handler(LookupError)
    async def handler(websocket, error):
        await websocket.send_json(str(error))

    app.router.routes.append(Mount("/", websocket_session(talk)))

    with TestClient(app).websocket_connect("/") as session:
        assert session.receive_json() == "gone"


def test_text_frames_of_any_kind_are_the_endpoints_business():
    app = FastAPI()

    @app.websocket("/")
    async def endpoint(websocket: WebSocket):
        await websocket.accept()
        async for value in websocket.iter_json():
            await websocket.send_json([value])

    with TestClient(app).websocket_connect("/") as session:
        for value in (None, "é\u2028", {"a": [1.5]}, "x" * 100_000):
            session.send_json(value)
            assert session.receive_json() == [value]


def test_an_http_exception_before_accept_is_a_denial():
    app = FastAPI()

    @app.websocket("/")
    async def endpoint(websocket: WebSocket):
        raise HTTPException(403, "Not you")

    with pytest.raises(Exception) as caught:
        talk(app)
    assert type(caught.value).__name__ in ("WebSocketDenialResponse", "WebSocketDisconnect")
