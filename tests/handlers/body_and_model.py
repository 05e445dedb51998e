"""A model comes in, and a model goes out."""

from pydantic import BaseModel

from pronghorn import FastAPI

app = FastAPI()


class ItemIn(BaseModel):
    name: str
    price: float


class Item(ItemIn):
    id: int


@app.post("/items", status_code=201)
async def create_item(item: ItemIn) -> Item:
    return Item(id=1, **item.model_dump())


@app.patch("/items/{item_id}", response_model=Item, response_model_exclude_unset=True)
async def change_item(item_id: int, item: ItemIn | None = None):
    return {"id": item_id, "name": "Screw", "price": 1}
