"""Frontends beside and below routes, with dependencies."""

from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Response

from wire.events import note

app = FastAPI()


def visit():
    note("entered")
    yield
    note("left")


Visit = Depends(visit, scope="function")


def login(response: Response, token: Annotated[str | None, Query()] = None):
    note("login")
    if token == "wrong":
        raise HTTPException(401, "login first")
    response.headers["x-login"] = token or "none"


@app.get("/api/items")
async def items():
    return []


@app.post("/form")
async def form():
    return "posted"


admin = APIRouter(prefix="/admin", dependencies=[Depends(login), Visit])


@admin.get("/users/")
async def users():
    return []


admin.frontend("/ui", directory="dist", fallback="index.html")
app.include_router(admin)
app.frontend("/static", directory="static", fallback=None)
app.frontend("/missing", directory="dist", fallback="404.html")
app.frontend("/", directory="dist")
