"""What a type annotation stands for: one value, several values, a file, bytes.

Only the shape of annotations is looked at here.  How a value is validated is the business
of `fields`.
"""

import sys
import types
import typing
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from typing import Annotated, Any, TypeGuard, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel
from starlette.datastructures import UploadFile
from typing_extensions import TypeAliasType

T = TypeVar("T")

# The class that stands for each sequence annotation when a value of it has to be made.
SEQUENCE_CLASSES: dict[Any, Callable[[Any], Any]] = {
    Sequence: list,
    list: list,
    tuple: tuple,
    set: set,
    frozenset: frozenset,
    deque: deque,
}
SEQUENCES: tuple[type[Any], ...] = tuple(SEQUENCE_CLASSES)
UNIONS = (Union, types.UnionType)
STREAMS = frozenset(
    {"AsyncIterable", "AsyncIterator", "AsyncGenerator", "Iterable", "Iterator", "Generator"}
)


def is_subclass(candidate: Any, parents: type[T] | tuple[type[T], ...]) -> TypeGuard[type[T]]:
    """Like `issubclass`, but anything that is no plain class is no subclass."""
    try:
        return isinstance(candidate, type) and issubclass(candidate, parents)
    except TypeError:
        # list[int] and its like are instances of `type` to some checks, and no classes to others.
        return False


def is_model(annotation: Any) -> TypeGuard[type[BaseModel]]:
    """Whether *annotation* is a model.  `issubclass` would have each remember that it was asked."""
    return isinstance(annotation, type) and BaseModel in annotation.__mro__


def is_union(annotation: Any) -> bool:
    return get_origin(annotation) in UNIONS


def is_alias(annotation: Any) -> bool:
    """Whether *annotation* was made by a `type X = ...` statement (PEP 695)."""
    standard = getattr(typing, "TypeAliasType", TypeAliasType)
    return isinstance(annotation, (TypeAliasType, standard))


def without_metadata(annotation: Any) -> Any:
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def is_sequence(annotation: Any) -> bool:
    """Whether a value of *annotation* may be a sequence other than text or bytes."""
    annotation = without_metadata(annotation)
    if is_union(annotation):
        return any(map(is_sequence, get_args(annotation)))
    return is_sequence_class(annotation) or is_sequence_class(get_origin(annotation))


def is_sequence_class(candidate: Any) -> bool:
    return not is_subclass(candidate, (str, bytes)) and is_subclass(candidate, SEQUENCES)


def is_scalar(annotation: Any) -> bool:
    """Whether *annotation* can be written as one text, so that it fits into a query."""
    # An ellipsis stands in the arguments of tuple[int, ...].
    return annotation is Ellipsis or not is_complex(annotation)


def is_complex(annotation: Any) -> bool:
    annotation = without_metadata(annotation)
    if is_union(annotation):
        return any(map(is_complex, get_args(annotation)))
    origin = get_origin(annotation)
    return (
        is_complex_class(annotation)
        or is_complex_class(origin)
        or hasattr(origin, "__pydantic_core_schema__")
        or hasattr(origin, "__get_pydantic_core_schema__")
    )


def is_complex_class(candidate: Any) -> bool:
    return (
        is_subclass(candidate, (BaseModel, Mapping, UploadFile))
        or is_sequence_class(candidate)
        or is_dataclass(candidate)
    )


def is_scalar_sequence(annotation: Any) -> bool:
    """Whether *annotation* is a sequence of scalars, or a union of such and scalars."""
    annotation = without_metadata(annotation)
    arguments = get_args(annotation)
    if is_union(annotation):
        sequences = [argument for argument in arguments if is_scalar_sequence(argument)]
        others = [argument for argument in arguments if not is_scalar_sequence(argument)]
        return bool(sequences) and all(map(is_scalar, others))
    return is_sequence(annotation) and all(map(is_scalar, arguments))


def may_be(annotation: Any, kind: type) -> bool:
    """Whether *annotation* is *kind* or a union that has it as one of its choices."""
    choices = get_args(annotation) if is_union(annotation) else (annotation,)
    return any(is_subclass(choice, kind) for choice in choices)


def is_sequence_of(annotation: Any, kind: type) -> bool:
    """Whether *annotation* is a sequence of *kind*, or a union with such a sequence."""
    if is_union(annotation):
        return any(is_sequence_of(choice, kind) for choice in get_args(annotation))
    return is_sequence(annotation) and all(may_be(item, kind) for item in get_args(annotation))


def sequence_class(annotation: Any) -> Callable[[Any], Any]:
    """The class that makes a value for the sequence *annotation*; its first choice if a union."""
    if is_union(annotation):
        annotation = next(item for item in get_args(annotation) if item is not type(None))
    return SEQUENCE_CLASSES[get_origin(annotation) or annotation]


def is_stream(annotation: Any) -> bool:
    """Whether *annotation* is one of the abstract iterables, with or without a type of items."""
    origin = get_origin(annotation)
    return getattr(origin, "__module__", "") == "collections.abc" and origin.__name__ in STREAMS


def stream_item(annotation: Any) -> Any:
    """The type of what the stream *annotation* yields; None if it is no stream."""
    return next(iter(get_args(annotation)), Any) if is_stream(annotation) else None


def model_in(annotation: Any) -> type[BaseModel] | None:
    """The model that *annotation* is, or is unless it is None."""
    if is_union(annotation):
        choices = get_args(annotation)
        if len(choices) == 2 and type(None) in choices:
            annotation = next(choice for choice in choices if choice is not type(None))
    return annotation if is_subclass(annotation, BaseModel) else None


def is_from_pydantic_v1(annotation: Any) -> bool:
    """Whether *annotation* holds a model of `pydantic.v1`, which FastAPI refuses."""
    v1 = sys.modules.get("pydantic.v1.main")
    if v1 is None:
        # Nobody imported it, so nobody can have made a model of it.
        return False
    if is_subclass(annotation, v1.BaseModel):
        return True
    if is_union(annotation) or is_sequence(annotation):
        return any(map(is_from_pydantic_v1, get_args(annotation)))
    return False
