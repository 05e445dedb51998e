"""Where a validation failed: the endpoint, its file and line, and the path that was asked for."""

import inspect
from collections.abc import Callable
from typing import Any

from starlette.types import Scope

from pronghorn.exceptions import EndpointContext


def make_context(endpoint: Callable[..., Any], path: str) -> Callable[[Scope], EndpointContext]:
    """A function that tells of *endpoint* for one request; it looks up the file once."""
    known: list[EndpointContext] = []

    def context(scope: Scope) -> EndpointContext:
        if not known:
            known.append(place_of(endpoint))
        result = known[0].copy()
        if path:
            method = "WS" if scope["type"] == "websocket" else scope["method"]
            result["path"] = f"{method} {scope.get('root_path', '').rstrip('/')}{path}"
        return result

    return context


def place_of(endpoint: Callable[..., Any]) -> EndpointContext:
    """File, line and name of *endpoint*; nothing where its source cannot be had."""
    try:
        place: EndpointContext = {"line": inspect.getsourcelines(endpoint)[1]}
        file = inspect.getsourcefile(endpoint)
    except (OSError, TypeError):
        return {}
    if file is not None:
        place["file"] = file
    name = getattr(endpoint, "__name__", None)
    if name is not None:
        place["function"] = name
    return place
