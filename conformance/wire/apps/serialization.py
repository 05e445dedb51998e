"""What endpoints return, and how it is written."""

import decimal
import enum
import uuid
from collections import deque, namedtuple
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from ipaddress import IPv4Address
from pathlib import PurePosixPath
from typing import Any, Generic, TypeVar

from fastapi import FastAPI, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import (
    HTMLResponse,
    JSONResponse,
    ORJSONResponse,
    PlainTextResponse,
    RedirectResponse,
)
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    computed_field,
    field_serializer,
    model_serializer,
)
from pydantic.alias_generators import to_camel
from typing_extensions import TypedDict

app = FastAPI()
T = TypeVar("T")


class Color(enum.Enum):
    red = "r"


class Inner(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
    first_name: str = "Ann"
    last_name: str | None = None


class User(BaseModel):
    name: str
    email: str | None = None


class UserInDB(User):
    password: str = "secret"
    inner: Inner = Field(default_factory=Inner)


class Wide(BaseModel):
    number: float = 1.0
    price: decimal.Decimal = decimal.Decimal("1.10")
    moment: datetime = datetime(2024, 2, 29, 12, 30, tzinfo=UTC)
    day: date = date(2024, 2, 29)
    clock: time = time(1, 2, 3)
    span: timedelta = timedelta(days=1, seconds=5)
    key: uuid.UUID = uuid.UUID(int=5)
    color: Color = Color.red
    raw: bytes = b"bytes"
    secret: SecretStr = SecretStr("x")
    ip: IPv4Address = IPv4Address("127.0.0.1")
    tags: set[int] = {3}
    text: str = 'é \u2028 " \\ \x7f'

    @computed_field
    @property
    def twice(self) -> float:
        return self.number * 2

    @field_serializer("clock")
    def write_clock(self, value: time) -> str:
        return value.strftime("%H h")


class Box(BaseModel, Generic[T]):
    content: T


class Wrapped(BaseModel):
    value: int = 1

    @model_serializer
    def write(self) -> dict[str, int]:
        return {"wrapped": self.value}


class Typed(TypedDict, total=False):
    a: int
    b: str


@dataclass
class Point:
    x: int
    y: float = 0.0
    tags: list[str] = field(default_factory=list)


Pair = namedtuple("Pair", "left right")


class Orm:
    def __init__(self) -> None:
        self.name, self.email, self.password = "orm", None, "secret"


@app.get("/filtered", response_model=User)
async def filtered():
    return UserInDB(name="a", email="e")


@app.get("/annotated")
def annotated() -> User:
    return UserInDB(name="a")


@app.get("/from-attributes", response_model=User)
async def from_attributes():
    return Orm()


@app.get("/wide")
async def wide() -> Wide:
    return Wide()


@app.get("/wide-untyped")
async def wide_untyped():
    return Wide()


@app.get("/wide-dict")
async def wide_dict():
    made = Wide()
    return {name: getattr(made, name) for name in sorted(Wide.model_fields)}


@app.get("/aliases")
async def aliases() -> Inner:
    return Inner(first_name="b")


@app.get("/no-aliases", response_model_by_alias=False)
async def no_aliases() -> list[Inner]:
    return [Inner()]


@app.get("/unset", response_model=UserInDB, response_model_exclude_unset=True)
async def unset():
    return {"name": "a"}


@app.get("/defaults", response_model=UserInDB, response_model_exclude_defaults=True)
async def defaults():
    return {"name": "a", "password": "secret"}


@app.get("/none", response_model=UserInDB, response_model_exclude_none=True)
async def none():
    return {"name": "a", "email": None}


@app.get("/include", response_model=UserInDB, response_model_include={"name", "inner"})
async def include():
    return UserInDB(name="a")


@app.get(
    "/exclude", response_model=list[UserInDB], response_model_exclude={"__all__": {"password"}}
)
async def exclude():
    return [UserInDB(name="a")]


@app.get("/generic")
async def generic() -> Box[list[User]]:
    return Box(content=[{"name": "a"}])


@app.get("/union")
async def union(which: int = 0) -> User | Inner | list[int] | None:
    return [User(name="u"), Inner(), [1], None, UserInDB(name="x")][which % 5]


@app.get("/wrapped")
async def wrapped() -> Wrapped:
    return Wrapped(value=2)


@app.get("/typed")
async def typed() -> Typed:
    return {"a": "1", "c": 2}


@app.get("/point")
async def point() -> Point:
    return Point(1, tags=["t"])


@app.get("/points", response_model=list[Point])
async def points():
    return [Point(1), {"x": "2"}]


@app.get("/odd")
async def odd():
    return {
        1: "int",
        None: "none",
        "pair": Pair(1, 2),
        "deque": deque([1]),
        "range": [*range(2)],
        "path": PurePosixPath("/a/b"),
        "generator": (n for n in range(2)),
        "point": Point(1),
        "frozen": frozenset({1}),
        "big": 2**70,
        "small": 1e-7,
        "decimal": decimal.Decimal("3.0"),
        "int decimal": decimal.Decimal(3),
        "é": "é",
    }


@app.get("/scalar/{which}")
async def scalar(which: int):
    return [1, 1.0, "text", None, True, [], {}, b"bytes", ""][which % 9]


@app.get("/tuple")
async def of_tuple() -> tuple[int, str]:
    return (1, "a")


@app.get("/not-finite")
async def not_finite():
    return {"value": float("nan")}


@app.get("/not-finite-model")
async def not_finite_model() -> Box[float]:
    return Box(content=float("inf"))


@app.get("/wrong")
async def wrong() -> list[int]:
    return ["a", 1]


@app.get("/cannot")
async def cannot():
    return {"value": object()}


@app.get("/status/{code}", status_code=202)
async def status(code: int, response: Response):
    if code != 202:
        response.status_code = code if 200 <= code < 600 else 299
    return {"code": code}


@app.delete("/gone", status_code=204)
async def gone():
    return None


@app.get("/not-modified", status_code=304)
async def not_modified() -> None:
    return None


@app.get("/responses/{which}")
async def responses(which: int):
    return [
        HTMLResponse("<p>é</p>"), PlainTextResponse("é", 201),
        JSONResponse({"a": 1}, headers={"x-a": "é"}), RedirectResponse("/é ü?a=b"),
        Response(b"\x00\xff", media_type="application/x"), Response(),
        Response("text", media_type="text/plain; charset=latin-1"),
        JSONResponse(jsonable_encoder(Wide())),
    ][which % 8]  # fmt: skip


@app.get("/html", response_class=HTMLResponse)
async def html():
    return "<p>é</p>"


@app.get("/text", response_class=PlainTextResponse)
def text() -> str:
    return "text"


@app.get("/redirect", response_class=RedirectResponse, status_code=302)
async def redirect():
    return "/elsewhere"


@app.get("/redirect-307", response_class=RedirectResponse)
async def redirect_307():
    return "https://example.org/?q=é"


@app.get("/orjson", response_class=ORJSONResponse)
async def orjson():
    return {"a": 1.0, "b": [None]}


@app.get("/any", response_model=Any)
async def of_any():
    return Inner(first_name="any")


@app.get("/no-model", response_model=None)
async def no_model() -> Response | dict:
    return {"a": Color.red}


@app.get("/headers")
async def headers(response: Response):
    response.headers["X-Upper"] = "a"
    response.headers.append("x-many", "1")
    response.headers.append("x-many", "2")
    response.headers["content-type"] = "application/x-own"
    response.set_cookie("a", "b c", max_age=10, path="/p", secure=True, samesite="strict")
    response.delete_cookie("d")
    return {}


@app.post("/echo")
async def echo(wide: Wide) -> Wide:
    return wide


@app.post("/echo-user", response_model=User, status_code=201)
async def echo_user(user: UserInDB):
    return user
