"""A plan, with the steps added that tell OpenTelemetry what happens.

Plans are arranged without them.  They are added while a provider hears of requests, and the
handlers are written once more; so nobody else pays for them.
"""

from collections.abc import Iterator

from pronghorn._pipeline.plan import Plan
from pronghorn._pipeline.steps import (
    Answer,
    Attempt,
    Check,
    EndMind,
    EndSpan,
    Entry,
    Hold,
    Measure,
    Mind,
    OpenAnswer,
    OpenTalk,
    ReadForm,
    ReadJSON,
    ReadWhole,
    Release,
    Show,
    ShowSolved,
    ShowValues,
    Span,
    Step,
    Talk,
    Watch,
)
from pronghorn._record import replace

OPENING = (Attempt, Hold, Measure, Watch)
"""What surrounds all that happens."""
BEFORE = (*OPENING, ReadForm, ReadJSON)
"""What happens before dependencies are called."""
ENDPOINT = (Answer, OpenAnswer, OpenTalk, Talk)
READY = (Check, Release, *ENDPOINT)
"""What comes when all is there for the endpoint."""


def observed(plan: Plan) -> Plan:
    """*plan*, told to whoever observes its requests."""
    if plan.entry is Entry.VALUES:
        # Whoever wants values has spans of its own around it.
        return plan
    plan = replace(plan, steps=tuple(map(late, plan.steps)))
    first = next(n for n, step in enumerate(plan.steps) if not isinstance(step, BEFORE))
    last = next(n for n, step in enumerate(plan.steps) if isinstance(step, READY))
    endpoint = next(step for step in plan.steps if isinstance(step, ENDPOINT))
    steps: tuple[Step, ...] = (
        Show("connection"),
        *(told for step in plan.steps[:first] for told in told_reading(step)),
        Span("dependencies", plan.endpoint),
        *plan.steps[first:last],
        shown(endpoint),
        EndSpan(),
        *(told for step in plan.steps[last:] for told in told_ending(step, plan)),
    )
    return replace(plan, steps=steps)


def late(step: Step) -> Step:
    """*step*, made so that the body is parsed, which is shown."""
    match step:
        case ReadJSON():
            return replace(step, early=None)
        case ReadWhole():
            return replace(step, is_early=False, is_shared=False)
        case _:
            return step


def shown(endpoint: Answer | OpenAnswer | OpenTalk | Talk) -> ShowSolved | ShowValues:
    if isinstance(endpoint, (OpenAnswer, OpenTalk)):
        return ShowSolved()
    return ShowValues(endpoint.arguments)


def told_reading(step: Step) -> Iterator[Step]:
    if isinstance(step, OPENING):
        yield step
    else:
        yield from (Mind(), step, EndMind(), Show("body"))


def told_ending(step: Step, plan: Plan) -> Iterator[Step]:
    match step:
        case Check():
            yield from (Mind(), step, EndMind())
        case Talk() | OpenTalk():
            yield from (Span("endpoint", plan.endpoint), step, EndSpan())
        case Answer():
            # The check has a span of its own, and so a way into a thread of its own.
            yield replace(step, has_spans=True, is_checked_in_thread=False)
        case OpenAnswer():
            yield replace(step, has_spans=True)
        case _:
            yield step
