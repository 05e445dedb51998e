"""What is refused of a route that is to be tried again."""

from typing import Any

from starlette.responses import Response, StreamingResponse

from pronghorn._pipeline.annotations import is_subclass
from pronghorn._pipeline.callables import return_annotation_of
from pronghorn.datastructures import DefaultPlaceholder
from pronghorn.exceptions import DeclarationError, DeclarationTypeError
from pronghorn.retries import Retry

# Any: a `Description`, whose module imports this one.


def check_retry(described: Any) -> None:
    """Refuse a `retry` that is none, and one of an operation whose answer is a stream."""
    if not isinstance(described._retry, Retry):
        raise DeclarationTypeError(
            "retry-type",
            problem=f"The option `retry` is a `Retry`, and not {described._retry!r}.",
            where=described.endpoint,
            remedy="Say what is tried again: `retry=Retry(on=(TimeoutError,), attempts=3)`.",
        )
    stream = what_streams(described)
    if stream is not None:
        raise DeclarationError(
            "retry-stream",
            problem=f"What is sent cannot be taken back: {stream}, so it cannot have a `retry`.",
            where=described.endpoint,
            remedy="Try again within the endpoint, before the first item; or answer at once.",
        )


def what_streams(described: Any) -> str | None:
    """Why the answer is a stream; None if it is none, as far as can be known now."""
    if described.declaration.kind.is_generator:
        return "the endpoint is a generator"
    chosen: Any = described.response_class
    if isinstance(chosen, DefaultPlaceholder):
        chosen = chosen.value
    annotation = return_annotation_of(described.endpoint)
    for kind in (chosen, annotation if is_subclass(annotation, Response) else None):
        if is_subclass(kind, StreamingResponse):
            return f"the endpoint answers with a {kind.__name__}"
    return None
