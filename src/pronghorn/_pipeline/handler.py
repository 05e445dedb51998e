"""The source as a function.  This is the only file that executes generated text.

The text runs without built-ins, the importing that extension modules need excepted: it can
say the words that it was given, and nothing else.
It is kept where tracebacks and debuggers look for sources.
"""

import linecache
import weakref
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

from pronghorn._pipeline.plan import Plan
from pronghorn._pipeline.source import Source, write
from pronghorn._record import record

numbers = count(1)


@record
class Handler:
    """A function that answers requests, and what it came from."""

    run: Callable[..., Awaitable[Any]]
    plan: Plan
    source: Source
    filename: str


def build(plan: Plan) -> Handler:
    """Write *plan* as text and compile it."""
    source = write(plan)
    filename = f"<pronghorn handler {next(numbers)}>"
    names: dict[str, Any] = {
        # Extension modules that are called from here import others by the frame's built-ins.
        "__builtins__": {"__import__": __import__},
        "__name__": "pronghorn.handler",
        **source.bindings,
    }
    exec(compile(source.text, filename, "exec"), names)  # noqa: S102 - the text is ours
    lines = source.text.splitlines(keepends=True)
    # Without a time of change the entry is kept when the cache is checked against the disk.
    linecache.cache[filename] = (len(source.text), None, lines, filename)
    run = names["handle"]
    weakref.finalize(run, linecache.cache.pop, filename, None)
    return Handler(run, plan, source, filename)
