"""Methods that somebody put in the place of those that a class was made with."""

from types import FunctionType


def has_foreign_method(cls: type, *names: str) -> bool:
    """Whether one of the methods *names* of *cls*, or one that it overrides, was replaced."""
    for owner in cls.__mro__:
        own = vars(owner)
        for name in names:
            if name in own and owner is not object and is_foreign(own[name], owner.__module__):
                return True
    return False


def is_foreign(method: object, module: str) -> bool:
    # A wrapper may pretend to be what it wraps in all but its type.
    return type(method) is not FunctionType or method.__globals__.get("__name__") != module
