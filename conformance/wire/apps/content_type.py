"""Strict content types: of the application, of routers, of routes."""

from typing import Annotated

from fastapi import APIRouter, Body, FastAPI, Request
from pydantic import BaseModel

app = FastAPI()
lax = APIRouter(prefix="/lax", strict_content_type=False)
nested = APIRouter(prefix="/nested")
strict = APIRouter(prefix="/strict", strict_content_type=True)


class Item(BaseModel):
    name: str


@app.post("/item")
@lax.post("/item")
@nested.post("/item")
@strict.post("/item")
async def item(item: Item):
    return item


@app.post("/two")
@lax.post("/two")
async def two(item: Item, number: Annotated[int, Body()]):
    return {"item": item, "number": number}


@app.post("/text")
@lax.post("/text")
async def text(body: Annotated[str, Body(media_type="text/plain")]):
    return {"text": body}


@app.post("/bytes")
@lax.post("/bytes")
async def of_bytes(body: Annotated[bytes, Body(media_type="application/octet-stream")]):
    return len(body)


@app.post(
    "/patch", openapi_extra={"requestBody": {"content": {"application/merge-patch+json": {}}}}
)
async def merge(
    request: Request, body: Annotated[dict, Body(media_type="application/merge-patch+json")]
):
    return {"body": body, "type": request.headers.get("content-type")}


lax.include_router(nested)
lax.include_router(strict)
app.include_router(lax)
