"""A model for an answer that has no body."""

from pronghorn import FastAPI

FASTAPI_RAISES = AssertionError

app = FastAPI()


@app.delete("/items/{item_id}", status_code=204, response_model=int)
def delete_item(item_id: int):
    return item_id
