"""A route for no method at all."""

from pronghorn import FastAPI

FASTAPI_RAISES = AssertionError

app = FastAPI()


@app.api_route("/proxy", methods=[])
def forward():
    return []
