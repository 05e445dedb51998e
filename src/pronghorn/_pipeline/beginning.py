"""The beginning of a handler as text: what is had before the first step."""

from collections.abc import Iterator
from functools import partial

from pronghorn._pipeline.stack import BRIEF_STACK, COMMIT_STACK
from pronghorn._pipeline.steps import (
    Answer,
    Attempt,
    Collect,
    Enter,
    Entry,
    Read,
    ReadGroup,
    ReadWhole,
    ShowValues,
    Step,
)
from pronghorn._pipeline.text import Text


def write_head(text: Text) -> None:
    """What is had before the first step."""
    if text.is_object:
        text.line("scope = request.scope")
        write_outer_stacks(text)
    elif text.has_request:
        kind = "WebSocket" if text.plan.entry is Entry.WEBSOCKET else "Request"
        text.line(f"request = {kind}(scope, receive, send)")
    if text.keeps_request:
        text.line("scope[REQUEST] = request")
    if not text.has_attempts:
        write_fresh(text)
    if text.plan.reads("path"):
        text.line(
            "path = scope['path_params']" if not text.is_object else "path = request.path_params"
        )
    write_query_head(text)
    write_header_head(text)
    if text.plan.reads("cookie"):
        text.line(
            "cookies = request.cookies"
            if text.is_object
            else "cookies = cookie_values(scope['headers'])"
        )


def write_attempt(text: Text, step: Attempt) -> None:
    """Begin what is tried, perhaps several times."""
    from pronghorn._pipeline.attempts import Attempts  # noqa: PLC0415 - few plans have attempts

    make = text.bind("attempts", partial(Attempts, step.retry))
    receive = "request.receive" if text.is_object else "receive"
    request = "request" if text.has_request else "None"
    form = "body" if text.has_form else "None"
    text.line(f"attempts = {make}(scope, {receive}, {request}, {form})")
    if not text.is_object:
        text.line("receive = attempts.receive")
    text.line("while True:")
    text.depth += 1
    text.line("try:")
    text.depth += 1
    write_fresh(text)


def write_fresh(text: Text) -> None:
    """What is filled while the steps are done, and so is made anew for each attempt."""
    write_unset(text)
    if text.plan.entry is not Entry.VALUES and not text.is_open:
        write_empty(text)
    if text.has_errors and not text.is_open:
        text.line("errors = NO_ERRORS")


def write_empty(text: Text) -> None:
    """What dependencies fill, and what stands for a body that nobody reads."""
    if text.has_background:
        text.line("background = BackgroundTasks()")
        if text.plan.entry is Entry.REQUEST:
            text.line("scope[BACKGROUND] = background")
    if text.has_response:
        text.line("response = blank_response()")
    if text.wants_body and not text.has_body:
        text.line("body = Undefined")


def write_unset(text: Text) -> None:
    """Values that are collected although reading them may fail."""
    collected = {slot for step in text.plan.steps for slot in collected_slots(step)}
    whole = {step.slot for step in text.plan.steps if isinstance(step, ReadWhole)}
    for slot in sorted(collected):
        # FastAPI leaves out what could not be read, but for a body that is one value.
        text.line(f"value_{slot} = {'None' if slot in whole else 'Undefined'}")


def write_outer_stacks(text: Text) -> None:
    """Have the stacks that whoever calls the handler holds."""
    entered = [step for step in text.plan.steps if isinstance(step, Enter)]
    lives = {step.scope for step in entered} if not text.has_attempts else set()
    is_event_stream = any(
        isinstance(step, Answer) and step.reply.stream == "events" for step in text.plan.steps
    )
    # Attempts have stacks of their own.
    outer = "until_settled" if text.has_attempts else "until_end"
    if is_event_stream or entered or text.has_form or text.is_open:
        text.line(f"{outer} = scope['fastapi_inner_astack']")
    if lives & {"function", "brief"}:
        text.line("until_reply = scope['fastapi_function_astack']")
    # Whoever holds the two of FastAPI's need not hold these.
    if "commit" in lives:
        text.line(f"until_commit = scope.get({COMMIT_STACK!r}, until_end)")
    if "brief" in lives:
        text.line(f"until_ready = scope.get({BRIEF_STACK!r}, until_reply)")
    if any(step.is_async for step in entered):
        text.line(f"shield = shield_of(scope, {outer})")


def write_query_head(text: Text) -> None:
    if not text.plan.reads("query"):
        return
    if text.is_object:
        text.line("query = request.query_params")
    elif needs_all(text, "query"):
        text.line("query = QueryParams(scope['query_string'])")
    else:
        text.line("query = query_values(scope['query_string'])")


def write_header_head(text: Text) -> None:
    if not text.plan.reads("header"):
        return
    if text.is_object:
        text.line("headers = request.headers")
    elif needs_all(text, "header"):
        text.line("headers = Headers(raw=scope['headers'])")
    else:
        text.line("headers = scope['headers']")


def needs_all(text: Text, place: str) -> bool:
    """Whether some step wants more than the one value of a name."""
    return any(
        isinstance(step, (Read, ReadGroup))
        and step.place == place
        and (isinstance(step, ReadGroup) or not is_simple(step))
        for step in text.plan.steps
    )


def collected_slots(step: Step) -> Iterator[int]:
    if isinstance(step, (Collect, ShowValues)):
        yield from (slot for _, slot in step.values)


def is_simple(step: Read) -> bool:
    """Whether the value is the one text under one name."""
    return len(step.names) == 1 and not step.takes_many and step.may_be_empty
