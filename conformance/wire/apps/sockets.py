"""WebSockets: parameters, dependencies, security, closing, exceptions."""

from typing import Annotated

from fastapi import (
    APIRouter,
    Cookie,
    Depends,
    FastAPI,
    Header,
    HTTPException,
    Query,
    WebSocket,
    WebSocketDisconnect,
    WebSocketException,
)
from fastapi.security import APIKeyHeader, APIKeyQuery, HTTPBasic, HTTPBearer, OAuth2PasswordBearer
from starlette.requests import HTTPConnection

from wire.events import note

app = FastAPI()


class Own(Exception):
    pass


@app.exception_handler(Own)
async def on_own(websocket: WebSocket, error: Own):
    note("handler")
    await websocket.close(4001, str(error))


async def around(n: int = 0):
    note("entered")
    try:
        yield n
    except WebSocketDisconnect:
        note("saw the disconnection")
        raise
    finally:
        note("left")


@app.websocket("/echo")
async def echo(websocket: WebSocket, n: Annotated[int, Depends(around)], q: str | None = None):
    await websocket.accept(
        subprotocol=(websocket.scope["subprotocols"] or [None])[0], headers=[(b"x-own", b"1")]
    )
    note("accepted")
    async for text in websocket.iter_text():
        await websocket.send_text(f"{n} {q} {text}")
    note("over")


@app.websocket("/json/{room}")
async def json(websocket: WebSocket, room: int):
    await websocket.accept()
    value = await websocket.receive_json()
    await websocket.send_json({"room": room, "é": value})
    await websocket.send_bytes(b"\x00\xff")
    await websocket.close(4000, "done")


@app.websocket("/validated")
async def validated(
    websocket: WebSocket,
    number: Annotated[int, Query(ge=1)],
    x_key: Annotated[str, Header()],
    session: Annotated[str | None, Cookie()] = None,
):
    await websocket.accept()
    await websocket.send_json([number, x_key, session])
    await websocket.close()


def refuse(kind: str = ""):
    if kind == "http":
        raise HTTPException(403, "refused", {"x-why": "http"})
    if kind == "close":
        raise WebSocketException(1008, "refused")
    if kind == "own":
        raise Own("own")
    if kind == "key":
        raise KeyError("key")


@app.websocket("/refused")
async def refused(websocket: WebSocket, _: Annotated[None, Depends(refuse)]):
    await websocket.accept()
    await websocket.send_text("let in")
    await websocket.close()


@app.websocket("/raises-late")
async def raises_late(websocket: WebSocket, kind: str = "", n: int = Depends(around)):
    await websocket.accept()
    await websocket.send_text("accepted")
    refuse(kind)
    await websocket.receive_text()


@app.websocket("/never-accepted")
async def never_accepted(websocket: WebSocket):
    note("returns")


@app.websocket("/closes-first")
async def closes_first(websocket: WebSocket):
    await websocket.close(4003, "before")


SCHEMES = {
    "key-header": APIKeyHeader(name="x-key"),
    "key-query": APIKeyQuery(name="key", auto_error=False), "basic": HTTPBasic(),
    "bearer": HTTPBearer(), "password": OAuth2PasswordBearer("token"),
}  # fmt: skip


def add(name: str, scheme) -> None:
    @app.websocket(f"/secured/{name}", dependencies=[Depends(around)])
    async def secured(websocket: WebSocket, value: Annotated[object, Depends(scheme)]):
        await websocket.accept()
        await websocket.send_text(repr(value))
        await websocket.close()


for name, scheme in SCHEMES.items():
    add(name, scheme)

router = APIRouter(prefix="/router", dependencies=[Depends(around)])


@router.websocket("/{item}/socket")
async def in_router(websocket: WebSocket, item: str):
    await websocket.accept()
    await websocket.send_text(f"{item} {websocket.url.path} {websocket.scope['route'].path}")
    await websocket.close()


def seen(connection: HTTPConnection):
    return connection.url.path


@router.websocket("/connection")
async def with_connection(websocket: WebSocket, path: Annotated[str, Depends(seen)]):
    await websocket.accept()
    await websocket.send_text(path)
    await websocket.close()


app.include_router(router)
app.include_router(router, prefix="/deep/{n}")


@app.get("/echo")
async def not_a_socket():
    return "http"
