"""What exceptions of databases mean, told to whoever answers exceptions.

It is for all of SQLAlchemy's that leave a route, from whichever engine they come: whoever has
imported a name of `pronghorn.data` has these answers.
"""

from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError

from pronghorn.data.refusals.answers import is_refusal, refusal
from pronghorn.data.refusals.loading import not_loaded
from pronghorn.exception_handlers import fallbacks
from pronghorn.exceptions import ResponseValidationError

DRIVERS = (OSError, OverflowError, UnicodeEncodeError)
"""What drivers raise in their own name, and SQLAlchemy lets through."""


def meaning(error: Exception, protocol: str) -> Exception | None:
    """A lazy load in words that help, which is an error still; else the answer to a refusal."""
    return not_loaded(error) or refusal(error, protocol)


def named(error: Exception, _protocol: str) -> Exception | None:
    return not_loaded(error)


def first_of_group(group: Exception, _protocol: str) -> Exception | None:
    """The first of what tasks failed by, to be answered in its own name, if all were refused."""
    errors = list(members(group))
    are_refusals = all(
        isinstance(it, (SQLAlchemyError, *DRIVERS)) and is_refusal(it) for it in errors
    )
    return errors[0] if are_refusals else None


def members(error: Exception) -> Iterator[Exception]:
    if isinstance(error, ExceptionGroup):
        for inner in error.exceptions:
            yield from members(inner)
    else:
        yield error


fallbacks[SQLAlchemyError] = meaning
fallbacks[ResponseValidationError] = named
fallbacks[ExceptionGroup] = first_of_group
for kind in DRIVERS:
    fallbacks[kind] = refusal
