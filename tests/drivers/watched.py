"""A small application that logs what it does, and a layer that logs what passes it."""

from typing import Annotated, Any

from pronghorn import Depends, FastAPI, WebSocket


def log_app(log: list[str]) -> FastAPI:
    app = FastAPI()

    def dependency() -> str:
        log.append("dependency")
        return "value"

    @app.get("/")
    async def read(value: Annotated[str, Depends(dependency)]) -> str:
        log.append("endpoint")
        return value

    @app.websocket("/ws")
    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("original")
        await websocket.close()

    return app


class Layer:
    def __init__(self, app: Any, log: list[str]) -> None:
        self.app = app
        self.log = log

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.log.append(scope["path"])
        await self.app(scope, receive, send)
