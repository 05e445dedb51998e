"""Limits of bodies and of forms; both kinds of 413."""

from typing import Annotated

from fastapi import APIRouter, Body, FastAPI, Form, Request, UploadFile
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from wire.events import note

app = FastAPI(
    max_body_size=400, form_limits={"max_fields": 3, "max_files": 2, "max_part_size": 100}
)
small = APIRouter(prefix="/small", max_body_size=20)
large = APIRouter(prefix="/large", max_body_size=2000, form_limits={"max_fields": 6})


@app.exception_handler(413)
async def answer_413(request: Request, error: HTTPException):
    note("413 handler")
    return JSONResponse({"too large": error.detail}, 413, error.headers)


@app.post("/json")
async def json(body: dict):
    note("endpoint")
    return body


@app.post("/own-limit", max_body_size=30)
async def own_limit(body: Annotated[object, Body()]):
    return {"body": body}


@app.post("/nothing-read")
async def nothing_read():
    note("endpoint")
    return "not read"


@app.post("/read-by-hand")
async def read_by_hand(request: Request):
    note("endpoint")
    return {"length": len(await request.body())}


@app.post("/by-chunk")
async def by_chunk(request: Request):
    return {"length": sum([len(chunk) async for chunk in request.stream()])}


@app.post("/caught")
async def caught(request: Request):
    try:
        return {"length": len(await request.body())}
    except HTTPException as error:
        return {"caught": error.status_code}


@app.post("/form")
async def form(
    text: Annotated[str, Form()] = "", other: Annotated[list[str] | None, Form()] = None
):
    return {"text": len(text), "other": other}


@app.post("/files")
async def files(files: list[UploadFile]):
    return [one.size for one in files]


@small.post("/json")
async def small_json(body: dict):
    return body


@small.post("/zero", max_body_size=0)
async def zero(body: dict | None = None):
    return body


@small.get("/none")
async def none():
    return "none"


@large.post("/json")
async def large_json(body: dict):
    return body


@large.post("/form", form_limits={"max_part_size": 500})
async def large_form(
    text: Annotated[str, Form()], more: Annotated[list[str] | None, Form()] = None
):
    return {"text": len(text), "more": more}


app.include_router(small)
app.include_router(large)
app.include_router(large, prefix="/again", max_body_size=60)
