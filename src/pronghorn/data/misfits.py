"""Values that a column cannot hold: found in a statement that was refused.

And found before a statement is sent to SQLite, which takes nearly everything: a text that is longer
than its column says, a word for a number, a limit of -1 that is none.  What PostgreSQL would not
take is not written there either, so that nobody's data depends on which of the two it was.
"""

import decimal
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from enum import Enum as Choice
from typing import Any, Final
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, Enum, Integer, Numeric, String, event
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.exc import DataError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import Float, TypeDecorator, TypeEngine

from pronghorn._record import record
from pronghorn.data.failed import Failed, Parameter
from pronghorn.data.fitting import misfit

POSTGRESQL: Final = postgresql.dialect()  # type: ignore[no-untyped-call]  # as SQLAlchemy has it
PLAIN: Final = (str, int, float, bytes, decimal.Decimal, date, datetime, time, timedelta, UUID)
MORE_PLAIN: Final = (Choice, list, tuple, set, frozenset, dict, type(None))
NUMBERED: Final = re.compile(r"(?:query argument|parameter) \$?(\d+)")
"""How asyncpg, and SQLite in its own way, say which parameter it was."""

UNKNOWN: Final = "nothing that the database can take"


@record
class Misfit:
    """A value that does not fit where it is meant to go, and why."""

    parameter: Parameter
    reason: str


def misfits_of(failed: Failed, text: str) -> list[Misfit] | None:
    """The values that *failed* was refused for; an empty list if nobody knows which.

    None: it is the program's fault.  Either no value came from outside, or it is of a type that
    cannot have come from there.
    """
    parameters = list(failed.parameters())
    found = [
        Misfit(parameter, reason)
        for parameter in parameters
        if (reason := reason_of(parameter, failed)) is not None
    ]
    if not found:
        numbered = NUMBERED.search(text)
        named = failed.named(int(numbered[1])) if numbered else None
        only = parameters[0] if len(parameters) == 1 else None
        found = [Misfit(it, UNKNOWN) for it in (named or only,) if it is not None]
    if not parameters or (found and all(is_programs(it.parameter) for it in found)):
        return None
    return [it for it in found if not is_programs(it.parameter)]


def is_programs(parameter: Parameter) -> bool:
    """Whether the value cannot have come from outside."""
    return parameter.is_own or not isinstance(parameter.value, PLAIN + MORE_PLAIN)


def reason_of(parameter: Parameter, failed: Failed) -> str | None:
    """Why the value of *parameter* does not fit, if a rule says that it does not."""
    if parameter.clause is not None:
        return misfit_clause(parameter.value)
    if parameter.is_written:
        reason = misfit_written(parameter.value, parameter.kind)
        if reason is not None:
            return reason
    return misfit(parameter.value, parameter.kind, failed.dialect)


def misfit_clause(value: Any) -> str | None:
    if not isinstance(value, int) or value < 0:
        return "negative"
    return None if value < 2**63 else "beyond 64 bits"


# --- what is written ---------------------------------------------------------------------


def misfit_written(value: Any, kind: TypeEngine[Any]) -> str | None:
    """Why PostgreSQL would not take *value* for a column of this type, where it is certain."""
    ask = question(kind)
    return None if ask is None or value is None else ask(value, kind)


def misfit_text(value: Any, kind: Any) -> str | None:
    if not isinstance(value, str):
        return None
    if kind.length is not None and len(value) > kind.length and value[kind.length :].strip(" "):
        # Blanks at the end are cut off in silence, as the standard of SQL wants it.
        return f"longer than {kind.length} characters"
    return "a text with a NUL" if "\0" in value else None


def misfit_whole(value: Any, kind: Any) -> str | None:
    return misfit(value, kind, POSTGRESQL)


def misfit_digits(value: Any, kind: Any) -> str | None:
    """Digits before the point are too many; those after it are rounded."""
    if kind.precision is None or not isinstance(value, (int, float, decimal.Decimal)):
        return None
    try:
        number = decimal.Decimal(value).quantize(
            decimal.Decimal(1).scaleb(-(kind.scale or 0)), rounding=decimal.ROUND_HALF_UP
        )
    except decimal.InvalidOperation:  # more digits than a context has, or infinite
        return None if decimal.Decimal(value).is_nan() else "a number of too many digits"
    before = kind.precision - (kind.scale or 0)
    is_small = number.is_nan() or abs(number) < decimal.Decimal(1).scaleb(before)
    return None if is_small else f"a number of more than {before} digits before the point"


Question = Callable[[Any, Any], str | None]

QUESTIONS: Final[tuple[tuple[type[TypeEngine[Any]], Question | None], ...]] = (
    (Enum, misfit_whole),
    (String, misfit_text),
    (Integer, misfit_whole),
    (Float, None),
    (Numeric, misfit_digits),
)


def question(kind: TypeEngine[Any]) -> Question | None:
    # What a decorator writes is known when it has run, and it may not like to be run twice.
    if isinstance(kind, TypeDecorator):
        return None
    return next((ask for known, ask in QUESTIONS if isinstance(kind, known)), None)


# --- before a statement is sent to SQLite ------------------------------------------------

Checks = tuple[tuple[str, Question, TypeEngine[Any]], ...]
known_checks: "WeakKeyDictionary[SQLCompiler, Checks]" = WeakKeyDictionary()
"""What is to be looked at in a statement, as long as SQLAlchemy keeps it."""


def check_values(engine: Engine) -> None:
    """Refuse to write to SQLite on *engine* what PostgreSQL would not take."""

    @event.listens_for(engine, "before_cursor_execute")
    def check(
        _connection: Connection,
        _cursor: Any,
        statement: str,
        _parameters: Any,
        context: Any,
        _is_many: bool,
    ) -> None:
        compiled = getattr(context, "compiled", None)
        if not isinstance(compiled, SQLCompiler):
            return
        checks = known_checks.get(compiled)
        if checks is None:
            checks = known_checks[compiled] = tuple(checks_of(context))
        if not checks:
            return
        rows = context.compiled_parameters
        for name, ask, kind in checks:
            for row in rows:
                value = row[name]
                if value is not None:
                    reason = ask(value, kind)
                    if reason is not None:
                        raise DataError(statement, None, ValueError(f"{name} is {reason}"))


def checks_of(context: DefaultExecutionContext) -> Iterator[tuple[str, Question, TypeEngine[Any]]]:
    compiled: Any = context.compiled
    for parameter in Failed(
        compiled, context.compiled_parameters[:1], context.dialect
    ).parameters():
        ask = question(parameter.kind) if parameter.is_written else None
        if parameter.clause is not None:
            ask = ask_clause
        if ask is not None:
            yield parameter.name, ask, parameter.kind


def ask_clause(value: Any, _: Any) -> str | None:
    return misfit_clause(value)
