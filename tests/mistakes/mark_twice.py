"""A mark within `Annotated`, and another as the default."""

from typing import Annotated

from pronghorn import FastAPI, Query

FASTAPI_RAISES = AssertionError

app = FastAPI()


@app.get("/items")
def list_items(q: Annotated[str, Query(max_length=50)] = Query()):
    return q
