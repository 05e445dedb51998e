"""Dependencies: shared and not, of classes and instances, errors that are listed twice."""

from functools import partial
from typing import Annotated

from fastapi import (
    APIRouter,
    Body,
    Depends,
    FastAPI,
    Header,
    HTTPException,
    Query,
    Request,
    Response,
)

from wire.events import note


async def on_every_route(x_key: Annotated[str | None, Header()] = None):
    note("application's")
    if x_key == "refuse":
        raise HTTPException(401, "refused", {"www-authenticate": "Key"})


app = FastAPI(dependencies=[Depends(on_every_route)])
router = APIRouter(prefix="/router", dependencies=[Depends(lambda q: note(f"router's {q}"))])


def number(n: int):
    note("number")
    return n


def doubled(n: Annotated[int, Depends(number)]):
    note("doubled")
    return n * 2


class Pages:
    def __init__(self, skip: int = 0, limit: Annotated[int, Query(le=50)] = 10) -> None:
        self.skip, self.limit = skip, limit


class Checker:
    def __init__(self, wanted: str) -> None:
        self.wanted = wanted

    def __call__(self, q: str = "") -> bool:
        note("checker")
        return self.wanted in q

    async def method(self, q: str = ""):
        return q.upper()


checker = Checker("bar")


def add(a: int, b: int = 1, *, c: int = 2):
    return a + b + c


async def with_body(payload: Annotated[dict, Body()]):
    note("body dependency")
    return payload


def nested(
    a: Annotated[int, Depends(doubled)], b: Annotated[int, Depends(number)], request: Request
):
    return {"a": a, "b": b, "path": request.url.path, "route": request.scope["route"].path}


@app.get("/shared")
async def shared(
    a: Annotated[int, Depends(number)],
    b: Annotated[int, Depends(doubled)],
    c: Annotated[int, Depends(number, use_cache=False)],
    d: Annotated[dict, Depends(nested)],
):
    return [a, b, c, d]


@app.get("/errors-twice")
def errors_twice(
    a: Annotated[int, Depends(number)],
    b: Annotated[int, Depends(doubled)],
    pages: Annotated[Pages, Depends()],
    z: int,
):
    note("endpoint")
    return [a, b, pages.limit, z]


@app.get("/callables")
async def callables(
    found: Annotated[bool, Depends(checker)],
    upper: Annotated[str, Depends(checker.method)],
    total: Annotated[int, Depends(partial(add, b=5))],
    pages: Pages = Depends(Pages),
):
    return [found, upper, total, pages.skip]


@app.post("/bodies")
async def bodies(
    one: Annotated[dict, Depends(with_body)],
    two: Annotated[str, Body()],
    n: Annotated[int, Depends(number)],
):
    return {"one": one, "two": two, "n": n}


@app.post("/one-body")
async def one_body(one: Annotated[dict, Depends(with_body)]):
    return one


def set_header(response: Response, n: Annotated[int, Depends(number)]):
    response.headers["x-number"] = str(n)
    response.set_cookie("n", str(n))
    response.status_code = 200 + n % 7


@app.get("/response", dependencies=[Depends(set_header)])
async def response():
    return "answered"


@app.get("/response-own", dependencies=[Depends(set_header)])
async def response_own():
    return Response("own", 201)


@app.get("/response-failing", dependencies=[Depends(set_header)])
async def response_failing():
    raise HTTPException(400, {"a": ["detail"]})


def swallow():
    try:
        yield
    except KeyError:
        note("swallowed")


async def convert():
    try:
        yield "value"
    except LookupError as error:
        raise HTTPException(404, "converted") from error


@app.get("/swallowed")
async def swallowed(_: Annotated[None, Depends(swallow)]):
    raise KeyError("x")


@app.get("/converted")
def converted(value: Annotated[str, Depends(convert)], key: str = "a"):
    return {"a": value}[key]


def after():
    yield
    raise HTTPException(503, "after the answer")


@app.get("/raises-after", dependencies=[Depends(after)])
async def raises_after():
    return "sent"


@app.get("/raises-before", dependencies=[Depends(after, scope="function")])
async def raises_before():
    return "not sent"


@router.get("/read/{n}")
async def read(n: Annotated[int, Depends(doubled)]):
    return n


app.include_router(router)
app.include_router(router, prefix="/v/{m}", dependencies=[Depends(number)])
