"""The scopes of a plan as text: stacks that are held, and left where the plan says."""

from pronghorn._pipeline.replying import unanswered
from pronghorn._pipeline.stack import BRIEF_STACK, COMMIT_STACK
from pronghorn._pipeline.steps import (
    Entry,
    Held,
    Hold,
    NoteAnswer,
    Release,
    ReleaseEarly,
    Watch,
)
from pronghorn._pipeline.text import Text

STACKS: dict[Held, str] = {
    "attempts": "until_settled",
    "request": "until_end",
    "commit": "until_commit",
    "function": "until_reply",
    "brief": "until_ready",
}
STACK_KEYS: dict[Held, str] = {
    "request": "fastapi_inner_astack",
    "commit": COMMIT_STACK,
    "function": "fastapi_function_astack",
    "brief": BRIEF_STACK,
}
"""Where others find the stacks in the request's scope."""
Scoped = Hold | Release | ReleaseEarly | Watch | NoteAnswer


def write_scoped(text: Text, step: Scoped) -> None:
    match step:
        case Hold():
            write_hold(text, step)
        case Release():
            write_release(text, step)
        case ReleaseEarly():
            from pronghorn._pipeline.committing import make_leaver  # noqa: PLC0415 - few need it

            write_swallowed(text, "commit")
            leave = text.bind("leave", make_leaver(text.plan.endpoint, text.plan.path, unanswered))
            with text.block("else:"):
                text.line(f"await {leave}(reply, until_commit, until_end)")
        case Watch():
            from pronghorn.answered import make_watch  # noqa: PLC0415 - for development

            watch = text.bind("watch", make_watch(text.plan.endpoint, text.plan.path))
            text.line(f"watched = {watch}(until_end)")
        case NoteAnswer():
            text.line("watched.is_answered = True")


def write_hold(text: Text, step: Hold) -> None:
    stack = STACKS[step.scope]
    text.line(f"{stack} = Exits()")
    if step.scope in STACK_KEYS:
        text.line(f"scope['{STACK_KEYS[step.scope]}'] = {stack}")
    if step.has_async_cleanup:
        text.line(f"shield = {stack}.cleanup_shield()")
    text.line("try:")
    text.depth += 1


def write_release(text: Text, step: Release) -> None:
    write_swallowed(text, step.scope)
    with text.block("else:"):
        if step.is_passed_on:
            text.line(f"{STACKS['attempts']}.push_async_exit({STACKS[step.scope]})")
        elif step.is_strict:
            with text.block(f"if await {STACKS[step.scope]}.end_each():"):
                text.line("raise unanswered()")
        else:
            text.line(f"await {STACKS[step.scope]}.end()")
    if step.scope == "request" and text.has_background and not step.is_passed_on:
        with text.block("if len(background.tasks) > tasks_run:"):
            text.line("await run_late(background, tasks_run)")


def write_swallowed(text: Text, scope: Held) -> None:
    """Leave the scope after an exception, and go no further."""
    text.depth -= 1
    with text.block("except BaseException as error:"):
        text.line(f"is_swallowed = await {STACKS[scope]}.end_with(error)")
        with text.block("if not is_swallowed:"):
            text.line("raise")
        if text.plan.entry is not Entry.WEBSOCKET or scope == "brief":
            # An exit that swallowed the exception got us here without an answer.
            text.line("raise unanswered()")
