"""A mark of one's own, for a place that there is not."""

from typing import Annotated

from pronghorn import FastAPI
from pronghorn.params import Param

FASTAPI_RAISES = AssertionError

app = FastAPI()


class Trailer(Param):
    in_ = "trailer"


@app.get("/items")
def list_items(checksum: Annotated[str, Trailer()]):
    return checksum
