"""An option of a verb, misspelt."""

from pronghorn import FastAPI

FASTAPI_RAISES = TypeError

app = FastAPI()


@app.get("/items", respone_model=list[int])
def list_items():
    return []
