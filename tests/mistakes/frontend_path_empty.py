"""A frontend without a path."""

from pronghorn import FastAPI

FASTAPI_RAISES = AssertionError

app = FastAPI()
app.frontend("", directory="/")
