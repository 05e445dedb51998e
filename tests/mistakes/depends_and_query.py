"""A parameter that is both read from the query and depended on."""

from typing import Annotated

from pronghorn import Depends, FastAPI, Query

FASTAPI_RAISES = AssertionError

app = FastAPI()


def page():
    return 1


@app.get("/items")
def list_items(page: Annotated[int, Query()] = Depends(page)):
    return page
