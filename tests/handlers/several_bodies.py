"""Several body parameters are keys of one object, those of a dependency too."""

from typing import Annotated

from pydantic import BaseModel

from pronghorn import Body, Depends, FastAPI

app = FastAPI()


class Item(BaseModel):
    name: str


class User(BaseModel):
    name: str


def audit(reason: Annotated[str, Body()] = "none"):
    return reason


@app.put("/items/{item_id}")
async def replace_item(
    item_id: int,
    item: Item,
    user: User,
    reason: Annotated[str, Depends(audit)],
    importance: Annotated[int, Body(gt=0)] = 1,
):
    return {"item_id": item_id}


@app.put("/embedded")
async def replace_embedded(item: Annotated[Item, Body(embed=True)]):
    return item.name
