"""A route that answers no method."""

from pronghorn import FastAPI

FASTAPI_RAISES = AssertionError

app = FastAPI()


@app.api_route("/items", methods=[])
def list_items():
    return []
