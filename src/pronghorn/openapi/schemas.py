"""The JSON Schemas of fields, and the definitions that they refer to.

Fields that say the same share one schema, so that of a thousand parameters `limit: int = 10`
only the first is looked at.  Nothing is known here of routes and of operations.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from enum import Enum
from operator import attrgetter
from typing import Any, Literal, cast, get_args

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema as PydanticGenerateJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from pronghorn._pipeline.annotations import is_subclass
from pronghorn._pipeline.fields import ModelField, Undefined
from pronghorn.openapi.constants import REF_TEMPLATE
from pronghorn.types import ModelNameMap

__all__ = [
    "get_definitions",
    "get_flat_models_from_fields",
    "get_model_name_map",
    "get_schema_from_model_field",
]

Mode = Literal["validation", "serialization"]
Model = type[BaseModel] | type[Enum]
FieldMapping = dict[tuple[ModelField, Mode], JsonSchemaValue]


class GenerateJsonSchema(PydanticGenerateJsonSchema):
    """pydantic's generator, with OpenAPI's words for bytes, and a short way for what is plain."""

    def __init__(self, ref_template: str = REF_TEMPLATE) -> None:
        super().__init__(ref_template=ref_template)
        self.writers = self.build_schema_type_to_method()

    def generate_inner(self, schema: Any) -> JsonSchemaValue:
        # Without these three, pydantic's long way ends in the same call.
        if "metadata" in schema or "ref" in schema or "serialization" in schema:
            return super().generate_inner(schema)
        return self.writers[schema["type"]](schema)

    def encode_default(self, dft: Any) -> Any:
        # pydantic builds an adapter for the type of the value, whatever it is.
        if type(dft) in (list, dict) and not dft:
            return dft.copy()
        return dft if type(dft) in (str, int, bool, type(None)) else super().encode_default(dft)

    def bytes_schema(self, schema: Any) -> JsonSchemaValue:
        # OpenAPI 3.1, section 4.7.14.1: this takes the place of `format: binary`.
        written = super().bytes_schema(schema)
        written["contentMediaType"] = "application/octet-stream"
        del written["format"]
        config = self._config
        is_read = self.mode == "validation"
        if (config.val_json_bytes if is_read else config.ser_json_bytes) == "base64":
            written["contentEncoding"] = "base64"
        return written


# --- models within fields --------------------------------------------------------------


def get_flat_models_from_fields(
    fields: Iterable[ModelField], known_models: set[Model]
) -> set[Model]:
    """All models and enums in the types of *fields*, and in the fields of those models.

    They are added to *known_models*, which is returned; what is there already is not opened.
    """
    for field in fields:
        add_models(field.field_info.annotation, known_models)
    return known_models


def add_models(annotation: Any, known: set[Model]) -> None:
    if not isinstance(annotation, type):
        for argument in get_args(annotation):
            add_models(argument, known)
    elif annotation not in known and is_subclass(annotation, (BaseModel, Enum)):
        model: Any = annotation
        known.add(model)
        if is_subclass(annotation, BaseModel):
            for info in annotation.model_fields.values():
                add_models(info.annotation, known)


def get_model_name_map(unique_models: Iterable[Model]) -> ModelNameMap:
    """A name for each model; of models with the same name one is kept."""
    by_name = {normalize_name(model.__name__): model for model in unique_models}
    return {model: name for name, model in by_name.items()}


def normalize_name(name: str) -> str:
    return re.sub(r"[^a-zA-Z0-9.\-_]", "_", name)


def fields_for_models_in(fields: Sequence[ModelField]) -> list[ModelField]:
    """Fields for the models that are only parts of the types of *fields*.

    Most of them are defined anyway.  But a model of which nothing refers to the definition,
    because a serializer makes something else of it, is part of FastAPI's document too.
    """
    whole = {
        field.field_info.annotation
        for field in fields
        if isinstance(field.field_info.annotation, type)
    }
    modes: tuple[Mode, ...] = ("validation", "serialization")
    return [
        ModelField(FieldInfo(annotation=model), model.__name__, mode)
        for mode in modes
        for model in sorted(
            get_flat_models_from_fields((field for field in fields if field.mode == mode), set()),
            key=attrgetter("__module__", "__qualname__"),
        )
        if model not in whole
    ]


# --- fields that say the same ----------------------------------------------------------

# What is said of a field beside its type.  Its aliases are names in other schemas than its own.
SAYINGS = tuple(
    name
    for name in FieldInfo(annotation=int).asdict()["attributes"]
    if name != "default" and "alias" not in name
)
say: Callable[[FieldInfo], tuple[Any, ...]] = attrgetter(*SAYINGS)
NOTHING_SAID = say(FieldInfo())
PLAIN_TYPES = (str, int, float, bool, type(None), type(Undefined))


def likeness(field: ModelField) -> Hashable | None:
    """Equal for fields with equal schemas; None if that cannot be told."""
    info = field.field_info
    annotation, metadata, default = info.annotation, info.metadata, info.default
    if type(default) not in PLAIN_TYPES:
        return None
    # Some that are equal are not the same: `int | str` and `str | int`, `Ge(1)` and `Ge(True)`.
    named = "" if isinstance(annotation, type) and not metadata else repr((annotation, metadata))
    key = (annotation, named, *metadata, type(default), repr(default), id(field.config), say(info))
    try:
        hash(key)
    except TypeError:
        return None
    return key


class Likes:
    """Finds for each field the first that says the same."""

    def __init__(self) -> None:
        self.first: dict[Hashable, ModelField] = {}
        self.found: dict[ModelField, ModelField] = {}

    def find(self, field: ModelField) -> ModelField:
        like = self.found.get(field)
        if like is None:
            key = likeness(field)
            like = field if key is None else self.first.setdefault(key, field)
            self.found[field] = like
        return like


def core_schema_of(field: ModelField) -> CoreSchema:
    annotation = field.field_info.annotation
    if is_subclass(annotation, BaseModel) and is_silent(field):
        # A model has its core schema already, and needs no adapter of the field.
        return TypeAdapter(annotation).core_schema
    return field._type_adapter.core_schema


def is_silent(field: ModelField) -> bool:
    """Whether nothing is said of the field but its type."""
    info = field.field_info
    return info.is_required() and not info.metadata and say(info) == NOTHING_SAID


# --- schemas of fields -----------------------------------------------------------------


def get_definitions(
    *,
    fields: Sequence[ModelField],
    model_name_map: ModelNameMap,  # noqa: ARG001 - FastAPI's function takes it
    separate_input_output_schemas: bool = True,
) -> tuple[FieldMapping, dict[str, dict[str, Any]]]:
    """The schema of each field, and by name the definitions that these refer to.

    Without *separate_input_output_schemas* answers are described as they would be read, unless
    they have computed fields.  *model_name_map* is accepted because FastAPI's function has it;
    pydantic finds the names itself.
    """
    likes = Likes()
    asked: dict[ModelField, tuple[ModelField, Mode]] = {}
    inputs: dict[tuple[ModelField, Mode], CoreSchema] = {}
    for field in [*fields, *fields_for_models_in(fields)]:
        like = likes.find(field)
        is_own_mode = separate_input_output_schemas or has_computed_fields(like)
        mode: Mode = field.mode if is_own_mode else "validation"
        key = asked[field] = (like, mode)
        if key not in inputs:
            inputs[key] = core_schema_of(like)
    schemas, definitions = GenerateJsonSchema().generate_definitions(
        [(like, mode, schema) for (like, mode), schema in inputs.items()]
    )
    for definition in definitions.values():
        if "description" in definition:
            # What follows a form feed in a docstring is not for readers of the document.
            definition["description"] = definition["description"].split("\f")[0]
    mapping: FieldMapping = {(field, asked[field][1]): schemas[asked[field]] for field in fields}
    return mapping, cast("dict[str, dict[str, Any]]", definitions)


def get_schema_from_model_field(
    *,
    field: ModelField,
    model_name_map: ModelNameMap,
    field_mapping: FieldMapping,
    separate_input_output_schemas: bool = True,
    field_alias: str | None = None,
) -> dict[str, Any]:
    """The schema of *field* with a title, as it stands in an operation."""
    schema_of = SchemaOf(model_name_map, field_mapping, separate_input_output_schemas)
    return schema_of(field, field_alias)


class SchemaOf:
    """Finds the schema of a field, with a title, as it stands in an operation."""

    def __init__(
        self,
        model_name_map: ModelNameMap,
        field_mapping: FieldMapping,
        separate_input_output_schemas: bool,
    ) -> None:
        self.mapping = field_mapping
        self.is_separate = separate_input_output_schemas
        self.options: dict[str, Any] = {
            "model_name_map": model_name_map,
            "field_mapping": field_mapping,
            "separate_input_output_schemas": separate_input_output_schemas,
        }

    def __call__(self, field: ModelField, alias: str | None = None) -> dict[str, Any]:
        mode: Mode = field.mode
        if not self.is_separate and (field, "validation") in self.mapping:
            mode = "validation"
        schema = self.mapping[field, mode].copy()
        if "$ref" not in schema:
            schema["title"] = field.field_info.title or titled(alias or name_of(field))
        return schema


def titled(name: str) -> str:
    return name.title().replace("_", " ")


def name_of(field: ModelField) -> str:
    alias = field.validation_alias if field.mode == "validation" else field.serialization_alias
    return alias or field.alias


def has_computed_fields(field: ModelField) -> bool:
    """Whether answers of the field's type show more than its fields."""
    schema: Any = core_schema_of(field)
    if schema.get("schema", {}).get("computed_fields"):
        return True
    models = get_flat_models_from_fields([field], set())
    return any(model.model_computed_fields for model in models if is_subclass(model, BaseModel))
