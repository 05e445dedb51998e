"""What an operation is tried again after, and how often: the option `retry` of a route.

Knows nothing of requests: how an attempt is undone is told by its plan.
"""

import random
from collections.abc import Callable, Iterable

from starlette.exceptions import HTTPException

from pronghorn.budgets import QueryBudgetError
from pronghorn.exceptions import (
    DeclarationTypeError,
    DeclarationValueError,
    RequestValidationError,
)

Wanted = type[Exception] | Callable[[Exception], bool]


class Retry:
    """Try an operation again when it fails with one of some exceptions.

    *on* is an exception class, or a function that says of an exception whether trying again may
    help; or several of these.  *attempts* counts all, the first one too.  Between two attempts
    there is a random wait of at most *wait* seconds, then twice as long, and so on up to
    *longest_wait*.

    An `HTTPException` is an answer: it is tried again only where *on* names it, or a class derived
    from it.  A request that is refused as invalid is never tried again, nor is one that was
    cancelled, or whose answer has begun.
    """

    __slots__ = ("attempts", "classes", "longest_wait", "predicates", "wait")

    def __init__(
        self,
        on: Wanted | Iterable[Wanted],
        *,
        attempts: int = 3,
        wait: float = 0.02,
        longest_wait: float = 1.0,
    ) -> None:
        """Say what is tried again; raises a `DeclarationError` for what cannot be meant."""
        wanted = (on,) if callable(on) else tuple(on)
        for one in wanted:
            check_wanted(one)
        if not wanted:
            raise no_exception("`on` is empty, so nothing would ever be tried again.")
        if isinstance(attempts, bool) or not isinstance(attempts, int) or attempts < 1:
            raise DeclarationValueError(
                "limit-value",
                problem=f"attempts must be a positive integer, not {attempts!r}.",
                remedy="Count all attempts, the first one too: `attempts=3` tries twice more.",
            )
        if not 0 <= wait <= longest_wait:
            raise DeclarationValueError(
                "limit-value",
                problem=f"wait must be from 0 to longest_wait, {longest_wait!r}, not {wait!r}.",
                remedy="Give seconds, such as `wait=0.02, longest_wait=1`.",
            )
        self.classes = tuple(one for one in wanted if isinstance(one, type))
        self.predicates = tuple(one for one in wanted if not isinstance(one, type))
        self.attempts = attempts
        self.wait = wait
        self.longest_wait = longest_wait

    def __repr__(self) -> str:
        names = [getattr(one, "__name__", repr(one)) for one in (*self.classes, *self.predicates)]
        return f"Retry(on=({', '.join(names)},), attempts={self.attempts})"

    def wants(self, error: Exception) -> bool:
        """Whether *error* is one that is tried again after."""
        if isinstance(error, (RequestValidationError, QueryBudgetError)):
            # They would be raised again.
            return False
        if isinstance(error, HTTPException):
            named = tuple(one for one in self.classes if issubclass(one, HTTPException))
            return isinstance(error, named)
        return isinstance(error, self.classes) or any(wants(error) for wants in self.predicates)

    def pause(self, failed: int) -> float:
        """Seconds to wait after the attempt number *failed*, counted from 1."""
        # From nothing up: those that met once are the least likely to meet again.
        longest = min(self.longest_wait, self.wait * 2.0 ** min(failed - 1, 60))
        return random.uniform(0, longest)  # noqa: S311 - no secret


def check_wanted(one: object) -> None:
    if isinstance(one, type):
        if not issubclass(one, Exception):
            raise no_exception(f"`on` names {one.__name__}, which is no class of exceptions.")
    elif not callable(one):
        raise no_exception(f"`on` names {one!r}, which is no class of exceptions.")


def no_exception(problem: str) -> DeclarationTypeError:
    return DeclarationTypeError(
        "retry-on",
        problem=problem,
        remedy="Name classes that derive from `Exception`, or functions that are given one:"
        " `Retry(on=(TimeoutError,))`.",
    )
