"""Values of the path and of the query, with bounds and defaults."""

from typing import Annotated

from pronghorn import FastAPI, Path, Query

app = FastAPI()


@app.get("/items/{item_id}")
async def read_item(
    item_id: Annotated[int, Path(ge=1, le=1000)],
    limit: Annotated[int, Query(gt=0, le=100)] = 10,
    q: str | None = None,
):
    return {"item_id": item_id, "limit": limit, "q": q}


@app.get("/tagged/{item_id}")
async def read_tagged(
    item_id: int,
    tags: Annotated[list[str], Query(alias="tag")],
    colors: Annotated[set[str] | None, Query()] = None,
    page: Annotated[int, Query(validate_default=True)] = 1,
    years: Annotated[list[int], Query()] = [2026],  # noqa: B006  Each request gets a copy.
    since: list[int] = Query(default_factory=list),
):
    return {"item_id": item_id}
