"""Methods that somebody put in the place of those that a class was made with."""

from types import FunctionType


def has_foreign_method(cls: type, *names: str) -> bool:
    """Whether one of the methods *names* is not from the module of *cls*."""
    return any(is_foreign(getattr(cls, name), cls.__module__) for name in names)


def is_foreign(method: object, module: str) -> bool:
    # A wrapper may pretend to be what it wraps in all but its type.
    return type(method) is not FunctionType or method.__globals__.get("__name__") != module
