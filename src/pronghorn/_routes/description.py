"""Everything that is known of an API route: what its author said, and what follows from it.

The same description serves a route as it was added and as it is seen through an include.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import replace
from enum import Enum, IntEnum
from functools import cached_property
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, get_name
from starlette.types import ASGIApp

from pronghorn import params
from pronghorn._options.route import ROUTE, SHARED
from pronghorn._pipeline.annotations import is_subclass, stream_item
from pronghorn._pipeline.bodies import are_embedded, body_field
from pronghorn._pipeline.callables import Kind, return_annotation_of
from pronghorn._pipeline.declaration import (
    Dependency,
    Known,
    declare_endpoint,
    declare_extra,
    in_company,
)
from pronghorn._pipeline.depended import listed_dependencies
from pronghorn._pipeline.fetchers import find_fetcher
from pronghorn._pipeline.fields import ModelField, is_surely_possible, make_field
from pronghorn._pipeline.steps import BodyReading, Filters, Reply
from pronghorn._pipeline.urlencoded import is_as_starlette
from pronghorn._routes.declared import Declared
from pronghorn._routes.path_parts import PathParts
from pronghorn._serve.answering import answering
from pronghorn._serve.body_limit import Limited
from pronghorn._serve.opened import RequestHandler, opened
from pronghorn.datastructures import DefaultPlaceholder
from pronghorn.exceptions import DeclarationError, DeclarationValueError
from pronghorn.foreign import has_foreign_method
from pronghorn.sse import EventSourceResponse, ServerSentEvent
from pronghorn.status_codes import is_body_allowed_for_status_code
from pronghorn.types import IncEx
from pronghorn.unique_ids import get_path_param_names as path_names

effective_route: ContextVar[Any] = ContextVar("pronghorn_effective_route", default=None)
"""The view of a route for which its own handler is being made."""

PLAIN = (
    "summary",
    "response_description",
    "deprecated",
    "operation_id",
    "response_model_include",
    "response_model_exclude",
    "response_model_by_alias",
    "response_model_exclude_unset",
    "response_model_exclude_defaults",
    "response_model_exclude_none",
    "include_in_schema",
    "response_class",
    "dependency_overrides_provider",
    "openapi_extra",
    "generate_unique_id_function",
    "strict_content_type",
    "max_body_size",
)
"""Options that are kept as they were given."""
YOUNG = ("form_limits", "query_budget", "retry")
"""Options that came after people had written classes of routes."""
COLLECTIONS = ("tags", "responses", "form_limits")


class Description(PathParts, Declared):
    """What is known of a route under one path."""

    endpoint: Callable[..., Any]
    name: str
    methods: set[str]
    summary: str | None
    description: str = ""
    response_description: str
    deprecated: bool | None
    operation_id: str | None
    status_code: int | None = None
    response_model: Any = None
    response_model_include: IncEx | None
    response_model_exclude: IncEx | None
    response_model_by_alias: bool
    response_model_exclude_unset: bool
    response_model_exclude_defaults: bool
    response_model_exclude_none: bool
    include_in_schema: bool
    response_class: type[Response] | DefaultPlaceholder
    dependency_overrides_provider: Any
    openapi_extra: dict[str, Any] | None
    generate_unique_id_function: Callable[[Any], str] | DefaultPlaceholder
    strict_content_type: bool | DefaultPlaceholder
    max_body_size: int | None
    stream_item_type: Any = None
    taken_over: Dependency
    """The declaration of the route that an include shows."""
    declared: tuple[Any, ...]
    """What the declaration was read from."""

    # Most routes have none of these, and nobody asks for them.

    @cached_property
    def tags(self) -> list[str | Enum]:
        return []

    @cached_property
    def dependencies(self) -> list[params.Depends]:
        return []

    @cached_property
    def responses(self) -> dict[int | str, dict[str, Any]]:
        return {}

    @cached_property
    def callbacks(self) -> list[BaseRoute] | None:
        return []

    @cached_property
    def form_limits(self) -> Mapping[str, int]:
        return {}

    def given(self, name: str) -> Any:
        """What it has as one of these, and None if it has nothing: then nothing is made."""
        own = vars(self).get(name)
        if own is None and getattr(type(self), name) is not getattr(Description, name):
            # A class of somebody's has it in a way of its own.
            own = getattr(self, name)
        return own or None

    def describe(self, path: str, endpoint: Callable[..., Any], options: Mapping[str, Any]) -> None:
        """Take in what the author said."""
        self.take_apart(path)
        self.endpoint = endpoint
        for name in COLLECTIONS:
            if options[name]:
                setattr(self, name, options[name])
        if options["callbacks"] != []:
            self.callbacks = options["callbacks"]
        dependencies = listed_dependencies(options["dependencies"])
        if dependencies:
            self.dependencies = dependencies
        kind = type(self)
        for name in PLAIN:
            # As `keep`, without a call for each.
            if getattr(kind, name) is not options[name]:
                setattr(self, name, options[name])
        # FastAPI has neither, so a class of somebody's may use the plain names for its own.
        if options["retry"] is not None:
            self._retry = options["retry"]
        if options["query_budget"] is not None:
            self._query_budget = options["query_budget"]
        self.name = get_name(endpoint) if options["name"] is None else options["name"]
        methods = options["methods"]
        # An empty list is no lack of one: such a route answers any method.
        self.methods = {method.upper() for method in (("GET",) if methods is None else methods)}
        status_code = options["status_code"]
        self.keep(
            "status_code", int(status_code) if isinstance(status_code, IntEnum) else status_code
        )
        text = options["description"] or inspect.cleandoc(endpoint.__doc__ or "")
        # What follows a form feed is for readers of the source.
        self.keep("description", text.split("\f")[0].strip())

    def keep(self, name: str, value: Any) -> None:
        """Set an attribute, unless the class says the same for most of its routes."""
        if getattr(type(self), name) is not value:
            setattr(self, name, value)

    @cached_property
    def unique_id(self) -> str:
        """The id in the document; a route has it made at once, for the mistakes in it."""
        return self.operation_id or self.make_unique_id()

    def make_unique_id(self) -> str:
        function: Any = self.generate_unique_id_function
        if isinstance(function, DefaultPlaceholder):
            function = function.value
        return str(function(self))

    def declare(self) -> None:
        """Read the signature of the endpoint, under the path of this description."""
        if not callable(self.endpoint):
            raise DeclarationError(
                "endpoint-not-callable",
                problem=f"An endpoint must be a callable: {self.endpoint!r} is none.",
                remedy="Pass the function itself.",
            )
        self.declared = self.what_is_declared()
        self.declaration = declare_endpoint(self.endpoint, self.path_format, self.dependencies)

    def what_is_declared(self) -> tuple[Any, ...]:
        """What the declaration is read from; third parties change it until requests come."""
        return (
            self.endpoint,
            getattr(self.endpoint, "__signature__", None),
            *(self.given("dependencies") or ()),
        )

    def declare_like(self, other: "Description", added: Sequence[params.Depends]) -> None:
        """Take over the declaration of *other*, under this path, after the *added* dependencies.

        The signature is read once more only if the path has names that the other path has not,
        or if somebody has changed what it was read from.  With nothing to add, it is taken over
        when it is asked for.
        """
        is_changed = other.what_is_declared() != other.declared
        if is_changed or self.has_other_names(other.path_format):
            self.declare()
            return
        # Includes see a route as its author wrote it, as in FastAPI: changes are made by view.
        self.taken_over = other._declaration
        if added:
            self.declaration = self.with_added(added)

    def has_other_names(self, path: str) -> bool:
        has_more = "{" in self.path_format.removesuffix(path)
        return has_more and path_names(self.path_format) != path_names(path)

    def with_added(self, added: Sequence[params.Depends]) -> Dependency:
        path, known, own = self.path_format, Known(), self.taken_over
        extra = [declare_extra(depends, path, self.endpoint, known) for depends in added]
        return in_company(replace(own, path=path), extra)

    @cached_property
    def _declaration(self) -> Dependency:  # type: ignore[override] # it is made once
        return self.with_added(())

    # --- what follows ----------------------------------------------------------------------

    def understand_response(self, response_model: Any) -> None:
        """Work out the model of the answer, from the option or from the return annotation."""
        if isinstance(response_model, DefaultPlaceholder):
            response_model = self.annotated_model()
        self.keep("response_model", response_model)
        if response_model:
            self.check_has_body(self.status_code)

    def annotated_model(self) -> Any:
        annotation = return_annotation_of(self.endpoint)
        if is_subclass(annotation, Response):
            return None
        item = stream_item(annotation) if self.declaration.kind.is_generator else None
        if item is None:
            return annotation
        has_items = isinstance(self.response_class, DefaultPlaceholder) or is_subclass(
            self.response_class, EventSourceResponse
        )
        if has_items and not is_subclass(item, ServerSentEvent):
            self.stream_item_type = item
        return None

    def check_has_body(self, status_code: int | str | None) -> None:
        """Refuse a model for a status that has no body, or that is none."""
        try:
            if is_body_allowed_for_status_code(status_code):
                return
        except ValueError as error:
            raise DeclarationValueError(
                "status-code",
                problem=f"The status code {status_code!r} is no number.",
                where=self.endpoint,
                remedy="Write a number such as 201; in `responses` a range such as '4XX' or"
                " 'default' will do, too.",
            ) from error
        raise DeclarationError(
            "no-body-status",
            problem=f"Status code {status_code} must not have a response body.",
            where=self.endpoint,
            remedy="Use another status, or declare no model for it.",
        )

    def try_fields(self) -> None:
        """Make the fields that may fail: a mistake is reported at the line that makes it.

        Those of which it is known that they cannot are made when they are asked for.
        """
        self.check_retry()
        if self.responses:
            _ = self.response_fields
        fields = self.declaration.body_fields
        if fields and not (len(fields) == 1 and fields[0].is_unmarked):
            _ = self.body_field
        if not is_surely_possible(self.response_model):
            _ = self.response_field
            find_fetcher(self.response_model)
        if not is_surely_possible(self.stream_item_type):
            _ = self.stream_item_field

    def check_retry(self) -> None:
        if self._retry is not None:
            from pronghorn._routes.retried import check_retry  # noqa: PLC0415 - few are

            check_retry(self)

    @cached_property
    def _embed_body_fields(self) -> bool:  # type: ignore[override] # it is worked out once
        return are_embedded(self.declaration.body_fields)

    @cached_property
    def body_field(self) -> ModelField | None:
        """The whole body as one field."""
        return body_field(
            fields=self.declaration.body_fields,
            name=self.unique_id,
            is_embedded=self._embed_body_fields,
        )

    @cached_property
    def response_field(self) -> ModelField | None:
        if not self.response_model:
            return None
        name = "Response_" + self.unique_id
        return make_field(name, self.response_model, mode="serialization")

    @cached_property
    def stream_item_field(self) -> ModelField | None:
        if not self.stream_item_type:
            return None
        name = "StreamItem_" + self.unique_id
        return make_field(name, self.stream_item_type, mode="serialization")

    @cached_property
    def response_fields(self) -> dict[int | str, ModelField]:
        """The models of additional responses."""
        fields = {}
        for status_code, response in self.responses.items():
            if not isinstance(response, dict):
                raise DeclarationError(
                    "response-dict",
                    problem=f"An additional response must be a dict: that of {status_code} is not.",
                    where=self.endpoint,
                    remedy='Write `responses={404: {"model": Model}}`.',
                )
            model = response.get("model")
            if model:
                self.check_has_body(status_code)
                name = f"Response_{status_code}_{self.unique_id}"
                fields[status_code] = make_field(name, model, mode="serialization")
        return fields

    @property
    def is_sse_stream(self) -> bool:
        is_generator = self.declaration.kind.is_generator
        return is_generator and is_subclass(self.response_class, EventSourceResponse)

    @property
    def is_json_stream(self) -> bool:
        is_generator = self.declaration.kind.is_generator
        return is_generator and isinstance(self.response_class, DefaultPlaceholder)

    @property
    def _reply(self) -> Reply:
        """How what the endpoint returns becomes a response."""
        return make_reply(
            self.declaration.kind,
            response_class=self.response_class,
            is_json_stream=self.is_json_stream,
            status_code=self.status_code,
            model=self.response_field,
            filters=Filters(
                include=self.response_model_include,
                exclude=self.response_model_exclude,
                by_alias=self.response_model_by_alias,
                exclude_unset=self.response_model_exclude_unset,
                exclude_defaults=self.response_model_exclude_defaults,
                exclude_none=self.response_model_exclude_none,
            ),
            item=self.stream_item_field,
            returns=return_annotation_of(self.endpoint),
        )

    @property
    def _body_reading(self) -> BodyReading | None:
        """How the body is read; None if nobody wants it."""
        return make_body_reading(
            self.body_field,
            is_embedded=self._embed_body_fields,
            strict_content_type=self.strict_content_type,
            limits=self.form_limits,
        )

    # --- the handler of its own ---------------------------------------------------------------

    @cached_property
    def request_handler(self) -> RequestHandler:
        """What `get_route_handler` makes for the route as it is seen here."""
        route: Any = getattr(self, "original_route", self)
        before = self.declaration.call
        token = effective_route.set(self)
        try:
            handler: RequestHandler = route.get_route_handler()
        finally:
            effective_route.reset(token)
        self.handled_calls = (before, self.declaration.call)
        return handler

    @cached_property
    def own_app(self) -> ASGIApp:  # type: ignore[override] # it is made once
        app = answering(opened(self.request_handler, self))
        return app if self.max_body_size is None else Limited(app, self.max_body_size)

    def forget_handler(self) -> None:
        vars(self).pop("own_app", None)
        if vars(self).pop("request_handler", None) is None or self._dependant is None:
            return
        # Whoever replaced `get_request_handler` may have put a call in; it will do so again.
        before, after = self.handled_calls
        if self._dependant.call is after:
            self._dependant.call = before


def leave_out_unset(options: dict[str, Any]) -> None:
    """Leave out of *options* what a class of somebody's may not take, unless it was given."""
    for name in YOUNG:
        if options.get(name) is None:
            options.pop(name, None)


OPTIONS = ROUTE | SHARED
for option in PLAIN:
    setattr(Description, option, OPTIONS[option].default)

SENT_IN_PARTS = (StreamingResponse, FileResponse)
"""Classes of responses that are made while they are sent."""


def make_reply(
    kind: Kind,
    *,
    response_class: type[Response] | DefaultPlaceholder,
    is_json_stream: bool,
    returns: Any = None,
    **known: Any,
) -> Reply:
    """How what an endpoint of *kind*, which says what it *returns*, becomes a response."""
    chosen: Any = response_class
    is_default = isinstance(chosen, DefaultPlaceholder)
    chosen = chosen.value if is_default else chosen
    stream: Any = None
    if is_subclass(chosen, EventSourceResponse):
        # Of what an endpoint returns, too.
        stream = "events"
    elif kind.is_generator:
        stream = "json lines" if is_json_stream else "chunks"
    model: ModelField | None = known["model"]
    if model is None and has_foreign_method(JSONResponse, "render"):
        # Somebody replaced the method that writes what has no model, so it has to be called.
        is_default = False
    is_stream = stream is not None or any(
        is_subclass(kind_, SENT_IN_PARTS) for kind_ in (chosen, returns)
    )
    return Reply(
        response_class=chosen,
        has_default_class=is_default,
        stream=stream,
        is_stream=is_stream,
        fetcher=None if model is None else find_fetcher(model.field_info.annotation),
        **known,
    )


def make_body_reading(
    field: ModelField | None,
    *,
    is_embedded: bool,
    strict_content_type: bool | DefaultPlaceholder,
    limits: Mapping[str, int],
) -> BodyReading | None:
    """How the body that is described by *field* is read; None if there is no such field."""
    if field is None:
        return None
    strict: Any = strict_content_type
    is_form = isinstance(field.field_info, params.Form)
    return BodyReading(
        is_form=is_form,
        is_embedded=is_embedded,
        is_strict=strict.value if isinstance(strict, DefaultPlaceholder) else strict,
        limits=tuple(limits.items()),
        by_request=has_foreign_method(Request, "body", "json", "stream")
        or (is_form and not is_as_starlette()),
    )
