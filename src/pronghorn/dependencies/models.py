"""What a callable asks for, under FastAPI's names and open to change.

A `Dependency` is frozen.  Third parties edit what FastAPI has in its place: they put another
`call` in, or insert dependencies.  For them there is a `Dependant`, which is made of a
`Dependency` and can be made one again.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pronghorn._pipeline.callables import kind_of
from pronghorn._pipeline.declaration import ORDER, Dependency, Given, Injection, Parameter
from pronghorn._pipeline.fields import ModelField
from pronghorn._pipeline.parameter import own_field
from pronghorn.concurrency import ConcurrencyLimit
from pronghorn.exceptions import DeclarationError
from pronghorn.incidental import incidental

NAMES: dict[Given, str] = {
    "connection": "http_connection_param_name",
    "request": "request_param_name",
    "websocket": "websocket_param_name",
    "background": "background_tasks_param_name",
    "response": "response_param_name",
    "scopes": "security_scopes_param_name",
}
"""The attribute that names the argument for what is given."""


@dataclass(slots=True)
class Dependant:
    """A callable with its parameters and dependencies; all of it may be changed."""

    path_params: list[ModelField] = field(default_factory=list)
    query_params: list[ModelField] = field(default_factory=list)
    header_params: list[ModelField] = field(default_factory=list)
    cookie_params: list[ModelField] = field(default_factory=list)
    body_params: list[ModelField] = field(default_factory=list)
    dependencies: list["Dependant"] = field(default_factory=list)
    name: str | None = None
    call: Callable[..., Any] | None = None
    request_param_name: str | None = None
    websocket_param_name: str | None = None
    http_connection_param_name: str | None = None
    response_param_name: str | None = None
    background_tasks_param_name: str | None = None
    security_scopes_param_name: str | None = None
    own_oauth_scopes: list[str] | None = None
    parent_oauth_scopes: list[str] | None = None
    use_cache: bool = True
    path: str | None = None
    scope: Literal["function", "request"] | None = None
    concurrency: ConcurrencyLimit | None = None
    resource: Any = field(default=None, init=False, repr=False, compare=False)
    """The mark that asks for it, if that has more to say."""
    solver: Any = field(default=None, init=False, repr=False, compare=False)
    """How its values were had last; `solving` sees to it that it is not out of date."""

    @classmethod
    def of(cls, dependency: Dependency) -> "Dependant":
        """What *dependency* says, ready to be changed."""
        fields = {
            f"{place}_params": list(map(own_field, dependency.parameters_in(place)))
            for place in ORDER
        }
        names = {NAMES[injection.given]: injection.name for injection in dependency.injections}
        given: dict[str, Any] = {**fields, **names}
        dependant = cls(
            dependencies=[cls.of(below) for below in dependency.dependencies],
            name=dependency.name,
            call=dependency.call,
            own_oauth_scopes=list(dependency.own_scopes),
            parent_oauth_scopes=list(dependency.parent_scopes),
            use_cache=dependency.use_cache,
            path=dependency.path,
            scope=dependency.scope,
            concurrency=dependency.limit,
            **given,
        )
        dependant.resource = dependency.resource
        return dependant

    def declaration(self) -> Dependency:
        """What is said here now, as the pipeline wants it.

        Raises `DeclarationError` where there is nothing to call.
        """
        if self.call is None:
            raise DeclarationError(
                "dependant-without-call",
                problem="dependant.call must be a function.",
                remedy="Set `call`, or make the dependant by `get_dependant(path=..., call=...)`.",
            )
        return Dependency(
            call=self.call,
            path=self.path or "",
            kind=kind_of(self.call),
            name=self.name,
            dependencies=tuple(below.declaration() for below in self.dependencies),
            parameters=tuple(self.parameters()),
            injections=tuple(self.injections()),
            use_cache=self.use_cache,
            scope=self.scope,
            limit=self.concurrency,
            own_scopes=tuple(self.own_oauth_scopes or ()),
            parent_scopes=tuple(self.parent_oauth_scopes or ()),
            resource=self.resource,
        )

    def parameters(self) -> Iterator[Parameter]:
        for place in ORDER:
            for item in getattr(self, f"{place}_params"):
                yield Parameter(place, item)

    def injections(self) -> Iterator[Injection]:
        for given, attribute in NAMES.items():
            name = getattr(self, attribute)
            if name is not None:
                yield Injection(name, given)

    def walk(self) -> Iterator["Dependant"]:
        """Itself and all below, each before what it depends on."""
        yield self
        for below in self.dependencies:
            yield from below.walk()


if not TYPE_CHECKING:
    __getattr__ = incidental(__name__)
