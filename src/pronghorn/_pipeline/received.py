"""The value of one field among the values that a request brought.

Knows the three shapes of them: repeated keys (query, form), headers, and a plain mapping
(path, cookies).  Defaults are not applied here: what did not arrive is `Undefined`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from starlette.datastructures import FormData, Headers, ImmutableMultiDict, UploadFile

from pronghorn._pipeline.annotations import is_sequence
from pronghorn._pipeline.fields import ModelField, Undefined, takes_many


def is_empty_file(value: Any) -> bool:
    """Whether *value* is what a browser sends for a file input in which nothing was chosen."""
    return isinstance(value, UploadFile) and value.filename == "" and value.size == 0


def value_for(field: ModelField, received: Mapping[str, Any], alias: str) -> Any:
    """What arrived as *alias*, a list of all if the field takes many; else `Undefined`."""
    is_form = isinstance(received, FormData)
    if takes_many(field) and isinstance(received, (ImmutableMultiDict, Headers)):
        value: Any = received.getlist(alias)
        if is_form:
            value = [item for item in value if not is_empty_file(item)]
    else:
        value = received.get(alias)
    if value is None:
        return Undefined
    # An empty text in a form is an input that was left empty.
    if is_form and ((isinstance(value, str) and not value) or is_empty_file(value)):
        return Undefined
    if is_sequence(field.field_info.annotation) and len(value) == 0:
        return Undefined
    return value


def rest_of(received: Mapping[str, Any], taken: set[str]) -> Iterator[tuple[str, Any]]:
    """All that arrived under other names than *taken*; a list where a name was repeated."""
    if isinstance(received, ImmutableMultiDict):
        pairs: Any = received.multi_items()
    elif isinstance(received, Headers):
        pairs = received.items()
    else:
        yield from ((key, value) for key, value in received.items() if key not in taken)
        return
    grouped: dict[str, list[Any]] = {}
    for key, value in pairs:
        if key not in taken:
            grouped.setdefault(key, []).append(value)
    for key, values in grouped.items():
        yield key, values[0] if len(values) == 1 else values
