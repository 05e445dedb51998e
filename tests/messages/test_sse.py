"""Server-sent events as bytes."""

import pytest
from pydantic import ValidationError

from pronghorn.responses import EventSourceResponse as FromResponses
from pronghorn.sse import KEEPALIVE_COMMENT, EventSourceResponse, ServerSentEvent, format_sse_event


def test_an_event_is_its_fields_in_order_and_an_empty_line():
    written = format_sse_event(
        data_str="a", event="update", id="7", retry=100, comment="for readers"
    )
    assert written == b": for readers\nevent: update\ndata: a\nid: 7\nretry: 100\n\n"


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_each_line_of_data_and_comment_is_a_line_of_its_own(end):
    text = f"a{end}{end}b"
    assert format_sse_event(data_str=text) == b"data: a\ndata: \ndata: b\n\n"
    assert format_sse_event(comment=text) == b": a\n: \n: b\n\n"


def test_other_separators_of_unicode_do_not_end_a_line():
    assert format_sse_event(data_str="a\u2028b\x0cc") == "data: a\u2028b\x0cc\n\n".encode()


def test_empty_fields_are_sent_and_missing_ones_are_not():
    assert format_sse_event(data_str="", event="", id="", retry=0) == (
        b"event: \ndata: \nid: \nretry: 0\n\n"
    )
    assert format_sse_event() == b"\n"


def test_the_keep_alive_is_a_comment():
    assert format_sse_event(comment="ping") == KEEPALIVE_COMMENT


@pytest.mark.parametrize("field", ["event", "id"])
@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_event_and_id_are_single_lines(field, end):
    with pytest.raises(ValidationError, match=f"SSE '{field}' must be a single line"):
        ServerSentEvent(**{field: f"a{end}b"})


def test_an_id_holds_no_null_character():
    with pytest.raises(ValidationError, match="null"):
        ServerSentEvent(id="a\0")


@pytest.mark.parametrize("retry", [-1, 1.5, "soon"])
def test_retry_is_a_whole_number_of_milliseconds(retry):
    with pytest.raises(ValidationError):
        ServerSentEvent(retry=retry)


def test_data_and_raw_data_exclude_each_other():
    with pytest.raises(ValidationError, match="Cannot set both"):
        ServerSentEvent(data=0, raw_data="")
    assert ServerSentEvent(data=None, raw_data="x").raw_data == "x"


def test_the_response_has_the_media_type_of_event_streams():
    assert EventSourceResponse([]).headers["content-type"] == "text/event-stream; charset=utf-8"
    assert FromResponses is EventSourceResponse
