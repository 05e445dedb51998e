"""What is refused in what somebody depends on, with the place and the remedy."""

from collections.abc import Callable, Iterable
from typing import Any

from pronghorn import params
from pronghorn._pipeline.callables import name_of
from pronghorn.exceptions import (
    DeclarationAttributeError,
    DeclarationError,
    DeclarationScopeError,
    DeclarationTypeError,
)


def check_dependency(call: Any, name: str, where: Callable[..., Any]) -> None:
    """The parameter *name* of *where* depends on *call*."""
    if not callable(call):
        raise DeclarationTypeError(
            "dependency-not-callable",
            problem=f"{call!r} is not a callable object: `{name}` cannot depend on it.",
            where=where,
            remedy="Write `Depends(function)` with the function itself, which is called for you.",
        )


def check_mark(value: Any, name: str, where: Callable[..., Any] | None) -> None:
    """*value* may be the mark of the parameter *name*, but not one of FastAPI's own.

    Not understood, a `Depends` of FastAPI's would guard nothing.
    """
    kind = type(value)
    if kind.__module__.partition(".")[0] == "fastapi":
        raise DeclarationTypeError(
            "mark-of-fastapi",
            problem=f"`{kind.__name__}(...)` of {name} is FastAPI's own, from {kind.__module__}:"
            " it means nothing here.",
            where=where,
            remedy="Import it from `pronghorn`; or let all of the program have Pronghorn for"
            " `fastapi`, by `python -m pronghorn alias on`.",
        )


def listed_dependencies(option: Any) -> list[params.Depends]:
    """The option `dependencies`; what is in the list is looked at where it is declared."""
    if not option:
        return []
    if not isinstance(option, Iterable):
        raise DeclarationTypeError(
            "dependencies-list",
            problem=f"The option `dependencies` is a list, and not {shown(option)}.",
            remedy="Write `dependencies=[Depends(function)]`.",
        )
    return list(option)


def check_extra(depends: Any, where: Callable[..., Any] | None) -> None:
    """*depends* stands in a list of dependencies."""
    check_mark(depends, "a list of dependencies", where)
    if not hasattr(depends, "dependency"):
        raise DeclarationAttributeError(
            "dependency-not-marked",
            problem=f"{shown(depends)} in a list of dependencies is no `Depends(...)`.",
            where=where,
            remedy=f"Write `dependencies=[Depends({name_of(depends)})]`."
            if callable(depends)
            else "Write `dependencies=[Depends(function)]`.",
        )
    if not callable(depends.dependency):
        raise DeclarationError(
            "dependency-not-callable",
            problem="A parameter-less dependency must have a callable dependency.",
            where=where,
            remedy="Write `Depends(function)` in the list of dependencies.",
        )


def shown(value: Any) -> str:
    """*value* as a message names it: a function by its name."""
    return f"`{name_of(value)}`" if callable(value) else repr(value)


def refuse_scopes(call: Callable[..., Any], name: str) -> None:
    """The dependency *call* outlives what its parameter *name* depends on."""
    raise DeclarationScopeError(
        "dependency-scope",
        problem=f'The dependency "{name_of(call)}" has a scope of "request", it cannot depend on'
        f' dependencies with scope "function": `{name}` would be gone before it ends.',
        where=call,
        remedy='Give it `scope="function"` too, or take that scope from what it depends on.',
    )
