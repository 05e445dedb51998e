"""A document in the form in which its model would write it, mostly without the model.

FastAPI sends what `jsonable_encoder(OpenAPI(**document), by_alias=True, exclude_none=True)`
returns: no None, the model's order of keys, a float where a limit may be one.  For what
documents usually hold that is written in tables here, since building a thousand models takes
longer than all the rest.  For what is unusual the model is asked, but only for the smallest
part of the document that it judges by itself.
"""

from collections.abc import Callable
from functools import cache
from math import isfinite
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from pronghorn.encoders import jsonable_encoder
from pronghorn.openapi import models

Writer = Callable[[Any], Any]
"""Takes a value as it was described, returns it in normal form, or raises `Unusual`."""


class Unusual(Exception):
    """Only the model can tell what becomes of the value."""


class Inexact(Unusual):
    """The model would have to convert something."""


def write_document(document: dict[str, Any]) -> dict[str, Any]:
    """*document* in normal form, sharing nothing with it.

    Raises the `ValidationError` of the model for what is no OpenAPI.
    """
    try:
        result: dict[str, Any] = OPENAPI(document)
    except (Unusual, ValidationError):
        # Only the whole model says where in the document something is wrong.
        model = models.OpenAPI(**document)
        result = jsonable_encoder(model, by_alias=True, exclude_none=True)
    return result


# --- single values ---------------------------------------------------------------------


def text(value: Any) -> str:
    if type(value) is str:
        return value
    if isinstance(value, str):
        # A member of an enum, say.
        return str.__str__(value)
    raise Unusual


def flag(value: Any) -> bool:
    if type(value) is bool:
        return value
    raise Unusual


def count(value: Any) -> int:
    if type(value) is int and value >= 0:
        return value
    raise Unusual


def number(value: Any) -> float:
    # Beyond 2**53 not every whole number is a float.
    if type(value) is int and abs(value) <= 2**53:
        return float(value)
    if type(value) is float and isfinite(value):
        return value
    raise Unusual


def positive(value: Any) -> float:
    if number(value) > 0:
        return number(value)
    raise Unusual


def one_of(*choices: str) -> Writer:
    def write(value: Any) -> str:
        if type(value) is str and value in choices:
            return value
        raise Unusual

    return write


def anything(value: Any) -> Any:
    """What JSON can say, without the None in dicts."""
    kind = type(value)
    if kind is dict:
        # Most of a document goes through here, so texts and flags are not looked at once more.
        return {
            key if type(key) is str and key[:3] != "_sa" else name(key): (
                item if type(item) is str or type(item) is bool else anything(item)
            )
            for key, item in value.items()
            if item is not None
        }
    if kind is list:
        return [anything(item) for item in value]
    if kind is str or kind is bool or kind is int or value is None:
        return value
    if kind is float and isfinite(value):
        return value
    raise Unusual


def name(key: Any) -> str:
    # FastAPI's encoder leaves out the keys under which SQLAlchemy keeps its state.
    if type(key) is str and not key.startswith("_sa"):
        return key
    raise Unusual


# --- values made of others -------------------------------------------------------------


def many(writer: Writer) -> Writer:
    def write(value: Any) -> list[Any]:
        if type(value) is list:
            return [writer(item) for item in value]
        raise Unusual

    return write


def named(writer: Writer) -> Writer:
    def write(value: Any) -> dict[str, Any]:
        if type(value) is dict:
            return {name(key): writer(item) for key, item in value.items()}
        raise Unusual

    return write


def modelled(kind: Any) -> Writer:
    """Let the model *kind* write the value."""

    def write(value: Any) -> Any:
        adapter = adapter_of(kind)
        model = adapter.validate_python(value)
        written = adapter.dump_python(model, mode="json", by_alias=True, exclude_none=True)
        return jsonable_encoder(written, exclude_none=True)

    return write


@cache
def adapter_of(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def usually(writer: Writer, kind: Any) -> Writer:
    """Let *writer* write the value, and what is unusual the model *kind*."""
    write_unusual = modelled(kind)

    def write(value: Any) -> Any:
        try:
            return writer(value)
        except Unusual:
            return write_unusual(value)

    return write


class Shape:
    """Writes a dict as *model* does: its keys in their order, then all others as they are.

    *writers* tells which keys each writer is for.  A key for which there is none is unusual.
    """

    def __init__(self, model: type[BaseModel], writers: dict[Writer, str]) -> None:
        fields = {info.alias or name: info for name, info in model.model_fields.items()}
        self.writers = {key: writer for writer, keys in writers.items() for key in keys.split()}
        self.ranks = {key: rank for rank, key in enumerate(fields)}
        self.required = frozenset(key for key, info in fields.items() if info.is_required())
        self.keeps_others = model.model_config.get("extra") == "allow"
        # `schema_` is the name of a field, yet no key.  And what has a reference among its
        # other keys may be taken for one.
        self.confusing = model.model_fields.keys() - fields.keys() | {"$ref"}

    def __call__(self, value: Any) -> dict[str, Any]:
        """Write *value*."""
        if type(value) is not dict or not self.required <= value.keys():
            raise Unusual
        try:
            keys = sorted(value, key=self.ranks.__getitem__)
        except KeyError:
            return self.write_extended(value)
        result = {}
        for key in keys:
            item = value[key]
            if item is not None:
                result[key] = self.writers.get(key, unknown)(item)
            elif key in self.required:
                raise Unusual
        return result

    def write_extended(self, value: dict[Any, Any]) -> dict[str, Any]:
        """Write *value*, which has keys that the model does not know."""
        others = [name(key) for key in value if key not in self.ranks]
        if not self.keeps_others or not self.confusing.isdisjoint(others):
            raise Unusual
        result = self({key: item for key, item in value.items() if key in self.ranks})
        for key in others:
            if value[key] is not None:
                result[key] = anything(value[key])
        return result


def unknown(_: Any) -> Any:
    raise Unusual


# --- schemas ---------------------------------------------------------------------------


def schema(value: Any) -> Any:
    """A schema; true stands for one that allows all, false for one that allows nothing."""
    return value if type(value) is bool else SCHEMA(value)


type_name = one_of(*get_args(models.SchemaType))


def type_names(value: Any) -> Any:
    return [type_name(item) for item in value] if type(value) is list else type_name(value)


SCHEMA = Shape(
    models.Schema,
    {
        text: "$ref pattern format contentEncoding contentMediaType title description",
        many(text): "required",
        flag: "uniqueItems deprecated readOnly writeOnly",
        count: "maxLength minLength maxItems minItems maxContains minContains"
        " maxProperties minProperties",
        number: "maximum exclusiveMaximum minimum exclusiveMinimum",
        positive: "multipleOf",
        anything: "const default example",
        many(anything): "enum examples",
        type_names: "type",
        schema: "not if then else items contains additionalProperties propertyNames"
        " unevaluatedItems unevaluatedProperties contentSchema",
        many(schema): "allOf anyOf oneOf prefixItems",
        named(schema): "$defs properties patternProperties dependentSchemas",
        Shape(
            models.Discriminator, {text: "propertyName", named(text): "mapping"}
        ): "discriminator",
    },
)

# --- operations ------------------------------------------------------------------------


def example(value: Any) -> dict[str, Any]:
    written = anything(value)
    # The model would normalize an address, and take what is written by reference for one.
    if type(written) is not dict or not written.keys().isdisjoint({"externalValue", "$ref"}):
        raise Unusual
    first = {key: written.pop(key) for key in ("summary", "description", "value") if key in written}
    for key in first.keys() & {"summary", "description"}:
        text(first[key])
    return {**first, **written}


SHOWN: dict[Writer, str] = {SCHEMA: "schema", anything: "example", named(example): "examples"}
CONTENT = named(Shape(models.MediaType, SHOWN))
SENT: dict[Writer, str] = {
    **SHOWN,
    text: "name description style",
    flag: "required deprecated explode allowReserved",
    one_of(*(place.value for place in models.ParameterInType)): "in",
}
PARAMETER = Shape(models.Parameter, SENT)
BODY = Shape(models.RequestBody, {text: "description", flag: "required", CONTENT: "content"})
HEADERS = named(Shape(models.Header, SENT))
RESPONSE = Shape(models.Response, {text: "description", CONTENT: "content", HEADERS: "headers"})


def path_item(parameters: Writer) -> Shape:
    """The shape of the operations of a path, whose *parameters* are written by that."""
    operation: dict[Writer, str] = {
        many(text): "tags",
        text: "summary description operationId",
        flag: "deprecated",
        parameters: "parameters",
        BODY: "requestBody",
        named(RESPONSE): "responses",
        many(named(many(text))): "security",
        named(named(lambda value: shape(value))): "callbacks",  # noqa: PLW0108 - made below
    }
    methods = "get put post delete options head patch trace"
    shape: Shape = Shape(
        models.PathItem,
        {text: "summary description", Shape(models.Operation, operation): methods},
    )
    return shape


def refuse_parameters(value: Any) -> Any:
    # The place of a parameter is an enum in the model, and a text in what was described.
    for item in value if type(value) is list else ():
        if type(item) is dict and type(item.get("in")) is str and "$ref" not in item:
            raise Inexact
    raise Unusual


WEBHOOK = path_item(many(PARAMETER))
EXACT_PATH_ITEM = path_item(refuse_parameters)


def write_path_item(value: Any) -> Any:
    """The operations of a path: by the model if nothing has to be converted, else untouched.

    In the document's model they are of the type `PathItem | Any`, and of the two pydantic
    takes the one that fits without conversion.
    """
    try:
        return EXACT_PATH_ITEM(value)
    except Inexact:
        return anything(value)


# --- the whole -------------------------------------------------------------------------

INFO = Shape(
    models.Info,
    {
        text: "title summary description termsOfService version",
        modelled(models.Contact): "contact",
        modelled(models.License): "license",
    },
)
COMPONENTS = Shape(
    models.Components,
    {
        named(usually(SCHEMA, models.Schema | models.Reference)): "schemas",
        named(modelled(models.SecurityScheme | models.Reference)): "securitySchemes",
    },
)
TAG = Shape(models.Tag, {text: "name description"})
OPENAPI = Shape(
    models.OpenAPI,
    {
        text: "openapi",
        INFO: "info",
        COMPONENTS: "components",
        named(usually(write_path_item, models.PathItem | Any)): "paths",
        named(usually(WEBHOOK, models.PathItem | models.Reference)): "webhooks",
        many(usually(TAG, models.Tag)): "tags",
        many(modelled(models.Server)): "servers",
        modelled(models.ExternalDocumentation): "externalDocs",
    },
)
