"""A plan, with what it sends to databases measured against a budget.

Only plans for development and for tests have these steps.
"""

from pronghorn._pipeline.plan import Plan
from pronghorn._pipeline.steps import (
    Answer,
    CheckBudget,
    EndMeasure,
    Measure,
    OpenAnswer,
    Return,
    Send,
    Step,
)
from pronghorn._record import replace
from pronghorn.budgets import Budget


def measured(plan: Plan, budget: Budget) -> Plan:
    """*plan*, checked against *budget* when all is ready to be sent, or at the end of a stream."""
    is_stream = any(
        isinstance(step, (Answer, OpenAnswer)) and step.reply.stream is not None
        for step in plan.steps
    )
    steps: list[Step] = [Measure(budget)]
    for step in plan.steps:
        if isinstance(step, Return) or (isinstance(step, Send) and not is_stream):
            steps.append(CheckBudget())
        steps.append(step)
        if isinstance(step, Send) and is_stream:
            steps.append(CheckBudget())
    return replace(plan, steps=(*steps, EndMeasure()))
