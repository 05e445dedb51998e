"""The OpenAPI document of an application, put together from what its routes say."""

from collections.abc import Sequence
from typing import Any

from pronghorn.openapi.documented import documented, get_fields_from_routes
from pronghorn.openapi.normal_form import write_document
from pronghorn.openapi.operations import describe_path
from pronghorn.openapi.replaceable import in_use
from pronghorn.openapi.schemas import (
    SchemaOf,
    get_definitions,
    get_flat_models_from_fields,
    get_model_name_map,
)


def get_openapi(
    *,
    title: str,
    version: str,
    openapi_version: str = "3.1.0",
    summary: str | None = None,
    description: str | None = None,
    routes: Sequence[Any],
    webhooks: Sequence[Any] | None = None,
    tags: list[dict[str, Any]] | None = None,
    servers: list[dict[str, str | Any]] | None = None,
    terms_of_service: str | None = None,
    contact: dict[str, str | Any] | None = None,
    license_info: dict[str, str | Any] | None = None,
    separate_input_output_schemas: bool = True,
    external_docs: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The OpenAPI document of *routes* and *webhooks*, as a dict of what JSON can say.

    Raises pydantic's `ValidationError` for what is no OpenAPI, and `ValueError` for an
    additional answer to what is no status code.
    """
    info = {
        "summary": summary,
        "description": description,
        "termsOfService": terms_of_service,
        "contact": contact,
        "license": license_info,
    }
    schema_of, definitions = prepare_schemas(
        [*routes, *(webhooks or ())], separate_input_output_schemas
    )
    operation_ids: set[str] = set()
    schemes: dict[str, Any] = {}
    described = [
        describe_paths(group, operation_ids, schema_of, schemes, definitions)
        for group in (routes, webhooks or ())
    ]
    components = {
        "schemas": {name: definitions[name] for name in sorted(definitions)},
        "securitySchemes": schemes,
    }
    document = {
        "openapi": openapi_version,
        "info": {"title": title, "version": version, **without_empty(info)},
        "paths": described[0],
        **without_empty(
            {
                "servers": servers,
                "webhooks": described[1],
                "components": without_empty(components),
                "tags": tags,
                "externalDocs": external_docs,
            }
        ),
    }
    return write_document(document)


def without_empty(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}


def prepare_schemas(routes: Sequence[Any], is_separate: bool) -> tuple[SchemaOf, dict[str, Any]]:
    """Where to find the schemas of the fields of *routes*, and the definitions in use."""
    fields = in_use("get_fields_from_routes", get_fields_from_routes)(routes)
    models = in_use("get_flat_models_from_fields", get_flat_models_from_fields)(
        fields, known_models=set()
    )
    names = in_use("get_model_name_map", get_model_name_map)(models)
    mapping, definitions = in_use("get_definitions", get_definitions)(
        fields=fields, model_name_map=names, separate_input_output_schemas=is_separate
    )
    return SchemaOf(names, mapping, is_separate), definitions


def describe_paths(
    routes: Sequence[Any],
    operation_ids: set[str],
    schema_of: SchemaOf,
    schemes: dict[str, Any],
    definitions: dict[str, Any],
) -> dict[str, dict[str, Any]]:
    """The operations by path and method; what they refer to is added to the last two."""
    paths: dict[str, dict[str, Any]] = {}
    for route in documented(routes):
        path, path_schemes, path_definitions = describe_path(route, operation_ids, schema_of)
        if path:
            paths.setdefault(route.path_format, {}).update(path)
        schemes.update(path_schemes)
        definitions.update(path_definitions)
    return paths
