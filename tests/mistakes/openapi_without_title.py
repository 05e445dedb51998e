"""A document without a title."""

from pronghorn import FastAPI

FASTAPI_RAISES = AssertionError

app = FastAPI(title="")
