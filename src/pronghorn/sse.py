"""Server-sent events: the message, its bytes, and the response that carries them.

The format is that of the HTML standard, section 9.2 (server-sent events).
"""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from starlette.responses import StreamingResponse

_SSE_EVENT_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "data": {"type": "string"},
        "event": {"type": "string"},
        "id": {"type": "string"},
        "retry": {"type": "integer", "minimum": 0},
    },
}

# A comment that clients ignore and that proxies take for traffic, so they keep the connection.
KEEPALIVE_COMMENT = b": ping\n\n"
_PING_INTERVAL: float = 15.0  # Seconds of silence; the HTML standard advises about 15.


class EventSourceResponse(StreamingResponse):
    """Stream server-sent events.

    As the `response_class` of an endpoint that yields, it sends each item as an event.
    """

    media_type = "text/event-stream"


def _require_single_line(value: str | None, field: str) -> str | None:
    if value is not None and ("\r" in value or "\n" in value):
        raise ValueError(f"SSE '{field}' must be a single line")
    return value


def _check_event(value: str | None) -> str | None:
    return _require_single_line(value, "event")


def _check_id(value: str | None) -> str | None:
    # Browsers ignore an id that holds U+0000, so the stream could not be resumed.
    if value is not None and "\0" in value:
        raise ValueError("SSE 'id' must not contain null characters")
    return _require_single_line(value, "id")


class ServerSentEvent(BaseModel):
    """One event.

    `data` is sent as JSON, `raw_data` as it is; only one of them may be given.
    `event` is the name that the browser dispatches, `id` what it sends back as
    `Last-Event-ID`, `retry` its waiting time in milliseconds before it connects again.
    `comment` is for readers of the stream; browsers ignore it.
    """

    # Built when used: the first model that pydantic builds costs a process most of all.
    model_config = ConfigDict(defer_build=True)

    data: Any = None
    raw_data: str | None = None
    event: Annotated[str | None, AfterValidator(_check_event)] = None
    id: Annotated[str | None, AfterValidator(_check_id)] = None
    retry: Annotated[int | None, Field(ge=0)] = None
    comment: str | None = None

    @classmethod
    def __pydantic_init_subclass__(cls, **_: Any) -> None:
        # Whoever derives from it hears of mistakes at once.
        cls.model_config["defer_build"] = False
        cls.model_rebuild(raise_errors=False)

    @model_validator(mode="after")
    def _refuse_two_kinds_of_data(self) -> Self:
        if self.data is not None and self.raw_data is not None:
            raise ValueError(
                "Cannot set both 'data' and 'raw_data': `data` is sent as JSON,"
                " `raw_data` as it is."
            )
        return self


def format_sse_event(
    *,
    data_str: str | None = None,
    event: str | None = None,
    id: str | None = None,
    retry: int | None = None,
    comment: str | None = None,
) -> bytes:
    """Return the bytes of one event, with the empty line that ends it."""
    lines: list[str] = []
    if comment is not None:
        lines += [f": {line}" for line in _split_lines(comment)]
    if event is not None:
        lines.append(f"event: {event}")
    if data_str is not None:
        lines += [f"data: {line}" for line in _split_lines(data_str)]
    if id is not None:
        lines.append(f"id: {id}")
    if retry is not None:
        lines.append(f"retry: {retry}")
    return "\n".join([*lines, "", ""]).encode()


def _split_lines(text: str) -> list[str]:
    # Not `splitlines`: the format knows no other line ends than these three.
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
