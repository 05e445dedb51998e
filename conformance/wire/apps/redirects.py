"""Slashes, redirects, order of routes, methods."""

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response

app = FastAPI()
closed = APIRouter(redirect_slashes=False)


@app.get("/with/")
async def with_slash(q: str = ""):
    return f"with {q}"


@app.post("/without")
async def without():
    return "without"


@app.get("/both")
@app.get("/both/")
async def both(request: Request):
    return request.url.path


@app.get("/order/{name}")
async def by_name(name: str):
    return f"name {name}"


@app.get("/order/me")
async def never():
    return "never"


@app.post("/order/me")
async def post_me():
    return "post"


@app.put("/order/{number:int}")
async def by_number(number: int):
    return number


@app.get("/é/ü")
async def not_ascii():
    return "é"


@app.get("/a b/{c d}" if False else "/a b/{c}")
async def with_space(c: str):
    return c


@app.get("/{anything:path}/end")
async def before_the_end(anything: str):
    return anything


@app.head("/head-only")
async def head_only():
    return Response(headers={"x-only": "head"})


@app.options("/with/")
async def options():
    return Response(status_code=204, headers={"allow": "own"})


@closed.get("/closed/")
async def closed_with_slash():
    return "closed"


app.include_router(closed)
strict = FastAPI(redirect_slashes=False, openapi_url=None)


@strict.get("/with/")
async def strict_with():
    return "strict"


app.mount("/strict", strict)
