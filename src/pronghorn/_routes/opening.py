"""FastAPI's private functions that third parties call, wrap and replace.

The names in `routing` are looked up where they are needed, so whatever stands there is called.
A route is compiled without them as long as they are ours.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.websockets import WebSocket

from pronghorn import sse
from pronghorn._pipeline.callables import kind_of
from pronghorn._pipeline.context import make_context
from pronghorn._pipeline.fields import ModelField
from pronghorn._pipeline.reading import websocket_refusal
from pronghorn._pipeline.replying import unanswered
from pronghorn._pipeline.stack import BRIEF_STACK, Exits
from pronghorn._pipeline.steps import BodyReading, Entry, Filters, Reply
from pronghorn._routes.declared import Declared
from pronghorn._routes.description import make_body_reading, make_reply
from pronghorn._serve.names import REPLACEABLE, names
from pronghorn._serve.target import Compiled, forget_all
from pronghorn.concurrency import call_in_thread, run_in_threadpool
from pronghorn.datastructures import Default, DefaultPlaceholder
from pronghorn.dependencies.models import Dependant
from pronghorn.encoders import jsonable_encoder
from pronghorn.exceptions import EndpointContext, ResponseValidationError
from pronghorn.telemetry.switch import switch
from pronghorn.types import IncEx

if TYPE_CHECKING:
    from pronghorn.retries import Retry

DEFAULT_CLASS: Any = Default(JSONResponse)
DEFAULT_STRICT: Any = Default(True)


class Handled(Declared):
    """What is known of a handler that is made for a dependant, and not for a route."""

    methods: set[str] | None = None
    path_format: str | None = None

    def __init__(
        self,
        dependant: Dependant,
        provider: Any,
        reply: Mapping[str, Any],
        body_reading: BodyReading | None,
        *,
        is_embedded: bool,
        retry: "Retry | None",
        query_budget: int | None,
    ) -> None:
        self._dependant = dependant
        self._retry = retry
        self._query_budget = query_budget
        self.dependency_overrides_provider = provider
        self.reply_options = reply
        self._body_reading = body_reading
        self._embed_body_fields = is_embedded
        # Tried out now: a dependant without a function is refused where it is handed in.
        self.endpoint = self.declaration.call

    @property
    def _reply(self) -> Reply:
        return make_reply(kind_of(self.declaration.call), **self.reply_options)


def get_request_handler(
    dependant: Dependant,
    body_field: ModelField | None = None,
    status_code: int | None = None,
    response_class: type[Response] | DefaultPlaceholder = DEFAULT_CLASS,
    response_field: ModelField | None = None,
    response_model_include: IncEx | None = None,
    response_model_exclude: IncEx | None = None,
    response_model_by_alias: bool = True,
    response_model_exclude_unset: bool = False,
    response_model_exclude_defaults: bool = False,
    response_model_exclude_none: bool = False,
    dependency_overrides_provider: Any = None,
    embed_body_fields: bool = False,
    strict_content_type: bool | DefaultPlaceholder = DEFAULT_STRICT,
    stream_item_field: ModelField | None = None,
    is_json_stream: bool = False,
    form_limits: Mapping[str, int] | None = None,
    retry: "Retry | None" = None,
    query_budget: int | None = None,
) -> Callable[[Request], Awaitable[Response]]:
    """A function that answers a request as *dependant* and the options say.

    It is compiled at its first request, for what the dependant says then.
    """
    filters = Filters(
        include=response_model_include,
        exclude=response_model_exclude,
        by_alias=response_model_by_alias,
        exclude_unset=response_model_exclude_unset,
        exclude_defaults=response_model_exclude_defaults,
        exclude_none=response_model_exclude_none,
    )
    reply = {
        "response_class": response_class,
        "is_json_stream": is_json_stream,
        "status_code": status_code,
        "model": response_field,
        "filters": filters,
        "item": stream_item_field,
    }
    reading = make_body_reading(
        body_field,
        is_embedded=embed_body_fields,
        strict_content_type=strict_content_type,
        limits=form_limits or {},
    )
    handled = Handled(
        dependant,
        dependency_overrides_provider,
        reply,
        reading,
        is_embedded=embed_body_fields,
        retry=retry,
        query_budget=query_budget,
    )
    target = Compiled(handled, None, Entry.REQUEST)

    async def handle(request: Request) -> Response:
        response: Response = await target.handle(request)
        return response

    return handle


def handler_options(route: Any) -> dict[str, Any]:
    """The arguments of `get_request_handler` for *route*."""
    # Whoever replaced the function knows nothing of what FastAPI has not.
    ours = {"retry": route._retry, "query_budget": route._query_budget}
    return {
        **{name: value for name, value in ours.items() if value is not None},
        "dependant": route.dependant,
        "body_field": route.body_field,
        "status_code": route.status_code,
        "response_class": route.response_class,
        "response_field": route.response_field,
        "response_model_include": route.response_model_include,
        "response_model_exclude": route.response_model_exclude,
        "response_model_by_alias": route.response_model_by_alias,
        "response_model_exclude_unset": route.response_model_exclude_unset,
        "response_model_exclude_defaults": route.response_model_exclude_defaults,
        "response_model_exclude_none": route.response_model_exclude_none,
        "dependency_overrides_provider": route.dependency_overrides_provider,
        "embed_body_fields": route._embed_body_fields,
        "strict_content_type": route.strict_content_type,
        "stream_item_field": route.stream_item_field,
        "is_json_stream": route.is_json_stream,
        "form_limits": route.form_limits,
    }


def get_websocket_app(
    dependant: Dependant,
    dependency_overrides_provider: Any = None,
    embed_body_fields: bool = False,
) -> Callable[[WebSocket], Awaitable[None]]:
    """A function that has the values for *dependant* and lets it talk over a WebSocket."""
    endpoint = dependant.declaration().call
    context = make_context(endpoint, dependant.path or "")

    async def talk(websocket: WebSocket) -> None:
        is_ready = False
        async with Exits() as until_ready:
            websocket.scope[BRIEF_STACK] = until_ready
            solved = await names.module.solve_dependencies(
                request=websocket,
                dependant=dependant,
                dependency_overrides_provider=dependency_overrides_provider,
                async_exit_stack=websocket.scope.get("fastapi_inner_astack"),
                embed_body_fields=embed_body_fields,
            )
            if solved.errors:
                raise websocket_refusal(solved.errors, context(websocket.scope))
            is_ready = True
        if not is_ready:
            # An exit that swallowed the exception got us here without the values.
            raise unanswered()
        call: Any = dependant.call
        await call(**solved.values)
        if solved.background_tasks is not None:
            await solved.background_tasks()

    return talk


async def run_endpoint_function(
    *, dependant: Dependant, values: dict[str, Any], is_coroutine: bool
) -> Any:
    """Call the endpoint, in a thread unless it is a coroutine function."""
    call: Any = dependant.call
    if not is_coroutine:
        return await call_in_thread(spanned, call, values)
    with switch.operation("endpoint", call):
        return await call(**values)


def spanned(call: Callable[..., Any], values: Mapping[str, Any]) -> Any:
    with switch.operation("endpoint", call):
        return call(**values)


async def serialize_response(
    *,
    field: ModelField | None = None,
    response_content: Any,
    include: IncEx | None = None,
    exclude: IncEx | None = None,
    by_alias: bool = True,
    exclude_unset: bool = False,
    exclude_defaults: bool = False,
    exclude_none: bool = False,
    is_coroutine: bool = True,
    endpoint_ctx: EndpointContext | None = None,
    dump_json: bool = False,
) -> Any:
    """What an endpoint returned, checked, as plain data or as the bytes of it.

    Raises `ResponseValidationError` if it is not what *field* says.
    """
    if field is None:
        return jsonable_encoder(response_content)
    if is_coroutine:
        value, errors = field.validate(response_content, {}, loc=("response",))
    else:
        value, errors = await run_in_threadpool(
            field.validate, response_content, {}, loc=("response",)
        )
    if errors:
        raise ResponseValidationError(
            errors, body=response_content, endpoint_ctx=endpoint_ctx or EndpointContext()
        )
    write: Callable[..., Any] = field.serialize_json if dump_json else field.serialize
    return write(
        value,
        include=include,
        exclude=exclude,
        by_alias=by_alias,
        exclude_unset=exclude_unset,
        exclude_defaults=exclude_defaults,
        exclude_none=exclude_none,
    )


# --- when they are replaced --------------------------------------------------------------------


def watch_names(module: ModuleType) -> None:
    """Let *module* hold the names, and routes be compiled once more when one is replaced."""
    on_change: dict[str, Callable[[Any], None]] = dict.fromkeys(REPLACEABLE, recompile)
    on_change["get_request_handler"] = handle_anew
    on_change["_PING_INTERVAL"] = partial(setattr, sse, "_PING_INTERVAL")
    names.watch(module, on_change)


def recompile(_: Any) -> None:
    forget_all(and_handlers=False)


def handle_anew(_: Any) -> None:
    forget_all(and_handlers=True)
