"""The words that generated code may use to read a request.

Each word does what one step of a plan says.  A word takes and returns values; what is known
at start-up is bound into it by one of the `make_...` functions, which generated code never
calls.  Nothing is known of how an answer is made.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from typing import Any, cast
from urllib.parse import parse_qsl

from pydantic import BaseModel, ValidationError
from starlette.datastructures import Headers, QueryParams
from starlette.requests import cookie_parser
from starlette.responses import Response

from pronghorn._pipeline.exits import shield_of, shielded
from pronghorn._pipeline.fields import (
    Errors,
    Location,
    ModelField,
    Undefined,
    aliases_of,
    located,
    missing_error,
    model_fields,
)
from pronghorn._pipeline.json_bodies import body_for_errors, body_now, find_header
from pronghorn._pipeline.received import rest_of, value_for
from pronghorn._pipeline.stack import Exits
from pronghorn.exceptions import (
    EndpointContext,
    RequestValidationError,
    WebSocketRequestValidationError,
)

REQUEST = "pronghorn.request"
"""Where the request is kept in the scope, if the handler has made one."""
NO_ERRORS: tuple[dict[str, Any], ...] = ()
Found = tuple[Any, Sequence[dict[str, Any]]]
"""A value, and the errors that were found instead of it."""


# --- query, headers, cookies -------------------------------------------------------------


def query_values(query: bytes) -> dict[str, str]:
    """The values of a query string by name; of a repeated name the last."""
    if not query:
        return {}
    text = query.decode("latin-1")
    if "%" in text or "+" in text:
        return dict(parse_qsl(text, keep_blank_values=True))
    # Without anything to decode, splitting is all there is to do.
    values = {}
    for pair in text.split("&"):
        name, separator, value = pair.partition("=")
        if separator or name:
            values[name] = value
    return values


def cookie_values(headers: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    """The cookies of all Cookie headers; of a repeated name the last."""
    values: dict[str, str] = {}
    for key, value in headers:
        if key == b"cookie":
            values.update(cookie_parser(value.decode("latin-1")))
    return values


def make_picker(
    field: ModelField, place: str, names: Sequence[str]
) -> Callable[[Mapping[str, Any]], tuple[Any, Location]]:
    """A word: the raw value of *field*, or `Undefined`, and the location where it stands."""

    def pick(received: Mapping[str, Any]) -> tuple[Any, Location]:
        name = next((name for name in names if name in received), names[0])
        return value_for(field, received, name), (place, name)

    return pick


def make_default(field: ModelField, loc: Location) -> Callable[[], Found]:
    """A word: the default of *field*, validated."""

    def validated_default() -> Found:
        return field.validate(deepcopy(field.get_default()), loc=loc)

    return validated_default


def validated(field: ModelField, value: Any, loc: Location) -> Found:
    """The validated *value*; where it is `Undefined`, the default or an error."""
    if value is not Undefined:
        return field.validate(value, loc=loc)
    if field.field_info.is_required():
        return None, [missing_error(loc)]
    default = deepcopy(field.get_default())
    return field.validate(default, loc=loc) if field.field_info.validate_default else (default, ())


# --- groups: the fields of a model as parameters --------------------------------------------


def make_group_reader(
    field: ModelField, model: type[BaseModel], place: str
) -> Callable[[Mapping[str, Any]], Found]:
    """A word: the model of *field*, its fields taken from what arrived in *place*."""
    is_header = place == "header"
    converts = is_header and getattr(field.field_info, "convert_underscores", True)
    names = {
        item: aliases_of(
            item,
            may_convert=is_header and getattr(item.field_info, "convert_underscores", converts),
        )
        for item in model_fields(model)
    }
    own_names = {
        name.lower() if is_header else name for pairs in names.values() for _, name in pairs
    }
    takes_any = model.model_config.get("extra") in ("allow", "forbid")
    is_optional = field.field_info.annotation is not model
    tells_headers = is_header and model.model_config.get("loc_by_alias", True)

    def read_group(received: Mapping[str, Any]) -> Found:
        values, taken, header_names = pick_group(names, received, is_header=is_header)
        values.update(rest_of(received, taken))
        value: Any = values
        if is_optional and not (own_names.intersection(received) or (takes_any and values)):
            value = Undefined
        result, errors = validated(field, value, (place,))
        if errors and tells_headers:
            errors = [with_header_name(error, header_names) for error in errors]
        return (Undefined if errors else result), errors

    return read_group


def pick_group(
    names: Mapping[ModelField, list[tuple[str, str]]],
    received: Mapping[str, Any],
    *,
    is_header: bool,
) -> tuple[dict[str, Any], set[str], dict[Any, str]]:
    """The values for a model, the names that they were taken from, and headers by field."""
    values: dict[str, Any] = {}
    taken: set[str] = set()
    header_names: dict[Any, str] = {}
    for field, pairs in names.items():
        # Only the first name that arrived is the field's; the rest may be others' or extra.
        alias, name = next((pair for pair in pairs if pair[1] in received), pairs[0])
        value = value_for(field, received, name)
        if value is not Undefined:
            values[alias] = value
        if not is_header:
            taken.add(name)
            continue
        taken.add(name.lower())
        # The name with underscores is not taken for an extra header.
        taken.update(own.lower() for own, header in pairs if own != header)
        if alias != name:
            header_names[field.name] = name
    return values, taken, header_names


def with_header_name(error: dict[str, Any], names: Mapping[Any, str]) -> dict[str, Any]:
    loc = error["loc"]
    if len(loc) < 2 or loc[1] not in names:
        return error
    return {**error, "loc": (loc[0], names[loc[1]], *loc[2:])}


# --- bodies ----------------------------------------------------------------------------------


def make_object_reader(fields: Sequence[ModelField]) -> Callable[[Any], Found]:
    """A word: the values of *fields*, keys of a JSON object; in their order."""
    wanted = [(field, [alias for alias, _ in aliases_of(field)]) for field in fields]

    def read_object(body: Any) -> Found:
        values: list[Any] = []
        errors: Errors = []
        for field, names in wanted:
            name, value = names[0], Undefined
            if body is not Undefined and not isinstance(body, bytes):
                get = getattr(body, "get", None)
                if get is None:
                    # The body is JSON, but no object: nothing in it has a name.
                    values.append(Undefined)
                    errors.append(missing_error(("body", name)))
                    continue
                found = ((alias, get(alias, Undefined)) for alias in names)
                arrived = (pair for pair in found if pair[1] is not Undefined)
                name, value = next(arrived, (names[0], Undefined))
            result, more = validated(field, value, ("body", name))
            values.append(Undefined if more else result)
            errors.extend(more)
        return values, errors

    return read_object


def found_among(values: dict[str, Any]) -> dict[str, Any]:
    """*values* without those that could not be had."""
    return {name: value for name, value in values.items() if value is not Undefined}


# --- errors -----------------------------------------------------------------------------------


def found(error: ValidationError, loc: Location) -> tuple[dict[str, Any], ...]:
    """The errors of one value that stands at *loc*."""
    return tuple(located(error, loc))


def missing(loc: Location) -> tuple[dict[str, Any], ...]:
    """The error of a value that should stand at *loc*."""
    return (missing_error(loc),)


def refusal(errors: Sequence[Any], body: Any, context: EndpointContext) -> RequestValidationError:
    sent = None if body is Undefined else body
    return RequestValidationError(list(errors), body=sent, endpoint_ctx=context)


def websocket_refusal(
    errors: Sequence[Any], context: EndpointContext
) -> WebSocketRequestValidationError:
    return WebSocketRequestValidationError(list(errors), endpoint_ctx=context)


def blank_response() -> Response:
    """A response that collects headers and a status for the one that is sent."""
    response = Response()
    del response.headers["content-length"]
    response.status_code = cast("int", None)
    return response


WORDS: dict[str, Any] = {
    "BaseException": BaseException,
    "Exception": Exception,
    "Exits": Exits,
    "Headers": Headers,
    "NO_ERRORS": NO_ERRORS,
    "QueryParams": QueryParams,
    "REQUEST": REQUEST,
    "Undefined": Undefined,
    "ValidationError": ValidationError,
    "blank_response": blank_response,
    "body_for_errors": body_for_errors,
    "body_now": body_now,
    "cookie_values": cookie_values,
    "deepcopy": deepcopy,
    "find_header": find_header,
    "found": found,
    "found_among": found_among,
    "len": len,
    "list": list,
    "missing": missing,
    "query_values": query_values,
    "refusal": refusal,
    "shield_of": shield_of,
    "shielded": shielded,
    "tuple": tuple,
    "websocket_refusal": websocket_refusal,
}
"""What generated code may say to read a request."""
