"""Small frozen things with named values: what `@dataclass(frozen=True, slots=True)` gives, sooner.

`dataclasses` writes and compiles the methods of each class while its module is loaded.  For the
sixty small classes that an import needs, that takes a fifth of the time of the import.  Records
share their methods instead.  To make one takes a little longer, which nobody notices where a few
are made for a route; what is made in requests is no record.
"""

from collections.abc import Callable
from dataclasses import FrozenInstanceError
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")
Kind = TypeVar("Kind", bound=type)
ABSENT: Any = object()


@dataclass_transform(frozen_default=True)
def record(cls: Kind) -> Kind:
    """Make of *cls* and its annotations a class with slots, whose instances cannot be changed."""
    names = tuple(cls.__annotations__)
    own = vars(cls)
    namespace = {
        name: value
        for name, value in own.items()
        if name not in names and name not in ("__dict__", "__weakref__")
    }
    defaults = {name: own[name] for name in names if name in own}
    about = {"__qualname__": cls.__qualname__, "__slots__": names, "__match_args__": names}
    namespace = {**METHODS, **namespace, **about, "_defaults": defaults}
    made: Any = type(cls)(cls.__name__, cls.__bases__, namespace)
    return made  # type: ignore[no-any-return]  # the same class, made once more


def replace(thing: T, **changes: Any) -> T:
    """A record like *thing*, but for the *changes*."""
    return type(thing)(**{**named_values(thing), **changes})


def named_values(thing: Any) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in names_of(thing)}


def names_of(thing: Any) -> tuple[str, ...]:
    names: tuple[str, ...] = thing.__match_args__
    return names


def values_of(thing: Any) -> tuple[Any, ...]:
    return tuple([getattr(thing, name) for name in names_of(thing)])


def __init__(self: Any, *values: Any, **named: Any) -> None:  # noqa: N807 - a method of records
    names = names_of(self)
    if len(values) > len(names):
        raise TypeError(f"{type(self).__name__}() takes {len(names)} values, not {len(values)}.")
    put = object.__setattr__
    for name, value in zip(names, values, strict=False):
        put(self, name, value)
    for name in names[len(values) :]:
        value = named.pop(name, ABSENT)
        if value is ABSENT:
            value = self._defaults.get(name, ABSENT)
        if value is ABSENT:
            raise TypeError(f"{type(self).__name__}() needs `{name}`.")
        put(self, name, value)
    if named:
        raise TypeError(f"{type(self).__name__}() does not take `{next(iter(named))}`.")


def __repr__(self: Any) -> str:  # noqa: N807 - a method of records
    shown = [f"{name}={getattr(self, name)!r}" for name in names_of(self)]
    return f"{type(self).__qualname__}({', '.join(shown)})"


def __eq__(self: Any, other: object) -> Any:  # noqa: N807 - a method of records
    return values_of(self) == values_of(other) if type(other) is type(self) else NotImplemented


def __hash__(self: Any) -> int:  # noqa: N807 - a method of records
    return hash(values_of(self))


def __reduce__(self: Any) -> tuple[Any, ...]:  # noqa: N807 - a method of records
    return type(self), values_of(self)


def refuse(self: Any, name: str, *_: Any) -> None:
    raise FrozenInstanceError(f"cannot change `{name}` of {type(self).__name__}")


METHODS: dict[str, Callable[..., Any]] = {
    "__init__": __init__,
    "__repr__": __repr__,
    "__eq__": __eq__,
    "__hash__": __hash__,
    "__reduce__": __reduce__,
    "__setattr__": refuse,
    "__delattr__": refuse,
}
