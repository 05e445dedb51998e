"""A model of pydantic's old version as a body."""

from pydantic.v1 import BaseModel

from pronghorn import FastAPI
from pronghorn.exceptions import PydanticV1NotSupportedError

FASTAPI_RAISES = PydanticV1NotSupportedError

app = FastAPI()


class Item(BaseModel):
    name: str


@app.post("/items")
def create_item(item: Item):
    return item
