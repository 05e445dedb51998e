"""A plan, with all that may be tried again between `Attempt` and `EndAttempt`.

The body is read once.  A form is read before the attempts, and its files are closed after them
all; JSON is parsed anew by each attempt, from the bytes that the first one received.
"""

from collections.abc import Sequence

from pronghorn._pipeline.plan import Plan
from pronghorn._pipeline.steps import (
    Attempt,
    EndAttempt,
    Enter,
    Entry,
    Hold,
    ReadForm,
    Release,
    ReleaseEarly,
    Return,
    Solve,
    Step,
)
from pronghorn._record import replace
from pronghorn.retries import Retry

OUTSIDE = (ReadForm, Return)
"""What is done once, however many attempts there are."""


def retried(plan: Plan, retry: Retry) -> Plan:
    """*plan*, tried again as *retry* says."""
    forms = [replace(step, scope="attempts") for step in plan.steps if isinstance(step, ReadForm)]
    inner: list[Step] = [step for step in plan.steps if not isinstance(step, OUTSIDE)]
    is_held_by_caller = plan.entry is Entry.REQUEST
    if is_held_by_caller:
        inner = held_by_attempt(inner)
    steps: list[Step] = [*forms, Attempt(retry), *inner, EndAttempt()]
    if forms and not is_held_by_caller:
        steps = [Hold("attempts"), *steps, Release("attempts")]
    returns = [step for step in plan.steps if isinstance(step, Return)]
    return replace(plan, steps=(*steps, *returns))


def held_by_attempt(steps: Sequence[Step]) -> list[Step]:
    """*steps* within scopes of their own, where the caller has some for all attempts.

    Those of function scope end with the attempt, so that it may fail by their ends.  The others
    end with those of the caller.
    """
    is_open = any(isinstance(step, Solve) for step in steps)
    scopes = {step.scope for step in steps if isinstance(step, Enter)}
    held = list(steps)
    if is_open or "function" in scopes:
        held = [Hold("function"), *held, Release("function")]
    if "commit" in scopes:
        held = [Hold("commit"), *held, ReleaseEarly()]
    if is_open or scopes & {"commit", "request"}:
        held = [Hold("request"), *held, Release("request", is_passed_on=True)]
    return held
