"""The text of one handler while it is written: lines, blocks, and names for what is bound."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pronghorn._pipeline.callables import positional_names
from pronghorn._pipeline.context import make_context
from pronghorn._pipeline.plan import Plan
from pronghorn._pipeline.steps import (
    Arguments,
    Attempt,
    Check,
    Collect,
    Entry,
    Hold,
    ReadForm,
    ReadJSON,
    ReadParts,
    ReadWhole,
    Show,
    ShowValues,
    Solve,
)

BODIES = (ReadJSON, ReadForm)


class Text:
    """Python text that grows line by line, and the facts of the plan that shape all of it."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.lines: list[str] = []
        self.bindings: dict[str, Any] = {}
        self.depth = 0
        self.context = make_context(plan.endpoint, plan.path)
        self.has_errors = any(isinstance(step, (Check, Collect, ShowValues)) for step in plan.steps)
        self.has_body = any(isinstance(step, BODIES) for step in plan.steps)
        self.wants_body = any(isinstance(step, (ReadWhole, ReadParts)) for step in plan.steps)
        """Whether something is read from the body: also where none can have come."""
        self.has_form = any(isinstance(step, ReadForm) for step in plan.steps)
        self.is_open = any(isinstance(step, Solve) for step in plan.steps)
        """Whether values come from a function that others may have replaced."""
        self.has_attempts = any(isinstance(step, Attempt) for step in plan.steps)
        self.has_response = self.is_open or plan.gives("response")
        self.has_background = self.is_open or plan.gives("background")
        self.shields = any(isinstance(step, Hold) and step.has_async_cleanup for step in plan.steps)
        self.is_object = plan.entry in (Entry.REQUEST, Entry.VALUES)
        """Whether the request comes in as an object instead of scope and receive."""
        self.has_request = (
            self.is_object
            or self.is_open
            or any(isinstance(step, BODIES) and step.by_request for step in plan.steps)
            or plan.gives("request", "connection", "websocket")
            or any(isinstance(step, Show) for step in plan.steps)
        )
        self.keeps_request = self.has_request and not self.is_object
        """Whether handlers of exceptions find the request or the WebSocket in the scope."""

    # --- lines, blocks and names -----------------------------------------------------------

    def line(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    @contextmanager
    def block(self, opening: str) -> Iterator[None]:
        self.line(opening)
        self.depth += 1
        yield
        self.depth -= 1

    def bind(self, stem: str, value: Any) -> str:
        """A name for *value*: *stem* and the number of the binding."""
        name = f"{stem}_{len(self.bindings) + 1}"
        self.bindings[name] = value
        return name

    def bind_once(self, name: str, value: Any) -> str:
        self.bindings[name] = value
        return name

    # --- calls ---------------------------------------------------------------------------

    def call(self, function: Callable[..., Any], arguments: Arguments, stem: str = "call") -> str:
        """A call of *function*: positional where its signature surely allows it."""
        return f"{self.bind(stem, function)}({self.passed(function, arguments)})"

    def passed(self, function: Callable[..., Any], arguments: Arguments) -> str:
        slots = dict(arguments)
        parts = []
        for name in positional_names(function):
            if name not in slots:
                break
            parts.append(f"value_{slots.pop(name)}")
        if slots:
            # Names are the author's, so they are bound.
            pairs = [f"{self.bind('name', name)}: value_{slot}" for name, slot in slots.items()]
            parts.append("**{" + ", ".join(pairs) + "}")
        return ", ".join(parts)

    def awaited(
        self,
        function: Callable[..., Any],
        arguments: Arguments,
        *,
        is_async: bool,
        stem: str = "call",
        via: str | None = None,
    ) -> str:
        """An awaited call of *function*; in a thread it may be made by the word *via*."""
        if is_async:
            return f"await {self.call(function, arguments, stem)}"
        passed = self.passed(function, arguments)
        parts = [part for part in (via, self.bind(stem, function), passed) if part]
        return f"await call_in_thread({', '.join(parts)})"

    @property
    def background(self) -> str:
        return "background" if self.has_background else "None"

    @property
    def injected(self) -> str:
        return "response" if self.has_response else "None"
