"""A parameter of a type that pydantic knows nothing of."""

from pronghorn import FastAPI
from pronghorn.exceptions import FastAPIError

FASTAPI_RAISES = FastAPIError

app = FastAPI()


class Engine:
    pass


@app.get("/items")
def list_items(engine: Engine):
    return engine
