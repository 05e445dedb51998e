"""A dependency has the request, by which it may parse the body and change it."""

from pydantic import BaseModel

from pronghorn import Depends, FastAPI, Request

app = FastAPI()


class Item(BaseModel):
    name: str


async def look(request: Request) -> None:
    await request.json()


@app.post("/items", dependencies=[Depends(look)])
async def create_item(item: Item) -> str:
    return item.name
