"""A parameter that depends on a value, and not on a function."""

from pronghorn import Depends, FastAPI

FASTAPI_RAISES = TypeError

app = FastAPI()


@app.get("/items")
def list_items(limit: int = Depends(10)):
    return [limit]
