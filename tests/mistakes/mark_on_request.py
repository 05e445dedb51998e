"""A mark on something that is given, not read."""

from typing import Annotated

from pronghorn import FastAPI, Query, Request

FASTAPI_RAISES = AssertionError

app = FastAPI()


@app.get("/items")
def list_items(request: Annotated[Request, Query()]):
    return request.url.path
