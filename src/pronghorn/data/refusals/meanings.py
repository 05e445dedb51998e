"""What exceptions of databases mean, told to whoever answers exceptions.

It is for all of SQLAlchemy's that leave a route, from whichever engine they come: whoever has
imported `pronghorn.data` has these answers.
"""

from sqlalchemy.exc import SQLAlchemyError

from pronghorn.data.refusals.answers import refusal
from pronghorn.data.refusals.loading import not_loaded
from pronghorn.exception_handlers import fallbacks
from pronghorn.exceptions import ResponseValidationError


def meaning(error: Exception, protocol: str) -> Exception | None:
    """A lazy load in words that help, which is an error still; else the answer to a refusal."""
    return not_loaded(error) or refusal(error, protocol)


def named(error: Exception, _protocol: str) -> Exception | None:
    return not_loaded(error)


fallbacks[SQLAlchemyError] = meaning
fallbacks[ResponseValidationError] = named
# What drivers raise in their own name, and SQLAlchemy lets through.
for kind in (OSError, OverflowError, UnicodeEncodeError):
    fallbacks[kind] = refusal
