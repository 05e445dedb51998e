"""A return annotation that mixes responses and data."""

from pronghorn import FastAPI, Response
from pronghorn.exceptions import FastAPIError

FASTAPI_RAISES = FastAPIError

app = FastAPI()


@app.get("/items")
def list_items() -> Response | dict:
    return {}
