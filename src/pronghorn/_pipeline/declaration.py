"""What the author of a route asked for, read once from the signatures.

A declaration is a tree: the endpoint, its dependencies, theirs, each with its parameters.
It knows nothing of order, of HTTP and of Python text.
"""

import dataclasses
import inspect
from collections.abc import Callable, Sequence
from copy import copy
from typing import Annotated, Any, cast, get_args, get_origin

from pydantic import AliasChoices
from pydantic.fields import FieldInfo
from starlette.background import BackgroundTasks
from starlette.datastructures import UploadFile
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from pronghorn import params
from pronghorn._pipeline.annotations import (
    is_alias,
    is_scalar,
    is_scalar_sequence,
    is_sequence_of,
    is_subclass,
    may_be,
    model_in,
)
from pronghorn._pipeline.callables import Argument, arguments_of, kind_of
from pronghorn._pipeline.depended import (
    check_dependency,
    check_extra,
    check_mark,
    refuse_scopes,
)
from pronghorn._pipeline.dependency import Dependency as Dependency
from pronghorn._pipeline.dependency import Given as Given
from pronghorn._pipeline.dependency import Injection as Injection
from pronghorn._pipeline.dependency import Scope as Scope
from pronghorn._pipeline.fields import (
    ModelField,
    RequiredParam,
    Undefined,
    copy_field_info,
    is_scalar_field,
    make_parameter_field,
)
from pronghorn._pipeline.forms import union_models, with_form_choices
from pronghorn._pipeline.multipart import require_multipart
from pronghorn._pipeline.parameter import Parameter as Parameter
from pronghorn._pipeline.parameter import unmarked_parameter
from pronghorn._record import record
from pronghorn.concurrency import ConcurrencyLimit
from pronghorn.exceptions import DeclarationError
from pronghorn.security.scopes import SecurityScopes
from pronghorn.unique_ids import get_path_param_names

# What is passed for an annotation, the narrower classes first.
GIVEN_TYPES: tuple[tuple[type, Given], ...] = (
    (Request, "request"),
    (WebSocket, "websocket"),
    (HTTPConnection, "connection"),
    (Response, "response"),
    (BackgroundTasks, "background"),
    (SecurityScopes, "scopes"),
)
PLACES = {
    params.ParamTypes.path: "path",
    params.ParamTypes.query: "query",
    params.ParamTypes.header: "header",
    params.ParamTypes.cookie: "cookie",
}


def declare(
    call: Callable[..., Any],
    *,
    path: str,
    name: str | None = None,
    use_cache: bool = True,
    scope: Scope | None = None,
    limit: ConcurrencyLimit | None = None,
    own_scopes: Sequence[str] = (),
    parent_scopes: Sequence[str] = (),
    extra: Sequence[params.Depends] = (),
    known: "Known | None" = None,
) -> Dependency:
    """Read the signature of *call* and, in turn, of all that it depends on.

    *path* tells which parameters are part of it.  *extra* are dependencies whose values
    nobody takes; they come first.  *known* is what was read before for the same path.
    Raises `DeclarationError` for what cannot work.
    """
    known = {} if known is None else known
    kind = kind_of(call)
    scopes = (*parent_scopes, *own_scopes)
    path_names = get_path_param_names(path)
    dependencies = [declare_extra(depends, path, call, known) for depends in extra]
    parameters: list[Parameter] = []
    injections: list[Injection] = []
    for argument in arguments_of(call):
        argument_name = argument[0]
        found = unmarked_parameter(*argument, is_in_path=argument_name in path_names) or understand(
            argument, path_names, call
        )
        if isinstance(found, params.Depends):
            check_dependency(found.dependency, argument_name, call)
            if kind.is_generator and scope != "function" and found.scope == "function":
                refuse_scopes(call, argument_name)
            dependencies.append(declare_dependency(found, path, argument_name, scopes, known))
        elif isinstance(found, Injection):
            injections.append(found)
        else:
            parameters.append(found)
    return Dependency(
        call=call,
        path=path,
        kind=kind,
        name=name,
        dependencies=tuple(dependencies),
        parameters=tuple(sorted(parameters, key=place_of)),
        injections=tuple(injections),
        use_cache=use_cache,
        scope=scope,
        limit=limit,
        own_scopes=tuple(own_scopes),
        parent_scopes=tuple(parent_scopes),
    )


Known = dict[tuple[int, tuple[str, ...], Scope | None], Dependency]
"""Dependencies by the identity of their callables and by what their signatures are read with."""


def declare_dependency(
    depends: params.Depends, path: str, name: str | None, scopes: tuple[str, ...], known: Known
) -> Dependency:
    """The dependency that *depends* asks for: its signature is read once for all who do."""
    call = cast("Callable[..., Any]", depends.dependency)
    own_scopes = tuple(depends.scopes or ()) if isinstance(depends, params.Security) else ()
    key = (id(call), (*scopes, *own_scopes), depends.scope)
    if key not in known:
        known[key] = declare(call, path=path, scope=key[2], parent_scopes=key[1], known=known)
    return dataclasses.replace(
        known[key],
        name=name,
        use_cache=depends.use_cache,
        limit=depends._concurrency,
        own_scopes=own_scopes,
        parent_scopes=scopes,
        resource=depends if isinstance(depends, params.Resource) else None,
    )


def declare_extra(
    depends: params.Depends, path: str, where: Callable[..., Any] | None, known: Known
) -> Dependency:
    """A dependency from a list `dependencies=[...]`: nobody takes its value."""
    check_extra(depends, where)
    # Like a call without a name of its own it is always shared: FastAPI does not pass on
    # `use_cache` here.
    shared = dataclasses.replace(depends, use_cache=True)
    return declare_dependency(shared, path, None, (), known)


def declare_endpoint(
    endpoint: Callable[..., Any],
    path: str,
    extra: Sequence[params.Depends] = (),
    *,
    is_websocket: bool = False,
) -> Dependency:
    """What *endpoint* asks for, and the *extra* dependencies of its route before it."""
    root = declare(endpoint, path=path, scope="function", extra=extra)
    return in_company(root, is_websocket=is_websocket)


def in_company(
    own: Dependency, added: Sequence[Dependency] = (), *, is_websocket: bool = False
) -> Dependency:
    """*own*, an endpoint, after what is *added*: refused is what it cannot have, or not with it."""
    root = own
    if added:
        root = dataclasses.replace(own, dependencies=(*added, *own.dependencies))
    if root.has_resources:
        from pronghorn._pipeline.company import check_company  # noqa: PLC0415 - few have some

        check_company(root, is_websocket=is_websocket)
    return root


# FastAPI validates place by place; errors are answered in that order.
ORDER = ("path", "query", "header", "cookie", "body")
RANKS = {place: rank for rank, place in enumerate(ORDER)}


def place_of(parameter: Parameter) -> int:
    return RANKS[parameter.place]


def understand(
    argument: Argument, path_names: set[str], where: Callable[..., Any]
) -> params.Depends | Injection | Parameter:
    """What one parameter of a signature asks for."""
    name, annotation, default = argument
    if is_alias(annotation):
        annotation = annotation.__value__
    if annotation is inspect.Parameter.empty:
        annotation = Any
    type_, *written = taken_apart(annotation)
    for value in (default, *written):
        check_mark(value, f"`{name}`", where)
    asked = Asked(
        name=name,
        annotation=annotation,
        type=type_,
        default=default,
        is_in_path=name in path_names,
        path_names=path_names,
        where=where,
    )
    depends = asked.depends()
    if depends is not None:
        return depends
    mark = asked.mark()
    given = given_for(type_)
    if given is not None:
        if mark is not None:
            asked.refuse(
                "mark-on-injected-type",
                f"Cannot specify FastAPI annotation for type {type_!r} of `{asked.name}`: it is"
                " given, not read.",
                f"Remove the mark: `{asked.name}: {type_.__name__}`.",
            )
        return Injection(asked.name, given)
    return asked.parameter(mark or asked.inferred_mark())


def taken_apart(annotation: Any) -> tuple[Any, ...]:
    """The type that *annotation* says, and what is annotated beside it."""
    return get_args(annotation) if get_origin(annotation) is Annotated else (annotation,)


def given_for(type_: Any) -> Given | None:
    return next((given for class_, given in GIVEN_TYPES if is_subclass(type_, class_)), None)


@record
class Asked:
    """One parameter of a signature, taken apart."""

    name: str
    annotation: Any
    type: Any
    """The annotation without its metadata."""
    default: Any
    is_in_path: bool
    path_names: set[str]
    where: Callable[..., Any]

    def refuse(self, code: str, problem: str, remedy: str) -> None:
        raise DeclarationError(code, problem=problem, where=self.where, remedy=remedy)

    @property
    def is_annotated(self) -> bool:
        return get_origin(self.annotation) is Annotated

    @property
    def has_default(self) -> bool:
        return self.default is not inspect.Parameter.empty

    @property
    def written_mark(self) -> params.Param | params.Body | params.Depends | None:
        """The mark within `Annotated`; the last counts."""
        if not self.is_annotated:
            return None
        kinds = (params.Param, params.Body, params.Depends)
        marks = [item for item in get_args(self.annotation)[1:] if isinstance(item, kinds)]
        return marks[-1] if marks else None

    def depends(self) -> params.Depends | None:
        """The dependency that is asked for, if one is."""
        written = self.written_mark
        result = written if isinstance(written, params.Depends) else None
        if isinstance(self.default, params.Depends):
            if result is not None:
                self.refuse(
                    "depends-twice",
                    "Cannot specify `Depends` in `Annotated` and default value together for"
                    f" {self.name!r}.",
                    "Keep the one within `Annotated`.",
                )
            if written is not None:
                self.refuse(
                    "depends-with-mark",
                    "Cannot specify a FastAPI annotation in `Annotated` and `Depends` as a default"
                    f" value together for {self.name!r}.",
                    "Keep one of the two.",
                )
            result = self.default
        if result is not None and result.dependency is None:
            return dataclasses.replace(result, dependency=self.type)
        return result

    def mark(self) -> FieldInfo | None:
        """The mark that the author wrote, with its type and default filled in."""
        written = self.written_mark
        if isinstance(self.default, FieldInfo):
            if written is not None:
                self.refuse(
                    "mark-twice",
                    "Cannot specify FastAPI annotations in `Annotated` and default value together"
                    f" for {self.name!r}.",
                    "Keep the one within `Annotated`, and write a plain default after `=`.",
                )
            self.default.annotation = self.type
            return self.default
        if isinstance(written, FieldInfo):
            return self.filled(written)
        return None

    def filled(self, written: FieldInfo) -> FieldInfo:
        # The same mark may stand in an alias that many signatures use: it is never changed.
        info = copy_field_info(field_info=written, annotation=self.annotation)
        if info.default not in (Undefined, RequiredParam, ...):
            kind = type(info).__name__
            self.refuse(
                "default-in-annotated",
                f"`{kind}` default value cannot be set in `Annotated` for {self.name!r}. Set the"
                " default value with `=` instead.",
                f"Write `{self.name}: Annotated[..., {kind}()] = ...` with the value after `=`.",
            )
        if self.has_default and self.is_in_path:
            self.refuse(
                "path-default",
                f"Path parameters cannot have default values: `{self.name}` is part of the path, so"
                " it always has a value.",
                f"Remove the default of `{self.name}`.",
            )
        info.default = self.default if self.has_default else RequiredParam
        return info

    def inferred_mark(self) -> FieldInfo:
        """The mark of a parameter that bears none: it follows from its name and type."""
        default = self.default if self.has_default else RequiredParam
        info: FieldInfo
        if self.is_in_path:
            # The default counts where the same function is used on a path without the name.
            info = params.Path(annotation=self.annotation)
        elif may_be(self.type, UploadFile) or is_sequence_of(self.type, UploadFile):
            info = params.File(annotation=self.annotation, default=default)
        elif not is_scalar(self.type):
            info = params.Body(annotation=self.annotation, default=default)
        else:
            info = params.Query(annotation=self.annotation, default=default)
        if not self.is_annotated:
            return info
        default = info.default
        info = copy_field_info(field_info=info, annotation=self.annotation)
        info.default = default
        if self.is_in_path:
            info.default_factory = None
        return info

    def parameter(self, info: FieldInfo) -> Parameter:
        if self.is_in_path and not isinstance(info, params.Path):
            kind = type(info).__name__
            self.refuse(
                "mark-for-path",
                f"Cannot use `{kind}` for path param {self.name!r}.",
                "Use `Path()`, or rename the parameter if it is not the one of the path.",
            )
        if isinstance(info, params.Param) and getattr(info, "in_", None) is None:
            info.in_ = params.ParamTypes.query
        if isinstance(info, params.Form):
            require_multipart()
            if union_models(info.annotation):
                info.annotation = with_form_choices(info.annotation)
        info = self.with_path_alias(info)
        if not info.alias and getattr(info, "convert_underscores", None):
            info.alias = self.name.replace("_", "-")
        else:
            info.alias = info.alias or self.name
        field = make_parameter_field(self.name, self.annotation, info, self.where)
        self.check_type(field)
        return Parameter(self.place_of(info), field)

    def with_path_alias(self, info: FieldInfo) -> FieldInfo:
        """*info* under the one of its alias choices that the path has."""
        alias = info.validation_alias
        if not isinstance(info, params.Path) or not isinstance(alias, AliasChoices):
            return info
        if not all(isinstance(choice, str) for choice in alias.choices):
            return info
        chosen = next((choice for choice in alias.choices if choice in self.path_names), None)
        if chosen is None:
            return info
        # The mark may be shared by routes whose paths use other choices.
        info = copy(info)
        info.validation_alias = chosen
        return info

    def check_type(self, field: ModelField) -> None:
        info = field.field_info
        if self.is_in_path and not is_scalar_field(field):
            self.refuse(
                "path-type",
                f"Path params must be of one of the supported types: {self.name!r} is not written"
                " as one piece of a path.",
                "Take a scalar such as `int` or `str`, and look up the rest by it.",
            )
        if isinstance(info, params.Query) and not (
            is_scalar_field(field)
            or is_scalar_sequence(info.annotation)
            or model_in(info.annotation) is not None
        ):
            self.refuse(
                "query-type",
                f"Query parameter {self.name!r} must be one of the supported types: a scalar, a"
                " sequence of scalars, or one model of such.",
                "Take a model with these fields, or use `Body()`.",
            )

    def place_of(self, info: FieldInfo) -> str:
        if isinstance(info, params.Body):
            return "body"
        place = PLACES.get(getattr(info, "in_", None))  # type: ignore[arg-type]
        if place is None:
            self.refuse(
                "parameter-place",
                f"non-body parameters must be in path, query, header or cookie: {self.name}.",
                "Use `Path()`, `Query()`, `Header()` or `Cookie()`.",
            )
        return cast("str", place)
