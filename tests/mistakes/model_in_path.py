"""A whole model as a parameter of the path."""

from pydantic import BaseModel

from pronghorn import FastAPI

FASTAPI_RAISES = AssertionError

app = FastAPI()


class Item(BaseModel):
    name: str


@app.get("/items/{item}")
def read_item(item: Item):
    return item
