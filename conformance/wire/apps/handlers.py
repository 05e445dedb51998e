"""Handlers of exceptions: by class, by status, of everything; exceptions in them."""

from typing import Annotated

from fastapi import Body, Depends, FastAPI, HTTPException, Path, Query, Request
from fastapi.exception_handlers import http_exception_handler, request_validation_exception_handler
from fastapi.exceptions import RequestValidationError, ResponseValidationError
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from wire.events import note


class Animal(Exception):
    pass


class Cat(Animal):
    pass


class Own(HTTPException):
    pass


app = FastAPI()


@app.exception_handler(Animal)
def on_animal(request: Request, error: Animal):
    note("animal")
    return PlainTextResponse(f"{type(error).__name__} at {request.url.path}", 299)


@app.exception_handler(404)
async def on_404(request: Request, error: StarletteHTTPException):
    note(f"404 {type(error).__name__}")
    return JSONResponse({"gone": error.detail, "path": request.url.path}, 404)


@app.exception_handler(StarletteHTTPException)
async def on_http(request: Request, error: StarletteHTTPException):
    note("http")
    return await http_exception_handler(request, error)


@app.exception_handler(RequestValidationError)
async def on_validation(request: Request, error: RequestValidationError):
    note(f"validation {len(error.errors())}")
    if "plain" in request.query_params:
        return PlainTextResponse(str(error), 400)
    if "body" in request.query_params:
        return JSONResponse(
            {"body": error.body if not isinstance(error.body, bytes) else "bytes"}, 400
        )
    return await request_validation_exception_handler(request, error)


@app.exception_handler(ResponseValidationError)
async def on_response(request: Request, error: ResponseValidationError):
    return JSONResponse({"fields": [e["loc"] for e in error.errors()]}, 502)


@app.exception_handler(Exception)
async def on_anything(request: Request, error: Exception):
    note("anything")
    return JSONResponse({"error": type(error).__name__}, 500)


@app.exception_handler(ArithmeticError)
async def fails_itself(request: Request, error: ArithmeticError):
    note("arithmetic")
    raise LookupError("in the handler")


KINDS = {
    "animal": Animal, "cat": Cat, "key": KeyError, "zero": ZeroDivisionError,
    "http": lambda: HTTPException(418, {"short": "stout"}, {"x-pot": "tea"}),
    "404": lambda: HTTPException(404, "item"), "own": lambda: Own(409),
    "204": lambda: HTTPException(204), "304": lambda: StarletteHTTPException(304),
    "405": lambda: StarletteHTTPException(405, headers={"allow": "NONE"}),
    "unusual": lambda: HTTPException(499, None),
    "detail": lambda: HTTPException(400, detail=["é", 1]),
    "group": lambda: ExceptionGroup("g", [Cat()]), "base": lambda: RuntimeError("é"),
    "validation": lambda: RequestValidationError([{"loc": ("a",), "msg": "own"}]),
}  # fmt: skip
Kind = Annotated[str, Path(json_schema_extra={"enum": list(KINDS)})]


@app.get("/raise/{kind}")
async def raises(kind: Kind):
    note("endpoint")
    raise KINDS[kind]()


@app.get("/raise-blocking/{kind}")
def raises_blocking(kind: Kind):
    raise KINDS[kind]()


async def dependency(kind: Annotated[str, Query(json_schema_extra={"enum": [*KINDS, ""]})] = ""):
    if kind:
        raise KINDS[kind]()


@app.get("/dependency", dependencies=[Depends(dependency)])
async def in_dependency(n: int = 0):
    return n


@app.post("/validation")
async def validation(
    n: int, body: Annotated[dict[str, int], Body()], m: Annotated[int, Depends(lambda n: n)]
):
    return n


@app.get("/response", response_model=list[int])
async def response():
    return {"a": 1}


plain = FastAPI(debug=False)


@plain.get("/raise/{kind}")
async def raises_inside(kind: Kind):
    raise KINDS[kind]()


app.mount("/plain", plain)
