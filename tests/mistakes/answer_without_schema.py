"""An answer of a type that pydantic knows nothing of."""

from pronghorn import FastAPI
from pronghorn.exceptions import FastAPIError

FASTAPI_RAISES = FastAPIError

app = FastAPI()


class Engine:
    pass


@app.get("/items")
def list_items() -> Engine:
    return Engine()
