"""Classes of routes, of requests and of responses that change what happens."""

import gzip
from collections.abc import Callable

from fastapi import APIRouter, Body, Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from wire.events import note


class Timed(APIRoute):
    def get_route_handler(self) -> Callable:
        handler = super().get_route_handler()

        async def timed(request: Request) -> Response:
            note("before")
            response = await handler(request)
            note("after")
            response.headers["x-route"] = self.path
            return response

        return timed


class GzipRequest(Request):
    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            body = await super().body()
            if "gzip" in self.headers.getlist("content-encoding"):
                body = gzip.decompress(body)
            self._body = body
        return self._body


class Gzipped(APIRoute):
    def get_route_handler(self) -> Callable:
        handler = super().get_route_handler()

        async def unzip(request: Request) -> Response:
            return await handler(GzipRequest(request.scope, request.receive))

        return unzip


class Logged(APIRoute):
    def get_route_handler(self) -> Callable:
        handler = super().get_route_handler()

        async def logged(request: Request) -> Response:
            try:
                return await handler(request)
            except RequestValidationError as error:
                body = await request.body()
                return JSONResponse(
                    {"errors": len(error.errors()), "body": body.decode("latin-1")}, 400
                )
            except HTTPException as error:
                return JSONResponse({"caught": error.detail}, error.status_code)

        return logged


class Renamed(APIRoute):
    def __init__(self, path: str, endpoint: Callable, **options) -> None:
        options["operation_id"] = f"renamed_{endpoint.__name__}"
        options.setdefault("status_code", 203)
        super().__init__(path, endpoint, **options)


app = FastAPI()
timed = APIRouter(route_class=Timed, prefix="/timed")
zipped = APIRouter(route_class=Gzipped, prefix="/gzip")
logged = APIRouter(route_class=Logged, prefix="/logged")
renamed = APIRouter(route_class=Renamed, prefix="/renamed")


def entered():
    note("entered")
    yield
    note("left")


@timed.get("/{n}")
async def read_timed(n: int, _: None = Depends(entered)):
    note("endpoint")
    return n


@timed.get("/response/{n}")
def timed_response(n: int):
    return Response(str(n), 200 + n)


@zipped.post("/sum")
async def total(numbers: list[int] = Body()):
    return sum(numbers)


@logged.post("/sum")
async def logged_sum(numbers: list[int] = Body(), fails: bool = False):
    if fails:
        raise HTTPException(402, "fails")
    return sum(numbers)


@renamed.post("/")
async def create(request: Request):
    return {"cls": type(request).__name__}


for router in (timed, zipped, logged, renamed):
    app.include_router(router)


class Shouting(JSONResponse):
    media_type = "application/shout+json"

    def render(self, content) -> bytes:
        return super().render(content).upper()


shouting = FastAPI(default_response_class=Shouting)


@shouting.get("/")
async def shout():
    return {"said": "é"}


@shouting.get("/missing")
async def missing():
    raise HTTPException(404)


app.mount("/shouting", shouting)


@app.api_route("/methods", methods=["GET", "POST", "OPTIONS", "HEAD"])
async def methods(request: Request):
    return request.method


@app.trace("/traced")
async def traced():
    return "traced"
