"""Bodies of many shapes: unions, nesting, numbers, dates, strictness."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import Body, FastAPI
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    EmailStr,
    Field,
    HttpUrl,
    RootModel,
    StrictInt,
    Tag,
    field_validator,
    model_validator,
)
from pydantic.dataclasses import dataclass

app = FastAPI()


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = Field(9, ge=1, le=9)


class Dog(BaseModel):
    kind: Literal["dog"]
    name: str


Pet = Annotated[Cat | Dog, Field(discriminator="kind")]


def find_tag(value: Any) -> str:
    return "list" if isinstance(value, list) else "one"


class Node(BaseModel):
    value: int
    children: list["Node"] = []


class Checked(BaseModel):
    model_config = ConfigDict(str_strip_whitespace=True, extra="forbid")
    name: str = Field(min_length=2, max_length=10, pattern=r"^\w+$")
    score: Annotated[float, Field(gt=0, lt=1)] = 0.5
    price: Decimal = Field(Decimal("1.0"), max_digits=6, decimal_places=2)
    low: int = 0
    high: int = 10

    @field_validator("name")
    @classmethod
    def no_foo(cls, value: str) -> str:
        if value == "foo":
            raise ValueError("foo is taken")
        return value

    @model_validator(mode="after")
    def ordered(self):
        if self.low > self.high:
            raise ValueError("low is above high")
        return self


class Strict(BaseModel):
    model_config = ConfigDict(strict=True)
    number: int
    real: float = 1.0
    flag: bool = False
    day: date | None = None
    items: tuple[int, ...] = ()
    unique: set[int] = set()


class Times(BaseModel):
    moment: datetime
    day: date | None = None
    span: timedelta = timedelta(0)
    mail: EmailStr | None = None
    link: HttpUrl | None = None


@dataclass
class Point:
    x: int
    y: Annotated[int, Field(ge=0)] = 0


class Names(RootModel[dict[str, list[int]]]):
    pass


@app.post("/pet")
async def pet(pet: Annotated[Pet, Body()]):
    return {"type": type(pet).__name__, "pet": pet}


@app.post("/pets")
async def pets(pets: list[Pet]) -> list[Pet]:
    return pets


@app.post("/tagged")
async def tagged(
    value: Annotated[
        Annotated[int, Tag("one")] | Annotated[list[int], Tag("list")],
        Discriminator(find_tag),
        Body(),
    ],
):
    return {"value": value}


@app.post("/smart")
async def smart(value: Annotated[int | float | str | bool | None | list[int] | Cat, Body()]):
    return {"type": type(value).__name__, "value": value}


@app.post("/left")
async def left(value: Annotated[int | str, Body(union_mode="left_to_right")]):
    return {"type": type(value).__name__, "value": value}


@app.post("/node")
def node(node: Node) -> Node:
    return node


@app.post("/checked")
async def checked(body: Checked):
    return body


@app.post("/strict")
async def strict(body: Strict):
    return body


@app.post("/strict-int")
async def strict_int(a: Annotated[StrictInt, Body()], b: Annotated[list[StrictInt], Body()] = []):
    return {"a": a, "b": b}


@app.post("/times")
async def times(body: Times):
    return body


@app.post("/point")
async def point(point: Point):
    return point


@app.post("/names")
async def names(names: Names):
    return names


@app.post("/number")
async def number(value: Annotated[float, Body(allow_inf_nan=False, multiple_of=0.5)]):
    return value


@app.post("/integer")
async def integer(value: Annotated[int, Body(ge=-(2**63), le=2**70)]):
    return {"value": value}


@app.post("/before")
async def before(
    value: Annotated[
        list[str], BeforeValidator(lambda v: v.split() if isinstance(v, str) else v), Body()
    ],
):
    return value


@app.post("/mixed/{item}")
async def mixed(
    item: int,
    q: Annotated[str, Body(max_length=3)],
    cat: Cat,
    dog: Dog | None = None,
    n: int = 1,
    flag: bool = Body(False),
):
    return {"item": item, "q": q, "cat": cat, "dog": dog, "n": n, "flag": flag}


@app.post("/nested")
async def nested(body: dict[str, dict[int, list[Point]]]):
    return body


@app.post("/tuple")
async def of_tuple(body: tuple[int, str, Point]):
    return body
