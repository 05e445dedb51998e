"""The names of operations in the OpenAPI document, and of the parameters in a path."""

import re
import warnings
from collections.abc import Collection
from typing import Protocol

from pronghorn.exceptions import DeclarationError, FastAPIDeprecationWarning


class NamedRoute(Protocol):
    """What a route must have to be given an id."""

    @property
    def name(self) -> str:
        """The name, by default that of the endpoint."""
        ...

    @property
    def path_format(self) -> str:
        """The path with its parameters in braces, without their convertors."""
        ...

    @property
    def methods(self) -> Collection[str] | None:
        """The methods that it answers."""
        ...


def get_path_param_names(path: str) -> set[str]:
    """Return what stands in braces in `path`."""
    return set(re.findall("{(.*?)}", path))


def generate_unique_id(route: NamedRoute) -> str:
    """Return the id of a route: its name, path and method, in letters that code may use."""
    if not route.methods:
        raise DeclarationError(
            "no-methods",
            problem=f"The route {route.path_format!r} names no method, and so has no id.",
            remedy="Name its methods, or give it an `operation_id` if it is for any method.",
        )
    # FastAPI takes any one of several methods; the least is the same in every process.
    return _join_id(route.name, route.path_format, min(route.methods))


def generate_operation_id_for_path(*, name: str, path: str, method: str) -> str:
    """Return the id that `generate_unique_id` gives to such a route (deprecated)."""
    warnings.warn(
        "`generate_operation_id_for_path()` is deprecated and will go away: nothing calls it.",
        category=FastAPIDeprecationWarning,
        stacklevel=2,
    )
    return _join_id(name, path, method)


def _join_id(name: str, path: str, method: str) -> str:
    return re.sub(r"\W", "_", f"{name}{path}") + f"_{method.lower()}"
