"""Whether a column can hold a value, asked before a driver refuses it in words of its own.

asyncpg, psycopg and SQLite each raise another exception for a number beyond 32 bits, a NUL in
a text or a time zone where there is none.  Here the answer is a few words for the client, or
None if the value fits.
"""

import datetime as dt
import decimal
import uuid
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Dialect
from sqlalchemy.types import (
    BigInteger,
    Boolean,
    Date,
    DateTime,
    Enum,
    Float,
    Integer,
    Interval,
    LargeBinary,
    Numeric,
    SmallInteger,
    String,
    Time,
    TypeDecorator,
    TypeEngine,
    Uuid,
)
from typing_extensions import TypeIs

Reason = str | None

# PostgreSQL, "Numeric Types": digits before the decimal point, and after it.
MOST_DIGITS: Final = 131_072
MOST_DECIMALS: Final = 16_383

# SQLite has no durations: they are kept as the date that is so far from 1970.
EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
SHORTEST: Final = dt.datetime.min.replace(tzinfo=dt.UTC) - EPOCH
LONGEST: Final = dt.datetime.max.replace(tzinfo=dt.UTC) - EPOCH


def misfit(value: Any, kind: TypeEngine[Any], dialect: Dialect) -> Reason:
    """Say why a column of this type cannot hold the value, or be compared with it."""
    while is_decorator(kind):
        try:
            value = kind.process_bind_param(value, dialect)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return "not a value of this column"
        kind = kind.impl_instance
    if value is None:
        return None
    for kinds, ask in QUESTIONS:
        if isinstance(kind, kinds):
            return ask(value, kind, dialect)
    return None


def is_decorator(kind: TypeEngine[Any]) -> TypeIs[TypeDecorator[Any]]:
    # SQLAlchemy's own decorator takes durations apart; it has a question of its own.
    return isinstance(kind, TypeDecorator) and not isinstance(kind, Interval)


def stored_kind(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    """The type that the database knows, below what users put around it."""
    while is_decorator(kind):
        kind = kind.impl_instance
    return kind


def misfit_number(value: Any, kind: TypeEngine[Any], dialect: Dialect) -> Reason:
    if not isinstance(value, int):
        return "not a whole number"
    bits = bits_of(kind, dialect)
    if not -(2 ** (bits - 1)) <= value < 2 ** (bits - 1):
        return f"beyond {bits} bits"
    return None


def bits_of(kind: TypeEngine[Any], dialect: Dialect) -> int:
    # Every INTEGER of SQLite has 64 bits, whatever it was declared as.
    if isinstance(kind, BigInteger) or dialect.name == "sqlite":
        return 64
    return 16 if isinstance(kind, SmallInteger) else 32


def misfit_float(value: Any, _: TypeEngine[Any], __: Dialect) -> Reason:
    if not isinstance(value, int | float | decimal.Decimal):
        return "not a number"
    try:
        is_lost = float(value) in INFINITIES and decimal.Decimal(value).is_finite()
    except (OverflowError, ValueError):
        is_lost = True
    return "beyond the numbers of this column" if is_lost else None


INFINITIES: Final = {float("inf"), float("-inf")}


def misfit_decimal(value: Any, kind: TypeEngine[Any], dialect: Dialect) -> Reason:
    if dialect.name == "sqlite":  # It has no decimal numbers: they are kept as floats.
        return misfit_float(value, kind, dialect)
    if not isinstance(value, int | float | decimal.Decimal):
        return "not a number"
    number = decimal.Decimal(value)
    if number.is_snan() or (
        number.is_finite() and not -MOST_DECIMALS <= number.adjusted() < MOST_DIGITS
    ):
        return "beyond the numbers of this column"
    return None


def misfit_text(value: Any, _: TypeEngine[Any], __: Dialect) -> Reason:
    if not isinstance(value, str):
        return "not a text"
    # PostgreSQL refuses it, and to SQLite's functions it is the end of the text.
    if "\0" in value:
        return "a text with a NUL"
    try:
        value.encode()
    except UnicodeEncodeError:
        return "a text that UTF-8 cannot write"
    return None


def misfit_choice(value: Any, kind: TypeEngine[Any], _: Dialect) -> Reason:
    if not isinstance(kind, Enum):
        return None
    if kind.enum_class is not None and isinstance(value, kind.enum_class):
        return None
    return None if value in kind.enums else "none of the values of this column"


def misfit_moment(value: Any, kind: TypeEngine[Any], _: Dialect) -> Reason:
    if not isinstance(value, dt.datetime):
        return "not a date with a time"
    if value.tzinfo is None:
        return None
    if not getattr(kind, "timezone", False):
        return "a time with a time zone, where the column has none"
    try:
        value.astimezone(dt.UTC)
    except OverflowError:
        return "beyond the years 1 to 9999"
    return None


def misfit_time(value: Any, kind: TypeEngine[Any], _: Dialect) -> Reason:
    if not isinstance(value, dt.time):
        return "not a time"
    if getattr(kind, "timezone", False) == (value.tzinfo is not None):
        return None
    return "a time with a time zone where the column has none, or without one where it has"


def misfit_duration(value: Any, _: TypeEngine[Any], dialect: Dialect) -> Reason:
    if not isinstance(value, dt.timedelta):
        return "not a duration"
    if dialect.name != "sqlite" or SHORTEST <= value <= LONGEST:
        return None
    return "beyond the durations of this column"


def misfit_uuid(value: Any, _: TypeEngine[Any], __: Dialect) -> Reason:
    if isinstance(value, uuid.UUID):
        return None
    try:
        uuid.UUID(value)
    except (AttributeError, TypeError, ValueError):
        return "not a UUID"
    return None


def misfit_of(expected: type, words: str) -> Callable[[Any, TypeEngine[Any], Dialect], Reason]:
    def ask(value: Any, _: TypeEngine[Any], __: Dialect) -> Reason:
        return None if isinstance(value, expected) else words

    return ask


# The first that a type is an instance of decides, so narrower types come first.
QUESTIONS: Final[
    tuple[
        tuple[
            type[TypeEngine[Any]] | tuple[type[TypeEngine[Any]], ...],
            Callable[[Any, TypeEngine[Any], Dialect], Reason],
        ],
        ...,
    ]
] = (
    (Enum, misfit_choice),
    (String, misfit_text),
    (Boolean, misfit_of(int, "neither true nor false")),
    (Integer, misfit_number),
    (Float, misfit_float),
    (Numeric, misfit_decimal),
    (DateTime, misfit_moment),
    (Interval, misfit_duration),
    (Date, misfit_of(dt.date, "not a date")),
    (Time, misfit_time),
    (Uuid, misfit_uuid),
    (LargeBinary, misfit_of(bytes, "not bytes")),
)
