"""What an endpoint may return in place of its answer is fetched, then checked like any result."""

from typing import Annotated, Any

from pydantic import BaseModel

from pronghorn import FastAPI

app = FastAPI()


class Item(BaseModel):
    id: int


class Order:
    """What stands for items that are somewhere else."""


class Warehouse:
    """Has them, for who waits and for who blocks."""

    takes = Order

    def __answer_fetcher__(self, annotation):
        return self

    async def fetch(self, value):
        return self.fetch_blocking(value)

    def fetch_blocking(self, value):
        return [{"id": 1}]


@app.get("/items")
async def list_items() -> Annotated[list[Item], Warehouse()]:
    return Order()


@app.get("/blocking")
def list_items_blocking() -> Annotated[list[Item], Warehouse()]:
    return Order()


@app.get("/fewer", response_model=Annotated[Any, Warehouse()], response_model_exclude={"id"})
async def list_fewer():
    return Order()
