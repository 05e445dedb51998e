"""The body of a route: several body parameters as one field.

It decides whether the parameters are keys of one object, and makes the field by which the
document describes the body.  Reading a body is the business of `reading`.
"""

from collections.abc import Sequence
from copy import copy, deepcopy
from functools import partial
from typing import Annotated, Any, cast, get_args

from pydantic import AliasChoices, BaseModel, ConfigDict, GetJsonSchemaHandler, GetPydanticSchema
from pydantic_core import CoreSchema

from pronghorn import params
from pronghorn._pipeline.annotations import is_subclass
from pronghorn._pipeline.fields import ModelField, aliases_of, body_model, make_field, model_fields
from pronghorn._pipeline.forms import form_model, form_models


def are_embedded(fields: Sequence[ModelField]) -> bool:
    """Whether the body is an object that has the parameters *fields* as its keys."""
    if not fields:
        return False
    # The same parameter may be asked for by several dependencies.
    if len({field.name for field in fields}) > 1:
        return True
    first, *others = fields
    models = form_models(first)
    if models and any(
        not form_models(field) or field.field_info.annotation is not first.field_info.annotation
        for field in others
    ):
        return True
    if getattr(first.field_info, "embed", None):
        return True
    is_model = is_subclass(first.field_info.annotation, BaseModel)
    return isinstance(first.field_info, params.Form) and not is_model and not models


def body_field(*, fields: Sequence[ModelField], name: str, is_embedded: bool) -> ModelField | None:
    """The field that describes the whole body; *name* makes the name of its model."""
    if not fields:
        return None
    first = fields[0]
    if not is_embedded and not any(map(is_nullable_group, fields)):
        return first
    model = composed_model(fields, "Body_" + name)
    if is_embedded:
        return make_field("body", model, alias="body", field_info=body_mark(fields, model))
    info = copy(first.field_info)
    info.annotation = model
    info.metadata = []
    info.discriminator = None
    return ModelField(info, first.name)


def is_nullable_group(field: ModelField) -> bool:
    return bool(form_models(field)) and type(None) in get_args(field.field_info.annotation)


def composed_model(fields: Sequence[ModelField], name: str) -> type[BaseModel]:
    if not any(map(form_models, fields)):
        return body_model(fields=fields, model_name=name)
    config: ConfigDict = {"json_schema_extra": partial(compose_form_schema, fields)}
    numbered = [numbered_field(index, field) for index, field in enumerate(fields)]
    return body_model(fields=numbered, model_name=name, config=config)


def numbered_field(index: int, field: ModelField) -> ModelField:
    """*field* under a name that no other field has, since groups may share names."""
    name = f"field_{index}"
    info = copy(field.field_info)
    model = form_model(field)
    if model is not None:
        schema = GetPydanticSchema(get_pydantic_json_schema=partial(form_model_schema, model))
        described: Any = Annotated[model, schema]
        is_bare = info.annotation is model
        info.annotation = described if is_bare else cast("Any", described | None)
    info.alias = info.validation_alias = info.serialization_alias = name
    info.title = info.title or field.name.replace("_", " ").title()
    return ModelField(info, name)


def body_mark(fields: Sequence[ModelField], model: type[BaseModel]) -> params.Body:
    """The mark of the whole body: file before form before JSON, with their media type."""
    kinds = (params.File, params.Form, params.Body)
    kind = next(
        kind for kind in kinds if any(isinstance(field.field_info, kind) for field in fields)
    )
    options: dict[str, Any] = {"annotation": model, "alias": "body"}
    if not any(field.field_info.is_required() for field in fields):
        options["default"] = None
    if kind is not params.File:
        infos = [field.field_info for field in fields if isinstance(field.field_info, kind)]
        media_types = {info.media_type for info in infos}
        if kind is params.Form and "multipart/form-data" in media_types:
            options["media_type"] = "multipart/form-data"
        elif len(media_types) == 1:
            options["media_type"] = media_types.pop()
    return kind(**options)


def form_model_schema(
    model: type[BaseModel], schema: CoreSchema, handler: GetJsonSchemaHandler
) -> dict[str, Any]:
    """The JSON Schema of *model* in a form, its properties named as the form names them."""
    result = handler(schema)
    described = handler.resolve_ref_schema(result)
    required = described.get("required", [])
    names = form_names(model, described.get("properties", {}), required)
    if not names:
        return result
    # Other uses of the model keep its own names.
    described = deepcopy(described)
    described["properties"] = {
        names.get(name, [name])[0]: value for name, value in described["properties"].items()
    }
    described["required"] = []
    for name in required:
        choices = names.get(name, [name])
        if len(choices) == 1:
            described["required"].append(choices[0])
        else:
            condition = {"anyOf": [{"required": [choice]} for choice in choices]}
            described.setdefault("allOf", []).append(condition)
    return described


def form_names(
    model: type[BaseModel], properties: dict[str, Any], required: list[str]
) -> dict[str, list[str]]:
    """For each property that a form names otherwise than the schema: its names in the form."""
    result = {}
    for field in model_fields(model):
        alias = field.field_info.validation_alias
        own: Any = field.validation_alias or field.alias
        name = alias.choices[0] if isinstance(alias, AliasChoices) else own
        names = [choice for choice, _ in aliases_of(field)]
        if not isinstance(name, str) or name not in properties:
            continue
        if names[0] != name or (len(names) > 1 and name in required):
            result[name] = names
    return result


def compose_form_schema(fields: Sequence[ModelField], schema: dict[str, Any]) -> None:
    """Turn the schema of a numbered model into that of the flat form."""
    numbered = schema.pop("properties")
    named: dict[str, dict[str, Any]] = {}
    needed: dict[str, None] = {}
    further: list[dict[str, Any]] = []
    """What must hold besides: for groups, and for names that several fields have."""
    for field, described in zip(fields, numbered.values(), strict=True):
        if form_models(field):
            further += group_conditions(field, described)
            continue
        name = aliases_of(field)[0][0]
        if named.setdefault(name, described) is not described:
            further.append({"properties": {name: described}})
        if field.field_info.is_required():
            needed[name] = None
    schema.pop("required", None)
    parts = {"properties": named, "required": list(needed)}
    schema.update({key: part for key, part in parts.items() if part}, allOf=further)


def group_conditions(field: ModelField, described: dict[str, Any]) -> list[dict[str, Any]]:
    """What the group of form fields *field* asks of the form."""
    described.pop("default", None)
    if not is_nullable_group(field):
        return [described]
    # A form has no null: a group that is None is one whose fields are absent.
    described["anyOf"] = [choice for choice in described["anyOf"] if choice.get("type") != "null"]
    absent = absence_of(form_models(field))
    if field.field_info.is_required():
        return [{"not": absent}, described]
    return [{"anyOf": [absent, described]}]


def absence_of(models: Sequence[type[BaseModel]]) -> dict[str, Any]:
    """The schema of a form that holds nothing for *models*."""
    if any(model.model_config.get("extra") in ("allow", "forbid") for model in models):
        return {"maxProperties": 0}
    fields = [field for model in models for field in model_fields(model)]
    names = sorted({alias for field in fields for alias, _ in aliases_of(field)})
    return {"not": {"anyOf": [{"required": [name]} for name in names]}} if names else {}
