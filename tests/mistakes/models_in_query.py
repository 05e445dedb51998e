"""A list of models in the query, which only holds single values."""

from typing import Annotated

from pydantic import BaseModel

from pronghorn import FastAPI, Query

FASTAPI_RAISES = AssertionError

app = FastAPI()


class Item(BaseModel):
    name: str


@app.get("/items")
def list_items(items: Annotated[list[Item], Query()]):
    return items
