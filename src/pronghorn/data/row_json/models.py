"""What a response model says of its fields: where it finds them, and which models they hold.

Knows pydantic, and nothing of databases.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any, get_args, get_origin

from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    BeforeValidator,
    InstanceOf,
    PlainValidator,
    RootModel,
    SkipValidation,
    WrapValidator,
)
from pydantic.fields import FieldInfo
from typing_extensions import TypeIs

from pronghorn._record import record

SEQUENCES = (list, Sequence)
NONE = type(None)


@record
class Held:
    """A model that an annotation holds: itself, or None in its place, or a list of it."""

    model: type[BaseModel]
    is_many: bool = False
    may_be_none: bool = False


def held_in(annotation: Any) -> Held | None:
    """The model in *annotation*; None if it is of another shape than `Held` can say."""
    annotation = bare(annotation)
    choices = [bare(choice) for choice in get_args(annotation)] if is_union(annotation) else []
    if len(choices) == 2 and NONE in choices:
        annotation = next(choice for choice in choices if choice is not NONE)
        return Held(annotation, may_be_none=True) if is_model(annotation) else None
    if get_origin(annotation) in SEQUENCES:
        item = bare(get_args(annotation)[0])
        return Held(item, is_many=True) if is_model(item) else None
    return Held(annotation) if is_model(annotation) else None


def bare(annotation: Any) -> Any:
    """*annotation* without metadata, and without the names of `type` statements."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif is_alias(annotation):
            annotation = annotation.__value__
        else:
            return annotation


def is_alias(annotation: Any) -> bool:
    # The one of the standard library came with Python 3.12.
    return type(annotation).__name__ == "TypeAliasType"


def is_union(annotation: Any) -> bool:
    return getattr(get_origin(annotation), "__name__", "") in ("Union", "UnionType")


def is_model(annotation: Any) -> TypeIs[type[BaseModel]]:
    return (
        isinstance(annotation, type)
        and BaseModel in annotation.__mro__
        and RootModel not in annotation.__mro__
    )


def lookup_names(model: type[BaseModel], name: str, info: FieldInfo) -> list[str] | None:
    """The names under which the field *name* is looked up, in order; None if by a path."""
    config = model.model_config
    chosen = info.validation_alias if config.get("validate_by_alias", True) else None
    if chosen is None:
        return [name]
    choices = chosen.choices if isinstance(chosen, AliasChoices) else [chosen]
    paths = [choice.path if isinstance(choice, AliasPath) else [choice] for choice in choices]
    if any(len(path) != 1 for path in paths):
        return None
    by_name = config.get("validate_by_name") or config.get("populate_by_name")
    return [*(str(path[0]) for path in paths), *([name] if by_name else [])]


OBJECT_VALIDATORS: tuple[Any, ...] = (
    BeforeValidator,
    PlainValidator,
    WrapValidator,
    InstanceOf,
    SkipValidation,
)


def sees_raw(model: type[BaseModel], name: str, info: FieldInfo) -> bool:
    """Whether code of the author's sees what the field *name* holds before it was validated."""
    decorators = model.__pydantic_decorators__
    modes = [
        validator.info.mode
        for validator in decorators.field_validators.values()
        if name in validator.info.fields or "*" in validator.info.fields
    ]
    is_old = any(
        name in validator.info.fields or "*" in validator.info.fields
        for validator in decorators.validators.values()
    )
    metadata = [*info.metadata, *metadata_in(info.annotation)]
    return is_old or any(mode != "after" for mode in modes) or any(map(is_before, metadata))


def metadata_in(annotation: Any) -> Iterator[Any]:
    if is_alias(annotation):
        yield from metadata_in(annotation.__value__)
    elif get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        yield from metadata
        yield from metadata_in(inner)
    else:
        for argument in get_args(annotation):
            yield from metadata_in(argument)


def is_before(item: Any) -> bool:
    """Whether a piece of metadata may look at a value before it is validated."""
    if isinstance(item, OBJECT_VALIDATORS):
        return True
    has_schema = hasattr(item, "__get_pydantic_core_schema__")
    return has_schema and not type(item).__module__.startswith("pydantic.")


def why_not_plain(model: type[BaseModel]) -> str | None:
    """What *model* has that looks at the object it is made of; None if it has nothing such."""
    decorators = model.__pydantic_decorators__
    for name, validator in decorators.model_validators.items():
        if validator.info.mode != "after":
            return f"its validator `{name}` sees the object before it is validated"
    for name, old in decorators.root_validators.items():
        if old.info.mode != "after":
            return f"its validator `{name}` sees the object before it is validated"
    if model.__init__.__module__.partition(".")[0] not in ("pydantic", "sqlmodel"):
        return "it has an `__init__` of its own"
    if own(model, "__get_pydantic_core_schema__"):
        return "it has a `__get_pydantic_core_schema__` of its own"
    if not model.__pydantic_complete__ and model.model_rebuild(raise_errors=False) is False:
        return "it names types that are not defined yet"
    return None


def own(model: type[BaseModel], method: str) -> bool:
    """Whether *model* has a class method in place of pydantic's."""
    return getattr(model, method).__func__ is not getattr(BaseModel, method).__func__
