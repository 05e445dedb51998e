"""The words that generated code may use to answer a request.

Nothing is known of how the request was read.
"""

import json
import re
from collections.abc import (
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import AsyncExitStack
from copy import copy
from functools import partial
from itertools import chain
from typing import Any, cast
from weakref import ref

from anyio.lowlevel import checkpoint
from pydantic import ValidationError
from starlette.background import BackgroundTask
from starlette.background import BackgroundTasks as StarletteBackgroundTasks
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Message, Scope, Send
from starlette.websockets import WebSocket

from pronghorn._pipeline.events import event_stream, without_non_finite
from pronghorn._pipeline.exits import ending
from pronghorn._pipeline.fields import ModelField, located
from pronghorn._pipeline.steps import Filters, Reply
from pronghorn._record import named_values
from pronghorn.background import BackgroundTasks
from pronghorn.concurrency import call_in_thread
from pronghorn.encoders import jsonable_encoder
from pronghorn.exceptions import EndpointContext, FastAPIError, ResponseValidationError
from pronghorn.fetching import Fetcher
from pronghorn.security.scopes import SecurityScopes
from pronghorn.status_codes import is_body_allowed_for_status_code

STARTED = "pronghorn.started"
"""Set in the scope when an answer has begun, so that no second one is sent."""

BACKGROUND = "pronghorn.background"
"""Where the tasks are kept in the scope for a handler that is called by others."""
find_forbidden = re.compile(b"[\r\n\0]").search
"""Finds what no header may hold (RFC 9110 section 5.5): it would be read as another header."""
JSON_TYPE = (b"content-type", b"application/json")


# --- what an answer consists of -----------------------------------------------------------


def length(body: bytes) -> tuple[bytes, bytes]:
    return (b"content-length", b"%d" % len(body))


def encoded(value: Any) -> Any:
    """Plain data for *value*.  Raises `TypeError` for what can be read only once."""
    if isinstance(value, Iterator):
        raise TypeError
    return jsonable_encoder(value)


encoder = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=encoded
)


def make_chunk_writer() -> Callable[[Any, int], Iterable[str]]:
    """A function that writes a value as pieces of JSON text, as *encoder* does.

    An encoder makes an object of C anew for each text, which takes longer than to write a short
    one.  Here it is made once.  It takes no note of what it is in the midst of writing: a value
    that contains itself ends in `RecursionError`.
    """
    library = cast("Any", json.encoder)
    if library.c_make_encoder is None:
        # Python without its modules of C.
        return lambda value, _: [encoder.encode(value)]
    text = library.encode_basestring
    write: Callable[[Any, int], Iterable[str]] = library.c_make_encoder(
        None, encoded, text, None, ":", ",", False, False, False
    )
    return write


write_chunks = make_chunk_writer()


def json_bytes(value: Any) -> bytes:
    """*value* as JSON, for answers without a model.

    Raises `ValueError` for NaN and infinities, which JSON does not have (RFC 8259 section 6).
    """
    try:
        content = "".join(write_chunks(value, 0)).encode()
    except TypeError:
        # A key that is no text, for the encoder is asked for values only; or an iterator, which
        # must not be read twice.
        return encoder.encode(jsonable_encoder(value)).encode()
    if b'"_sa' in content:
        # Names that begin so are SQLAlchemy's own; they are left out.
        return encoder.encode(jsonable_encoder(value)).encode()
    return content


def plain_filters(filters: Filters) -> dict[str, Any]:
    """*filters* as keyword arguments of pydantic's serializers, the idle ones left out."""
    idle = Filters()
    return {
        name: value
        for name, value in named_values(filters).items()
        if name == "by_alias" or value != getattr(idle, name)
    }


def make_encoder(reply: Reply) -> Callable[[Any], Any]:
    """A word: the content for a response class that the author chose."""
    if reply.model is None:
        return jsonable_encoder
    return partial(reply.model.serialize, **plain_filters(reply.filters))


class BadResultError(Exception):
    """A blocking endpoint returned *value*, which is not what it should be."""

    def __init__(self, error: ValidationError, value: Any) -> None:
        super().__init__(error, value)
        self.error = error
        self.value = value


def make_checked_call(check: Callable[..., Any], fetcher: Fetcher | None) -> Callable[..., Any]:
    """A word: call a blocking endpoint and check its result, in the thread that it is run in."""
    if fetcher is not None:
        check = make_fetching_check(check, fetcher)

    def call_checked(function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        result = function(*args, **kwargs)
        if isinstance(result, Response):
            return result
        try:
            return check(result, from_attributes=True)
        except ValidationError as error:
            raise BadResultError(error, result) from error

    return call_checked


def make_fetching_check(check: Callable[..., Any], fetcher: Fetcher) -> Callable[..., Any]:
    """*check*, after what has to be fetched was fetched."""
    takes, fetch = fetcher.takes, fetcher.fetch_blocking

    def fetched_and_checked(result: Any, **options: Any) -> Any:
        return check(fetch(result) if isinstance(result, takes) else result, **options)

    return fetched_and_checked


def bad_answer(
    error: ValidationError, value: Any, context: EndpointContext
) -> ResponseValidationError:
    errors = located(error, ("response",))
    return ResponseValidationError(errors, body=value, endpoint_ctx=context)


# --- responses as objects -------------------------------------------------------------------


def response_options(
    status_code: int | None, background: Any, injected: Response | None
) -> dict[str, Any]:
    """Keyword arguments for a response class; no status where nobody chose one."""
    chosen = (injected.status_code if injected is not None else None) or status_code
    options: dict[str, Any] = {"background": background}
    if chosen is not None:
        options["status_code"] = chosen
    return options


def make_responder(
    response_class: Callable[..., Response], status_code: int | None
) -> Callable[..., Any]:
    """A word: a response of *response_class* with the headers of the injected one."""

    def respond(content: Any, background: Any, injected: Response | None) -> Response:
        options = response_options(status_code, background, injected)
        response = response_class(content, **options)
        if not is_body_allowed_for_status_code(response.status_code):
            response.body = b""
            if "content-length" in response.headers:
                response.headers["content-length"] = "0"
        return with_headers_of(injected, response)

    return respond


class Written(JSONResponse):
    """A response that was given its JSON as bytes; what it is given later is written."""

    def render(self, content: Any) -> bytes:
        return content if isinstance(content, bytes) else super().render(content)


# Whoever wraps a handler sees the name of the class that FastAPI has there.
Written.__name__ = Written.__qualname__ = JSONResponse.__name__


def make_json_responder(reply: Reply) -> Callable[..., Any]:
    """A word: a response that has JSON bytes as its content, of the class that FastAPI has."""
    if reply.model is None:
        return make_responder(Written, reply.status_code)
    return make_responder(partial(Response, media_type="application/json"), reply.status_code)


def with_headers_of(injected: Response | None, response: Response) -> Response:
    if injected is not None:
        response.headers.raw.extend(injected.headers.raw)
    return response


def passed_on(response: Response, background: Any) -> Response:
    """The *response* that the endpoint itself made, with the tasks that were added.

    FastAPI drops the tasks where the response has its own; here both run.
    """
    if background is None or response.background is background:
        return response
    # The author may return the same object for other requests, too.
    passed = copy(response)
    if response.background is None:
        passed.background = background
    else:
        # Tasks may still be added, by the exits of dependencies.
        own = response.background
        passed.background = StarletteBackgroundTasks([own, BackgroundTask(background)])
    return passed


# --- streams ------------------------------------------------------------------------------


def make_item_writer(
    item: ModelField | None, filters: Filters, context: Callable[[Scope], EndpointContext]
) -> Callable[[Any, Scope], bytes]:
    """A function that writes one item of a stream as JSON."""
    options = plain_filters(filters)

    def write(value: Any, scope: Scope) -> bytes:
        if item is None:
            return json.dumps(without_non_finite(jsonable_encoder(value))).encode()
        result, errors = item.validate(value, loc=("response",))
        if errors:
            raise ResponseValidationError(errors, body=value, endpoint_ctx=context(scope))
        return item.serialize_json(result, **options)

    return write


def make_streamer(
    reply: Reply, context: Callable[[Scope], EndpointContext], *, is_async: bool | None
) -> Callable[..., Any]:
    """A word: the response that sends what the endpoint yields, or returns as events.

    *is_async* is None where that shows in what is returned.
    """
    write = make_item_writer(reply.item, reply.filters, context)
    if reply.stream == "events":
        stream_events = make_event_streamer(reply, write)
        return (
            stream_returned(stream_events) if is_async is None else partial(stream_events, is_async)
        )
    if reply.stream == "chunks":
        return make_chunk_streamer(reply, is_async=bool(is_async))

    async def stream_lines(
        items: Any, scope: Scope, background: Any, injected: Response | None
    ) -> Response:
        line = partial(json_line, scope, write)
        lines = async_lines(items, line) if is_async else map(line, items)
        options = response_options(reply.status_code, background, injected)
        response = StreamingResponse(lines, media_type="application/jsonl", **options)
        return with_headers_of(injected, ended(response, items))

    return stream_lines


def written_in(scope: Scope, write: Callable[[Any, Scope], bytes], item: Any) -> bytes:
    return write(item, scope)


def json_line(scope: Scope, write: Callable[[Any, Scope], bytes], item: Any) -> bytes:
    return write(item, scope) + b"\n"


def ended(response: StreamingResponse, items: Any) -> StreamingResponse:
    """*response*, which ends the *items* that it streams, though the client may leave before."""
    # An object that holds a function that holds it would wait for the garbage collector.
    held = ref(response)

    async def stream_response(send: Send) -> None:
        streaming = cast("StreamingResponse", held())
        async with ending(items, streaming.body_iterator):
            await type(streaming).stream_response(streaming, send)

    response.stream_response = stream_response  # type: ignore[method-assign]  # of this one alone
    return response


async def async_lines(items: Any, line: Callable[[Any], bytes]) -> AsyncIterator[bytes]:
    async for item in items:
        yield line(item)
        # A generator that never waits would hold off everybody else, and its own cancellation.
        await checkpoint()


def make_chunk_streamer(reply: Reply, *, is_async: bool) -> Callable[..., Any]:
    response_class: Any = reply.response_class

    async def stream_chunks(
        items: Any,
        scope: Scope,  # noqa: ARG001 - streams are all called in one way
        background: Any,
        injected: Response | None,
    ) -> Response:
        content = async_chunks(items) if is_async else items
        options = response_options(reply.status_code, background, injected)
        response = response_class(content=content, **options)
        if isinstance(response, StreamingResponse):
            response = ended(response, items)
        return with_headers_of(injected, response)

    return stream_chunks


async def async_chunks(items: Any) -> AsyncIterator[Any]:
    async for item in items:
        yield item
        await checkpoint()


def stream_returned(stream_events: Callable[..., Any]) -> Callable[..., Any]:
    """*stream_events* for what an endpoint returns, which was not known before."""

    async def stream(items: Any, *more: Any) -> Response:
        is_async = isinstance(items, AsyncIterable)
        # It is not asked for its iterator yet, which may block.
        if not (is_async or hasattr(items, "__iter__") or hasattr(items, "__getitem__")):
            # Before the answer begins, so that it is a 500.
            text = f"An endpoint with EventSourceResponse returned {items!r}: these are no events."
            raise TypeError(text)
        response: Response = await stream_events(is_async, items, *more)
        return response

    return stream


def make_event_streamer(reply: Reply, write: Callable[[Any, Scope], bytes]) -> Callable[..., Any]:
    async def stream_events(
        is_async: bool,
        items: Any,
        scope: Scope,
        background: Any,
        injected: Response | None,
        stack: AsyncExitStack,
    ) -> Response:
        written = partial(written_in, scope, write)
        events = await event_stream(items, written, stack, is_async=is_async)
        options = response_options(reply.status_code, background, injected)
        response = StreamingResponse(events, media_type="text/event-stream", **options)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Accel-Buffering"] = "no"
        return with_headers_of(injected, response)

    return stream_events


# --- sending --------------------------------------------------------------------------------


def noting_start(scope: Scope, send: Send) -> Send:
    """*send*, with a note in *scope* when an answer begins."""

    # No coroutine of its own: each message would pay for it.
    def watching_send(message: Message) -> Awaitable[None]:
        if message["type"] == "http.response.start":
            check_start(message)
            scope[STARTED] = True
        return send(message)

    return watching_send


def check_start(message: Message) -> None:
    """Raise `ValueError` for a status or a header that a server must not be given."""
    # Some servers end themselves on a status that is none (RFC 9110 section 15).  The response
    # that endpoints are given to fill has the status None, until they set one.
    status = message["status"]
    if not isinstance(status, int) or not 100 <= status <= 999:
        text = f"An answer has the status {status!r}, and 100 to 999 are possible."
        raise ValueError(text)
    headers = message.get("headers", ())
    if not isinstance(headers, (list, tuple)):
        # Any iterable will do for ASGI, and some can be read only once.
        headers = message["headers"] = list(headers)
    # All at once, since there are many and nearly all are right.
    if find_forbidden(b"".join(chain.from_iterable(headers))) is None:
        return
    for name, value in headers:
        if find_forbidden(name) or find_forbidden(value):
            text = f"The header {name!r} of an answer has a line break or NUL in {value!r}."
            raise ValueError(text)


async def run_late(background: BackgroundTasks, done: int) -> None:
    """Run the tasks that dependencies added after their `yield`, when *done* had run."""
    await BackgroundTasks(background.tasks[done:])()


def unanswered() -> FastAPIError:
    """The error of a request that ends without an answer."""
    return FastAPIError(
        "Response not awaited: there is no answer.  Most likely the application was raising an"
        " exception and a dependency with yield caught it without raising it again.\n"
        "  Raise it again in its `except` block, or raise an `HTTPException` instead.\n"
        "  [response-not-awaited]"
    )


def security_scopes(scopes: Sequence[str]) -> SecurityScopes:
    return SecurityScopes(list(scopes))


WORDS: Mapping[str, Any] = {
    "BACKGROUND": BACKGROUND,
    "BackgroundTasks": BackgroundTasks,
    "JSON_TYPE": JSON_TYPE,
    "Request": Request,
    "Response": Response,
    "STARTED": STARTED,
    "WebSocket": WebSocket,
    "BadResultError": BadResultError,
    "bad_answer": bad_answer,
    "call_in_thread": call_in_thread,
    "isinstance": isinstance,
    "json_bytes": json_bytes,
    "length": length,
    "passed_on": passed_on,
    "run_late": run_late,
    "security_scopes": security_scopes,
    "unanswered": unanswered,
    "noting_start": noting_start,
}
"""What generated code may say to answer a request."""
