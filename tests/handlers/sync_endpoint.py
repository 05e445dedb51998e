"""What may block runs in a thread, the check of its answer too."""

from pydantic import BaseModel

from pronghorn import FastAPI

app = FastAPI()


class Item(BaseModel):
    id: int


@app.get("/items/{item_id}")
def read_item(item_id: int) -> Item:
    return Item(id=item_id)


@app.get("/plain")
def read_plain():
    return "plain"
