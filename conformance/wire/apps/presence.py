"""Null, missing, empty: what was set, what has a default, what may be null."""

from typing import Annotated, Any

from fastapi import Body, FastAPI
from pydantic import BaseModel, Field

app = FastAPI()


class Patch(BaseModel):
    name: str | None = None
    price: float = 1.0
    tags: list[str] | None = Field(default_factory=list)
    owner: "Patch | None" = None


class Required(BaseModel):
    nullable: str | None
    plain: int


@app.patch("/patch")
async def patch(body: Patch):
    return {"set": sorted(body.model_fields_set), "dump": body.model_dump(exclude_unset=True)}


@app.put("/required")
async def required(body: Required):
    return body


@app.put("/optional")
async def optional(body: Patch | None = None):
    return {"is_none": body is None, "body": body}


@app.put("/optional-default")
async def optional_default(body: Annotated[Patch, Body()] = Patch(name="default")):
    return body


@app.put("/nullable")
async def nullable(body: Annotated[Patch | None, Body()]):
    return {"is_none": body is None, "body": body}


@app.put("/embedded")
async def embedded(body: Annotated[Patch | None, Body(embed=True)] = None):
    return {"is_none": body is None, "body": body}


@app.put("/two")
async def two(first: Patch, second: Patch | None = None, third: Annotated[int | None, Body()] = 3):
    return {"first": first, "second": second, "third": third}


@app.put("/two-optional")
async def two_optional(first: Patch | None = None, second: Annotated[str, Body()] = "default"):
    return {"first": first, "second": second}


@app.put("/scalar")
async def scalar(body: Annotated[int, Body()]):
    return body


@app.put("/scalar-optional")
async def scalar_optional(body: Annotated[int | None, Body()] = None):
    return {"body": body}


@app.put("/list")
async def of_list(body: list[Patch]):
    return body


@app.put("/list-of-null")
async def of_nulls(body: Annotated[list[int | None] | None, Body()] = None):
    return {"body": body}


@app.put("/any")
async def anything(body: Any = Body()):
    return {"type": type(body).__name__, "body": body}


@app.put("/any-optional")
async def anything_optional(body: Any = Body(None)):
    return {"type": type(body).__name__, "body": body}


@app.put("/dict")
async def of_dict(body: dict[str, int | None]):
    return body


@app.put("/bytes")
async def of_bytes(body: Annotated[bytes, Body(media_type="application/octet-stream")]):
    return {"length": len(body)}


@app.delete("/with-body")
async def delete_with_body(body: Required):
    return body


@app.get("/with-body")
async def get_with_body(body: Required | None = None):
    return body
