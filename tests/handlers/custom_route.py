"""A route class with a handler of its own gets a function from a request to a response."""

from typing import Annotated

from pydantic import BaseModel

from pronghorn import APIRouter, Depends, FastAPI, Query
from pronghorn.routing import APIRoute


class Timed(APIRoute):
    def get_route_handler(self):
        handler = super().get_route_handler()

        async def timed(request):
            return await handler(request)

        return timed


class Item(BaseModel):
    name: str


async def session():
    yield "session"


app = FastAPI()
router = APIRouter(route_class=Timed)


@router.post("/items/{item_id}")
async def create(
    item_id: int,
    item: Item,
    session: Annotated[str, Depends(session, scope="function")],
    q: Annotated[str | None, Query()] = None,
) -> Item:
    return item


app.include_router(router)
