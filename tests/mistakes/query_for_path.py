"""A parameter of the path that is marked as one of the query."""

from typing import Annotated

from pronghorn import FastAPI, Query

FASTAPI_RAISES = AssertionError

app = FastAPI()


@app.get("/items/{item_id}")
def read_item(item_id: Annotated[int, Query()]):
    return item_id
