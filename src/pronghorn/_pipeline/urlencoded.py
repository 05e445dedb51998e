"""Forms of the type `application/x-www-form-urlencoded`, made of their bytes at once.

Starlette has them parsed piece by piece, by callbacks.  Here they are split.  The form is the
same, and only forms are made that Starlette surely has no error for: all others are left to it.
"""

from collections.abc import AsyncGenerator
from functools import cache
from typing import NamedTuple
from urllib.parse import unquote

from starlette import requests
from starlette.datastructures import FormData, Headers
from starlette.formparsers import FormParser
from starlette.requests import ClientDisconnect, Request
from starlette.types import Message, Receive

from pronghorn.foreign import has_foreign_method

URLENCODED = "application/x-www-form-urlencoded"
WITH_PARAMETERS = URLENCODED + ";"


class Limits(NamedTuple):
    """What Starlette allows of a form where nobody says otherwise."""

    max_files: int = 1000
    max_fields: int = 1000
    max_part_size: int = 1024 * 1024


class Taken(NamedTuple):
    """What was received of a body."""

    body: bytes
    has_more: bool


def is_urlencoded(content_type: str | None) -> bool:
    """Whether *content_type* surely names such a form; unusual ways to write it do not count."""
    if content_type == URLENCODED:
        return True
    # With a star a parameter may be written in ways that not all parsers agree on.
    return (
        content_type is not None
        and content_type.startswith(WITH_PARAMETERS)
        and "*" not in content_type
    )


async def take_body(message: Message, receive: Receive, limits: Limits) -> Taken:
    """The body that *message* is the beginning of.

    Of one that may be too much for *limits* it is what came until that was known.  Raises
    `ClientDisconnect` if the client goes away before its end.
    """
    body = bytearray()
    fields = 1
    while message["type"] != "http.disconnect":
        if message["type"] == "http.request":
            chunk = message.get("body", b"")
            fields += chunk.count(b"&")
            body += chunk
            if not message.get("more_body", False):
                return Taken(bytes(body), has_more=False)
            if len(body) > limits.max_part_size or fields > limits.max_fields:
                return Taken(bytes(body), has_more=True)
        message = await receive()
    raise ClientDisconnect


def is_within(body: bytes, limits: Limits) -> bool:
    """Whether *body* surely has neither too many fields nor one that is too large."""
    return len(body) <= limits.max_part_size and body.count(b"&") < limits.max_fields


def replaying(taken: Taken, receive: Receive) -> Receive:
    """*receive*, for whom nothing of what was *taken* has been received yet."""
    first: Message | None = {
        "type": "http.request",
        "body": taken.body,
        "more_body": taken.has_more,
    }

    async def receive_again() -> Message:
        nonlocal first
        if first is None:
            return await receive()
        message, first = first, None
        return message

    return receive_again


def form_of(body: bytes) -> FormData:
    # Each character stands for a byte until escapes are undone, a name or a value at a time.
    text = body.decode("latin-1").replace("+", " ")
    fields = [field.partition("=") for field in text.split("&") if field]
    if "%" in text:
        return FormData([(unquote(name), unquote(value)) for name, _, value in fields])
    return FormData([(name, value) for name, _, value in fields])


# --- whether it is the same ------------------------------------------------------------------

PARSER_METHODS = (
    "__init__",
    "parse",
    "on_field_start",
    "on_field_name",
    "on_field_data",
    "on_field_end",
)
SPECIMEN = b"&a=1&&a=%41+;b=c&=&=x&y&z==;&%e4%C3%A9\xe9%=%zz+\xc3\xa9&"


def is_as_starlette() -> bool:
    """Whether what Starlette would call for such a form is all its own, and agrees with us."""
    return (
        getattr(requests, "FormParser", None) is FormParser
        and not has_foreign_method(Request, "form", "_get_form", "stream")
        and not has_foreign_method(FormParser, *PARSER_METHODS)
        and agrees()
    )


@cache
def agrees() -> bool:
    """Whether the library that Starlette parses with splits as we do: older ones do not."""

    async def stream() -> AsyncGenerator[bytes]:
        yield SPECIMEN

    parsing = FormParser(Headers(), stream()).parse()
    try:
        parsing.send(None)
    except StopIteration as parsed:
        form: FormData = parsed.value
        return form.multi_items() == form_of(SPECIMEN).multi_items()
    parsing.close()
    return False
