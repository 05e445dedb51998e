"""What an application is made of, for tools: its routes, what each asks for, what it answers.

`app.plans()`, `app.plan()` and `app.path_template()` read it from the declarations and plans
that handlers are compiled from.  All of it is data that nobody else reads: no request is
answered otherwise because somebody has looked.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic.fields import FieldInfo
from starlette.responses import Response
from starlette.routing import BaseRoute

from pronghorn._pipeline.plan import Plan
from pronghorn._pipeline.source import write
from pronghorn.security.base import SecurityBase

Place = Literal["path", "query", "header", "cookie", "body"]
Stream = Literal["json lines", "events", "chunks"]
RouteKind = Literal["operation", "websocket", "frontend", "mount", "host", "foreign"]

NO_DEFAULT = inspect.Parameter.empty
"""The default of a parameter that has none."""


class RouteLookupError(LookupError):
    """No route is meant, or several are; the text names them and says how to ask for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One value that is read from the request."""

    place: Place
    """Where it is read."""
    name: str
    """The argument of the function; in a model, the field."""
    alias: str
    """What it is called in the request: hyphens in headers, an alias where one is declared."""
    aliases: tuple[str, ...]
    """All names under which it may arrive; the first that did counts."""
    type: Any = field(hash=False)
    """The annotation, without what `Annotated` adds to it."""
    required: bool
    default: Any = field(default=NO_DEFAULT, hash=False)
    """`NO_DEFAULT` if it is required, and if a factory makes the default."""
    default_factory: Callable[..., Any] | None = field(default=None, hash=False)
    include_in_schema: bool = True
    """Whether the OpenAPI document shows it."""
    fields: "tuple[Parameter, ...]" = ()
    """If the type is a model whose fields are parameters of their own: those."""
    field_info: FieldInfo = field(hash=False, repr=False)
    """The `Query()`, `Body()` or the like, with all else: texts, limits, examples."""

    def flat(self) -> "Iterator[Parameter]":
        """What is read for it: itself, or the fields of its model."""
        yield from self.fields or (self,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Injected:
    """An argument that is not read from the request but given: the request and its like."""

    name: str
    given: Literal["request", "websocket", "connection", "response", "background", "scopes"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependency:
    """A callable, with all that has to be had before it can be called."""

    call: Callable[..., Any] = field(hash=False)
    """What is called: the override, where there is one."""
    overridden: Callable[..., Any] | None = field(default=None, hash=False)
    """What the author asked for, if an override of `app.dependency_overrides` is called instead."""
    name: str | None = None
    """The argument that its value is for; None if nobody takes the value."""
    kind: Literal[
        "function", "coroutine function", "generator function", "async generator function"
    ]
    """A function and a generator function run in a thread; a class of ours may need none."""
    parameters: tuple[Parameter, ...] = ()
    """What it reads itself, from the body too."""
    injected: tuple[Injected, ...] = ()
    dependencies: "tuple[Dependency, ...]" = ()
    """What it depends on itself, in the order in which it is called."""
    use_cache: bool = True
    """Whether one value is shared by all that ask for it in a request."""
    scope: Literal["function", "request"] | None = None
    """When the code after its `yield` runs: before the answer is sent, or when all is done."""
    max_concurrency: int | None = None
    security_scheme: SecurityBase | None = field(default=None, hash=False)
    """The scheme, such as `OAuth2PasswordBearer(...)`, if it is one."""
    security_scopes: tuple[str, ...] = ()
    """The OAuth2 scopes that are asked for here and above."""

    def walk(self) -> "Iterator[Dependency]":
        """Itself and all below, each before what it depends on.

        What several depend on is met at each of them, and what is below it only once.
        """
        yield from self._walk(set())

    def _walk(self, seen: set[int]) -> "Iterator[Dependency]":
        yield self
        if id(self.dependencies) not in seen:
            seen.add(id(self.dependencies))
            for below in self.dependencies:
                yield from below._walk(seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestBody:
    """The body that a route reads."""

    media_type: str
    model: Any = field(hash=False)
    """The type of the whole body; for several body parameters a model that was made of them."""
    required: bool
    embedded: bool
    """Whether the body has the parameters as its keys, and is not one parameter as a whole."""
    parameters: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredResponse:
    """An answer that the author declared: the usual one, or one of `responses=`."""

    status_code: int | str
    """A number, a range such as `4XX`, or `default`."""
    media_types: tuple[str, ...] = ()
    """The usual one first; empty if there is no body, or one of which nothing is known."""
    model: Any = field(default=None, hash=False)
    """The response model, or the type of each thing that a stream sends; None if there is none."""
    stream: Stream | None = None
    """How the answer is sent bit by bit; None if it is sent as a whole."""
    response_class: type[Response]
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePlan:
    """One route under one path, as the application answers it now."""

    kind: RouteKind
    """What it is: `operation` and `websocket` are functions of yours, with parameters;
    `frontend` serves files; `mount` and `host` pass on to another application; `foreign` is
    a plain Starlette route, of which only path and endpoint are known."""
    path: str
    """The whole path, with the prefixes of includes and mounts, as it was written."""
    path_format: str
    """The same as OpenAPI documents write it: `{name}` for `{name:path}`."""
    host: str | None = None
    """The host for which alone it answers."""
    methods: tuple[str, ...] = ()
    """In alphabetical order; empty if it does not ask for the method."""
    name: str = ""
    """By which `url_path_for` finds it."""
    endpoint: Callable[..., Any] | None = field(default=None, hash=False)
    """The function; for mounts and hosts, the application."""
    route: BaseRoute | Any = field(hash=False, repr=False)
    """The route as it was added; the same object for each include that shows it."""
    operation_id: str | None = None
    tags: tuple[str, ...] = ()
    deprecated: bool = False
    include_in_schema: bool = False
    """Whether the OpenAPI document of its application shows it."""
    root: Dependency | None = None
    """The endpoint with all that it depends on, under the overrides of now."""
    body: RequestBody | None = None
    responses: tuple[DeclaredResponse, ...] = ()
    """The usual answer first.  The 422 for requests that fail validation is not listed."""
    models: tuple[type, ...] = ()
    """The pydantic models and dataclasses that it reads and answers with, nested ones too."""
    _plan: Plan | None = field(default=None, repr=False, compare=False)

    @property
    def dependencies(self) -> tuple[Dependency, ...]:
        """What the endpoint depends on itself, those of `dependencies=[...]` first."""
        return () if self.root is None else self.root.dependencies

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What is read from path, query, headers and cookies, by dependencies too; each once."""
        found: dict[tuple[str, str], Parameter] = {}
        for dependency in [] if self.root is None else self.root.walk():
            for parameter in dependency.parameters:
                for part in parameter.flat() if parameter.place != "body" else ():
                    known = found.get((part.place, part.alias))
                    # As in the document: the last of several, a required one before others.
                    if known is None or part.required or not known.required:
                        found[part.place, part.alias] = part
        order = ("path", "query", "header", "cookie")
        return tuple(sorted(found.values(), key=lambda part: order.index(part.place)))

    @property
    def source(self) -> str | None:
        """The text of the handler that is compiled for it; None if none is."""
        return None if self._plan is None else write(self._plan).text

    def depends_on(self, call: Callable[..., Any]) -> bool:
        """Whether *call* is a dependency at any depth, though it may be overridden now."""
        below = [] if self.root is None else list(self.root.walk())[1:]
        return any(call in (dependency.call, dependency.overridden) for dependency in below)
