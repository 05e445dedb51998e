"""While OpenTelemetry hears of requests: spans, and what is shown to whoever observes."""

from typing import Annotated

from pydantic import BaseModel

from pronghorn import Depends, FastAPI, WebSocket

IS_OBSERVED = True

app = FastAPI()


class Item(BaseModel):
    name: str


async def count_pages(page: int = 1):
    return page


@app.post("/items")
async def add_item(item: Item, page: Annotated[int, Depends(count_pages)]) -> Item:
    return item


@app.get("/plain")
def read_plain():
    return "plain"


@app.websocket("/talk")
async def talk(websocket: WebSocket, page: Annotated[int, Depends(count_pages)]):
    await websocket.accept()
