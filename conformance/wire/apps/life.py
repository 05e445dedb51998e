"""The life of an application: lifespan, state, mounted applications, proxies."""

from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import PlainTextResponse
from starlette.routing import Mount, Route

from wire.events import note


@asynccontextmanager
async def lifespan(app: FastAPI):
    note("starts")
    yield {"shared": [1], "count": 0}
    note("ends")


@asynccontextmanager
async def of_router(app):
    note("router starts")
    yield {"router": "yes"}
    note("router ends")


app = FastAPI(
    lifespan=lifespan, root_path="/proxied", servers=[{"url": "/other"}], title="Life", version="2"
)
router = APIRouter(prefix="/router", lifespan=of_router)
inner = FastAPI(title="Inner", root_path_in_servers=False)


async def starlette_endpoint(request: Request):
    return PlainTextResponse(f"{request.method} {request.url.path}")


@app.get("/state")
async def state(request: Request):
    request.state.count += 1
    request.state.shared.append(request.state.count)
    return {"shared": request.state.shared, "count": request.state.count}


@router.get("/state")
async def router_state(request: Request):
    return {
        "router": getattr(request.state, "router", None),
        "root": request.scope.get("root_path"),
    }


@inner.get("/where/{n}", name="where")
async def where(request: Request, n: int):
    scope = request.scope
    return {
        "root_path": scope["root_path"], "path": scope["path"], "url": str(request.url),
        "base": str(request.base_url), "for": str(request.url_for("where", n=n + 1)),
        "app": scope["app"].title,
    }  # fmt: skip


@app.get("/where")
async def outer_where(request: Request):
    return {
        "url": str(request.url),
        "base": str(request.base_url),
        "root": request.scope["root_path"],
    }


app.include_router(router)
app.mount("/inner", inner, name="inner")
app.mount(
    "/starlette",
    Mount("", routes=[Route("/page/{name}", starlette_endpoint, methods=["GET", "POST"])]),
)
app.router.routes.append(Route("/plain/{name}", starlette_endpoint))
app.add_route("/added", starlette_endpoint, methods=["PUT"])
