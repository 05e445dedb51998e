"""A conversation that is to be tried again."""

from pronghorn import FastAPI, Retry, WebSocket

FASTAPI_RAISES = TypeError

app = FastAPI()


@app.websocket("/", retry=Retry(on=TimeoutError))
async def talk(websocket: WebSocket):
    await websocket.accept()
