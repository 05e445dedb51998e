"""An option of a mark, misspelt."""

from pronghorn import FastAPI, Query

FASTAPI_RAISES = TypeError

app = FastAPI()


@app.get("/items")
def list_items(q: str = Query(max_lenght=50)):
    return q
