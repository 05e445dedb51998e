"""What is refused when a router is made, included or given a route, and the remedy."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from starlette.applications import Starlette
from starlette.routing import Router

from pronghorn._options.settings import FormLimits
from pronghorn._pipeline.depended import shown
from pronghorn._routes.including import seen_routes
from pronghorn.exceptions import (
    DeclarationAttributeError,
    DeclarationError,
    DeclarationTypeError,
    DeclarationValueError,
)


def check_prefix(prefix: str) -> None:
    if prefix and not prefix.startswith("/"):
        raise DeclarationError(
            "prefix-start",
            problem=f"A path prefix must start with '/': {prefix!r} does not.",
            remedy=f"Write {'/' + prefix!r}.",
        )
    if prefix and prefix.endswith("/"):
        raise DeclarationError(
            "prefix-end",
            problem=f"A path prefix must not end with '/', as the routes will start with '/':"
            f" {prefix!r} does.",
            remedy=f"Write {prefix.rstrip('/')!r}.",
        )


def joined_path(prefix: str, path: Any) -> str:
    if not isinstance(path, str):
        raise DeclarationTypeError(
            "path-no-text",
            problem=f"A path is a text, and not {shown(path)}.",
            remedy='Write the path first: `@app.get("/items")`.',
        )
    return prefix + path


def check_event(event_type: str, func: Callable[[], Any]) -> None:
    if event_type not in ("startup", "shutdown"):
        raise DeclarationError(
            "event-type",
            problem=f"There is no event {event_type!r}.",
            where=func,
            remedy="Use 'startup', 'shutdown', or better a `lifespan`.",
        )


def check_include(router: Any, included: Any, prefix: str) -> None:
    if router is included:
        raise DeclarationError(
            "router-itself",
            problem="Cannot include the same APIRouter instance into itself."
            " Did you mean to include a different router?",
            remedy="Include it in the application, or in another router.",
        )
    check_is_router(included)
    if included._includes(router):
        raise DeclarationError(
            "router-cycle",
            problem="Cannot include an APIRouter instance that already includes this router."
            " Did you mean to include a different router?",
            remedy="Include each router in one direction only.",
        )
    if prefix:
        check_prefix(prefix)
    else:
        check_paths(included)


def check_is_router(included: Any) -> None:
    if isinstance(included, Router) and hasattr(included, "_includes"):
        return
    if isinstance(included, Starlette):
        remedy = 'Mount an application: `app.mount("/path", other)`.'
    elif isinstance(getattr(included, "router", None), Router):
        name = getattr(included, "__name__", "other").rpartition(".")[2]
        remedy = f"Include the router that it has: `include_router({name}.router)`."
    else:
        remedy = "Include an object of the class `APIRouter`."
    is_class = isinstance(included, type)
    # FastAPI calls the method of the class, on nothing.
    is_router_class = is_class and issubclass(included, Router)
    kind = DeclarationTypeError if is_router_class else DeclarationAttributeError
    name = (included if is_class else type(included)).__name__
    raise kind(
        "router-expected",
        problem="Only an APIRouter can be included, and not"
        f" {'the class' if is_class else 'an object of the class'} `{name}`.",
        remedy=remedy,
    )


def check_paths(included: Any) -> None:
    """Without a prefix, each route must have a path of its own."""
    for seen in seen_routes(included.routes):
        path = getattr(seen, "path", None)
        if path is not None and not path:
            name = getattr(seen, "name", "unknown")
            raise DeclarationError(
                "empty-path",
                problem=f"Prefix and path cannot be both empty (path operation: {name}).",
                remedy="Include the router with a prefix, or give the route a path.",
            )


def checked_size(max_body_size: Any) -> None:
    check_count(
        "max_body_size", max_body_size, "Give the number of bytes; 0 allows empty bodies only."
    )


def checked_budget(query_budget: Any) -> None:
    check_count("query_budget", query_budget, "Give the most statements that one request may send.")


def check_count(name: str, value: Any, remedy: str) -> None:
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise DeclarationValueError(
            "limit-value",
            problem=f"{name} must be a non-negative integer or None: {value!r} is neither.",
            remedy=remedy,
        )


def check_access_log(form: Any) -> None:
    if form not in (None, "text", "json"):
        raise DeclarationValueError(
            "access-log",
            problem=f"The option `access_log` cannot be {form!r}.",
            remedy="Write 'text' or 'json'; None logs nothing.",
        )


@cache
def limits_adapter() -> TypeAdapter[FormLimits]:
    # Built when used: the first thing that pydantic builds costs a process most of all.
    return TypeAdapter(FormLimits)


def checked_form_limits(limits: Any) -> Mapping[str, int]:
    """A copy of *limits*; raises `pydantic.ValidationError`, a `ValueError`, for what is none."""
    checked: Any = {} if limits is None else limits_adapter().validate_python(limits)
    return dict(checked)
