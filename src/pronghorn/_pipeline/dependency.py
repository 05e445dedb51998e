"""A callable with all that has to be had before it can be called: a declaration, as data.

It knows nothing of how it was read from a signature.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from pronghorn import params
from pronghorn._pipeline.callables import Kind, key_of, unwrapped
from pronghorn._pipeline.fields import ModelField
from pronghorn._pipeline.parameter import Parameter
from pronghorn._record import record
from pronghorn.concurrency import ConcurrencyLimit
from pronghorn.security.base import SecurityBase

Scope = Literal["function", "request"]
Given = Literal["request", "websocket", "connection", "response", "background", "scopes"]


@record
class Injection:
    """A value that is not read but given: the request itself and its like."""

    name: str
    given: Given


@dataclass(frozen=True, eq=False)
class Dependency:
    """A callable with all that has to be had before it can be called.

    The endpoint is the root of a tree of them.
    """

    call: Callable[..., Any]
    path: str
    kind: Kind
    name: str | None = None
    """The argument that its value is for; None if nobody takes the value."""
    dependencies: tuple["Dependency", ...] = ()
    parameters: tuple[Parameter, ...] = ()
    injections: tuple[Injection, ...] = ()
    use_cache: bool = True
    scope: Scope | None = None
    limit: ConcurrencyLimit | None = None
    own_scopes: tuple[str, ...] = ()
    parent_scopes: tuple[str, ...] = ()
    resource: params.Resource | None = None
    """The mark that asks for it, if that has more to say."""

    @cached_property
    def oauth_scopes(self) -> list[str]:
        """The OAuth2 scopes asked for here and above, each once, the outermost first."""
        return list(self.parent_scopes) + [
            scope for scope in dict.fromkeys(self.own_scopes) if scope not in self.parent_scopes
        ]

    @cached_property
    def security_scheme(self) -> SecurityBase | None:
        scheme = unwrapped(self.call)
        return scheme if isinstance(scheme, SecurityBase) else None

    @cached_property
    def uses_scopes(self) -> bool:
        """Whether its value may depend on the OAuth2 scopes that were asked for."""
        return (
            bool(self.own_scopes)
            or any(injection.given == "scopes" for injection in self.injections)
            or self.security_scheme is not None
            or any(dependency.uses_scopes for dependency in self.dependencies)
        )

    @cached_property
    def lifetime(self) -> Scope | None:
        """How long it lives: as it was told, or for generators the request."""
        return self.scope or ("request" if self.kind.is_generator else None)

    @cached_property
    def key(self) -> tuple[Any, tuple[str, ...], str]:
        """Equal for dependencies that share one value in a request."""
        scopes = tuple(sorted(set(self.oauth_scopes))) if self.uses_scopes else ()
        return (key_of(self.call), scopes, self.lifetime or "")

    def parameters_in(self, place: str) -> list[ModelField]:
        return [parameter.field for parameter in self.parameters if parameter.place == place]

    @cached_property
    def body_fields(self) -> tuple[ModelField, ...]:
        """What it and all below read from the body, as often as it is asked for."""
        below = (field for dependency in self.dependencies for field in dependency.body_fields)
        return (*self.parameters_in("body"), *below)

    @cached_property
    def has_resources(self) -> bool:
        """Whether something below is asked for by a mark that has more to say."""
        return any(
            dependency.resource is not None or dependency.has_resources
            for dependency in self.dependencies
        )

    def unique(self) -> Iterator["Dependency"]:
        """Itself and all below, each before what it depends on; what is shared only once."""
        seen: set[Any] = set()
        waiting: list[Dependency] = [self]
        while waiting:
            dependency = waiting.pop()
            if dependency.key in seen:
                continue
            seen.add(dependency.key)
            yield dependency
            waiting.extend(reversed(dependency.dependencies))
