"""A model of pydantic's old version as an answer."""

from pydantic.v1 import BaseModel

from pronghorn import FastAPI
from pronghorn.exceptions import PydanticV1NotSupportedError

FASTAPI_RAISES = PydanticV1NotSupportedError

app = FastAPI()


class Item(BaseModel):
    name: str


@app.get("/items")
def list_items() -> list[Item]:
    return []
