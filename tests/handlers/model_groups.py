"""Models whose fields are parameters of their own, one of them optional."""

from typing import Annotated

from pydantic import BaseModel, Field

from pronghorn import Cookie, FastAPI, Header, Query

app = FastAPI()


class Paging(BaseModel):
    limit: int = Field(10, le=100)
    offset: int = 0


class Trace(BaseModel):
    trace_id: str


@app.get("/items")
async def list_items(
    paging: Annotated[Paging, Query()],
    trace: Annotated[Trace | None, Header()] = None,
    crumbs: Annotated[Paging | None, Cookie()] = None,
):
    return paging
