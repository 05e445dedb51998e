"""What a callable is and what it takes, behind partials, wrappers and classes.

All signature inspection is here.  What the parameters mean is the business of `declaration`.
"""

import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from functools import partial
from types import FunctionType
from typing import Any, ForwardRef, TypeGuard

from pronghorn._pipeline.fields import evaluate_forward_reference
from pronghorn.foreign import has_foreign_method

if sys.version_info >= (3, 13):
    from inspect import iscoroutinefunction
else:
    # Before 3.13 libraries mark functions that return coroutines in a way that only asyncio sees.
    from asyncio import iscoroutinefunction


class Kind(Enum):
    """How a callable has to be called."""

    FUNCTION = "function"
    COROUTINE = "coroutine function"
    GENERATOR = "generator function"
    ASYNC_GENERATOR = "async generator function"

    @property
    def is_generator(self) -> bool:
        return self in (Kind.GENERATOR, Kind.ASYNC_GENERATOR)


VARIADIC = inspect.CO_VARARGS | inspect.CO_VARKEYWORDS
KINDS: dict[int, Kind] = {
    0: Kind.FUNCTION,
    inspect.CO_COROUTINE: Kind.COROUTINE,
    inspect.CO_GENERATOR: Kind.GENERATOR,
    inspect.CO_ASYNC_GENERATOR: Kind.ASYNC_GENERATOR,
}
KIND_FLAGS = inspect.CO_COROUTINE | inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR


def is_bare(call: Callable[..., Any]) -> TypeGuard[FunctionType]:
    """Whether *call* is a function that is nothing but its code, as most endpoints are.

    Whatever could make it seem another one, such as `__wrapped__` and `__signature__`, would be
    among its attributes.
    """
    return type(call) is FunctionType and not call.__dict__


def kind_of(call: Callable[..., Any]) -> Kind:
    if is_bare(call):
        return KINDS[call.__code__.co_flags & KIND_FLAGS]
    faces = list(faces_of(call))
    if any(map(inspect.isasyncgenfunction, faces)):
        return Kind.ASYNC_GENERATOR
    if any(map(inspect.isgeneratorfunction, faces)):
        return Kind.GENERATOR
    if any(map(iscoroutinefunction, faces)):
        return Kind.COROUTINE
    return Kind.FUNCTION


def may_block(call: Callable[..., Any]) -> bool:
    """Whether calling *call* might wait for something, so that it is called in a thread.

    Only our own classes that say so surely do not, as they were made: no subclass, and none
    that somebody gave another method.
    """
    if not isinstance(call, type) or "_never_blocks" not in vars(call):
        return True
    return has_foreign_method(call, "__init__", "__new__")


def faces_of(call: Callable[..., Any]) -> Iterator[Any]:
    """All that may say how *call* runs: itself, what it wraps, and their `__call__` methods."""
    bare = without_partial(call)
    wrapped = unwrapped(call)
    yield bare
    yield wrapped
    if inspect.isclass(wrapped):
        # Calling a class makes an instance; the method is for calling that.
        return
    for face in (bare, wrapped):
        method = getattr(face, "__call__", None)  # noqa: B004 - the method itself is wanted
        if method is not None:
            yield without_partial(method)
            yield unwrapped(method)


def without_partial(call: Any) -> Any:
    while isinstance(call, partial):
        call = call.func
    return call


def unwrapped(call: Any) -> Any:
    return inspect.unwrap(without_partial(call))


def name_of(call: Any) -> str:
    return getattr(call, "__name__", None) or type(call).__name__


@dataclass(frozen=True, slots=True, eq=False)
class ByIdentity:
    """A callable that has no hash, as the key of a dict."""

    call: Callable[..., Any]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByIdentity) and other.call is self.call

    def __hash__(self) -> int:
        return id(self.call)


def key_of(call: Callable[..., Any]) -> Any:
    """What stands for *call* as the key of a dict: itself, unless it has no hash."""
    try:
        hash(call)
    except TypeError:
        return ByIdentity(call)
    return call


def parameters_of(call: Callable[..., Any]) -> Iterator[inspect.Parameter]:
    """The parameters of *call*, annotations that are text evaluated where that is possible."""
    names = getattr(inspect.unwrap(call), "__globals__", {})
    for parameter in signature_of(call).parameters.values():
        yield parameter.replace(annotation=evaluated(parameter.annotation, names))


Argument = tuple[str, Any, Any]
"""Name, annotation and default, as `inspect.Parameter` has them."""


def arguments_of(call: Callable[..., Any]) -> list[Argument]:
    """What `parameters_of` tells, without its objects where the function itself can be read."""
    annotations = bare_annotations(call)
    if annotations is not None and not call.__code__.co_flags & VARIADIC:
        return bare_arguments(call, annotations)
    return [(known.name, known.annotation, known.default) for known in parameters_of(call)]


def bare_annotations(call: Any) -> dict[str, Any] | None:
    """The annotations of a bare function if none has to be evaluated; else None."""
    if not is_bare(call):
        return None
    try:
        annotations = call.__annotations__
    except NameError:
        # From Python 3.14 on they are evaluated when they are asked for.
        return None
    return None if any(type(item) is str for item in annotations.values()) else annotations


def bare_arguments(function: Any, annotations: dict[str, Any]) -> list[Argument]:
    code, empty = function.__code__, inspect.Parameter.empty
    positional = code.co_varnames[: code.co_argcount]
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    given = function.__defaults__ or ()
    defaults = dict(zip(reversed(positional), reversed(given), strict=False))
    defaults.update(function.__kwdefaults__ or {})
    return [(name, annotations.get(name, empty), defaults.get(name, empty)) for name in names]


def typed_signature(call: Callable[..., Any]) -> inspect.Signature:
    """The signature of *call*, its annotations evaluated, without the one of what it returns."""
    return inspect.Signature(list(parameters_of(call)))


def return_annotation_of(call: Callable[..., Any]) -> Any:
    """What *call* says it returns; None where it does not say."""
    annotations = bare_annotations(call)
    if annotations is not None:
        return annotations.get("return")
    annotation = signature_of(call).return_annotation
    if annotation is inspect.Signature.empty:
        return None
    return evaluated(annotation, getattr(inspect.unwrap(call), "__globals__", {}))


def signature_of(call: Callable[..., Any]) -> inspect.Signature:
    try:
        return inspect.signature(call, eval_str=True)
    except NameError:
        # A name that exists for type checkers only, perhaps one that nobody needs here.
        if sys.version_info >= (3, 14):
            from annotationlib import Format  # noqa: PLC0415 - new in 3.14

            return inspect.signature(call, annotation_format=Format.FORWARDREF)
        return inspect.signature(call)


def evaluated(annotation: Any, names: dict[str, Any]) -> Any:
    if not isinstance(annotation, str):
        return annotation
    result = evaluate_forward_reference(ForwardRef(annotation), names, names)
    return None if result is type(None) else result


def positional_names(call: Callable[..., Any]) -> tuple[str, ...]:
    """The parameters of *call* that are surely those that a positional call would fill.

    Only a plain function says so itself.  A wrapper may pass on what it gets by name, and a
    partial or a class binds in ways of its own.
    """
    if not inspect.isfunction(call) or hasattr(call, "__wrapped__"):
        return ()
    code = call.__code__
    return code.co_varnames[: code.co_argcount]
