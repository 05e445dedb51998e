"""The open steps as text: what is done by functions that others may have replaced.

The functions are looked up in each request, on a module that is bound.  What they are, and
what they do, is not known here.
"""

from pronghorn._pipeline import replying
from pronghorn._pipeline.callables import Kind
from pronghorn._pipeline.ending import bind_stream, write_fetch, write_stream_reply
from pronghorn._pipeline.steps import OpenAnswer, OpenTalk, Solve
from pronghorn._pipeline.telling import spanned
from pronghorn._pipeline.text import Text
from pronghorn._record import named_values


def write_solve(text: Text, step: Solve) -> None:
    names = text.bind_once("names", step.names)
    dependant = text.bind_once("dependant", step.dependant)
    provider = text.bind("provider", step.overrides_provider)
    body = "body=body, " if text.has_body else ""
    text.line(f"solved = await {names}.solve_dependencies(")
    text.line(f"    request=request, dependant={dependant}, {body}")
    text.line(f"    dependency_overrides_provider={provider}, async_exit_stack=until_end,")
    text.line(f"    embed_body_fields={bool(step.is_embedded)},")
    text.line(")")
    text.line("errors = solved.errors")
    text.line("response = solved.response")
    text.line("background = solved.background_tasks or BackgroundTasks()")


def write_open_talk(text: Text, step: OpenTalk) -> None:
    text.line(f"await {text.bind_once('dependant', step.dependant)}.call(**solved.values)")


def write_open_answer(text: Text, step: OpenAnswer) -> None:
    is_async = step.kind is Kind.COROUTINE
    dependant = text.bind_once("dependant", step.dependant)
    if step.kind.is_generator:
        stream = bind_stream(text, step.reply, step.kind)
        write_stream_reply(text, step.reply, stream, f"{dependant}.call(**solved.values)")
    else:
        names = text.bind_once("names", step.names)
        text.line(f"result = await {names}.run_endpoint_function(")
        text.line(f"    dependant={dependant}, values=solved.values, is_coroutine={is_async}")
        text.line(")")
        with text.block("if isinstance(result, Response):"):
            text.line("reply = passed_on(result, background)")
        with text.block("else:"):
            write_fetch(text, step.reply)
            write_open_content(text, names, step, is_async=is_async)


def write_open_content(text: Text, names: str, step: OpenAnswer, *, is_async: bool) -> None:
    reply = step.reply
    if reply.stream is not None:
        write_stream_reply(text, reply, bind_stream(text, reply, step.kind), "result")
        return
    writes_json = reply.model is not None and reply.has_default_class
    bound = text.bind("options", {"field": reply.model, **named_values(reply.filters)})
    context = text.bind_once("context", text.context)
    with spanned(text, "serialization", text.plan.endpoint, has_spans=step.has_spans):
        text.line(f"content = await {names}.serialize_response(")
        text.line(f"    response_content=result, is_coroutine={is_async}, dump_json={writes_json},")
        text.line(f"    endpoint_ctx={context}(scope), **{bound}")
        text.line(")")
    if writes_json:
        respond = replying.make_json_responder(reply)
    else:
        respond = replying.make_responder(reply.response_class, reply.status_code)
    text.line(f"reply = {text.bind('respond', respond)}(content, background, response)")
