"""A stream that is to be tried again."""

from pronghorn import FastAPI, Retry

FASTAPI_RAISES = Exception

app = FastAPI()


@app.get("/", retry=Retry(on=TimeoutError))
async def lines():
    yield "line"
