"""The models that types are made of: pydantic's and dataclasses, those within them too."""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from pronghorn._pipeline.annotations import is_alias, is_subclass


def models_in(annotations: Iterable[Any]) -> tuple[type, ...]:
    """The models in *annotations*, each once, in the order in which they are met."""
    found: dict[type, None] = {}
    for annotation in annotations:
        collect(annotation, found)
    return tuple(found)


def collect(annotation: Any, found: dict[type, None]) -> None:
    if is_alias(annotation):
        annotation = annotation.__value__
    if get_args(annotation):
        parts = [get_origin(annotation), *get_args(annotation)]
    elif annotation in found:
        return
    elif is_subclass(annotation, BaseModel):
        found[annotation] = None
        parts = [field.annotation for field in annotation.model_fields.values()]
    elif isinstance(annotation, type) and is_dataclass(annotation):
        found[annotation] = None
        parts = [field.type for field in fields(annotation)]
    else:
        return
    for part in parts:
        collect(part, found)
