"""Mistakes in what a database was declared with, which show when it is opened or first used."""

from collections.abc import Iterator
from contextlib import contextmanager

from pronghorn.exceptions import DeclarationError, describe_place
from pronghorn.metering import Place


@contextmanager
def declared_at(place: Place | None) -> Iterator[None]:
    """Have a mistake name *place*, and not the line by which it happened to show."""
    try:
        yield
    except DeclarationError as error:
        if place is not None:
            error.move_to(describe_place(place.function, place.file, place.line))
        raise
