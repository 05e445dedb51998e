"""What one route says in the document: its operations, one for each method.

The operations are written as FastAPI's functions of the same names write them; the form in
which they are sent is the business of `normal_form`.
"""

import warnings
from collections.abc import Iterable, Iterator
from copy import deepcopy
from typing import Any, cast

from starlette.routing import Route

from pronghorn import params
from pronghorn._pipeline.declaration import Dependency
from pronghorn._pipeline.fields import ModelField, aliases_of, model_fields
from pronghorn.datastructures import Unset
from pronghorn.encoders import jsonable_encoder
from pronghorn.exceptions import FastAPIDeprecationWarning
from pronghorn.merging import deep_dict_update
from pronghorn.openapi.answers import add_refusal, describe_answers
from pronghorn.openapi.constants import METHODS_WITH_BODY
from pronghorn.openapi.documented import (
    DocumentedRoute,
    PlacedParameter,
    flat_fields,
    is_documented,
    placed_parameters,
)
from pronghorn.openapi.replaceable import in_use
from pronghorn.openapi.schemas import FieldMapping, SchemaOf, get_schema_from_model_field
from pronghorn.types import ModelNameMap
from pronghorn.unique_ids import generate_operation_id_for_path

__all__ = [
    "generate_operation_id",
    "generate_operation_summary",
    "get_openapi_operation_metadata",
    "get_openapi_operation_request_body",
    "get_openapi_path",
]

# --- the head of an operation ----------------------------------------------------------


def generate_operation_id(*, route: DocumentedRoute, method: str) -> str:
    """The id of an operation, as it once was made (deprecated)."""
    warnings.warn(
        "`generate_operation_id()` is deprecated and will go away: nothing calls it.",
        category=FastAPIDeprecationWarning,
        stacklevel=2,
    )
    if route.operation_id:
        return route.operation_id
    return generate_operation_id_for_path(name=route.name, path=route.path_format, method=method)


def generate_operation_summary(
    *,
    route: DocumentedRoute,
    method: str,  # noqa: ARG001 - FastAPI's function takes it
) -> str:
    """The summary that was given, or the route's name in words."""
    return route.summary or route.name.replace("_", " ").title()


def get_openapi_operation_metadata(
    *, route: DocumentedRoute, method: str, operation_ids: set[str]
) -> dict[str, Any]:
    """Tags, texts and id of an operation; warns of an id that *operation_ids* has already."""
    operation: dict[str, Any] = {}
    if route.tags:
        operation["tags"] = route.tags
    summarize = in_use("generate_operation_summary", generate_operation_summary)
    operation["summary"] = summarize(route=route, method=method)
    if route.description:
        operation["description"] = route.description
    operation_id = route.operation_id or route.unique_id
    if operation_id in operation_ids:
        warn_of_duplicate(operation_id, route.endpoint)
    operation_ids.add(operation_id)
    operation["operationId"] = operation_id
    if route.deprecated:
        operation["deprecated"] = route.deprecated
    return operation


def warn_of_duplicate(operation_id: str, endpoint: Any) -> None:
    name = getattr(endpoint, "__name__", "<unnamed_endpoint>")
    message = f"Duplicate Operation ID {operation_id} for function {name}"
    file = getattr(endpoint, "__globals__", {}).get("__file__")
    warnings.warn(f"{message} at {file}" if file else message, stacklevel=2)


# --- security --------------------------------------------------------------------------


def describe_security(root: Dependency) -> tuple[dict[str, Any], list[dict[str, list[str]]]]:
    """The security schemes by name, and which of them an operation asks for, with scopes."""
    schemes: dict[str, Any] = {}
    asked: dict[str, dict[str, None]] = {}
    for dependency in root.unique():
        scheme = dependency.security_scheme
        if scheme is None or dependency is root:
            continue
        schemes[scheme.scheme_name] = jsonable_encoder(scheme.model, exclude_none=True)
        asked.setdefault(scheme.scheme_name, {}).update(dict.fromkeys(dependency.oauth_scopes))
    return schemes, [{name: list(scopes)} for name, scopes in asked.items()]


# --- parameters and body ---------------------------------------------------------------


def describe_parameters(
    parameters: Iterable[PlacedParameter], schema_of: SchemaOf
) -> list[dict[str, Any]]:
    """The parameters; of several with the same name and place the last, a required one first."""
    chosen: dict[tuple[str, str], dict[str, Any]] = {}
    for placed in parameters:
        place, field, _ = placed
        if not getattr(field.field_info, "include_in_schema", True):
            continue
        for parameter in describe_parameter(placed, schema_of):
            key = (place, parameter["name"])
            if key not in chosen or parameter["required"] or not chosen[key]["required"]:
                chosen[key] = parameter
    return list(chosen.values())


def describe_parameter(placed: PlacedParameter, schema_of: SchemaOf) -> Iterator[dict[str, Any]]:
    """The parameter *placed*, or one for each field of its model."""
    place, field, model = placed
    info = field.field_info
    may_convert = place == "header" and getattr(info, "convert_underscores", True)
    if model is None:
        yield describe_value(place, field, schema_of, may_convert)
        return
    is_optional = info.annotation is not model and not info.is_required()
    for part in model_fields(model):
        own = getattr(part.field_info, "convert_underscores", may_convert)
        value = describe_value(place, part, schema_of, place == "header" and own)
        yield {**value, "required": False} if is_optional else value


def describe_value(
    place: str, field: ModelField, schema_of: SchemaOf, may_convert: bool
) -> dict[str, Any]:
    info = field.field_info
    alias, name = aliases_of(field, may_convert=may_convert)[0]
    parameter = {
        "name": name,
        "in": place,
        "required": info.is_required(),
        "schema": schema_of(field, alias),
    }
    if info.description:
        parameter["description"] = info.description
    add_examples(parameter, info)
    if info.deprecated:
        parameter["deprecated"] = True
    return parameter


def add_examples(described: dict[str, Any], mark: Any) -> None:
    """Add the examples of *mark*, a mark of ours or a plain field that knows no such options."""
    examples = getattr(mark, "openapi_examples", None)
    example = getattr(mark, "example", None)
    if examples:
        described["examples"] = jsonable_encoder(examples)
    elif example is not Unset:
        described["example"] = jsonable_encoder(example)


def get_openapi_operation_request_body(
    *,
    body_field: ModelField | None,
    model_name_map: ModelNameMap,
    field_mapping: FieldMapping,
    separate_input_output_schemas: bool = True,
) -> dict[str, Any] | None:
    """The body of an operation; None if it has none."""
    if not body_field:
        return None
    schema = get_schema_from_model_field(
        field=body_field,
        model_name_map=model_name_map,
        field_mapping=field_mapping,
        separate_input_output_schemas=separate_input_output_schemas,
    )
    mark = cast("params.Body", body_field.field_info)
    content: dict[str, Any] = {"schema": schema}
    add_examples(content, mark)
    body: dict[str, Any] = {"required": True} if mark.is_required() else {}
    body["content"] = {mark.media_type: content}
    return body


# --- whole paths -----------------------------------------------------------------------


def get_openapi_path(
    *,
    route: DocumentedRoute,
    operation_ids: set[str],
    model_name_map: ModelNameMap,
    field_mapping: FieldMapping,
    separate_input_output_schemas: bool = True,
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The operations of *route* by method, the security schemes and definitions they refer to."""
    if not route.include_in_schema:
        return {}, {}, {}
    schema_of = SchemaOf(model_name_map, field_mapping, separate_input_output_schemas)
    describe_head = in_use("get_openapi_operation_metadata", get_openapi_operation_metadata)
    schemes, security = describe_security(route.declaration)
    parameters = placed_parameters(route.declaration)
    may_refuse = route.body_field is not None or any(True for _ in flat_fields(parameters))
    path: dict[str, Any] = {}
    definitions: dict[str, Any] = {}
    # A set has another order in every process, a document had better not.
    for method in sorted(route.methods):
        operation = describe_head(route=route, method=method, operation_ids=operation_ids)
        if security:
            operation["security"] = deepcopy(security)
        described = describe_parameters(parameters, schema_of)
        if described:
            operation["parameters"] = described
        operation.update(describe_exchange(route, method, operation_ids, schema_of))
        if may_refuse:
            definitions |= add_refusal(operation["responses"])
        if route.openapi_extra:
            # Merging goes into schemas that other operations share.
            operation = deepcopy(operation)
            deep_dict_update(operation, route.openapi_extra)
        path[method.lower()] = operation
    return path, schemes, definitions


def describe_exchange(
    route: DocumentedRoute, method: str, operation_ids: set[str], schema_of: SchemaOf
) -> dict[str, Any]:
    """The body of the request, and what comes of it: callbacks and answers."""
    exchange: dict[str, Any] = {}
    if method in METHODS_WITH_BODY:
        describe_body = in_use(
            "get_openapi_operation_request_body", get_openapi_operation_request_body
        )
        body = describe_body(body_field=route.body_field, **schema_of.options)
        if body:
            exchange["requestBody"] = body
    if route.callbacks:
        exchange["callbacks"] = describe_callbacks(route.callbacks, operation_ids, schema_of)
    exchange["responses"] = describe_answers(route, schema_of)
    return exchange


def describe_callbacks(
    callbacks: Iterable[Any], operation_ids: set[str], schema_of: SchemaOf
) -> dict[str, Any]:
    """The requests that the application sends; those of included routers FastAPI leaves out."""
    described = {}
    for callback in callbacks:
        if is_documented(callback) and is_route(callback):
            path, _, _ = describe_path(callback, operation_ids, schema_of)
            described[callback.name] = {callback.path: path}
    return described


def is_route(candidate: Any) -> bool:
    return isinstance(candidate, Route)


def describe_path(
    route: DocumentedRoute, operation_ids: set[str], schema_of: SchemaOf
) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    describe = in_use("get_openapi_path", get_openapi_path)
    return describe(route=route, operation_ids=operation_ids, **schema_of.options)
