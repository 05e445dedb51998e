"""What one route says of its answers: the usual one, the additional ones, the refusal of input.

Which schema a field has is asked of `schema_of`.
"""

import http.client
import inspect
from copy import deepcopy
from functools import lru_cache
from typing import Any

from starlette.responses import JSONResponse, Response

from pronghorn._pipeline.annotations import is_subclass
from pronghorn.datastructures import DefaultPlaceholder
from pronghorn.merging import deep_dict_update
from pronghorn.openapi.constants import REF_PREFIX
from pronghorn.openapi.documented import DocumentedRoute
from pronghorn.openapi.replaceable import in_use
from pronghorn.openapi.schemas import SchemaOf
from pronghorn.sse import _SSE_EVENT_SCHEMA
from pronghorn.status_codes import is_body_allowed_for_status_code

__all__ = [
    "status_code_ranges",
    "validation_error_definition",
    "validation_error_response_definition",
]

validation_error_definition: dict[str, Any] = {
    "title": "ValidationError",
    "type": "object",
    "properties": {
        "loc": {
            "title": "Location",
            "type": "array",
            "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        },
        "msg": {"title": "Message", "type": "string"},
        "type": {"title": "Error Type", "type": "string"},
        "input": {"title": "Input"},
        "ctx": {"title": "Context", "type": "object"},
    },
    "required": ["loc", "msg", "type"],
}
validation_error_response_definition: dict[str, Any] = {
    "title": "HTTPValidationError",
    "type": "object",
    "properties": {
        "detail": {
            "title": "Detail",
            "type": "array",
            "items": {"$ref": REF_PREFIX + "ValidationError"},
        },
    },
}
# OpenAPI 3.1, section 4.7.16.2: a range of codes is a digit and two X.
status_code_ranges: dict[str, str] = {
    "1XX": "Information",
    "2XX": "Success",
    "3XX": "Redirection",
    "4XX": "Client Error",
    "5XX": "Server Error",
    "DEFAULT": "Default Response",
}


def response_class_of(route: DocumentedRoute) -> type[Response]:
    chosen = route.response_class
    return chosen.value if isinstance(chosen, DefaultPlaceholder) else chosen


def describe_answers(route: DocumentedRoute, schema_of: SchemaOf) -> dict[str, Any]:
    """The answers of *route* by status code, without the refusal of input."""
    response_class = response_class_of(route)
    answer: dict[str, Any] = {"description": route.response_description}
    if is_body_allowed_for_status_code(route.status_code):
        content = describe_content(route, response_class, schema_of)
        if content:
            answer["content"] = content
    answers = {usual_status_of(route, response_class): answer}
    if route.responses:
        # Merging goes into schemas that other operations share.
        answers = deepcopy(answers)
        for status_code, response in route.responses.items():
            add_answer(answers, route, status_code, response, schema_of)
    return answers


def usual_status_of(route: DocumentedRoute, response_class: Any) -> str:
    if route.status_code is not None:
        return str(route.status_code)
    return default_status_of(response_class)


@lru_cache(maxsize=256)
def default_status_of(response_class: Any) -> str:
    parameter = inspect.signature(response_class.__init__).parameters.get("status_code")
    default = None if parameter is None else parameter.default
    return str(default) if isinstance(default, int) else "200"


def describe_content(
    route: DocumentedRoute, response_class: type[Response], schema_of: SchemaOf
) -> dict[str, Any]:
    """The body of the usual answer by media type."""
    item = route.stream_item_field
    if route.is_json_stream:
        return {"application/jsonl": {"itemSchema": schema_of(item) if item else {}}}
    if route.is_sse_stream:
        return {
            "text/event-stream": {"itemSchema": event_schema(schema_of(item) if item else None)}
        }
    media_type = response_class.media_type
    if not media_type:
        return {}
    if not is_subclass(response_class, JSONResponse):
        return {media_type: {"schema": {"type": "string"}}}
    field = route.response_field
    return {media_type: {"schema": schema_of(field) if field else {}}}


def event_schema(content: dict[str, Any] | None) -> dict[str, Any]:
    """A server-sent event whose data is JSON of the schema *content*, or any text."""
    schema = deepcopy(_SSE_EVENT_SCHEMA)
    if content is not None:
        schema["required"] = ["data"]
        schema["properties"]["data"] = {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": content,
        }
    return schema


def add_answer(
    answers: dict[str, Any],
    route: DocumentedRoute,
    status_code: int | str,
    response: dict[str, Any],
    schema_of: SchemaOf,
) -> None:
    """Merge what `responses` says of *status_code* into *answers*."""
    added = deepcopy(response)
    added.pop("model", None)
    key = str(status_code).upper()
    answer = answers.setdefault("default" if key == "DEFAULT" else key, {})
    field = route.response_fields.get(status_code)
    if field is not None:
        media_type = response_class_of(route).media_type or "application/json"
        content = added.setdefault("content", {}).setdefault(media_type, {})
        deep_dict_update(content.setdefault("schema", {}), deepcopy(schema_of(field)))
    known = in_use("status_code_ranges", status_code_ranges).get(key)
    # An unknown text is no status code: FastAPI, too, raises ValueError here.
    reason = known or http.client.responses.get(int(status_code))
    said = added.get("description") or answer.get("description")
    deep_dict_update(answer, added)
    answer["description"] = said or reason or "Additional Response"


def add_refusal(answers: dict[str, Any]) -> dict[str, Any]:
    """Add the answer to invalid input, unless one is there; return what it refers to."""
    if answers.keys() & {"422", "4XX", "default"}:
        return {}
    schema = {"$ref": REF_PREFIX + "HTTPValidationError"}
    answers["422"] = {
        "description": "Validation Error",
        "content": {"application/json": {"schema": schema}},
    }
    return {
        "ValidationError": in_use("validation_error_definition", validation_error_definition),
        "HTTPValidationError": in_use(
            "validation_error_response_definition", validation_error_response_definition
        ),
    }
