"""A prefix of an include that does not start with a slash."""

from pronghorn import APIRouter, FastAPI

FASTAPI_RAISES = AssertionError

app = FastAPI()
app.include_router(APIRouter(), prefix="items")
