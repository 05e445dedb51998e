"""A body of less than nothing."""

from pronghorn import FastAPI

FASTAPI_RAISES = ValueError

app = FastAPI()


@app.post("/items", max_body_size=-1)
def create_item(item: dict):
    return item
