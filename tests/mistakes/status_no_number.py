"""A status that is no number, with a model."""

from pronghorn import FastAPI

FASTAPI_RAISES = ValueError

app = FastAPI()


@app.get("/items", status_code="ok")
def list_items() -> list[int]:
    return []
