"""A document without a version."""

from pronghorn import FastAPI

FASTAPI_RAISES = AssertionError

app = FastAPI(version="")
