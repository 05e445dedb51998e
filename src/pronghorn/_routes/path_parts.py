"""The path of a route, taken apart as Starlette does it, its pattern only when it is asked for.

What finds a route is the path tree.  Patterns are for those who ask a route itself.
"""

from collections.abc import Callable
from functools import cached_property
from re import Pattern
from typing import Any

from starlette.convertors import CONVERTOR_TYPES, Convertor
from starlette.routing import PARAM_REGEX, Match, compile_path
from starlette.types import Scope

from pronghorn._pipeline.paths import are_starlettes


class PathParts:
    """A thing with a path, and what follows from it."""

    path: str
    path_format: str
    """The path with the names of its parameters alone."""

    def take_apart(self, path: str) -> None:
        """Take in *path*, and refuse at once what Starlette refuses."""
        self.path = path
        parameters = PARAM_REGEX.findall(path) if "{" in path else []
        names = {name for name, _ in parameters}
        kinds = {kind[1:] for _, kind in parameters if kind}
        if len(names) < len(parameters) or not kinds <= CONVERTOR_TYPES.keys():
            compile_path(path)
        self.path_format = PARAM_REGEX.sub(r"{\1}", path) if kinds else path

    @cached_property
    def path_regex(self) -> Pattern[str]:
        return compile_path(self.path)[0]

    @cached_property
    def param_convertors(self) -> dict[str, Convertor[Any]]:
        return {
            name: CONVERTOR_TYPES[kind[1:] or "str"]
            for name, kind in PARAM_REGEX.findall(self.path)
        }


def matched(
    matches: Callable[[Scope], tuple[Match, Scope]], route: Any, scope: Scope
) -> tuple[Match, Scope]:
    """What *matches*, which is Starlette's, says of *route*; it fails on too many digits."""
    try:
        return matches(scope)
    except ValueError:
        if not are_starlettes(route.param_convertors):
            raise
        return Match.NONE, {}
