"""A model for an additional answer that has no body."""

from pronghorn import FastAPI

FASTAPI_RAISES = AssertionError

app = FastAPI()


@app.get("/items", responses={204: {"model": int}})
def list_items():
    return []
