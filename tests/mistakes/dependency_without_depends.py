"""A function in a list of dependencies."""

from pronghorn import FastAPI

FASTAPI_RAISES = AttributeError

app = FastAPI()


def check():
    return True


@app.get("/items", dependencies=[check])
def list_items():
    return []
