"""Values that a column cannot hold: found in a statement that was refused."""

import decimal
import re
from datetime import date, datetime, time, timedelta
from enum import Enum as Choice
from typing import Final
from uuid import UUID

from pronghorn._record import record
from pronghorn.data.refusals.checking import ask_clause, misfit_written
from pronghorn.data.refusals.failed import Failed, Parameter
from pronghorn.data.refusals.fitting import misfit

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
        return ask_clause(parameter.value)
    if parameter.is_written:
        reason = misfit_written(parameter.value, parameter.kind)
        if reason is not None:
            return reason
    return misfit(parameter.value, parameter.kind, failed.dialect)
