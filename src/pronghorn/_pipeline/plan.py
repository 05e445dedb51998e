"""What must happen for one request, in order.

A plan is data: it can be compared, printed and read by tools.  It knows nothing of ASGI
and nothing of Python text.
"""

from collections.abc import Callable, Sequence
from enum import Enum
from typing import Any

from pydantic import BaseModel

from pronghorn._pipeline.annotations import is_sequence, is_subclass, model_in
from pronghorn._pipeline.bodies import are_embedded
from pronghorn._pipeline.callables import Kind, may_block
from pronghorn._pipeline.declaration import Dependency, Given
from pronghorn._pipeline.fields import ModelField, aliases_of, takes_many
from pronghorn._pipeline.forms import form_models
from pronghorn._pipeline.holding import Lives, held
from pronghorn._pipeline.json_mode import means_the_same_from_json
from pronghorn._pipeline.replacing import Overrides, Replacing
from pronghorn._pipeline.steps import (
    Answer,
    Arguments,
    Begin,
    BodyReading,
    Call,
    Check,
    Collect,
    Enter,
    Entry,
    Give,
    Hold,
    Keep,
    Memory,
    Missing,
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
    Reply,
    Return,
    RunTasks,
    Send,
    Solve,
    Step,
    Talk,
)
from pronghorn._record import record, replace


@record
class Plan:
    entry: Entry
    endpoint: Callable[..., Any]
    path: str
    steps: tuple[Step, ...]

    def gives(self, *kinds: Given) -> bool:
        """Whether a step gives one of *kinds* to somebody."""
        return any(isinstance(step, Give) and step.given in kinds for step in self.steps)

    def reads(self, place: str) -> bool:
        """Whether a step reads from *place*."""
        return any(
            isinstance(step, (Read, ReadGroup)) and step.place == place for step in self.steps
        )


# --- arranging -------------------------------------------------------------------------


def arrange(
    root: Dependency,
    *,
    entry: Entry,
    reply: Reply | None = None,
    body: BodyReading | None = None,
    overrides: Overrides | None = None,
    is_websocket: bool = False,
    commits_early: bool = False,
    is_watched: bool = False,
) -> Plan:
    """Put everything that *root* needs before its call; share what is asked for twice.

    *overrides* replaces dependencies by others, as `app.dependency_overrides` does.
    *is_websocket* tells who comes in to have values.  *commits_early*: what nobody said to live
    longer is left before the answer is sent.  *is_watched*: late commits are looked for.
    """
    is_websocket = is_websocket or entry is Entry.WEBSOCKET
    # A stream is made while it is sent.
    commits_early = (
        commits_early and not is_websocket and not (reply is not None and reply.is_stream)
    )
    replacing = Replacing(root, overrides)
    lives = Lives(replacing, is_websocket=is_websocket, commits_early=commits_early)
    arranger = Arranger(entry, body or BodyReading(), replacing, lives)
    arguments = arranger.have(root)
    steps = without_idle(arranger.steps)
    if entry is not Entry.VALUES:
        steps = [*reading(body), *steps]
    if entry is Entry.ASGI:
        # A request that comes in as an object may have a `json` method of its own.
        steps = with_early_body(steps)
    steps = surround(root, entry, reply, steps, arguments, body, is_watched=is_watched)
    return Plan(entry, root.call, root.path, tuple(steps))


def arrange_open(
    root: Dependency,
    solve: Solve,
    *,
    entry: Entry,
    reply: Reply | None = None,
    body: BodyReading | None = None,
    commits_early: bool = False,
) -> Plan:
    """Put around *solve* what has to be done by the names that it looks up."""
    steps: list[Step] = [*reading(body), solve, Check(has_body=bool(reading(body)))]
    if reply is None:
        if root.has_resources:
            steps = [Hold("brief"), *steps, Release("brief")]
        steps = [Hold("function"), *steps, OpenTalk(solve.dependant), Release("function")]
        steps = [Hold("request"), *steps, RunTasks(), Release("request")]
    else:
        steps.append(OpenAnswer(solve.names, solve.dependant, root.kind, reply))
        if entry is Entry.ASGI:
            steps = [Hold("function"), *steps, Release("function")]
            if commits_early and not reply.is_stream:
                steps = [Hold("commit"), *steps, ReleaseEarly()]
            steps = [Hold("request"), *steps, Send(), Release("request")]
        else:
            steps.append(Return())
    return Plan(entry, root.call, root.path, tuple(steps))


def with_early_body(steps: list[Step]) -> list[Step]:
    """*steps*, with the body made a value while it is read, where that means the same."""
    read = steps[0] if steps else None
    wholes = [step for step in steps if isinstance(step, ReadWhole)]
    if not isinstance(read, ReadJSON) or read.by_request or len(wholes) != 1:
        return steps
    if not means_the_same_from_json(wholes[0].field):
        return steps
    before = steps[: steps.index(wholes[0])]
    is_shared = any(isinstance(step, Give) and step.given == "request" for step in before)
    early = replace(wholes[0], is_early=True, is_shared=is_shared)
    rest = (early if step is wholes[0] else step for step in steps[1:])
    return [replace(read, early=early), *rest]


def reading(body: BodyReading | None) -> list[Step]:
    if body is None or body.is_ignored:
        return []
    if body.is_form:
        return [ReadForm(body.limits, body.by_request)]
    return [ReadJSON(body.is_strict, body.by_request)]


def surround(
    root: Dependency,
    entry: Entry,
    reply: Reply | None,
    steps: Sequence[Step],
    arguments: Arguments,
    body: BodyReading | None,
    *,
    is_watched: bool,
) -> list[Step]:
    """*steps*, with what comes before and after them for *entry*."""
    if entry is Entry.VALUES:
        return [*steps, Collect(arguments)]
    has_body = bool(reading(body))
    check: list[Step] = [Check(has_body=has_body)] if any(map(is_fallible, steps)) else []
    if reply is None:
        has_tasks = any(isinstance(step, Give) and step.given == "background" for step in steps)
        after = [RunTasks()] if has_tasks else []
        return held(steps, check, [Talk(root.call, arguments)], after)
    # What the check reads may block, too: the attributes of a database object, for one.
    is_in_thread = root.kind is Kind.FUNCTION and reply.model is not None and reply.stream is None
    ending = Answer(root.call, arguments, root.kind, reply, is_checked_in_thread=is_in_thread)
    if entry is Entry.REQUEST:
        # Whoever calls the handler holds and releases.
        return [*steps, *check, ending, Return()]
    # A stream of events has tasks, and a form has files, that end with the request.
    is_held = reply.stream == "events" or (body is not None and body.is_form)
    return held(steps, check, [ending], [Send()], is_held=is_held, is_watched=is_watched)


FALLIBLE = (Read, ReadGroup, ReadWhole, ReadParts)


def is_fallible(step: Step) -> bool:
    return isinstance(step, FALLIBLE)


def without_idle(steps: Sequence[Step]) -> list[Step]:
    """*steps* without the memories that no later step refers to."""
    repeated = {step.node for step in steps if isinstance(step, Repeat)}
    guards = {step.guard for step in steps if isinstance(step, (Call, Enter))}
    return [
        step
        for step in steps
        if not (isinstance(step, Begin) and step.node not in guards | repeated)
        and not (isinstance(step, Keep) and step.node not in repeated)
    ]


class Arranger:
    """Walks a tree of dependencies in FastAPI's order, and writes down the steps."""

    def __init__(self, entry: Entry, body: BodyReading, replacing: Replacing, lives: Lives) -> None:
        # A request is not given to the endpoint of a WebSocket, nor the other way round.
        self.not_given = "request" if lives.is_websocket else "websocket"
        self.remembers = entry is Entry.VALUES
        self.steps: list[Step] = []
        self.body = body
        self.replacing = replacing
        self.lives = lives
        self.called: dict[Any, int] = {}
        """The slot of each dependency that was called and may be shared."""
        self.solved: dict[Any, tuple[int, Arguments, bool]] = {}
        """Node, arguments and fallibility of each subtree that need not be walked again."""
        self.unshared = 0
        """How many calls were met that nothing may be shared with."""
        self.slots = 0
        self.nodes = 1
        """The root is the first node: nobody shares it, and nothing guards its call."""

    def slot(self) -> int:
        self.slots += 1
        return self.slots

    def solve(
        self, dependency: Dependency, *, is_shared: bool = True
    ) -> tuple[Arguments, int | None]:
        """What *dependency* is called with, and the node that guards the call.

        What is called once more has to be given values of its own, which it may change.
        """
        self.nodes += 1
        node = self.nodes
        first, unshared = len(self.steps), self.unshared
        self.steps.append(Begin(node))
        identity = dependency.key[:2]
        if is_shared and identity in self.solved:
            before, arguments, is_fallible_ = self.solved[identity]
            if is_fallible_:
                self.steps.append(Repeat(before))
            return arguments, node if is_fallible_ else None
        arguments = self.have(dependency)
        is_fallible_ = any(map(is_fallible, self.steps[first:])) or any(
            isinstance(step, Repeat) for step in self.steps[first:]
        )
        if is_fallible_:
            self.steps.append(Keep(node))
        if unshared == self.unshared:
            self.solved[identity] = (node, arguments, is_fallible_)
        return arguments, node if is_fallible_ else None

    def have(self, dependency: Dependency) -> Arguments:
        """Have everything that *dependency* is called with."""
        return (
            *self.call_dependencies(dependency),
            *self.read(dependency),
            *self.give(dependency),
        )

    def call_dependencies(self, dependency: Dependency) -> Arguments:
        arguments: list[tuple[str, int]] = []
        for wanted in map(self.replacing.had_for, dependency.dependencies):
            self.unshared += not wanted.use_cache
            used = self.replacing.used_for(wanted)
            own_arguments, guard = self.solve(used, is_shared=wanted.use_cache)
            slot = self.called.get(wanted.key) if wanted.use_cache else None
            if slot is None:
                slot = self.slot()
                self.steps.append(self.call(slot, wanted, used, own_arguments, guard))
                self.called.setdefault(wanted.key, slot)
            if wanted.name is not None:
                arguments.append((wanted.name, slot))
        return tuple(arguments)

    def call(
        self,
        slot: int,
        wanted: Dependency,
        used: Dependency,
        arguments: Arguments,
        guard: int | None,
    ) -> Step:
        """The call of *used* in place of *wanted*, which says how long its value lives."""
        memory = Memory(wanted.key, wanted.use_cache) if self.remembers else None
        if used.kind.is_generator:
            life = self.lives.of(wanted, slot, arguments)
            is_async = used.kind is Kind.ASYNC_GENERATOR
            is_brief = wanted.resource is not None and wanted.resource.is_brief
            return Enter(
                slot, used.call, arguments, is_async, life, used.limit, guard, memory, is_brief
            )
        return Call(
            slot,
            used.call,
            arguments,
            used.kind is Kind.COROUTINE,
            used.limit,
            guard,
            memory,
            may_block=may_block(used.call),
        )

    def read(self, dependency: Dependency) -> Arguments:
        arguments: list[tuple[str, int]] = []
        for parameter in dependency.parameters:
            if parameter.place == "body":
                continue
            slot = self.slot()
            self.steps.append(read_step(slot, parameter.place, parameter.field))
            arguments.append((parameter.name, slot))
        fields = tuple(dependency.parameters_in("body"))
        if not fields:
            return tuple(arguments)
        names = tuple((item.name, self.slot()) for item in fields)
        self.steps.append(body_step(names, fields, self.body))
        return (*arguments, *names)

    def give(self, dependency: Dependency) -> Arguments:
        arguments: list[tuple[str, int]] = []
        for injection in dependency.injections:
            if injection.given == self.not_given:
                continue
            slot = self.slot()
            scopes = tuple(dependency.oauth_scopes) if injection.given == "scopes" else ()
            self.steps.append(Give(slot, injection.given, scopes))
            arguments.append((injection.name, slot))
        return tuple(arguments)


def read_step(slot: int, place: str, item: ModelField) -> Step:
    model = parameter_model(place, item)
    if model is not None:
        return ReadGroup(slot, place, item, model)
    names = tuple(in_request for _, in_request in aliases_of(item))
    is_many = takes_many(item)
    may_be_empty = not is_sequence(item.field_info.annotation)
    return Read(slot, place, names, item, is_many, may_be_empty, missing_of(item))


def parameter_model(place: str, item: ModelField) -> type[BaseModel] | None:
    """The model whose fields are parameters of their own, if *item* is such a group."""
    if item.is_json:
        return None
    annotation = item.field_info.annotation
    if place == "path":
        return annotation if is_subclass(annotation, BaseModel) else None
    return model_in(annotation)


def body_step(names: Arguments, fields: tuple[ModelField, ...], body: BodyReading) -> Step:
    first = fields[0]
    if is_whole(fields, is_embedded=body.is_embedded):
        return ReadWhole(names[0][1], first, missing_of(first), body.is_form)
    return ReadParts(names, fields, body.is_form)


def is_whole(fields: Sequence[ModelField], *, is_embedded: bool) -> bool:
    """Whether the body is one value, and not an object or a form that has it as a part."""
    is_part = is_embedded or are_embedded(fields) or bool(form_models(fields[0]))
    return len(fields) == 1 and not is_part


# Values of these types cannot be changed by who gets them, so they need not be copied.
UNCHANGING = (str, int, float, bool, bytes, type(None), Enum, frozenset)


def missing_of(item: ModelField) -> Missing:
    info = item.field_info
    if info.is_required():
        return Missing.REFUSE
    if info.validate_default:
        return Missing.VALIDATE
    if info.default_factory is not None:
        return Missing.MAKE
    return Missing.DEFAULT if isinstance(info.default, UNCHANGING) else Missing.COPY
