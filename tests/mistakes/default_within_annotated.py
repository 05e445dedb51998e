"""A default within the mark, where `=` is the place for it."""

from typing import Annotated

from pronghorn import FastAPI, Query

FASTAPI_RAISES = AssertionError

app = FastAPI()


@app.get("/items")
def list_items(limit: Annotated[int, Query(default=10)]):
    return limit
