"""Values that are looked at before they are written to SQLite, which takes nearly everything.

A text that is longer than its column says, a word for a number, a limit of -1 that is none: what
PostgreSQL would not take is not written there either, so that nobody's data depends on which of
the two it was.
"""

import decimal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final

from sqlalchemy import Dialect, Enum, Integer, Numeric, String
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.exc import DataError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import Float, TypeDecorator, TypeEngine

from pronghorn.data.refusals.failed import Failed
from pronghorn.data.refusals.fitting import bits_of, misfit

POSTGRESQL: Final = postgresql.dialect()  # type: ignore[no-untyped-call]  # as SQLAlchemy has it


Question = Callable[[Any], str | None]
"""Says why a value does not fit."""


def misfit_written(value: Any, kind: TypeEngine[Any]) -> str | None:
    """Why PostgreSQL would not take *value* for a column of this type, where it is certain."""
    ask = question(kind)
    return None if ask is None or value is None else ask(value)


def ask_text(kind: Any) -> Question:
    length = kind.length or sys.maxsize

    def ask(value: Any) -> str | None:
        if not isinstance(value, str):
            return None
        # Blanks at the end are cut off in silence, as the standard of SQL wants it.
        if len(value) > length and value[length:].strip(" "):
            return f"longer than {length} characters"
        return "a text with a NUL" if "\0" in value else None

    return ask


def ask_whole(kind: Any) -> Question:
    bits = bits_of(kind, POSTGRESQL)
    least, most = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1

    def ask(value: Any) -> str | None:
        is_fine = type(value) is int and least <= value <= most
        return None if is_fine else misfit(value, kind, POSTGRESQL)

    return ask


def ask_choice(kind: Any) -> Question:
    return lambda value: misfit(value, kind, POSTGRESQL)


def ask_digits(kind: Any) -> Question | None:
    """Digits before the point may be too many; those after it are rounded."""
    if kind.precision is None:
        return None
    before = kind.precision - (kind.scale or 0)
    bound = decimal.Decimal(1).scaleb(before)
    unit = decimal.Decimal(1).scaleb(-(kind.scale or 0))

    def ask(value: Any) -> str | None:
        if not isinstance(value, (int, float, decimal.Decimal)):
            return None
        number = decimal.Decimal(value)
        # What has more digits than a context can round is large, or infinite.
        with suppress(decimal.InvalidOperation):
            number = number.quantize(unit, rounding=decimal.ROUND_HALF_UP)
        is_fine = number.is_nan() or abs(number) < bound
        return None if is_fine else f"a number of more than {before} digits before the point"

    return ask


def ask_clause(value: Any) -> str | None:
    """Why *value* is no limit and no offset."""
    if not isinstance(value, int) or value < 0:
        return "negative"
    return None if value < 2**63 else "beyond 64 bits"


Rule = tuple[type[TypeEngine[Any]], Callable[[Any], Question | None] | None]

QUESTIONS: Final[tuple[Rule, ...]] = (
    (Enum, ask_choice),
    (String, ask_text),
    (Integer, ask_whole),
    (Float, None),
    (Numeric, ask_digits),
)
"""The first that a type is an instance of counts."""


def question(kind: TypeEngine[Any]) -> Question | None:
    # What a decorator writes is known when it has run, and it may not like to be run twice.
    if isinstance(kind, TypeDecorator):
        return None
    make = next((make for known, make in QUESTIONS if isinstance(kind, known)), None)
    return None if make is None else make(kind)


# --- before a statement is sent to SQLite ------------------------------------------------

Check = tuple[str, Question]
CHECKS: Final = "_pronghorn_checks"
"""Where it stands at a compiled statement what is to be looked at in its values."""
CHECKED: Final = "_pronghorn_checked"


def check_values(dialect: Dialect) -> None:
    """Refuse to write to SQLite by *dialect* what PostgreSQL would not take.

    The methods are replaced by which statements are sent.  An event would do as well, but with one
    in use SQLAlchemy asks for all of them at each step of a statement.
    """
    if not hasattr(dialect, CHECKED):
        setattr(dialect, CHECKED, True)
        for name in ("do_execute", "do_executemany"):
            setattr(dialect, name, checking(getattr(dialect, name)))


def checking(send: Callable[..., None]) -> Callable[..., None]:
    """*send*, a method that sends a statement, once its values have been looked at."""

    def send_checked(cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        # A statement for many rows is sent in several parts.
        if context is not None and CHECKED not in context.__dict__:
            check(statement, context)
        send(cursor, statement, parameters, context)

    return send_checked


def check(statement: str, context: Any) -> None:
    """Refuse what does not fit among the values of *statement*."""
    compiled = context.compiled
    if not isinstance(compiled, SQLCompiler):
        return
    checks: tuple[Check, ...] | None = compiled.__dict__.get(CHECKS)
    if checks is None:
        checks = tuple(checks_of(compiled, context))
        setattr(compiled, CHECKS, checks)
    if not checks:
        return
    setattr(context, CHECKED, True)
    for row in context.compiled_parameters:
        for name, ask in checks:
            value = row[name]
            if value is not None and (reason := ask(value)) is not None:
                raise DataError(statement, None, ValueError(f"`{name}` is {reason}"))


def checks_of(compiled: SQLCompiler, context: DefaultExecutionContext) -> Iterator[Check]:
    first = context.compiled_parameters[:1]
    for parameter in Failed(compiled, first, context.dialect).parameters():
        ask = question(parameter.kind) if parameter.is_written else None
        if parameter.clause is not None:
            ask = ask_clause
        if ask is not None:
            yield parameter.name, ask
