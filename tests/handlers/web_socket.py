"""A WebSocket has the same plan, and its endpoint sends what there is to send."""

from typing import Annotated

from pronghorn import Depends, FastAPI, Query, WebSocket

app = FastAPI()


async def room():
    yield "room"


@app.websocket("/rooms/{room_id}")
async def talk(
    websocket: WebSocket,
    room_id: int,
    token: Annotated[str, Query()],
    room: Annotated[str, Depends(room)],
):
    await websocket.accept()
    await websocket.close()
