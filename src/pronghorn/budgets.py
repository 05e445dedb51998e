"""How many statements a request may send to databases, and what is said of one that sends more.

Outside of production alone: in development it is a warning, in tests a failure.
"""

import warnings
from collections import Counter
from collections.abc import Mapping
from typing import Any, Self

from pronghorn.exceptions import describe_place
from pronghorn.metering import Meter, Place, Statement, meter

SHOWN = 3
"""How many statements are shown where none was repeated."""
LONGEST = 300
"""How much of a statement is shown."""
REMEDIES = {
    "SELECT": "Load it with what it belongs to, by `selectinload(...)` or `joinedload(...)`, or ask"
    " once for all of them, with `IN`.",
    "INSERT": "Add all of them at once: `session.add_all(...)`, or `create_many`.",
    "UPDATE": "Change all of them by one statement, with `IN`.",
    "DELETE": "Delete all of them by one statement, with `IN`.",
}
NOT_REPEATED = "Ask for less, or for several things at once; or raise `query_budget`."
seen: dict[Any, Any] = {}
"""The warnings that were given: each is given once."""


class QueryBudgetWarning(UserWarning):
    """A request sent more statements than its budget says."""


class QueryBudgetError(Exception):
    """A request sent more statements than its budget says, in tests."""


class Budget:
    """The most statements for one operation, and what happens when there are more."""

    def __init__(self, most: int, path: str, *, is_failure: bool) -> None:
        self.most = most
        self.path = path
        self.is_failure = is_failure

    def __repr__(self) -> str:
        return f"Budget({self.most}, {self.path!r})"

    def measure(self, scope: Mapping[str, Any]) -> "Measured":
        """A block in which statements are noted, to be checked before it ends."""
        return Measured(self, scope)

    def check(self, method: str, statements: list[Statement]) -> None:
        """Warn of *statements* if they are too many, or raise `QueryBudgetError`."""
        if len(statements) <= self.most:
            return
        message = self.describe(method, statements)
        if self.is_failure:
            raise QueryBudgetError(message)
        place = statements[-1].place or Place("<unknown>", 1, "")
        warnings.warn_explicit(message, QueryBudgetWarning, place.file, place.line, registry=seen)

    def describe(self, method: str, statements: list[Statement]) -> str:
        """What is wrong, where, and what to do."""
        counts = Counter(statement.text for statement in statements)
        text, times = counts.most_common(1)[0]
        sent = len(statements)
        lines = [f"{method} {self.path} sent {sent} statements; its query_budget is {self.most}."]
        if times > 1:
            places = Counter(s.place for s in statements if s.text == text)
            lines += [f"{times} times: {shortened(text)}", shown(places.most_common(1)[0][0])]
            lines.append(REMEDIES.get(text.lstrip()[:6].upper(), NOT_REPEATED))
        else:
            for statement in statements[:SHOWN]:
                lines += [f"once: {shortened(statement.text)}", shown(statement.place)]
            lines.append(NOT_REPEATED)
        return "\n  ".join([*lines, "[query-budget]"])


class Measured:
    """The statements of one run of an operation."""

    def __init__(self, budget: Budget, scope: Mapping[str, Any]) -> None:
        self.budget = budget
        self.scope = scope

    def __enter__(self) -> Self:
        current = meter.get()
        self.meter = Meter() if current is None else current
        self.token = meter.set(self.meter) if current is None else None
        self.before = self.meter.statements
        # What was sent before belongs to an attempt that failed, or to whoever surrounds this.
        self.meter.statements = []
        return self

    def check(self) -> None:
        """Warn of what was sent up to now, or raise `QueryBudgetError`, if it is too much."""
        self.budget.check(self.scope["method"], self.meter.statements or [])

    def __exit__(self, *_: object) -> None:
        self.meter.statements = self.before
        if self.token is not None:
            meter.reset(self.token)


def shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else f"{line[:LONGEST]}..."


def shown(place: Place | None) -> str:
    if place is None:
        # An attribute that was loaded when it was asked for, by what writes the answer.
        return "by no line of yours: while the answer was written"
    return describe_place(place.function, place.file, place.line)
