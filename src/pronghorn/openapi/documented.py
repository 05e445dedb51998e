"""The routes that a document tells of, and what is read of them.

They are known by what they have, since their classes stand on a higher floor.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol

from pydantic import BaseModel
from starlette.responses import Response

from pronghorn._pipeline.declaration import Dependency
from pronghorn._pipeline.fields import ModelField, model_fields
from pronghorn._pipeline.parameter import SharedField
from pronghorn._pipeline.plan import parameter_model
from pronghorn.datastructures import DefaultPlaceholder

PLACES = ("path", "query", "header", "cookie")
PlacedParameter = tuple[str, ModelField, type[BaseModel] | None]
"""A parameter with its place, and the model whose fields are the parameters in truth."""


class DocumentedRoute(Protocol):
    """A route that answers requests, itself or as it is seen through its includes."""

    name: str
    path_format: str
    methods: set[str]
    endpoint: Any
    declaration: Dependency
    body_field: ModelField | None
    unique_id: str
    operation_id: str | None
    tags: list[Any]
    summary: str | None
    description: str
    deprecated: bool | None
    include_in_schema: bool
    status_code: int | None
    response_class: type[Response] | DefaultPlaceholder
    response_description: str
    response_field: ModelField | None
    response_fields: dict[int | str, ModelField]
    responses: dict[int | str, dict[str, Any]]
    callbacks: Sequence[Any] | None
    openapi_extra: dict[str, Any] | None
    is_sse_stream: bool
    is_json_stream: bool
    stream_item_field: ModelField | None


def documented(routes: Iterable[Any]) -> Iterator[DocumentedRoute]:
    """The routes among *routes*, and in the routers included there, that answer requests."""
    for route in routes:
        if hasattr(route, "effective_route_contexts"):
            yield from documented(route.effective_route_contexts())
        elif is_documented(route):
            yield route


def is_documented(route: Any) -> bool:
    # WebSockets have a declaration, too, but no answers.
    return hasattr(route, "declaration") and hasattr(route, "response_class")


def placed_parameters(root: Dependency) -> list[PlacedParameter]:
    """The parameters of *root* and of all that it depends on, place by place."""
    dependencies = list(root.unique())
    return [
        # What routes share is a scalar, and so no model.
        (place, field, None if type(field) is SharedField else parameter_model(place, field))
        for place in PLACES
        for dependency in dependencies
        for field in dependency.parameters_in(place)
    ]


def flat_fields(parameters: Iterable[PlacedParameter]) -> Iterator[ModelField]:
    """The fields of *parameters*; in place of a model, the fields of it."""
    for _, field, model in parameters:
        if model is None:
            yield field
        else:
            yield from model_fields(model)


def get_fields_from_routes(routes: Sequence[Any]) -> list[ModelField]:
    """All fields whose schemas the document needs."""
    called: list[ModelField] = []
    bodies: list[ModelField] = []
    answers: list[ModelField] = []
    parameters: list[ModelField] = []
    for route in documented(routes):
        if not route.include_in_schema:
            continue
        if route.body_field:
            bodies.append(route.body_field)
        if route.response_field:
            answers.append(route.response_field)
        answers.extend(route.response_fields.values())
        if route.stream_item_field:
            answers.append(route.stream_item_field)
        if route.callbacks:
            called.extend(get_fields_from_routes(route.callbacks))
        parameters.extend(flat_fields(placed_parameters(route.declaration)))
    # Parameters that routes share are in it once.
    return list(dict.fromkeys([*called, *bodies, *answers, *parameters]))
