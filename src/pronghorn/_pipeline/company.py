"""Resources in company: what is refused because of who else is asked for, or of who asks."""

from collections.abc import Iterator
from typing import Any

from pronghorn._pipeline.callables import key_of, name_of
from pronghorn._pipeline.dependency import Dependency
from pronghorn.exceptions import DeclarationError, DeclarationScopeError, find_callable

Asking = tuple[Dependency, Dependency]
"""Who asks, and what for."""


def check_company(root: Dependency, *, is_websocket: bool = False) -> None:
    """Refuse what *root* asks for that cannot be had, or not together."""
    if is_websocket or root.kind.is_generator:
        refuse_brief(root, is_websocket=is_websocket)
    first: dict[Any, Asking] = {}
    for asking in askings(root):
        first.setdefault(key_of(asking[1].call), asking)
    for asking in askings(root):
        resource = asking[1].resource
        for other in () if resource is None else resource.excludes:
            if key_of(other) in first:
                refuse_together(asking, first[key_of(other)])
        for other in () if resource is None else resource.yields_to:
            if key_of(other) in first:
                check_lifetimes(asking, first[key_of(other)])


def askings(root: Dependency) -> Iterator[Asking]:
    """Who below *root* asks for what; once for each who is shared."""
    for asker in root.unique():
        for asked in asker.dependencies:
            yield asker, asked


def refuse_brief(root: Dependency, *, is_websocket: bool) -> None:
    """The endpoint itself cannot have what is good only until its answer is made."""
    asked = "a WebSocket endpoint" if is_websocket else "a generator endpoint"
    moment = "the endpoint runs" if is_websocket else "the first item is sent"
    for dependency in root.dependencies:
        resource = dependency.resource
        if resource is not None and resource.is_brief and dependency.name is not None:
            raise DeclarationError(
                "resource-brief",
                problem=f"`{dependency.name}` of {asked} would be over before {moment}.",
                where=root.call,
                remedy=resource.remedy,
            )


def refuse_together(one: Asking, other: Asking) -> None:
    resource = one[1].resource
    reason = resource.reason if resource is not None else ""
    raise DeclarationError(
        "resource-excluded",
        problem=f"{shown(one)} and {shown_there(other)} exclude each other: one request cannot have"
        f" both.{reason and ' '}{reason}",
        where=one[0].call,
        remedy="Ask for the same one in both places.",
    )


def check_lifetimes(one: Asking, other: Asking) -> None:
    if one[1].lifetime == other[1].lifetime:
        return
    raise DeclarationScopeError(
        "resource-scope",
        problem=f'{shown(one)} has the scope "{one[1].lifetime}", and {shown(other)}, which stands'
        f' in for it, "{other[1].lifetime}".',
        where=one[0].call,
        remedy="Give both the same scope.",
    )


def shown(asking: Asking) -> str:
    return f"{shown_parameter(asking[1])} of {name_of(asking[0].call)}()"


def shown_there(asking: Asking) -> str:
    """The same, with file and line."""
    return f"{shown_parameter(asking[1])} {find_callable(asking[0].call)}"


def shown_parameter(asked: Dependency) -> str:
    return f"`{asked.name}`" if asked.name else f"`{name_of(asked.call)}` among the dependencies"
