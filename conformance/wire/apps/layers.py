"""Middleware of all kinds, in an order that shows."""

from fastapi import BackgroundTasks, FastAPI, HTTPException, Request, WebSocket
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.middleware.trustedhost import TrustedHostMiddleware
from fastapi.responses import StreamingResponse
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware

from wire.events import note


class Pure:
    def __init__(self, app, name: str) -> None:
        self.app, self.name = app, name

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        note(f"{self.name} in")

        async def send_marked(message):
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (f"x-{self.name}".encode(), b"1")]
            await send(message)

        try:
            await self.app(scope, receive, send_marked)
        finally:
            note(f"{self.name} out")


class Base(BaseHTTPMiddleware):
    async def dispatch(self, request: Request, call_next):
        note("base in")
        if request.headers.get("x-short") == "yes":
            raise HTTPException(403, "short")
        if request.headers.get("x-short") == "error":
            raise RuntimeError("short")
        request.state.user = "ann"
        response = await call_next(request)
        note(f"base out {response.status_code}")
        response.headers["x-base"] = "1"
        return response


app = FastAPI(middleware=[Middleware(Pure, name="first"), Middleware(Base)])
app.add_middleware(GZipMiddleware, minimum_size=200)
app.add_middleware(
    CORSMiddleware, allow_origins=["https://example.org"], allow_methods=["GET", "POST"],
    allow_credentials=True, allow_headers=["x-token"], expose_headers=["x-base"], max_age=5,
)  # fmt: skip
app.add_middleware(TrustedHostMiddleware, allowed_hosts=["*.example.com", "good.test"])
app.add_middleware(Pure, name="last")


@app.middleware("http")
async def decorated(request: Request, call_next):
    note("decorated in")
    try:
        return await call_next(request)
    except KeyError as error:
        raise HTTPException(422, f"key {error}") from error


@app.get("/")
async def read(request: Request, tasks: BackgroundTasks):
    note("endpoint")
    tasks.add_task(note, "background")
    return {"user": getattr(request.state, "user", None)}


@app.get("/large")
def large(n: int = 500):
    return "é" * min(n, 2000)


@app.post("/body")
async def body(request: Request, item: dict):
    return {"item": item, "again": (await request.body()).decode("latin-1")}


@app.get("/stream")
async def stream():
    async def content():
        yield b"a" * 300
        yield b"b"

    return StreamingResponse(content(), media_type="text/plain")


@app.get("/fail/{kind}")
async def fail(kind: str):
    raise {"key": KeyError("k"), "http": HTTPException(400, "h"), "value": ValueError("v")}[kind]


@app.websocket("/socket")
async def socket(websocket: WebSocket):
    await websocket.accept()
    await websocket.send_text("through the layers")
    await websocket.close()
