"""An additional response with a model, under a status that is no number."""

from pronghorn import FastAPI

FASTAPI_RAISES = ValueError

app = FastAPI()


@app.get("/items", responses={"not found": {"model": int}})
def list_items():
    return []
