"""The options of the marks: `Query`, `Path`, `Body` and the others, `Depends` and `Security`."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final, ForwardRef, Literal

import typing_extensions
from pydantic import AliasChoices, AliasPath, Discriminator
from pydantic_core import PydanticUndefined as Undefined

from pronghorn._options.takes import Option
from pronghorn.datastructures import _Unset

PARAMETER: Final = {
    "default": Option(
        Any, Undefined, "Value when none is sent. Without one the value is required."
    ),
    "default_factory": Option(
        Callable[[], Any] | None, _Unset, "Called for a new default in each request."
    ),
    "annotation": Option(Any | None, None, "Type of the value, where no signature tells it."),
    "alias": Option(str | None, _Unset, "Name of the value in the request and in the document."),
    "alias_priority": Option(
        int | None,
        _Unset,
        "Which alias wins: 2 keeps this one, 1 lets an alias generator replace it.",
    ),
    "validation_alias": Option(
        str | AliasPath | AliasChoices | None,
        _Unset,
        "Name, or choice of names, to read the value by. It wins over `alias`.",
    ),
    "serialization_alias": Option(
        str | None, _Unset, "Name to write the value by. It is `alias` if not given."
    ),
    "convert_underscores": Option(
        bool, True, "Read the header `x-token` for a parameter named `x_token`."
    ),
    "title": Option(str | None, _Unset, "Heading of the value in the document."),
    "description": Option(str | None, _Unset, "What the value means, for the document; Markdown."),
    "gt": Option(float | None, None, "The value must be greater than this."),
    "ge": Option(float | None, None, "The value must be this or greater."),
    "lt": Option(float | None, None, "The value must be less than this."),
    "le": Option(float | None, None, "The value must be this or less."),
    "min_length": Option(int | None, None, "The text or list must have at least this length."),
    "max_length": Option(int | None, None, "The text or list must have at most this length."),
    "pattern": Option(
        str | re.Pattern[str] | None, None, "Regular expression that must be found in the text."
    ),
    "regex": Option(str | None, None, "Deprecated, use `pattern`."),
    "discriminator": Option(
        str | Discriminator | None,
        _Unset,
        "Field, or function, that tells the members of a union apart.",
    ),
    "strict": Option(
        bool | None, _Unset, "Refuse values of another type instead of converting them."
    ),
    "validate_default": Option(bool | None, _Unset, "Validate the default as if it had been sent."),
    "union_mode": Option(
        Literal["smart", "left_to_right"] | None,
        _Unset,
        "How the member of a union is chosen: the one that fits best, or the first that fits.",
    ),
    "fail_fast": Option(
        bool | None, _Unset, "Report only the first wrong item of a list, tuple or set."
    ),
    "multiple_of": Option(float | None, _Unset, "The number must be a multiple of this."),
    "allow_inf_nan": Option(bool | None, _Unset, "Accept `inf`, `-inf` and `nan` as numbers."),
    "max_digits": Option(int | None, _Unset, "Most digits that a decimal number may have."),
    "decimal_places": Option(
        int | None, _Unset, "Most digits that a decimal number may have after its point."
    ),
    "examples": Option(list[Any] | None, _Unset, "Example values, in the value's JSON Schema."),
    "example": Option(Any | None, _Unset, "Deprecated, use `examples`."),
    "openapi_examples": Option(
        # A name, so that the models of documents need not be loaded.
        ForwardRef("dict[str, Example] | None", module="pronghorn.openapi.models"),
        None,
        "Named examples, which the docs page offers to choose from.",
    ),
    "deprecated": Option(
        typing_extensions.deprecated | str | bool | None,
        _Unset,
        "Mark the value as deprecated in the document.",
    ),
    "include_in_schema": Option(bool, True, "Show the value in the document."),
    "json_schema_extra": Option(
        dict[str, Any] | Callable[[dict[str, Any]], None] | None,
        _Unset,
        "Keys to add to the value's JSON Schema, or a function that changes it.",
    ),
}

# What differs from the table above, for some of the marks.
PATH: Final = {
    "default": Option(Any, ..., "Not for use: a value of the path is always sent."),
}
BODY: Final = {
    "embed": Option(
        bool | None, None, "Expect the value under its name, as one key of a JSON object."
    ),
    "media_type": Option(
        str, "application/json", "Media type of the body in the document. Parsing ignores it."
    ),
}
FORM: Final = {
    "media_type": Option(
        str,
        "application/x-www-form-urlencoded",
        "Media type of the form in the document. Parsing ignores it.",
    ),
}
FILE: Final = {
    "media_type": Option(
        str, "multipart/form-data", "Media type of the form in the document. Parsing ignores it."
    ),
}

DEPENDENCY: Final = {
    "dependency": Option(
        Callable[..., Any] | None, None, "What is called. Without it, the parameter's class is."
    ),
    "use_cache": Option(
        bool, True, "Call it once in a request and share the result. False calls it each time."
    ),
    "scope": Option(
        Literal["function", "request"] | None,
        None,
        "When the code behind its `yield` runs. `function` is before the answer is sent,"
        " `request` is after.",
    ),
    "max_concurrency": Option(
        int | None, None, "Most calls that may run at once. Others wait, and hold no thread."
    ),
    "scopes": Option(
        Sequence[str] | None, None, "OAuth2 scopes that are needed, which `SecurityScopes` tells."
    ),
}
