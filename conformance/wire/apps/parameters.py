"""Parameters of every place and type; models whose fields are parameters."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Cookie, FastAPI, Header, Path, Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Json

app = FastAPI()


class Color(str, Enum):
    red = "red"
    green = "green"


class Level(IntEnum):
    low = 1
    high = 2


class Filters(BaseModel):
    limit: int = Field(10, gt=0, le=100)
    offset: int = Field(0, ge=0)
    order: Literal["up", "down"] = "up"
    tags: list[str] = []
    since: date | None = None
    name: str | None = Field(None, alias="fullName", min_length=2, max_length=5)


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    page: int
    words: list[int] = Field(default_factory=lambda: [1, 2])
    flag: bool = False


class Headers(BaseModel):
    x_token: str
    x_numbers: list[int] = []
    if_none_match: str | None = None
    trace_id: Annotated[str | None, Field(validation_alias="X-Trace")] = None


class Cookies(BaseModel):
    session: str
    tracker: int | None = None
    theme: Color = Color.red


def even(value: int) -> int:
    if value % 2:
        raise ValueError("must be even")
    return value


@app.get("/filters")
def filters(query: Annotated[Filters, Query()]):
    return query


@app.get("/strict")
async def strict(query: Annotated[Strict, Query()]):
    return {"query": query, "set": sorted(query.model_fields_set)}


@app.get("/headers")
async def headers(headers: Annotated[Headers, Header()]):
    return headers


@app.get("/headers-as-written")
async def headers_as_written(headers: Annotated[Headers, Header(convert_underscores=False)]):
    return headers


@app.get("/cookies")
async def cookies(cookies: Annotated[Cookies, Cookie()]):
    return cookies


@app.get("/all-models/{number}")
async def all_models(
    number: Annotated[int, Path(ge=1, lt=1000)],
    query: Annotated[Filters, Query()],
    headers: Annotated[Headers, Header()],
    cookies: Annotated[Cookies, Cookie()],
):
    return {"number": number, "query": query, "headers": headers, "cookies": cookies}


@app.get("/types")
async def types(
    integer: int,
    number: float = 1.5,
    flag: bool = False,
    text: Annotated[str, Query(min_length=1, max_length=8, pattern="^[a-z]+$")] = "abc",
    day: date | None = None,
    moment: datetime | None = None,
    clock: time | None = None,
    span: timedelta | None = None,
    key: UUID | None = None,
    price: Annotated[Decimal | None, Query(max_digits=5, decimal_places=2)] = None,
    color: Color = Color.green,
    level: Level = Level.low,
    even_number: Annotated[int, AfterValidator(even)] = 2,
    trimmed: Annotated[str, BeforeValidator(str.strip)] = "",
    raw: bytes = b"",
):
    return locals()


@app.get("/lists")
async def lists(
    q: Annotated[list[int], Query()],
    words: Annotated[list[str] | None, Query(alias="word", max_length=3)] = None,
    unique: Annotated[set[int], Query()] = frozenset(),
    pair: Annotated[tuple[int, str] | None, Query()] = None,
    defaulted: Annotated[list[str], Query()] = ["a", "b"],
):
    defaulted.append("mutated")
    return {"q": q, "words": words, "unique": sorted(unique), "pair": pair, "defaulted": defaulted}


@app.get("/json")
async def json(
    value: Annotated[Json[list[int]], Query()], other: Annotated[Json | None, Header()] = None
):
    return {"value": value, "other": other}


@app.get("/unions")
async def unions(
    a: int | str, b: int | float | None = None, c: bool | int = True, d: Literal[1, "x"] = "x"
):
    return {"a": a, "b": b, "c": c, "d": d, "types": [type(v).__name__ for v in (a, b, c, d)]}


@app.get("/aliases")
async def aliases(
    one: Annotated[str, Query(alias="item-one")],
    two: Annotated[str | None, Query(validation_alias="item.two")] = None,
    three: Annotated[str | None, Header(alias="X-Three")] = None,
    four_five: Annotated[str | None, Header()] = None,
    six: Annotated[str | None, Cookie(alias="s-i-x")] = None,
    old: Annotated[str | None, Query(deprecated=True)] = None,
    hidden: Annotated[str | None, Query(include_in_schema=False)] = None,
):
    return [one, two, three, four_five, six, old, hidden]


@app.get("/path/{number:int}/{rest:path}")
async def path(number: int, rest: str, q: str | None = None):
    return {"number": number, "rest": rest, "q": q}


@app.get("/path/{name}.{ending}")
async def parts(name: str, ending: Color):
    return {"name": name, "ending": ending}


@app.get("/floats/{value:float}")
async def floats(value: float):
    return value


@app.get("/uuids/{value:uuid}")
async def uuids(value: UUID):
    return value


@app.get("/numbers/{value}")
async def numbers(
    value: Annotated[int, Path(multiple_of=5, ge=-10, le=10)],
    big: Annotated[int, Query(lt=2**70)] = 1,
):
    return value, big
