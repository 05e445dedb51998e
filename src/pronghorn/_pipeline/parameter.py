"""A value that is read from the request, and the short way to those that say nothing unusual.

Of a thousand routes most take an `item_id: int` from the path.  Such a parameter is made once,
and all routes that have it share it; so what pydantic builds for it is built once, too.
Nothing of a shared parameter may be changed: who wants to gets a copy.
"""

import inspect
from types import NoneType, UnionType
from typing import Any, Union, get_args

from pronghorn import params
from pronghorn._pipeline.annotations import SEQUENCE_CLASSES, is_model
from pronghorn._pipeline.fields import SCALARS, ModelField, RequiredParam, Unmarked, own_info
from pronghorn._record import record


@record
class Parameter:
    """A value that is read from the request."""

    place: str
    """`path`, `query`, `header`, `cookie` or `body`."""
    field: ModelField

    @property
    def name(self) -> str:
        return self.field.name


class SharedField(ModelField):
    """A field that several routes may have, so that nobody may change it."""

    __slots__ = ()


def own_field(field: ModelField) -> ModelField:
    """*field*, or a copy of it that may be changed."""
    if type(field) is not SharedField:
        return field
    return ModelField(own_info(field.field_info), field.name)


MOST_SHARED = 4096
shared: dict[tuple[Any, ...], Parameter] = {}
"""By all that they say."""


def unmarked_parameter(
    name: str, annotation: Any, default: Any, *, is_in_path: bool
) -> Parameter | None:
    """The parameter that needs no closer look: a plain scalar, or a model that is complete."""
    if default is inspect.Parameter.empty:
        default = RequiredParam
    elif type(default) not in (NoneType, str, int, bool):
        return None
    kind = scalars_in(annotation)
    if kind is not None:
        # Values that are equal need not be the same: 1 and True are.
        key = (name, *kind, type(default), default, is_in_path)
        return shared.get(key) or share(key, scalar(name, annotation, default, is_in_path))
    if is_in_path or not is_plain_model(annotation):
        return None
    return Parameter("body", ModelField(Unmarked(params.Body, annotation, default), name))


def scalars_in(annotation: Any) -> tuple[Any, ...] | None:
    """The scalar that *annotation* is, or the kind of union with its scalars in order."""
    kind = type(annotation)
    if kind is type or annotation is Any:
        return (annotation,) if annotation in SCALARS else None
    if kind is UnionType or getattr(annotation, "__origin__", None) is Union:
        choices = get_args(annotation)
        are_plain = all(type(choice) is type and choice in SCALARS for choice in choices)
        return (kind, *choices) if are_plain else None
    return None


def scalar(name: str, annotation: Any, default: Any, is_in_path: bool) -> Parameter:
    if is_in_path:
        # The default counts where the same function is used on a path without the name.
        return Parameter("path", SharedField(Unmarked(params.Path, annotation, ...), name))
    return Parameter("query", SharedField(Unmarked(params.Query, annotation, default), name))


def share(key: tuple[Any, ...], parameter: Parameter) -> Parameter:
    if len(shared) >= MOST_SHARED:
        shared.clear()
    # Of two threads that make it, both get the same one.
    return shared.setdefault(key, parameter)


def is_plain_model(annotation: Any) -> bool:
    return (
        is_model(annotation)
        and annotation.__pydantic_complete__
        and SEQUENCE_CLASSES.keys().isdisjoint(annotation.__mro__)
    )
