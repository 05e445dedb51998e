"""A budget below zero."""

from pronghorn import FastAPI

FASTAPI_RAISES = ValueError

app = FastAPI()


@app.get("/", query_budget=-1)
async def endpoint():
    return None
