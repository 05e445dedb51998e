"""What the log is told of what was refused: of each kind a line in a second.

A server that stands still refuses hundreds of requests in a second, all for one reason.  One line
says what there is to say, and the next one how many were left out.
"""

import atexit
from collections.abc import Callable
from logging import DEBUG, WARNING, getLogger
from math import inf
from threading import Lock
from time import monotonic
from typing import Any, TypeGuard

from pronghorn.data.refusals.failed import frames_of
from pronghorn.data.refusals.faults import Fault
from pronghorn.exceptions import (
    HTTPException,
    RequestValidationError,
    describe_place,
    find_callable,
)
from pronghorn.mode import mode_of
from pronghorn.places import place_of

log = getLogger("pronghorn.data.refusals")

Reason = tuple[str, str, str, str]
"""What refusals of one kind have in common: the status, the kind, the table and the constraint."""


class Lines:
    """Which lines are written, and how many like them are not."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self.clock = clock
        self.lock = Lock()
        self.told: dict[Reason, float] = {}
        """When the last line was written."""
        self.left_out: dict[Reason, int] = {}
        """How many were not written since."""

    def turn(self, reason: Reason) -> int | None:
        """How many were left out before a line that is due now; None if none is due."""
        now = self.clock()
        with self.lock:
            if now < self.told.get(reason, -inf) + 1:
                self.left_out[reason] = self.left_out.get(reason, 0) + 1
                return None
            self.told[reason] = now
            return self.left_out.pop(reason, 0)

    def rest(self) -> list[str]:
        """What is said at the end of those that no line came after."""
        with self.lock:
            left_out = dict(self.left_out)
        return [
            f"Answered {' '.join(filter(None, reason))}: {count} more like the last that was told"
            for reason, count in left_out.items()
        ]


lines = Lines()


@atexit.register
def tell_rest() -> None:
    for line in lines.rest():
        log.warning(line)


def tell(error: Exception, fault: Fault, answer: HTTPException | RequestValidationError) -> None:
    """Log what a developer needs: the driver's words, the statement without its values, the line.

    What a statement is refused for may be personal; who wants it logged has `echo` and DEBUG.
    With DEBUG each refusal has its line, and in tests: each of them may look for its own.
    """
    if log.isEnabledFor(DEBUG) or mode_of() == "tests":
        log.warning(describe(error, fault, answer))
        log.debug("The exception of the answer above:", exc_info=error)
    elif log.isEnabledFor(WARNING):
        count = lines.turn((f"{status_of(answer)}:", fault.kind, fault.table, fault.constraint))
        if count is not None:
            more = f"; and {count} more like it in the second after the line before"
            log.warning("%s%s", describe(error, fault, answer), more if count else "")


def status_of(answer: HTTPException | RequestValidationError) -> int:
    return answer.status_code if isinstance(answer, HTTPException) else 422


def describe(error: Exception, fault: Fault, answer: HTTPException | RequestValidationError) -> str:
    # Of a value that cannot be held, drivers tell the value.
    about = said_in(answer) if fault.kind == "value" else fault.text.partition("\n")[0]
    known = (
        fault.code,
        f"constraint {fault.constraint}" if fault.constraint else "",
        f"table {fault.table}" if fault.table else "",
        where_of(error) or "",
    )
    details = "; ".join(filter(None, known))
    statement = " ".join((getattr(error, "statement", None) or "").split())
    tail = (f" ({details})" if details else "") + (f" in {statement}" if statement else "")
    return f"Answered {status_of(answer)}: {fault.kind}: {about!r}{tail}"


def said_in(answer: HTTPException | RequestValidationError) -> str:
    """What the client is told: the fields, and why they were refused."""
    if isinstance(answer, HTTPException):
        return str(answer.detail)
    return "; ".join(f"{'.'.join(it['loc'])}: {it['msg']}" for it in answer.errors())


def where_of(error: Exception) -> str | None:
    """The line of the user's that *error* came through; else the endpoint, as for a commit."""
    place = place_of(error)
    if place is not None:
        return describe_place(place.function, place.file, place.line)
    scopes = [frame.f_locals.get("scope") for frame in frames_of(error)]
    endpoints = [scope["endpoint"] for scope in scopes if is_of_endpoint(scope)]
    return find_callable(endpoints[-1]) if endpoints else None


def is_of_endpoint(scope: Any) -> TypeGuard[dict[str, Any]]:
    """Whether a local variable that is called "scope" is that of a request to an endpoint."""
    return isinstance(scope, dict) and callable(scope.get("endpoint"))
