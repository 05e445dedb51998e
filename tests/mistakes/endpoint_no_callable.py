"""What the function returned, instead of the function."""

from pronghorn import FastAPI

FASTAPI_RAISES = AssertionError

app = FastAPI()


def list_items():
    return []


app.add_api_route("/items", list_items())
