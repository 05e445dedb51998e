"""A number of attempts, and nothing to try again after."""

from pronghorn import FastAPI

FASTAPI_RAISES = TypeError

app = FastAPI()


@app.get("/", retry=3)
async def endpoint():
    return None
