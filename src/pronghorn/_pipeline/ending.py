"""The end of a handler as text: the call of the endpoint, its answer, and the sending."""

from pronghorn._pipeline import replying
from pronghorn._pipeline.callables import Kind
from pronghorn._pipeline.fields import bound_json_writer, bound_validator
from pronghorn._pipeline.steps import Answer, Entry, Hold, OpenAnswer, Reply
from pronghorn._pipeline.telling import spanned, word
from pronghorn._pipeline.text import Text


def write_answer(text: Text, step: Answer) -> None:
    if step.kind.is_generator:
        write_stream(text, step)
    else:
        is_async = step.kind is Kind.COROUTINE
        if step.is_checked_in_thread:
            write_checked_run(text, step)
        else:
            write_run(text, step, is_async=is_async)
        with text.block("if isinstance(result, Response):"):
            text.line(f"reply = passed_on(result, {text.background})")
        with text.block("else:"):
            if not step.is_checked_in_thread:
                write_fetch(text, step.reply)
            write_content(text, step, is_async=is_async)


def write_run(text: Text, step: Answer, *, is_async: bool) -> None:
    """Call the endpoint; its span begins in the thread that it runs in."""
    has_spans = step.has_spans and is_async
    with spanned(text, "endpoint", step.function, has_spans=has_spans):
        via = word(text, "call_observed") if step.has_spans and not is_async else None
        call = text.awaited(
            step.function, step.arguments, is_async=is_async, stem="endpoint", via=via
        )
        text.line(f"result = {call}")


def write_checked_run(text: Text, step: Answer) -> None:
    check = bound_validator(step.reply.model) if step.reply.model else None
    made = replying.make_checked_call(check, step.reply.fetcher) if check else None
    checked = text.bind("checked", made)
    call = text.awaited(step.function, step.arguments, is_async=False, stem="endpoint", via=checked)
    context = text.bind_once("context", text.context)
    with text.block("try:"):
        text.line(f"result = {call}")
    with text.block("except BadResultError as bad:"):
        text.line(f"raise bad_answer(bad.error, bad.value, {context}(scope)) from bad.error")


def write_fetch(text: Text, reply: Reply) -> None:
    """Fetch the result, if it is what has to be fetched."""
    if reply.fetcher is None:
        return
    takes = text.bind("takes", reply.fetcher.takes)
    with text.block(f"if isinstance(result, {takes}):"):
        text.line(f"result = await {text.bind('fetch', reply.fetcher.fetch)}(result)")


def write_stream(text: Text, step: Answer) -> None:
    stream = bind_stream(text, step.reply, step.kind)
    items = text.call(step.function, step.arguments, "endpoint")
    write_stream_reply(text, step.reply, stream, items)


def bind_stream(text: Text, reply: Reply, kind: Kind) -> str:
    # What is returned may be either.
    is_async = kind is Kind.ASYNC_GENERATOR if kind.is_generator else None
    return text.bind("stream", replying.make_streamer(reply, text.context, is_async=is_async))


def write_stream_reply(text: Text, reply: Reply, stream: str, items: str) -> None:
    stack = ", until_end" if reply.stream == "events" else ""
    text.line(f"reply = await {stream}({items}, scope, {text.background}, {text.injected}{stack})")


def write_content(text: Text, step: Answer, *, is_async: bool) -> None:
    """Make of `result` the `reply`, or the bytes `content` if they are sent as they are."""
    reply = step.reply
    if reply.stream is not None:
        stream = bind_stream(text, reply, step.kind)
        write_stream_reply(text, reply, stream, "result")
        return
    with spanned(text, "serialization", step.function, has_spans=step.has_spans):
        if reply.model is not None and not step.is_checked_in_thread:
            write_check_result(text, reply, is_async=is_async)
        if is_direct(text, reply):
            text.line("reply = None")
        text.line(f"content = {written_result(text, reply)}")
    if is_direct(text, reply):
        return
    if reply.has_default_class:
        respond = replying.make_json_responder(reply)
    else:
        respond = replying.make_responder(reply.response_class, reply.status_code)
    name = text.bind("respond", respond)
    text.line(f"reply = {name}(content, {text.background}, {text.injected})")


def is_direct(text: Text, reply: Reply) -> bool:
    """Whether the bytes are sent without a response object between."""
    return (
        text.plan.entry is Entry.ASGI
        and reply.has_default_class
        and not text.has_response
        and has_body(reply.status_code)
    )


def write_check_result(text: Text, reply: Reply, *, is_async: bool) -> None:
    assert_model = bound_validator(reply.model) if reply.model else None
    check = text.bind("check", assert_model)
    context = text.bind_once("context", text.context)
    with text.block("try:"):
        if is_async:
            text.line(f"result = {check}(result, from_attributes=True)")
        else:
            # What it reads may block: the attributes of a database object, for one.
            text.line(f"result = await call_in_thread({check}, result, from_attributes=True)")
    with text.block("except ValidationError as error:"):
        text.line(f"raise bad_answer(error, result, {context}(scope))")


def written_result(text: Text, reply: Reply) -> str:
    if not reply.has_default_class:
        return f"{text.bind('encode', replying.make_encoder(reply))}(result)"
    if reply.model is None:
        return "json_bytes(result)"
    options = replying.plain_filters(reply.filters)
    write_json = text.bind("write", bound_json_writer(reply.model))
    if options == {"by_alias": True}:
        return f"{write_json}(result, by_alias=True)"
    return f"{write_json}(result, **{text.bind('options', options)})"


def write_send(text: Text) -> None:
    replies = [step.reply for step in text.plan.steps if isinstance(step, (Answer, OpenAnswer))]
    reply = replies[0]
    if reply.stream is None and is_direct(text, reply):
        write_send_bytes(text, reply)
    else:
        text.line("await reply(scope, receive, noting_start(scope, send))")
    write_late(text)


def write_late(text: Text) -> None:
    """Remember how many tasks have run, if more may be added when the request's scope ends."""
    is_held = any(isinstance(step, Hold) and step.scope == "request" for step in text.plan.steps)
    if text.has_background and is_held:
        text.line("tasks_run = len(background.tasks)")


def write_send_bytes(text: Text, reply: Reply) -> None:
    # The number may be of another type, which HTTP does not show.
    status = int(reply.status_code or 200)
    with text.block("if reply is None:"):
        text.line("scope[STARTED] = True")
        text.line(
            f"await send({{'type': 'http.response.start', 'status': {status:d},"
            " 'headers': [length(content), JSON_TYPE]})"
        )
        text.line("await send({'type': 'http.response.body', 'body': content})")
        if text.has_background:
            text.line("await background()")
    with text.block("else:"):
        text.line("await reply(scope, receive, noting_start(scope, send))")


def has_body(status_code: int | None) -> bool:
    return status_code is None or not (
        status_code < 200 or status_code > 999 or status_code in (204, 205, 304)
    )


def write_end_attempt(text: Text) -> None:
    """End what is tried: after an error that allows it, from its beginning on."""
    text.line("attempts.end()")
    text.line("break")
    text.depth -= 1
    with text.block("except Exception as error:"), text.block("if not attempts.go_on(error):"):
        text.line("raise")
    text.line("await attempts.begin_another()")
    text.depth -= 1
