"""A table with a column of every type that SQLAlchemy has, and values for it."""

import enum
import random
import uuid
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict, create_model
from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    Enum,
    Float,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    PickleType,
    SmallInteger,
    String,
    Table,
    Text,
    Time,
    TypeDecorator,
    Unicode,
    Uuid,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.mutable import MutableDict, MutableList
from sqlalchemy.orm import registry


class Colour(enum.Enum):
    RED = "red"
    BLUE = "b"


class Cents(TypeDecorator[Decimal]):
    """Money, as a whole number of cents."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return None if value is None else int(value * 100)

    def process_result_value(self, value, dialect):
        return None if value is None else Decimal(value) / 100


class Point(BaseModel):
    x: int
    y: list[int | None] = []


dice = random.Random(7)  # the same values in each run
LETTERS = "aé𝄞\n\"\\ 0<>&'\u2028"


def words(most=12):
    return "".join(dice.choices(LETTERS, k=dice.randrange(most)))


def moment(zone=None):
    started = datetime(1990, 1, 1, tzinfo=zone)
    return started + timedelta(microseconds=dice.randrange(10**15))


def plain(depth=2):
    """Something that JSON can say."""
    kinds = [None, True, dice.randrange(-5, 5), dice.random(), words(4)]
    if depth:
        kinds += [[plain(depth - 1)], {words(3): plain(depth - 1) for _ in range(2)}]
    return dice.choice(kinds)


# For each column: its type, the type in the model, and what makes a value.
EVERYWHERE: dict[str, tuple[Any, Any, Any]] = {
    "small": (SmallInteger, int, lambda: dice.randrange(-(2**15), 2**15)),
    "whole": (Integer, int, lambda: dice.randrange(-(2**31), 2**31)),
    "big": (BigInteger, int, lambda: dice.randrange(-(2**63), 2**63)),
    "short": (String(30), str, words),
    "national": (Unicode(30), str, words),
    "long": (Text, str, lambda: words() * 50),
    "yes": (Boolean, bool, lambda: dice.random() < 0.5),
    "exact": (Numeric(12, 3), Decimal, lambda: Decimal(dice.randrange(-(10**9), 10**9)) / 1000),
    "inexact": (Numeric(12, 3, asdecimal=False), float, lambda: dice.randrange(10**9) / 1000),
    "real": (Float, float, lambda: dice.choice([0.5, -2.0, 1e10, 0.25])),
    "double": (Double, float, lambda: dice.uniform(-1e200, 1e200)),
    "day": (Date, date, lambda: moment().date()),
    "local": (DateTime, datetime, moment),
    "zoned": (
        DateTime(timezone=True),
        datetime,
        lambda: moment(dice.choice([UTC, timezone(timedelta(hours=5, minutes=30))])),
    ),
    "clock": (Time, time, lambda: moment().time()),
    "length": (Interval, timedelta, lambda: timedelta(microseconds=dice.randrange(10**12))),
    "raw": (LargeBinary, bytes, lambda: words().encode()),
    "colour": (Enum(Colour, name="colour"), Colour, lambda: dice.choice(list(Colour))),
    "text_colour": (
        Enum(Colour, native_enum=False, length=9),
        Colour,
        lambda: dice.choice(list(Colour)),
    ),
    "size": (Enum("s", "m", name="size"), str, lambda: dice.choice("sm")),
    "any": (JSON, Any, plain),
    "point": (JSON, Point, lambda: {"x": dice.randrange(9), "y": [None, 1]}),
    "changing": (MutableDict.as_mutable(JSON(none_as_null=True)), dict, lambda: {"a": plain()}),
    "pickled": (PickleType, Any, lambda: [dice.random(), (1, 2), {"k": moment()}]),
    "key": (Uuid, uuid.UUID, lambda: uuid.UUID(int=dice.getrandbits(128))),
    "text_key": (Uuid(as_uuid=False), str, lambda: str(uuid.UUID(int=dice.getrandbits(128)))),
    "price": (Cents, Decimal, lambda: Decimal(dice.randrange(10**6)) / 100),
    "untyped": (Integer, Any, lambda: dice.randrange(9)),
    "of_text": (Integer, float, lambda: dice.randrange(9)),
}
ON_POSTGRESQL: dict[str, tuple[Any, Any, Any]] = {
    "numbers": (ARRAY(Integer), list[int | None], lambda: [1, None, dice.randrange(9)]),
    "grid": (ARRAY(Integer, dimensions=2), list[list[int]], lambda: [[1, 2], [3, 4]]),
    "texts": (postgresql.ARRAY(Text), set[str], lambda: [words(5)]),
    "tuple": (ARRAY(Integer, as_tuple=True), tuple[int, ...], lambda: (1, 2)),
    "listed": (MutableList.as_mutable(postgresql.ARRAY(Integer)), list[int], lambda: [3]),
    "colours": (
        ARRAY(Enum(Colour, name="colour")),
        list[Colour],
        lambda: [dice.choice(list(Colour))],
    ),
    "binary": (postgresql.JSONB, Any, plain),
    "spot": (postgresql.JSONB, Point, lambda: {"x": 1, "other": 2}),
    "bits": (postgresql.BYTEA, bytes, lambda: words().encode()),
    "id4": (postgresql.UUID, uuid.UUID, uuid.uuid4),
    "stamp": (postgresql.TIMESTAMP(timezone=True), datetime, lambda: moment(UTC)),
    "clock_zone": (Time(timezone=True), time, lambda: moment().time().replace(tzinfo=UTC)),
    "span": (
        postgresql.INTERVAL,
        timedelta,
        lambda: timedelta(days=3, seconds=dice.randrange(999)),
    ),
    "exactly": (postgresql.NUMERIC, Decimal, lambda: Decimal(dice.randrange(10**9)) / 7),
}


def make_things(types: dict[str, tuple[Any, Any, Any]]) -> tuple[registry, type[Any], type[Any]]:
    """The tables, the class of a table of *types*, and the model of all its columns."""
    mapped = registry()
    columns = [Column(name, kind, nullable=True) for name, (kind, _, _) in types.items()]
    table = Table("things", mapped.metadata, Column("id", Integer, primary_key=True), *columns)
    thing = type("Thing", (), {})
    mapped.map_imperatively(thing, table)
    fields: dict[str, Any] = {name: (kind | None, ...) for name, (_, kind, _) in types.items()}
    model = create_model(
        "ThingOut", __config__=ConfigDict(from_attributes=True), id=(int, ...), **fields
    )
    return mapped, thing, model


def values_of(types: dict[str, tuple[Any, Any, Any]], *, is_null: bool) -> dict[str, Any]:
    return {name: None if is_null else make() for name, (_, _, make) in types.items()}
