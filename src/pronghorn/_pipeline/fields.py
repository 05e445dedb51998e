"""The type of one value as a pydantic field: how it is validated, serialized and found.

All knowledge of pydantic's insides is here.  Nothing is known of requests or of routes.
"""

import threading
import warnings
from collections.abc import Callable, Sequence
from copy import copy
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple, cast, get_args, get_origin
from uuid import UUID

from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
    Json,
    PydanticSchemaGenerationError,
    TypeAdapter,
    ValidationError,
    create_model,
)
from pydantic._internal import _typing_extra
from pydantic.fields import FieldInfo
from pydantic.version import VERSION
from pydantic.warnings import UnsupportedFieldAttributeWarning
from pydantic_core import PydanticUndefined

from pronghorn import params
from pronghorn._pipeline.annotations import (
    is_from_pydantic_v1,
    is_model,
    is_scalar,
    is_sequence,
    is_subclass,
    is_union,
)
from pronghorn.exceptions import DeclarationError, DeclarationModelError
from pronghorn.types import IncEx

PYDANTIC_VERSION = VERSION
PYDANTIC_VERSION_MINOR_TUPLE = tuple(int(part) for part in PYDANTIC_VERSION.split(".")[:2])
Undefined = PydanticUndefined
RequiredParam = PydanticUndefined

Location = tuple[str | int, ...]
Errors = list[dict[str, Any]]


class Unmarked(NamedTuple):
    """What a parameter says that bears no mark: enough to make the one that follows from it."""

    kind: type[params.Param] | type[params.Body]
    annotation: Any
    default: Any

    def mark(self, name: str) -> FieldInfo:
        info = self.kind(annotation=self.annotation, default=self.default)
        info.alias = name
        return info


class ModelField:
    """One named value with its type: a parameter, a body, an answer, a field of a model.

    The adapter is built when it is first asked for, which for most routes of a large
    application is never.  So is the field's info where no mark was written.
    """

    __slots__ = ("__weakref__", "_adapter", "_info", "config", "mode", "name")

    def __init__(
        self,
        field_info: "FieldInfo | Unmarked",
        name: str,
        mode: Literal["validation", "serialization"] = "validation",
        config: ConfigDict | None = None,
    ) -> None:
        self._info = field_info
        self.name = name
        self.mode: Literal["validation", "serialization"] = mode
        self.config = config
        self._adapter: TypeAdapter[Any] | None = None

    def __repr__(self) -> str:
        return f"ModelField(name={self.name!r}, field_info={self.field_info!r}, mode={self.mode!r})"

    @property
    def field_info(self) -> FieldInfo:
        """The mark that was written, or that stands for none."""
        info = self._info
        if type(info) is Unmarked:
            info = self._info = info.mark(self.name)
        return cast("FieldInfo", info)

    @field_info.setter
    def field_info(self, info: FieldInfo) -> None:
        self._info = info

    @property
    def is_unmarked(self) -> bool:
        """Whether nobody wrote a mark, nor has asked for the one in its stead."""
        return type(self._info) is Unmarked

    @property
    def alias(self) -> str:
        return self.name if self.field_info.alias is None else self.field_info.alias

    @property
    def validation_alias(self) -> str | None:
        alias = self.field_info.validation_alias
        return alias if isinstance(alias, str) and alias else None

    @property
    def serialization_alias(self) -> str | None:
        return self.field_info.serialization_alias or None

    @property
    def default(self) -> Any:
        return self.get_default()

    @property
    def is_json(self) -> bool:
        """Whether the value is written as JSON text: `Json[...]`."""
        return any(type(item) is Json for item in self.field_info.metadata)

    @property
    def _type_adapter(self) -> TypeAdapter[Any]:
        if self._adapter is None:
            self._adapter = build_adapter(self.field_info, self.config)
        return self._adapter

    def get_default(self) -> Any:
        if self.field_info.is_required():
            return Undefined
        return self.field_info.get_default(call_default_factory=True)

    def validate(
        self,
        value: Any,
        values: Any = None,  # noqa: ARG002 - FastAPI's field takes it
        *,
        loc: Location = (),
    ) -> tuple[Any, Errors]:
        """The validated value and no errors, or None and the errors with *loc* before theirs."""
        try:
            return self._type_adapter.validate_python(value, from_attributes=True), []
        except ValidationError as error:
            return None, located(error, loc)

    def serialize(
        self,
        value: Any,
        *,
        mode: Literal["json", "python"] = "json",
        include: IncEx | None = None,
        exclude: IncEx | None = None,
        by_alias: bool = True,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
    ) -> Any:
        """A validated *value* as plain data."""
        return self._type_adapter.dump_python(
            value,
            mode=mode,
            include=include,
            exclude=exclude,
            by_alias=by_alias,
            exclude_unset=exclude_unset,
            exclude_defaults=exclude_defaults,
            exclude_none=exclude_none,
        )

    def serialize_json(
        self,
        value: Any,
        *,
        include: IncEx | None = None,
        exclude: IncEx | None = None,
        by_alias: bool = True,
        exclude_unset: bool = False,
        exclude_defaults: bool = False,
        exclude_none: bool = False,
    ) -> bytes:
        """A validated *value* as JSON, without plain data between."""
        return self._type_adapter.dump_json(
            value,
            include=include,
            exclude=exclude,
            by_alias=by_alias,
            exclude_unset=exclude_unset,
            exclude_defaults=exclude_defaults,
            exclude_none=exclude_none,
        )


filters_lock = threading.RLock()


def build_adapter(field_info: FieldInfo, config: ConfigDict | None) -> TypeAdapter[Any]:
    if says_model_alone(field_info):
        # The model has all that is wanted of an adapter, and need not have it twice.
        return TypeAdapter(cast("Any", field_info.annotation))
    parts = field_info.asdict()
    # The filters are those of the process: one thread must not restore them under another.
    with filters_lock, warnings.catch_warnings():
        # Some of what a field can say (an alias) means nothing to an adapter of its own.
        warnings.simplefilter("ignore", category=UnsupportedFieldAttributeWarning)
        annotation = (parts["annotation"], *parts["metadata"], Field(**parts["attributes"]))
        return TypeAdapter(cast("Any", Annotated[annotation]), config=config)


def says_model_alone(info: FieldInfo) -> bool:
    said = [name for name, value in info._attributes_set.items() if value is not None]
    is_bare = said == ["annotation"] and info.is_required() and not info.metadata
    return is_bare and is_model(info.annotation)


def make_field(
    name: str,
    type_: Any,
    default: Any = Undefined,
    field_info: FieldInfo | None = None,
    alias: str | None = None,
    mode: Literal["validation", "serialization"] = "validation",
) -> ModelField:
    """A field of *type_*, tried out at once unless that cannot fail.

    Raises `DeclarationError` when pydantic has no schema for *type_*, and for models of
    `pydantic.v1`.
    """
    info = field_info or FieldInfo(annotation=type_, default=default, alias=alias)
    try:
        return tried_field(ModelField(info, name, mode), type_)
    except PydanticSchemaGenerationError as error:
        raise DeclarationError(
            "response-model",
            problem=f"{NO_SCHEMA.format(type_)}.",
            remedy="If it is a return annotation that mixes responses and data, give the"
            " decorator the parameter response_model=None, or the model that is meant.",
        ) from error


def make_parameter_field(
    name: str, type_: Any, info: FieldInfo, where: Callable[..., Any]
) -> ModelField:
    """The field of a parameter of *where*; raises as `make_field` does, with another remedy."""
    try:
        return tried_field(ModelField(info, name), type_)
    except PydanticSchemaGenerationError as error:
        raise DeclarationError(
            "parameter-type",
            problem=f"Pydantic cannot validate the type of `{name}` ({NO_SCHEMA.format(type_)}).",
            where=where,
            remedy="Give it a type that pydantic knows, such as a model; or let a function of yours"
            f" make it: `{name}: Annotated[..., Depends(function)]`.",
        ) from error


NO_SCHEMA = "Invalid args for response field! Hint: check that {} is a valid Pydantic field type"
"""FastAPI says it of parameters, too; programs match it."""


def tried_field(field: ModelField, type_: Any) -> ModelField:
    if is_from_pydantic_v1(type_):
        raise DeclarationModelError(
            "pydantic-v1",
            problem=f"pydantic.v1 models are no longer supported by FastAPI: {type_!r} is one.",
            remedy="Derive it from `pydantic.BaseModel` instead.",
        )
    if not is_surely_valid(field.field_info):
        field._type_adapter  # noqa: B018 - built for its errors
    return field


SCALARS: frozenset[Any] = frozenset(
    {str, int, float, bool, bytes, type(None), date, datetime, time, timedelta, UUID, Decimal, Any}
)
PLAIN_TYPES = SCALARS | {dict, list}
BOUNDABLE: frozenset[Any] = frozenset({str, int, float, bool, bytes, type(None), dict, list, Any})
"""Of these, and of models, pydantic takes any bound, if not every value can keep to it."""


# The constraints that pydantic takes for every type, if their bound is a small whole number.
BOUNDS: dict[Any, str] = {
    FieldInfo.metadata_lookup[name]: name
    for name in ("gt", "ge", "lt", "le", "min_length", "max_length")
}


def is_surely_valid(info: FieldInfo) -> bool:
    """Whether pydantic is known to have a schema, so that building it can wait."""
    has_two_defaults = info.default is not Undefined and info.default_factory is not None
    if has_two_defaults or info.discriminator is not None or not is_named_well(info):
        return False
    if info.metadata:
        is_bounded = all(is_small_bound(item) for item in info.metadata)
        is_boundable = info.annotation in BOUNDABLE or is_subclass(info.annotation, BaseModel)
        return is_bounded and is_boundable and is_surely_possible(info.annotation)
    return is_surely_possible(info.annotation)


def is_named_well(info: FieldInfo) -> bool:
    """Whether its aliases are of types that pydantic takes."""
    names = (info.alias, info.validation_alias)
    return all(name is None or isinstance(name, (str, AliasPath, AliasChoices)) for name in names)


def is_surely_possible(annotation: Any) -> bool:
    """Whether pydantic is known to have a schema for *annotation* alone."""
    if annotation is None:
        return True
    if type(annotation) is type or annotation is Any:
        return annotation in PLAIN_TYPES
    if is_model(annotation):
        return annotation.__pydantic_complete__
    if is_union(annotation) or get_origin(annotation) in (list, dict):
        return all(map(is_surely_possible, get_args(annotation)))
    return False


def is_small_bound(constraint: Any) -> bool:
    bound = getattr(constraint, BOUNDS.get(type(constraint), ""), None)
    return type(bound) is int and 0 <= bound < 2**31


def copy_field_info(*, field_info: FieldInfo, annotation: Any) -> FieldInfo:
    """A copy of *field_info* that says what *annotation* says, its metadata included."""
    merged = type(field_info).from_annotation(annotation)
    result = copy(field_info)
    for name, value in merged.asdict()["attributes"].items():
        setattr(result, name, value)
    result._attributes_set = merged._attributes_set.copy()
    result.metadata = merged.metadata
    result.annotation = merged.annotation
    return result


def own_info(info: FieldInfo) -> FieldInfo:
    """A copy of *info* that shares nothing with it that might be changed."""
    result = copy(info)
    result._attributes_set = info._attributes_set.copy()
    result.metadata = info.metadata.copy()
    return result


def located(error: ValidationError, loc: Location) -> Errors:
    """The errors of pydantic as they are answered, *loc* put before their own locations."""
    return [{**found, "loc": loc + found["loc"]} for found in error.errors(include_url=False)]


def missing_error(loc: Location) -> dict[str, Any]:
    return {"type": "missing", "loc": loc, "msg": "Field required", "input": None}


def is_scalar_field(field: ModelField) -> bool:
    info = field.field_info
    return is_scalar(info.annotation) and not isinstance(info, params.Body)


@lru_cache(maxsize=1024)
def model_fields(model: type[BaseModel]) -> tuple[ModelField, ...]:
    """The fields of *model*, each as a field of its own, with the model's configuration."""
    return tuple(
        ModelField(
            info, name, config=None if has_own_config(info.annotation) else model.model_config
        )
        for name, info in model.model_fields.items()
    )


def has_own_config(annotation: Any) -> bool:
    return is_subclass(annotation, (BaseModel, dict)) or hasattr(annotation, "__dataclass_fields__")


def body_model(
    *, fields: Sequence[ModelField], model_name: str, config: ConfigDict | None = None
) -> type[BaseModel]:
    """A model with *fields*: several body parameters as one body."""
    definitions: Any = {
        field.name: (field.field_info.annotation, field.field_info) for field in fields
    }
    return cast("type[BaseModel]", create_model(model_name, __config__=config, **definitions))


def aliases_of(field: ModelField, *, may_convert: bool = False) -> list[tuple[str, str]]:
    """The names under which a value may arrive: pairs (for the model, in the request).

    The first that the request has is taken.  *may_convert* writes hyphens for the
    underscores of a name that was not chosen by the author, as headers want it.
    """
    alias = field.validation_alias or field.alias
    chosen = field.field_info.validation_alias
    in_request = alias.replace("_", "-") if may_convert and alias == field.name else alias
    pairs = [(alias, in_request)]
    if isinstance(field.field_info, params.Path) or isinstance(chosen, AliasPath):
        return pairs
    if isinstance(chosen, AliasChoices):
        if any(isinstance(choice, AliasPath) for choice in chosen.choices):
            return pairs
        pairs = [(choice, choice) for choice in chosen.choices if isinstance(choice, str)]
    return by_name_too(field, pairs, may_convert=may_convert)


def by_name_too(
    field: ModelField, pairs: list[tuple[str, str]], *, may_convert: bool
) -> list[tuple[str, str]]:
    """*pairs*, and the field's own name where the model's configuration allows it."""
    config = field.config or {}
    is_name_only = config.get("validate_by_alias") is False
    may_use_name = config.get("validate_by_name", config.get("populate_by_name", False))
    if not is_name_only and not may_use_name:
        return pairs
    own = (field.name, field.name.replace("_", "-") if may_convert else field.name)
    if is_name_only:
        return [own]
    return pairs if field.name in [name for name, _ in pairs] else [*pairs, own]


def takes_many(field: ModelField) -> bool:
    """Whether all values of a repeated key belong to the field."""
    return not field.is_json and is_sequence(field.field_info.annotation)


def bound_validator(field: ModelField) -> Callable[..., Any]:
    """`validate_python` of the field's validator, without an adapter between.

    Falls back to the adapter's own method while a forward reference is not yet resolved.
    """
    adapter = field._type_adapter
    if adapter.pydantic_complete:
        return adapter.validator.validate_python
    return adapter.validate_python


def bound_json_writer(field: ModelField) -> Callable[..., bytes]:
    """`to_json` of the field's serializer, or the adapter's `dump_json` if not yet complete."""
    adapter = field._type_adapter
    if adapter.pydantic_complete:
        return adapter.serializer.to_json
    return adapter.dump_json


def evaluate_forward_reference(
    value: Any, globalns: dict[str, Any] | None = None, localns: dict[str, Any] | None = None
) -> Any:
    """The type that a text or `ForwardRef` names, or the reference itself if it is not known."""
    return _typing_extra.try_eval_type(value, globalns, localns)[0]
