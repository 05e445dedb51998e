"""A route as `pronghorn.introspection` tells of it, made of its declaration and its plan.

What is said here is what the pipeline goes by: the same tree of dependencies under the same
overrides, the same names in the request, and the plan that the handler is written from.
"""

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, cast

from pronghorn._pipeline.declaration import Dependency as Declaration
from pronghorn._pipeline.declaration import Parameter as DeclaredParameter
from pronghorn._pipeline.fields import ModelField, aliases_of, model_fields
from pronghorn._pipeline.plan import Plan, parameter_model
from pronghorn._pipeline.replacing import Replacing
from pronghorn._pipeline.steps import Entry
from pronghorn._routes.description import Description
from pronghorn._routes.growing import has_own_handler, is_plain_route
from pronghorn._routes.models import models_in
from pronghorn._routes.seen import Seen, all_routes
from pronghorn._serve.names import names
from pronghorn._serve.target import Compiled, current_overrides
from pronghorn.introspection import (
    NO_DEFAULT,
    DeclaredResponse,
    Dependency,
    Injected,
    Parameter,
    RequestBody,
    RoutePlan,
)
from pronghorn.openapi.answers import response_class_of, usual_status_of
from pronghorn.status_codes import is_body_allowed_for_status_code


def plans_of(router: Any) -> list[RoutePlan]:
    return [make_route_plan(seen) for seen in all_routes(router)]


def make_route_plan(seen: Seen) -> RoutePlan:
    """All that is known of *seen*, under the overrides of now."""
    view: Any = seen.view
    known: dict[str, Any] = {}
    if hasattr(view, "declaration"):
        known.update(what_it_asks(view, is_websocket=seen.kind == "websocket"))
        known["_plan"] = plan_of_handler(seen)
    if isinstance(view, Description):
        known.update(what_it_documents(view))
    annotations = [parameter.type for parameter in all_parameters(known.get("root"))]
    annotations += [response.model for response in known.get("responses", ())]
    return RoutePlan(
        kind=seen.kind,
        path=seen.path,
        path_format=seen.path_format,
        host=seen.host,
        methods=seen.methods,
        name=getattr(view, "name", None) or "",
        endpoint=seen.endpoint,
        route=seen.route,
        models=models_in(annotations),
        **known,
    )


def all_parameters(root: Dependency | None) -> Iterator[Parameter]:
    for dependency in () if root is None else root.walk():
        yield from dependency.parameters


def plan_of_handler(seen: Seen) -> Plan | None:
    """The plan of the handler that answers; None if somebody set an application instead."""
    view, route = seen.view, seen.route
    if view.assigned_app is not None:
        return None
    entry = Entry.WEBSOCKET if seen.kind == "websocket" else Entry.ASGI
    if seen.kind == "operation" and (
        has_own_handler(route)
        or not is_plain_route(route)
        or names.is_replaced("get_request_handler")
    ):
        # What is compiled is called from the function that the route made around it.
        entry = Entry.REQUEST
    compiled = Compiled(view, route, entry)
    # It is a file that answers, and no operation: it has no spans.
    return compiled.plan_alone() if seen.kind == "frontend" else compiled.plan()


# --- what it asks for ----------------------------------------------------------------------


def what_it_asks(view: Any, *, is_websocket: bool) -> dict[str, Any]:
    overrides = current_overrides(view.dependency_overrides_provider) or {}
    replacing = Replacing(view.declaration, overrides)
    teller = Teller(replacing, "request" if is_websocket else "websocket")
    return {"root": teller.tell(view.declaration, None)}


class Teller:
    """Tells of a tree of dependencies, and once only of what is shared in it."""

    def __init__(self, replacing: Replacing, not_given: str) -> None:
        self.replacing = replacing
        self.not_given = not_given
        self.told: dict[int, tuple[Any, tuple[Dependency, ...]]] = {}
        """By identity, with what that is of, which so is not gone."""

    def tell(self, declared: Declaration, asked: Declaration | None) -> Dependency:
        """*declared* with all below; *asked* is what it is called in place of, if it is that."""
        # Who asks for a value says for how long, and with whom it is shared.
        terms = asked or declared
        return Dependency(
            call=declared.call,
            overridden=None if asked is None else asked.call,
            name=declared.name,
            kind=declared.kind.value,
            parameters=tuple(map(make_parameter, declared.parameters)),
            injected=tuple(
                Injected(name=injection.name, given=injection.given)
                for injection in declared.injections
                if injection.given != self.not_given
            ),
            dependencies=self.tell_all(declared.dependencies),
            use_cache=terms.use_cache,
            scope=scope_of(declared, terms),
            max_concurrency=None if declared.limit is None else declared.limit.max_concurrency,
            security_scheme=declared.security_scheme,
            security_scopes=tuple(declared.oauth_scopes),
        )

    def tell_all(self, wanted: tuple[Declaration, ...]) -> tuple[Dependency, ...]:
        if id(wanted) not in self.told:
            self.told[id(wanted)] = (wanted, tuple(map(self.tell_wanted, wanted)))
        return self.told[id(wanted)][1]

    def tell_wanted(self, asked: Declaration) -> Dependency:
        used = self.replacing.used_for(self.replacing.had_for(asked))
        return self.tell(used, None if used is asked else asked)


def scope_of(declared: Declaration, terms: Declaration) -> Any:
    """How long it is kept; None if nothing of it is left to be run."""
    if not declared.kind.is_generator:
        return None
    return "function" if terms.scope == "function" else "request"


def make_parameter(declared: DeclaredParameter) -> Parameter:
    place, field = declared.place, declared.field
    may_convert = place == "header" and getattr(field.field_info, "convert_underscores", True)
    model = None if place == "body" else parameter_model(place, field)
    parts: list[Parameter] = []
    if model is not None:
        info = field.field_info
        is_optional = info.annotation is not model and not info.is_required()
        for part in model_fields(model):
            own = getattr(part.field_info, "convert_underscores", may_convert)
            parts.append(make_value(place, part, may_convert=own, is_optional=is_optional))
    return make_value(place, field, may_convert=may_convert, fields=tuple(parts))


def make_value(
    place: str,
    field: ModelField,
    *,
    may_convert: bool,
    is_optional: bool = False,
    fields: tuple[Parameter, ...] = (),
) -> Parameter:
    info = field.field_info
    aliases = [name for _, name in aliases_of(field, may_convert=place == "header" and may_convert)]
    has_default = not info.is_required() and info.default_factory is None
    return Parameter(
        place=cast("Any", place),
        name=field.name,
        alias=aliases[0],
        aliases=tuple(aliases),
        type=info.annotation,
        required=info.is_required() and not is_optional,
        default=info.default if has_default else NO_DEFAULT,
        default_factory=cast("Any", info.default_factory),
        include_in_schema=getattr(info, "include_in_schema", True),
        fields=fields,
        field_info=info,
    )


# --- what it documents ---------------------------------------------------------------------


def what_it_documents(view: Description) -> dict[str, Any]:
    return {
        "operation_id": view.operation_id or view.unique_id,
        "tags": tuple(tag.value if isinstance(tag, Enum) else str(tag) for tag in view.tags),
        "deprecated": bool(view.deprecated),
        "include_in_schema": view.include_in_schema,
        "body": make_body(view),
        "responses": tuple(make_responses(view)),
    }


def make_body(view: Description) -> RequestBody | None:
    field = view.body_field
    if field is None:
        return None
    declared = {
        parameter.name: parameter
        for node in view.declaration.unique()
        for parameter in node.parameters
        if parameter.place == "body"
    }
    info: Any = field.field_info
    return RequestBody(
        media_type=info.media_type,
        model=info.annotation,
        required=info.is_required(),
        embedded=view._embed_body_fields,
        parameters=tuple(map(make_parameter, declared.values())),
    )


def make_responses(view: Any) -> Iterator[DeclaredResponse]:
    """The usual answer, then those of `responses=` that are not it."""
    response_class = response_class_of(view)
    status = as_number(usual_status_of(view, response_class))
    more = {as_number(key): (key, said) for key, said in view.responses.items()}
    _, said = more.pop(status, (None, {}))
    stream, model = view._reply.stream, view.stream_item_type or view.response_model
    usual = MEDIA_TYPES.get(stream, response_class.media_type)
    has_body = is_body_allowed_for_status_code(view.status_code)
    yield DeclaredResponse(
        status_code=status,
        media_types=media_types(usual, said) if has_body else (),
        model=model if has_body else None,
        stream=stream,
        response_class=response_class,
        description=said.get("description") or view.response_description,
    )
    for code, (key, said) in more.items():
        field = view.response_fields.get(key)
        usual = None if field is None else response_class.media_type or "application/json"
        yield DeclaredResponse(
            status_code=code,
            media_types=media_types(usual, said),
            model=None if field is None else field.field_info.annotation,
            response_class=response_class,
            description=said.get("description", ""),
        )


MEDIA_TYPES: Mapping[Any, str] = {
    "json lines": "application/jsonl",
    "events": "text/event-stream",
}
"""Those of streams whose response class does not say it."""


def media_types(usual: str | None, said: Mapping[str, Any]) -> tuple[str, ...]:
    """The *usual* one, and those of the `content` that the author wrote down."""
    written = said.get("content", {})
    return tuple(dict.fromkeys([*([usual] if usual else []), *written]))


def as_number(code: int | str) -> int | str:
    """A status code as a number, a range in capitals, `default` as it is."""
    text = str(code)
    if text.isdigit():
        return int(text)
    return "default" if text.lower() == "default" else text.upper()
