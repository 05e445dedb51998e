"""A place in an order, as text that a client hands back.

The text is base64 of a checksum and of JSON: the direction, and the values of the row's keys.
The checksum is made with the order, so a cursor of another list, or one that was changed, is
refused.  Who makes one with the right checksum has chosen values, as whoever fills in a filter
does: each is checked against its column, and reaches the database as a parameter.
"""

import base64
import datetime as dt
import decimal
import hashlib
import json
import uuid
from collections.abc import Callable, Sequence
from typing import Any, Final

from pydantic_core import from_json
from sqlalchemy import Dialect
from sqlalchemy.types import (
    Boolean,
    Date,
    DateTime,
    Float,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    String,
    Time,
    TypeEngine,
    Uuid,
)

from pronghorn._record import record
from pronghorn.data.refusals.fitting import misfit, stored_kind
from pronghorn.data.repositories.keysets import SortKey
from pronghorn.exceptions import DeclarationError, RequestValidationError

CHECKSUM_SIZE: Final = 9  # a multiple of three, so that base64 needs no padding for it
MOST_BITS: Final = 63


@record
class Place:
    """Where a page begins: after the row with these values, or before it."""

    values: tuple[Any, ...]
    is_backward: bool


@record
class Way:
    """How values of a type are written as JSON, and read again (a `ValueError` if they cannot)."""

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


class Cursors:
    """Writes and reads the cursors of one order on one kind of database."""

    def __init__(self, model: type[Any], keys: Sequence[SortKey], dialect: Dialect) -> None:
        self.dialect = dialect
        self.kinds = [stored_kind(key.expression.type) for key in keys]
        self.ways = [way_of(kind, dialect) for kind in self.kinds]
        self.nullable = [key.is_nullable for key in keys]
        told = [model.__qualname__, dialect.name, *(key.describe() for key in keys)]
        self.order = hashlib.blake2b("\n".join(told).encode(), digest_size=32).digest()

    def write(self, values: Sequence[Any], *, is_backward: bool) -> str:
        written = [
            None if value is None else way.write(value)
            for way, value in zip(self.ways, values, strict=True)
        ]
        payload = json.dumps([int(is_backward), *written], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self.checksum(payload) + payload).decode().rstrip("=")

    def read(self, text: str) -> Place:
        """Raises `RequestValidationError`, which is answered 422."""
        try:
            return self.parse(text)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            error = {
                "type": "cursor",
                "loc": ("query", "cursor"),
                "msg": "Input should be a cursor of this list, in this order",
                "input": text,
            }
            raise RequestValidationError([error]) from None

    def parse(self, text: str) -> Place:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        checksum, payload = raw[:CHECKSUM_SIZE], raw[CHECKSUM_SIZE:]
        if checksum != self.checksum(payload):
            raise ValueError("of another order, or changed")
        is_backward, *written = from_json(payload)
        if is_backward not in (0, 1) or len(written) != len(self.ways):
            raise ValueError("not as many values as there are keys")
        return Place(tuple(map(self.value, range(len(written)), written)), bool(is_backward))

    def value(self, index: int, written: Any) -> Any:
        if written is None and self.nullable[index]:
            return None
        value = self.ways[index].read(written)
        if self.dialect.name != "sqlite" and misfit(value, self.kinds[index], self.dialect):
            raise ValueError("not a value of its column")
        return value

    def checksum(self, payload: bytes) -> bytes:
        return hashlib.blake2b(payload, digest_size=CHECKSUM_SIZE, key=self.order).digest()


# --- values as JSON --------------------------------------------------------------------------


def exactly(*kinds: type) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if type(value) not in kinds:
            raise ValueError("a value of another type")
        return value

    return check


def read_text_as(make: Callable[[str], Any]) -> Callable[[Any], Any]:
    text = exactly(str)
    return lambda value: make(text(value))


def read_moment(text: str) -> dt.datetime:
    moment = dt.datetime.fromisoformat(text)
    if moment.tzinfo is not None:
        moment.astimezone(dt.UTC)  # an OverflowError, where the driver would have one
    return moment


def write_stored(value: Any) -> Any:
    return {"bytes": value.hex()} if isinstance(value, bytes) else value


def read_stored(value: Any) -> Any:
    """What SQLite stores: a number of at most 64 bits, a text or bytes, in any column."""
    if isinstance(value, dict):
        return bytes.fromhex(value["bytes"])
    if type(value) is int and value.bit_length() > MOST_BITS:
        raise ValueError("a number beyond 64 bits")
    if type(value) is str:
        value.encode()
    return exactly(int, float, str)(value)


STORED: Final = Way(write_stored, read_stored)

# The first that a type is an instance of.
WAYS: Final[tuple[tuple[type[TypeEngine[Any]], Way], ...]] = (
    (String, Way(str, exactly(str))),
    (Boolean, Way(bool, exactly(bool))),
    (Integer, Way(int, exactly(int))),
    (Float, Way(float, lambda value: float(exactly(int, float)(value)))),
    (Numeric, Way(str, read_text_as(decimal.Decimal))),
    (DateTime, Way(lambda value: value.isoformat(), read_text_as(read_moment))),
    (Date, Way(lambda value: value.isoformat(), read_text_as(dt.date.fromisoformat))),
    (Time, Way(lambda value: value.isoformat(), read_text_as(dt.time.fromisoformat))),
    (
        Interval,
        Way(
            lambda value: [value.days, value.seconds, value.microseconds],
            lambda value: dt.timedelta(*map(exactly(int), exactly(list)(value))),
        ),
    ),
    (Uuid, Way(str, read_text_as(uuid.UUID))),
    (LargeBinary, Way(lambda value: bytes(value).hex(), read_text_as(bytes.fromhex))),
)


def way_of(kind: TypeEngine[Any], dialect: Dialect) -> Way:
    if dialect.name == "sqlite":
        return STORED
    for known, way in WAYS:
        if isinstance(kind, known):
            return way
    raise DeclarationError(
        "cursor-type",
        problem=f"A column of type {kind!r} cannot be in a cursor.",
        remedy="Order by other columns, say the type of a function (`func.abs(User.age, "
        "type_=Integer)`), or use `page()`, which counts rows.",
    )
