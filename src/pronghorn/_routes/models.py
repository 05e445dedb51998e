"""The models that types are made of: pydantic's and dataclasses, those within them too."""

import sys
from collections.abc import Iterable
from dataclasses import Field, fields, is_dataclass
from typing import Annotated, Any, ForwardRef, get_args, get_origin

from pydantic import BaseModel

from pronghorn._pipeline.annotations import is_alias, is_subclass
from pronghorn._pipeline.fields import evaluate_forward_reference


def models_in(annotations: Iterable[Any]) -> tuple[type, ...]:
    """The models in *annotations*, each once, in the order in which they are met."""
    found: dict[type, None] = {}
    aliases: set[int] = set()
    for annotation in annotations:
        collect(annotation, found, aliases)
    return tuple(found)


def collect(annotation: Any, found: dict[type, None], aliases: set[int]) -> None:
    """Add the models in *annotation*; *aliases* are those that were looked into, by identity."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if is_alias(annotation) or is_alias(origin):
        alias = origin or annotation
        # It may be a part of what it stands for.
        parts = [*arguments, *([] if id(alias) in aliases else [value_of(alias)])]
        aliases.add(id(alias))
    elif origin is Annotated:
        # What else is in it is no type.
        parts = [arguments[0]]
    elif arguments:
        parts = [origin, *arguments]
    elif not isinstance(annotation, type) or annotation in found:
        return
    elif is_subclass(annotation, BaseModel):
        found[annotation] = None
        parts = [field.annotation for field in annotation.model_fields.values()]
    elif is_dataclass(annotation):
        found[annotation] = None
        parts = field_types(annotation)
    else:
        return
    for part in parts:
        collect(part, found, aliases)


def value_of(alias: Any) -> Any:
    return evaluated(alias.__value__, alias.__module__, {alias.__name__: alias})


def field_types(owner: type) -> list[Any]:
    """The types of the fields of a dataclass."""
    if hasattr(owner, "__pydantic_fields__"):
        return [field.annotation for field in owner.__pydantic_fields__.values()]
    types = []
    for field in fields(owner):
        # A field that is inherited names what its own module knows.
        maker = [base for base in owner.__mro__ if has_field(base, field)][-1]
        types.append(evaluated(field.type, maker.__module__, {maker.__name__: maker}))
    return types


def has_field(owner: type, field: Field[Any]) -> bool:
    return vars(owner).get("__dataclass_fields__", {}).get(field.name) is field


def evaluated(annotation: Any, module: str | None, known: dict[str, Any]) -> Any:
    """*annotation* with what is written as text in it evaluated, as far as its names are known."""
    reference = ForwardRef(annotation) if isinstance(annotation, str) else annotation
    return evaluate_forward_reference(reference, vars(sys.modules.get(module or "", sys)), known)
