"""The plan as Python text, with the values that it is bound to.

Nothing that a user wrote appears in the text: names, defaults and functions are bound.  The
text may say only the words of `reading` and `replying` and the names that are bound here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, assert_never

from pronghorn._pipeline import form_reading, reading, replying
from pronghorn._pipeline.beginning import is_simple, needs_all, write_attempt, write_head
from pronghorn._pipeline.ending import write_answer, write_end_attempt, write_late, write_send
from pronghorn._pipeline.exits import make_manager
from pronghorn._pipeline.fields import bound_validator
from pronghorn._pipeline.json_bodies import make_json_reader, make_json_reader_of_request
from pronghorn._pipeline.json_mode import bound_json_validator
from pronghorn._pipeline.opening import write_open_answer, write_open_talk, write_solve
from pronghorn._pipeline.plan import Plan
from pronghorn._pipeline.scopes import STACKS, write_scoped
from pronghorn._pipeline.steps import (
    Answer,
    Attempt,
    Begin,
    Call,
    Check,
    CheckBudget,
    Collect,
    EndAttempt,
    EndMeasure,
    EndMind,
    EndSpan,
    Enter,
    Entry,
    Give,
    Hold,
    Keep,
    Measure,
    Mind,
    Missing,
    NoteAnswer,
    OpenAnswer,
    OpenTalk,
    Read,
    ReadForm,
    ReadGroup,
    ReadJSON,
    ReadParts,
    ReadWhole,
    Release,
    ReleaseEarly,
    Repeat,
    Return,
    RunTasks,
    Send,
    Show,
    ShowSolved,
    ShowValues,
    Solve,
    Span,
    Step,
    Talk,
    Watch,
)
from pronghorn._pipeline.telling import write_told
from pronghorn._pipeline.text import Text
from pronghorn._record import record

WORDS: dict[str, Any] = {**reading.WORDS, **replying.WORDS}
SIGNATURES = {
    Entry.ASGI: "async def handle(scope, receive, send):",
    Entry.WEBSOCKET: "async def handle(scope, receive, send):",
    Entry.REQUEST: "async def handle(request):",
    Entry.VALUES: "async def handle(request, body, background, response, cache):",
}


@record
class Source:
    """A function `handle` as text, and what its names stand for."""

    text: str
    bindings: dict[str, Any]


def write(plan: Plan) -> Source:
    """Write the function that does what *plan* says."""
    writer = Writer(plan)
    writer.write_all()
    return Source("\n".join(writer.lines) + "\n", {**WORDS, **writer.bindings})


class Writer(Text):
    """Writes one plan: a line at a time, blocks opened and closed as the steps say."""

    # --- the whole -------------------------------------------------------------------------

    def write_all(self) -> None:
        with self.block(SIGNATURES[self.plan.entry]):
            write_head(self)
            for step in self.plan.steps:
                self.write_step(step)
            if self.keeps_request or self.has_form:
                # The request holds the scope, and the scope the request: no circle is left.
                self.line("scope.pop(REQUEST, None)")

    def write_step(self, step: Step) -> None:  # noqa: C901, PLR0912, PLR0915 - one case a step
        match step:
            case Hold() | Release() | ReleaseEarly() | Watch() | NoteAnswer():
                write_scoped(self, step)
            case ReadJSON():
                self.write_read_json(step)
            case ReadForm():
                self.write_read_form(step)
            case Begin(node):
                self.line(f"before_{node} = errors")
            case Keep(node):
                self.line(f"added_{node} = errors[len(before_{node}):]")
            case Repeat(node):
                self.line(f"errors += added_{node}")
            case Read():
                self.write_read(step)
            case ReadGroup():
                self.write_read_group(step)
            case ReadWhole():
                self.write_read_whole(step)
            case ReadParts():
                self.write_read_parts(step)
            case Give():
                self.write_give(step)
            case Call():
                self.write_call(step)
            case Enter():
                self.write_enter(step)
            case Check():
                self.write_check(step)
            case Answer():
                write_answer(self, step)
            case Return():
                self.line("return reply")
            case Attempt():
                write_attempt(self, step)
            case EndAttempt():
                write_end_attempt(self)
            case Measure(budget):
                self.line(f"with {self.bind('measure', budget.measure)}(scope) as measured:")
                self.depth += 1
            case CheckBudget():
                self.line("measured.check()")
            case EndMeasure():
                self.depth -= 1
            case Talk():
                self.line(f"await {self.call(step.function, step.arguments, 'endpoint')}")
            case Collect():
                self.write_collect(step)
            case Solve():
                write_solve(self, step)
            case OpenAnswer():
                write_open_answer(self, step)
            case OpenTalk():
                write_open_talk(self, step)
            case Show() | ShowValues() | ShowSolved() | Span() | EndSpan() | Mind() | EndMind():
                write_told(self, step)
            case Send():
                write_send(self)
            case RunTasks():
                self.line("await background()")
                write_late(self)
            case _:
                assert_never(step)

    # --- bodies ----------------------------------------------------------------------------

    def write_read_json(self, step: ReadJSON) -> None:
        source = "request" if self.has_request else "scope, receive"
        make = make_json_reader_of_request if self.has_request else make_json_reader
        early = step.early
        if early is None:
            read = self.bind("read_json", make(step.is_strict, self.context))
            self.line(f"body = await {read}({source})")
        else:
            from_json = bound_json_validator(early.field)
            read = self.bind("read_and_validate", make(step.is_strict, self.context, from_json))
            self.line(f"body, value_{early.slot} = await {read}({source})")

    def write_read_form(self, step: ReadForm) -> None:
        if self.is_object or step.by_request:
            make, given = form_reading.make_form_reader_of_request, "request"
        elif self.has_request:
            make, given = form_reading.make_form_reader_of_own_request, "request"
        else:
            make, given = form_reading.make_form_reader, "scope, receive, send"
        read = self.bind("read_form", make(dict(step.limits), self.context))
        self.line(f"body = await {read}({given}, {STACKS[step.scope]})")

    # --- parameters --------------------------------------------------------------------------

    def write_read(self, step: Read) -> None:
        value = f"value_{step.slot}"
        loc: Any = (step.place, step.names[0])
        if is_simple(step):
            where = self.bind("where", loc)
            self.line(f"raw = {self.lookup(step)}")
            absent = "raw is None"
        else:
            where = "where"
            pick = self.bind("pick", reading.make_picker(step.field, step.place, step.names))
            self.line(f"raw, where = {pick}({RECEIVED[step.place]})")
            absent = "raw is Undefined"
        with self.block(f"if {absent}:"):
            self.write_missing(step.field, step.missing, value, where, loc)
        with self.block("else:"):
            self.write_validate(step.field, value, "raw", where)

    def lookup(self, step: Read) -> str:
        name = step.names[0]
        if step.place == "header" and not self.is_object and not needs_all(self, "header"):
            return f"find_header(headers, {self.bind('name', name.lower().encode('latin-1'))})"
        return f"{RECEIVED[step.place]}.get({self.bind('name', name)})"

    def write_missing(self, field: Any, missing: Missing, value: str, where: str, loc: Any) -> None:
        match missing:
            case Missing.REFUSE:
                self.line(f"errors += missing({where})")
            case Missing.DEFAULT:
                self.line(f"{value} = {self.bind('default', field.field_info.default)}")
            case Missing.COPY:
                self.line(f"{value} = deepcopy({self.bind('default', field.field_info.default)})")
            case Missing.MAKE:
                self.line(f"{value} = {self.bind('make', field.get_default)}()")
            case Missing.VALIDATE:
                default = self.bind("validated_default", reading.make_default(field, loc))
                self.line(f"{value}, more = {default}()")
                self.line("errors += tuple(more)")
            case _:
                assert_never(missing)

    def write_validate(self, field: Any, value: str, raw: str, where: str) -> None:
        check = self.bind("check", bound_validator(field))
        with self.block("try:"):
            self.line(f"{value} = {check}({raw}, from_attributes=True)")
        with self.block("except ValidationError as error:"):
            self.line(f"errors += found(error, {where})")

    def write_read_group(self, step: ReadGroup) -> None:
        read = self.bind(
            "read_group", reading.make_group_reader(step.field, step.model, step.place)
        )
        self.line(f"value_{step.slot}, more = {read}({RECEIVED[step.place]})")
        self.line("errors += tuple(more)")

    def write_read_whole(self, step: ReadWhole) -> None:
        value = f"value_{step.slot}"
        if step.is_form:
            read = self.bind("read_whole", form_reading.make_form_whole_reader(step.field))
            self.line(f"{value}, more = await {read}(body)")
            self.line("errors += tuple(more)")
            return
        if step.is_shared:
            self.line(f"body, {value} = body_now(request, body, {value})")
        if step.is_early:
            with self.block(f"if {value} is Undefined:"):
                self.write_parsed_whole(step, value)
        else:
            self.write_parsed_whole(step, value)

    def write_parsed_whole(self, step: ReadWhole, value: str) -> None:
        loc = ("body",)
        where = self.bind("where", loc)
        with self.block("if body is Undefined:"):
            self.write_missing(step.field, step.missing, value, where, loc)
        with self.block("else:"):
            self.write_validate(step.field, value, "body", where)

    def write_read_parts(self, step: ReadParts) -> None:
        if step.is_form:
            read = self.bind("read_parts", form_reading.make_form_parts_reader(step.fields))
            self.line(f"values, more = await {read}(body)")
        else:
            read = self.bind("read_object", reading.make_object_reader(step.fields))
            self.line(f"values, more = {read}(body)")
        self.line("errors += tuple(more)")
        targets = ", ".join(f"value_{slot}" for _, slot in step.slots)
        self.line(f"{targets}, = values")

    def write_give(self, step: Give) -> None:
        if step.given == "scopes":
            given = f"security_scopes({self.bind('scopes', step.scopes)})"
        else:
            given = GIVEN[step.given]
        self.line(f"value_{step.slot} = {given}")

    # --- calls -----------------------------------------------------------------------------

    @contextmanager
    def guarded(self, guard: int | None) -> Iterator[None]:
        if guard is None:
            yield
            return
        with self.block(f"if errors is before_{guard}:"):
            yield

    @contextmanager
    def remembered(self, step: Call | Enter) -> Iterator[None]:
        if step.memory is None:
            yield
            return
        key = self.bind("key", step.memory.key)
        if step.memory.is_read:
            with self.block(f"if {key} in cache:"):
                self.line(f"value_{step.slot} = cache[{key}]")
            with self.block("else:"):
                yield
        else:
            yield
        self.line(f"cache.setdefault({key}, value_{step.slot})")

    def write_call(self, step: Call) -> None:
        if step.may_block:
            call = self.awaited(step.function, step.arguments, is_async=step.is_async)
        else:
            call = self.call(step.function, step.arguments)
        with self.guarded(step.guard), self.remembered(step):
            if step.limit is None:
                self.line(f"value_{step.slot} = {call}")
            else:
                with self.block(f"async with {self.bind('limit', step.limit)}.semaphore():"):
                    self.line(f"value_{step.slot} = {call}")

    def write_enter(self, step: Enter) -> None:
        stack = STACKS[step.scope]
        if step.is_async and step.limit is None and not self.is_object:
            # What others call us with need not be a stack of ours.
            generator = self.call(step.function, step.arguments)
            entered = f"{stack}.enter_generator({generator}, shield)"
        else:
            manager = make_manager(step.function, is_async=step.is_async, limit=step.limit)
            passed = self.passed(step.function, step.arguments)
            manage = f"{self.bind('manage', manager)}({passed})"
            if step.is_async:
                manage = f"shielded({manage}, shield)"
            entered = f"{stack}.enter_async_context({manage})"
        with self.guarded(step.guard), self.remembered(step):
            self.line(f"value_{step.slot} = await {entered}")

    # --- the end ---------------------------------------------------------------------------

    def write_check(self, step: Check) -> None:
        context = self.bind_once("context", self.context)
        with self.block("if errors:"):
            if self.plan.entry is Entry.WEBSOCKET:
                self.line(f"raise websocket_refusal(errors, {context}(scope))")
            else:
                body = self.sent_body() if step.has_body else "Undefined"
                self.line(f"raise refusal(errors, {body}, {context}(scope))")

    def sent_body(self) -> str:
        """The body as it is shown beside errors: parsed, although a value was made of its bytes."""
        is_early = any(isinstance(step, ReadWhole) and step.is_early for step in self.plan.steps)
        return "body_for_errors(body, scope)" if is_early else "body"

    def write_collect(self, step: Collect) -> None:
        pairs = ", ".join(f"{self.bind('name', name)}: value_{slot}" for name, slot in step.values)
        self.line(f"return found_among({{{pairs}}}), errors")


RECEIVED = {"path": "path", "query": "query", "header": "headers", "cookie": "cookies"}
GIVEN = {
    "request": "request",
    "websocket": "request",
    "connection": "request",
    "response": "response",
    "background": "background",
}
