"""FastAPI's functions for dependants, under the names that third parties import from here.

The pipeline does the same things with frozen declarations, and does not know these names.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from starlette.datastructures import FormData

from pronghorn import params
from pronghorn._pipeline.annotations import stream_item as get_stream_item_type
from pronghorn._pipeline.bodies import are_embedded, body_field
from pronghorn._pipeline.callables import evaluated, typed_signature
from pronghorn._pipeline.callables import return_annotation_of as get_typed_return_annotation
from pronghorn._pipeline.declaration import ORDER, declare, declare_extra
from pronghorn._pipeline.fields import ModelField, aliases_of, model_fields
from pronghorn._pipeline.form_reading import (
    file_bytes,
    make_form_parts_reader,
    make_form_whole_reader,
)
from pronghorn._pipeline.multipart import MISSING as multipart_not_installed_error  # noqa: N811
from pronghorn._pipeline.multipart import NAMESAKE as multipart_incorrect_install_error  # noqa: N811
from pronghorn._pipeline.plan import is_whole, parameter_model
from pronghorn._pipeline.reading import (
    found_among,
    make_group_reader,
    make_object_reader,
    make_picker,
    validated,
)
from pronghorn.concurrency import ConcurrencyLimit
from pronghorn.dependencies.models import Dependant
from pronghorn.dependencies.solving import SolvedDependency, solve_dependencies
from pronghorn.incidental import incidental

__all__ = [
    "Dependant",
    "SolvedDependency",
    "get_body_field",
    "get_dependant",
    "get_flat_dependant",
    "get_flat_params",
    "get_parameterless_sub_dependant",
    "get_stream_item_type",
    "get_typed_annotation",
    "get_typed_return_annotation",
    "get_typed_signature",
    "multipart_incorrect_install_error",
    "multipart_not_installed_error",
    "solve_dependencies",
]

_read_file_bytes = file_bytes
_should_embed_body_fields = are_embedded


# --- dependants ------------------------------------------------------------------------------


def get_dependant(
    *,
    path: str,
    call: Callable[..., Any],
    name: str | None = None,
    own_oauth_scopes: list[str] | None = None,
    parent_oauth_scopes: list[str] | None = None,
    use_cache: bool = True,
    scope: Literal["function", "request"] | None = None,
    concurrency: ConcurrencyLimit | None = None,
) -> Dependant:
    """What the signature of *call* asks for; raises `DeclarationError` for what cannot work."""
    declaration = declare(
        call,
        path=path,
        name=name,
        use_cache=use_cache,
        scope=scope,
        limit=concurrency,
        own_scopes=own_oauth_scopes or (),
        parent_scopes=parent_oauth_scopes or (),
    )
    return Dependant.of(declaration)


def get_parameterless_sub_dependant(*, depends: params.Depends, path: str) -> Dependant:
    """What a dependency asks for whose value nobody takes."""
    return Dependant.of(declare_extra(depends, path, None, {}))


def get_flat_dependant(dependant: Dependant, **_: Any) -> Dependant:
    """All parameters of *dependant* and below in one; FastAPI had it until 0.120."""
    flat = Dependant(path=dependant.path, use_cache=dependant.use_cache, call=dependant.call)
    for node in dependant.walk():
        for place in ORDER:
            getattr(flat, f"{place}_params").extend(getattr(node, f"{place}_params"))
    return flat


def get_flat_params(dependant: Dependant) -> list[ModelField]:
    """The parameters of *dependant* and below, but for bodies; fields in place of models."""
    nodes = list(dependant.declaration().unique())
    flat: list[ModelField] = []
    for place in ORDER[:-1]:
        for field in [field for node in nodes for field in node.parameters_in(place)]:
            model = parameter_model(place, field)
            flat.extend([field] if model is None else model_fields(model))
    return flat


# --- bodies ------------------------------------------------------------------------------------


def _get_flat_body_params(dependant: Dependant) -> list[ModelField]:
    return [field for node in dependant.walk() for field in node.body_params]


def _get_body_field(
    *, body_params: list[ModelField], name: str, embed_body_fields: bool
) -> ModelField | None:
    return body_field(fields=body_params, name=name, is_embedded=embed_body_fields)


def get_body_field(
    *,
    name: str,
    dependant: Dependant | None = None,
    flat_dependant: Dependant | None = None,
    embed_body_fields: bool | None = None,
) -> ModelField | None:
    """The whole body as one field; FastAPI had it until 0.120, with two sets of arguments."""
    fields = _get_flat_body_params(dependant or flat_dependant or Dependant())
    is_embedded = are_embedded(fields) if embed_body_fields is None else embed_body_fields
    return body_field(fields=fields, name=name, is_embedded=is_embedded)


# --- reading -------------------------------------------------------------------------------------


def request_params_to_args(
    fields: Sequence[ModelField], received_params: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Any]]:
    """The values of *fields*, all of one place, among what arrived there, and the errors."""
    values: dict[str, Any] = {}
    errors: list[Any] = []
    for field in fields:
        place = str(getattr(field.field_info, "in_", params.ParamTypes.query).value)
        model = parameter_model(place, field)
        if model is None:
            names = [in_request for _, in_request in aliases_of(field)]
            raw, where = make_picker(field, place, names)(received_params)
            value, found = validated(field, raw, where)
        else:
            value, found = make_group_reader(field, model, place)(received_params)
        errors.extend(found)
        if not found:
            values[field.name] = value
    return values, errors


async def request_body_to_args(
    body_fields: list[ModelField],
    received_body: Any,
    embed_body_fields: bool,
) -> tuple[dict[str, Any], list[Any]]:
    """The values of *body_fields* from one body, JSON or a form, and the errors."""
    is_form = isinstance(received_body, FormData)
    if is_whole(body_fields, is_embedded=embed_body_fields):
        field = body_fields[0]
        if is_form:
            value, errors = await make_form_whole_reader(field)(received_body)
        else:
            value, errors = validated(field, received_body, ("body",))
        return {field.name: value}, list(errors)
    if is_form:
        found, errors = await make_form_parts_reader(body_fields)(received_body)
    else:
        found, errors = make_object_reader(body_fields)(received_body)
    names = [field.name for field in body_fields]
    return found_among(dict(zip(names, found, strict=True))), list(errors)


# --- signatures ----------------------------------------------------------------------------------


def get_typed_signature(call: Callable[..., Any]) -> inspect.Signature:
    """The signature of *call*, annotations that are text evaluated."""
    return typed_signature(call)


def get_typed_annotation(annotation: Any, globalns: dict[str, Any]) -> Any:
    """The type that *annotation* names, if it is text; None for the type of None."""
    return evaluated(annotation, globalns)


if not TYPE_CHECKING:
    __getattr__ = incidental(__name__)
