"""Applications that want commits before their answers: `FastAPI(commit_before_response=True)`.

The application that serves a request decides.  Nearly all routes know theirs; those of a router
that is mounted know none, and ask the request.
"""

import sys
from typing import Any
from weakref import WeakKeyDictionary

from pronghorn._pipeline.callables import name_of
from pronghorn._pipeline.declaration import Dependency
from pronghorn._pipeline.holding import moved
from pronghorn._pipeline.steps import Reply
from pronghorn._serve.app_options import options_of

told: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()
"""The endpoints that were warned of, with their paths."""


def commits_early(app: Any) -> bool:
    return options_of(app).commit_before_response


def warn_if_sent_in_parts(reply: Reply | None, root: Dependency, path: str) -> None:
    """Warn, once for each path, if it is known that nothing of *root* is left before its answer."""
    if reply is not None and not reply.is_stream:
        return
    names = [name_of(dependency.call) for dependency in moved(root)]
    if not names or is_told(root.call, path):
        return
    from pronghorn._pipeline.committing import warn_of_stream  # noqa: PLC0415 - few need it

    warn_of_stream(root.call, path, names, is_websocket=reply is None, depth=depth_of_caller() + 1)


def is_told(endpoint: Any, path: str) -> bool:
    """Whether it was warned of before; from now on it was."""
    try:
        paths = told.setdefault(endpoint, set())
    except TypeError:
        # It has no hash, or cannot be referred to weakly.
        return False
    if path in paths:
        return True
    paths.add(path)
    return False


def depth_of_caller() -> int:
    """How far above whoever asks the user's line is: it may name an app or a router."""
    frame, depth = sys._getframe(1), 1
    while frame.f_back is not None and frame.f_globals["__name__"].startswith("pronghorn."):
        frame, depth = frame.f_back, depth + 1
    return depth
