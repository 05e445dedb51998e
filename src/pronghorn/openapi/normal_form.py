"""A document in the form in which its model would write it, mostly without the model.

FastAPI sends what `jsonable_encoder(OpenAPI(**document), by_alias=True, exclude_none=True)`
returns: keys in the model's order, no None, numbers where a limit may be a float.  For what
operations usually hold, that is known without building models, which take most of the time.
For all else the model is asked, for the smallest part of the document that it judges alone.
"""

from collections.abc import Callable
from functools import cache, partial
from math import isfinite
from typing import Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError

from pronghorn.encoders import jsonable_encoder
from pronghorn.openapi import models

Check = Callable[[Any], Any]
"""Takes a value as it was described, returns it in normal form, or raises `Unusual`."""


class Unusual(Exception):
    """Only the model can tell what becomes of the value."""


class Inexact(Unusual):
    """The model would have to convert something, which it does not where any value will do."""


def write_document(document: dict[str, Any]) -> dict[str, Any]:
    """*document* in normal form, sharing nothing with it.

    Raises the `ValidationError` of the model for what the model refuses.
    """
    try:
        result: dict[str, Any] = OPENAPI(document)
    except (Unusual, ValidationError):
        # The error has to tell its place in the whole document.
        model = models.OpenAPI(**document)
        result = jsonable_encoder(model, by_alias=True, exclude_none=True)
    return result


# --- values ----------------------------------------------------------------------------


def text(value: Any) -> str:
    if type(value) is str:
        return value
    if isinstance(value, str):
        # An enum's member, say: what counts is its text.
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


# Above it not every whole number is a float.
MAX_EXACT = 2**53


def number(value: Any) -> float:
    if type(value) is int and abs(value) <= MAX_EXACT:
        return float(value)
    if type(value) is float and isfinite(value):
        return value
    raise Unusual


def positive(value: Any) -> float:
    if number(value) > 0:
        return number(value)
    raise Unusual


def one_of(choices: frozenset[str], value: Any) -> str:
    if type(value) is str and value in choices:
        return value
    raise Unusual


def anything(value: Any) -> Any:
    """What JSON can say, without the None in dicts."""
    kind = type(value)
    if kind is dict:
        # Most of a document goes through here, so texts and flags are not looked at once more.
        return {
            key if type(key) is str and key[:3] != "_sa" else key_of(key): (
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


def key_of(key: Any) -> str:
    # FastAPI's encoder leaves out keys in which SQLAlchemy keeps its state.
    if type(key) is str and not key.startswith("_sa"):
        return key
    raise Unusual


def many(check: Check, value: Any) -> list[Any]:
    if type(value) is list:
        return [check(item) for item in value]
    raise Unusual


def named(check: Check, value: Any) -> dict[str, Any]:
    if type(value) is dict:
        return {key_of(key): check(item) for key, item in value.items()}
    raise Unusual


def modelled(kind: Any, value: Any) -> Any:
    """*value* as the model *kind* writes it."""
    adapter = adapter_of(kind)
    read = adapter.validate_python(value)
    written = adapter.dump_python(read, mode="json", by_alias=True, exclude_none=True)
    return jsonable_encoder(written, exclude_none=True)


@cache
def adapter_of(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def usually(check: Check, kind: Any, value: Any) -> Any:
    """*value* by *check*, or where that gives up as the model *kind* writes it."""
    try:
        return check(value)
    except Unusual:
        return modelled(kind, value)


# --- shapes ----------------------------------------------------------------------------


class Shape:
    """How a model writes a dict: known keys in its order, then all others as they are.

    What has no check among *checks* is left to the model.
    """

    def __init__(self, model: type[BaseModel], checks: dict[str, Check]) -> None:
        fields = {info.alias or name: info for name, info in model.model_fields.items()}
        self.checks = checks
        self.ranks = {key: rank for rank, key in enumerate(fields)}
        self.required = frozenset(key for key, info in fields.items() if info.is_required())
        self.keeps_others = model.model_config.get("extra") == "allow"
        # `schema_` is no key, but would be taken for the field of that name; and what is
        # written by reference may be of another model.
        self.confusing = model.model_fields.keys() - fields.keys() | {"$ref"}

    def __call__(self, value: Any) -> dict[str, Any]:
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
                result[key] = self.checks.get(key, unchecked)(item)
            elif key in self.required:
                raise Unusual
        return result

    def write_extended(self, value: dict[Any, Any]) -> dict[str, Any]:
        others = [key_of(key) for key in value if key not in self.ranks]
        if not self.keeps_others or not self.confusing.isdisjoint(others):
            raise Unusual
        result = self({key: item for key, item in value.items() if key in self.ranks})
        for key in others:
            if value[key] is not None:
                result[key] = anything(value[key])
        return result


def unchecked(value: Any) -> Any:
    raise Unusual


def write_schema(value: Any) -> Any:
    """A schema, or true and false for all and nothing."""
    return value if type(value) is bool else SCHEMA(value)


def write_type(value: Any) -> Any:
    return [type_name(item) for item in value] if type(value) is list else type_name(value)


def write_example(value: Any) -> dict[str, Any]:
    written = anything(value)
    # An address would be normalized; what is written by reference is no example.
    if type(written) is not dict or not written.keys().isdisjoint({"externalValue", "$ref"}):
        raise Unusual
    known = {key: written.pop(key) for key in ("summary", "description", "value") if key in written}
    for key in known.keys() & {"summary", "description"}:
        text(known[key])
    return {**known, **written}


def refuse_parameters(value: Any) -> Any:
    """A parameter's place is an enum in the model, and was described as a text."""
    for item in value if type(value) is list else ():
        if type(item) is dict and type(item.get("in")) is str and "$ref" not in item:
            raise Inexact
    raise Unusual


def write_path_item(value: Any) -> Any:
    """The operations of a path, which the document's model may also leave as they are."""
    try:
        return PATH_ITEM(value)
    except Inexact:
        return anything(value)


type_name: Check = partial(one_of, frozenset(get_args(models.SchemaType)))
texts: Check = partial(many, text)
schemas: Check = partial(many, write_schema)
named_schemas: Check = partial(named, write_schema)


def checks(table: dict[Check, str]) -> dict[str, Check]:
    """A table of checks, read from one that says for each which keys have it."""
    return {key: check for check, keys in table.items() for key in keys.split()}


SCHEMA = Shape(
    models.Schema,
    checks(
        {
            text: "$ref pattern format contentEncoding contentMediaType title description",
            texts: "required",
            flag: "uniqueItems deprecated readOnly writeOnly",
            count: "maxLength minLength maxItems minItems maxContains minContains"
            " maxProperties minProperties",
            number: "maximum exclusiveMaximum minimum exclusiveMinimum",
            positive: "multipleOf",
            anything: "const default example",
            partial(many, anything): "enum examples",
            write_type: "type",
            write_schema: "not if then else items contains additionalProperties propertyNames"
            " unevaluatedItems unevaluatedProperties contentSchema",
            schemas: "allOf anyOf oneOf prefixItems",
            named_schemas: "$defs properties patternProperties dependentSchemas",
            Shape(
                models.Discriminator,
                checks({text: "propertyName", partial(named, text): "mapping"}),
            ): "discriminator",
        }
    ),
)
SHOWN: dict[Check, str] = {
    SCHEMA: "schema",
    anything: "example",
    partial(named, write_example): "examples",
}
MEDIA_TYPE = Shape(models.MediaType, checks(SHOWN))
CONTENT: Check = partial(named, MEDIA_TYPE)
WRITTEN: dict[Check, str] = {
    **SHOWN,
    text: "name description style",
    flag: "required deprecated explode allowReserved",
    partial(one_of, frozenset(place.value for place in models.ParameterInType)): "in",
}
PARAMETER = Shape(models.Parameter, checks(WRITTEN))
HEADER = Shape(models.Header, checks(WRITTEN))
BODY = Shape(
    models.RequestBody, checks({text: "description", flag: "required", CONTENT: "content"})
)
RESPONSE = Shape(
    models.Response,
    checks({text: "description", CONTENT: "content", partial(named, HEADER): "headers"}),
)


def path_item(parameters: Check) -> Shape:
    """The shape of a path's operations, with this check of their parameters."""
    operation = {
        texts: "tags",
        text: "summary description operationId",
        flag: "deprecated",
        parameters: "parameters",
        BODY: "requestBody",
        partial(named, RESPONSE): "responses",
        partial(many, partial(named, texts)): "security",
        partial(named, partial(named, lambda value: shape(value))): "callbacks",
    }
    shape = Shape(
        models.PathItem,
        checks(
            {
                text: "summary description",
                Shape(models.Operation, checks(operation)): "get put post delete options head"
                " patch trace",
            }
        ),
    )
    return shape


PATH_ITEM = path_item(refuse_parameters)
WEBHOOK = path_item(partial(many, PARAMETER))
INFO = Shape(
    models.Info,
    checks(
        {
            text: "title summary description termsOfService version",
            partial(modelled, models.Contact): "contact",
            partial(modelled, models.License): "license",
        }
    ),
)
COMPONENTS = Shape(
    models.Components,
    checks(
        {
            partial(named, partial(usually, SCHEMA, models.Schema | models.Reference)): "schemas",
            partial(
                named, partial(modelled, models.SecurityScheme | models.Reference)
            ): "securitySchemes",
        }
    ),
)
TAG = Shape(models.Tag, checks({text: "name description"}))
OPENAPI = Shape(
    models.OpenAPI,
    checks(
        {
            text: "openapi",
            INFO: "info",
            COMPONENTS: "components",
            partial(named, partial(usually, write_path_item, models.PathItem | Any)): "paths",
            partial(
                named, partial(usually, WEBHOOK, models.PathItem | models.Reference)
            ): "webhooks",
            partial(many, partial(usually, TAG, models.Tag)): "tags",
            partial(many, partial(modelled, models.Server)): "servers",
            partial(modelled, models.ExternalDocumentation): "externalDocs",
        }
    ),
)
