"""Trees of includes: prefixes, tags, dependencies, classes of responses on the way."""

from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Path, Request
from fastapi.responses import HTMLResponse, PlainTextResponse
from fastapi.routing import APIRoute

from wire.events import note


def mark(text: str):
    def dependency():
        note(text)

    return Depends(dependency)


app = FastAPI(dependencies=[mark("app")], responses={500: {"description": "of the app"}})
root = APIRouter(
    prefix="/root",
    tags=["root"],
    dependencies=[mark("root")],
    responses={404: {"description": "root"}},
)
branch = APIRouter(prefix="/{tenant}", tags=["branch"], default_response_class=PlainTextResponse)
leaf = APIRouter(dependencies=[mark("leaf")], deprecated=True)
hidden = APIRouter(prefix="/hidden", include_in_schema=False)
late = APIRouter(prefix="/late")


@leaf.get("/")
@leaf.get("/leaf", name="leaf")
async def read_leaf(request: Request, tenant: str = "nobody"):
    note("endpoint")
    route = request.scope["route"]
    return f"{tenant} {route.path} {request.url.path} {sorted(request.path_params)}"


@leaf.get("/leaf/more/{n}")
async def read_more(tenant: str, n: int):
    return f"{tenant} {n}"


@leaf.post(
    "/leaf", status_code=201, tags=["own"], response_class=HTMLResponse, dependencies=[mark("own")]
)
def post_leaf(tenant: Annotated[str, Path()]):
    return f"<p>{tenant}</p>"


@branch.get("/links")
async def links(request: Request, tenant: str):
    return (
        str(request.url_for("leaf", tenant=tenant))
        + " "
        + str(request.app.url_path_for("leaf", tenant="x"))
    )


@hidden.get("")
async def read_hidden():
    return "hidden"


@hidden.api_route("/any", methods=["GET", "PUT", "PATCH"], operation_id="any")
async def any_method(request: Request):
    return request.method


def unique(route: APIRoute) -> str:
    return f"custom-{route.name}"


branch.include_router(
    leaf, prefix="/a", tags=["a"], dependencies=[mark("a")], responses={418: {"description": "a"}}
)
branch.include_router(
    leaf, prefix="/b", default_response_class=HTMLResponse, include_in_schema=True
)
root.include_router(branch, dependencies=[mark("branch")], generate_unique_id_function=unique)
root.include_router(hidden)
app.include_router(root)
app.include_router(
    branch, prefix="/direct/{group}", deprecated=False, dependencies=[mark("direct")]
)
app.include_router(late)


@late.get("/added-after")
async def added_after():
    return "late"


@app.get("/root/first/leaf")
async def shadowed():
    return "never: the include came before"


app.add_api_route("/added", any_method, methods=["DELETE"], tags=["added"])
