"""The steps that tell OpenTelemetry as text.

Their words are in the telemetry room.  It is opened here, and only when a plan has such a step:
then OpenTelemetry is there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, assert_never

from pronghorn._pipeline.steps import (
    EndMind,
    EndSpan,
    Mind,
    Show,
    ShowSolved,
    ShowValues,
    Span,
    Told,
)
from pronghorn._pipeline.text import Text


def word(text: Text, name: str) -> str:
    """The word *name*, bound."""
    from pronghorn.telemetry.observation import WORDS  # noqa: PLC0415 - needs OpenTelemetry

    return text.bind_once(name, WORDS[name])


def write_told(text: Text, step: Told) -> None:
    match step:
        case Show("connection"):
            text.line(f"{word(text, 'tell_connection')}(request)")
        case Show():
            text.line(f"{word(text, 'tell_body')}(None if body is Undefined else body)")
        case ShowValues(values):
            pairs = ", ".join(f"{text.bind('name', name)}: value_{slot}" for name, slot in values)
            text.line(f"{word(text, 'tell_values')}(found_among({{{pairs}}}), list(errors))")
        case ShowSolved():
            text.line(f"{word(text, 'tell_values')}(solved.values, solved.errors)")
        case Span(name, function):
            text.line(f"with {opened(text, name, function)}:")
            text.depth += 1
        case EndSpan():
            text.depth -= 1
        case Mind():
            text.line("try:")
            text.depth += 1
        case EndMind():
            text.depth -= 1
            with text.block(f"except {word(text, 'ValidationException')} as error:"):
                text.line(f"{word(text, 'tell_refusal')}(error)")
                text.line("raise")
        case _:
            assert_never(step)


@contextmanager
def spanned(text: Text, name: str, function: Any, *, has_spans: bool) -> Iterator[None]:
    """A block within a span, or no block if there are none."""
    if not has_spans:
        yield
        return
    with text.block(f"with {opened(text, name, function)}:"):
        yield


def opened(text: Text, name: str, function: Any) -> str:
    # The names of spans are ours: nothing of the user's is written.
    return f"{word(text, 'operation')}({name!r}, {text.bind('spanned', function)})"
