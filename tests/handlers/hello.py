"""The least there can be: nothing is read, nothing is checked."""

from pronghorn import FastAPI

app = FastAPI()


@app.get("/")
async def hello():
    return {"message": "Hello"}
