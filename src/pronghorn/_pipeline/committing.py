"""What `commit_before_response` says of answers that are made while they are sent.

Of these nothing can be left before the first byte: whatever they are made from is still in use.
"""

import warnings
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any

from starlette.responses import Response

from pronghorn._pipeline.stack import Exits
from pronghorn.exceptions import LateCommitWarning, find_callable, locate


def make_leaver(
    endpoint: Callable[..., Any], path: str, unanswered: Callable[[], Exception]
) -> Callable[..., Awaitable[None]]:
    """A word: leave what is to be left before the answer, unless that is made while it is sent.

    *unanswered* makes what is raised if an exit fails and another one swallows that.
    """
    is_told = False

    async def leave(reply: Any, until_commit: Exits, until_end: AsyncExitStack) -> None:
        nonlocal is_told
        if reply is None or has_body(reply) or not until_commit._exit_callbacks:  # type: ignore[attr-defined]  # typeshed has public names
            if await until_commit.end_each():
                # What was not committed is not acknowledged.
                raise unanswered()
            return
        until_end.push_async_exit(until_commit.pop_all())
        if not is_told:
            is_told = True
            warn_of_stream(endpoint, path)

    return leave


def has_body(reply: Any) -> bool:
    """Whether *reply* was written when it was made."""
    body = getattr(reply, "body", None)
    # A class that sends in a way of its own may have an empty body from its base.
    is_sent_whole = bool(body) or type(reply).__call__ is Response.__call__
    return isinstance(body, (bytes, bytearray, memoryview)) and is_sent_whole


def warn_of_stream(
    endpoint: Callable[..., Any],
    path: str,
    names: Sequence[str] = (),
    *,
    is_websocket: bool = False,
    depth: int | None = None,
) -> None:
    """Warn that nothing of a route is left before its answer.

    It is shown with the line that adds the route, *depth* calls above, or with the endpoint.
    """
    reason = "is a WebSocket" if is_websocket else "answers with a stream or a file"
    which = ", ".join(f"`{name}`" for name in names) or "its dependencies with `yield`"
    message = (
        f"{path!r} {reason}, so `commit_before_response` does not apply to it: the exits of {which}"
        " come at the end.\n"
        f"  {find_callable(endpoint)}\n"
        '  Give what commits `scope="function"`, if it is not needed so long, or commit in the'
        " endpoint."
    )
    if depth is not None:
        warnings.warn(message, LateCommitWarning, stacklevel=depth)
    else:
        _, file, line = locate(endpoint)
        warnings.warn_explicit(message, LateCommitWarning, file or "<unknown>", line)
