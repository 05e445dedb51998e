"""A dependency in a list that has nothing to call."""

from pronghorn import Depends, FastAPI

FASTAPI_RAISES = AssertionError

app = FastAPI()


@app.get("/items", dependencies=[Depends()])
def list_items():
    return []
