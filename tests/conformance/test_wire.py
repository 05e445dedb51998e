"""The comparison on the wire: what it calls equal, what it lets pass, what it asks."""

import json
import random
from dataclasses import replace

import pytest
from wire import comparison
from wire.comparison import Findings, Listed, read_listed
from wire.generator import generate
from wire.operations import find_operations
from wire.requesting import Answer, Request
from wire.run import compare_folders
from wire.schemas import Schemas

REQUEST = Request("own.shop", b"/items?a=NaN")
ANSWER = Answer(200, ((b"content-type", b"text/plain"),), b"text", events=[["< start 200"]])
LISTED = Listed(
    "NaN",
    "a number that is none",
    ("status", "body"),
    {"target": "NaN", "theirs": 500, "ours": 422},
)
DOCUMENT = {
    "paths": {
        "/items/{n}": {
            "post": {
                "parameters": [
                    {"in": "path", "name": "n", "required": True, "schema": {"type": "integer"}},
                    {"in": "query", "name": "q", "schema": {"type": "string"}},
                ],
                "requestBody": {
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Item"}}
                    }
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Item": {
                "type": "object",
                "required": ["price"],
                "properties": {"price": {"type": "number", "minimum": 1}},
            }
        }
    },
}


@pytest.mark.parametrize(
    ("aspect", "value"),
    [
        ("status", 201),
        ("headers", ((b"Content-Type", b"text/plain"),)),
        ("body", b"text "),
        ("events", [["> body", "< start 200"]]),
        ("fault", "reset"),
    ],
)
def test_answers_differ_in_what_is_sent_and_in_what_happened(aspect, value):
    assert comparison.compare(ANSWER, ANSWER) == ()
    assert comparison.compare(ANSWER, replace(ANSWER, **{aspect: value})) == (aspect,)


def answers(theirs=500, ours=422):
    return Answer(theirs, body=b"a"), Answer(ours, body=b"b")


@pytest.mark.parametrize("target", [REQUEST.target, b"/items?a=%4ea%4E"])
def test_a_listed_difference_is_none_that_counts(target):
    findings = Findings([LISTED])
    findings.add(replace(REQUEST, target=target), *answers())
    assert (findings.unlisted, findings.never()) == ([], [])


@pytest.mark.parametrize(
    ("request_", "theirs", "ours", "narrower"),
    [
        (replace(REQUEST, target=b"/items?a=1"), *answers(), {}),
        (replace(REQUEST, target=b"/items?a=%4eA"), *answers(), {}),
        (REQUEST, *answers(theirs=400), {}),
        (REQUEST, *answers(ours=400), {}),
        (REQUEST, *answers(), {"applications": ("own.other",)}),
        (REQUEST, *answers(), {"aspects": ("status",)}),
        (REQUEST, *answers(), {"when": {"ours_body": "^a$"}}),
        (REQUEST, *answers(), {"when": {"theirs_events": "raised"}}),
    ],
)
def test_a_listed_difference_explains_no_other(request_, theirs, ours, narrower):
    findings = Findings([replace(LISTED, **narrower)])
    findings.add(request_, theirs, ours)
    assert [difference.request for difference in findings.unlisted] == [request_]
    assert findings.never() == ["NaN: a number that is none"]


def test_only_the_named_headers_may_differ():
    listed = replace(LISTED, aspects=("headers",), when={"headers": ["content-length"]})
    theirs = replace(ANSWER, headers=((b"content-length", b"1"), (b"x-a", b"1")))
    ours = replace(ANSWER, headers=((b"content-length", b"2"), (b"x-a", b"1")))
    assert listed.explains(REQUEST, theirs, ours, ("headers",))
    ours = replace(ours, headers=((b"content-length", b"2"), (b"x-a", b"2")))
    assert not listed.explains(REQUEST, theirs, ours, ("headers",))


# Answers that differ as they are meant to, by the reason that lets them pass.
HTML = (b"content-type", b"text/html; charset=utf-8")
JSON = (b"content-type", b"application/json")
PAGE = "<title>A - ReDoc</title><redoc spec-url={}></redoc><script src={}></script>"
ERROR = {"type": "int_type", "loc": ["body", 0], "msg": "no integer", "input": "x"}
NOT_FOUND = b'{"detail":"Not Found"}'
CLOSED = "< websocket.close 1008 "


def sent(body, *headers, status=200, before=(), after=()):
    length = (b"content-length", b"%d" % len(body))
    happened = [f"< start {status}", f"< body of {len(body)}, the last"]
    return Answer(status, (length, *headers), body, events=[[*before, *happened, *after]])


def sent_json(value, **more):
    return sent(json.dumps(value, separators=(",", ":")).encode(), JSON, **more)


def page(address, document='"/openapi.json"'):
    return sent(PAGE.format(document, f'"{address}"').encode(), HTML)


def closed(reason):
    return Answer(events=[[CLOSED + repr(reason)]])


def refused(*errors):
    return sent_json({"detail": list(errors)}, status=422, before=["> body"])


def failed(error):
    body = b"Internal Server Error"
    return sent(body, status=500, before=["> body"], after=[f"raised {error}"])


def document(*paths, **ids):
    operation = {name: {"operationId": name_of} for name, name_of in ids.items()}
    return sent_json({"info": 1, "paths": dict.fromkeys(paths, operation)})


OWN_PURPOSE, OWN_SEVERAL = (
    Request(name, b"/openapi.json") for name in ("own.purpose", "own.several")
)
NUMBERS = Request("own.purpose", b"/numbers", b"POST", body=b"[]")
LEFT_OUT = {"type": "errors_left_out", "loc": [], "msg": "2 more errors are not shown"}
LONG = {"type": "missing", "loc": ["query", "number"], "msg": "Field required" * 9, "input": None}
LONG_TEXT = json.dumps([LONG], separators=(",", ":"))
REDOC = Request("any", b"/redoc")
SOCKET = Request("any", b"/ws", b"SOCKET")
MEANT = {
    "it is gone from the document, too": (
        OWN_PURPOSE,
        document("/a", "/shrinking/removed"),
        document("/a"),
        [document(), document("/a", "/shrinking/removed", "/b"), document("/b"), sent(b"{}", JSON)],
    ),
    "it names the first in the alphabet": (
        OWN_SEVERAL,
        document("/any", get="several_any_patch", put="several_any_patch"),
        document("/any", get="several_any_delete", put="several_any_delete"),
        [
            document("/any", get="several_any_delete", put="several_any_put"),
            document("/any", get="several_any_delete"),
            sent(b'"several_any_delete"', JSON),
        ],
    ),
    "the page names files of the application": (
        REDOC,
        page("https://cdn/redoc.js"),
        page("/redoc/redoc.js"),
        [
            sent(b"", HTML),
            page("https://cdn/redoc.js?v=2"),
            page("/redoc/redoc.js", '"/other.json"'),
            page("/redoc/redoc.css"),
        ],
    ),
    "a number that is none": (
        replace(NUMBERS, body=b"[NaN]"),
        failed("ValueError"),
        refused({**ERROR, "input": "NaN"}),
        [
            refused(),
            refused({**ERROR, "input": "another"}),
            refused({**ERROR, "input": "NaN", "loc": []}),
            sent(b"", status=422, before=["> body"]),
            sent_json({"detail": "NaN"}, status=422, before=["> body"]),
        ],
    ),
    "errors are cut at 256 KiB": (
        NUMBERS,
        refused(*[ERROR] * 5),
        refused(*[ERROR] * 3, LEFT_OUT),
        [
            refused(*[ERROR] * 3),
            refused(*[ERROR] * 2, LEFT_OUT),
            refused(*[{**ERROR, "input": "y"}] * 3, LEFT_OUT),
            refused(LEFT_OUT),
        ],
    ),
    "the reason is the errors as JSON": (
        SOCKET,
        closed([LONG]),
        closed(LONG_TEXT[:120] + "…"),
        [
            closed("[nonsense"),
            closed(LONG_TEXT),
            closed(LONG_TEXT[:100] + "…"),
            closed(LONG_TEXT[1:121] + "…"),
            closed([]),
            Answer(events=[[CLOSED + repr(LONG_TEXT[:120] + "…"), "raised KeyError"]]),
        ],
    ),
    "it is gone": (
        Request("own.purpose", b"/shrinking/removed"),
        sent_json("here"),
        sent(NOT_FOUND, JSON, status=404),
        [sent(b"gone", status=404)],
    ),
}


def reasons(request, theirs, ours):
    differing = comparison.compare(theirs, ours)
    return [
        each.reason for each in read_listed() if each.explains(request, theirs, ours, differing)
    ]


@pytest.mark.parametrize("reason", MEANT)
def test_what_is_meant_to_differ_passes(reason):
    request, theirs, ours, _ = MEANT[reason]
    assert reasons(request, theirs, ours) == [reason]


@pytest.mark.parametrize(
    ("reason", "number"), [(reason, n) for reason in MEANT for n in range(len(MEANT[reason][3]))]
)
def test_a_broken_answer_does_not_pass_where_another_would(reason, number):
    request, theirs, _, broken = MEANT[reason]
    assert reasons(request, theirs, broken[number]) == []


@pytest.mark.parametrize("reason", MEANT)
def test_what_is_raised_after_an_answer_does_not_pass(reason):
    request, theirs, ours, _ = MEANT[reason]
    happened = [[*ours.events[0], "raised KeyError"]]
    assert reasons(request, theirs, replace(ours, events=happened)) == []


@pytest.mark.parametrize(
    "request_",
    [
        Request("any", b"/user-info", b"POST", body=b"[]"),
        Request("any", b"/finance?q=nan", b"POST", ((b"x-a", b"Infinity"),), b'{"a": "NaN"}'),
        Request("any", b"/", b"POST", body=b'{"information": "banana"}'),
    ],
)
def test_a_number_is_one_in_the_body(request_):
    assert reasons(request_, failed("ValueError"), refused({**ERROR, "input": "NaN"})) == []


def test_an_entry_says_how_ours_is(tmp_path, monkeypatch):
    says = read_listed()[0].says
    monkeypatch.setattr(comparison, "LISTED", tmp_path / "differences.toml")
    entry = f'[[difference]]\nsays = "{says}"\nreason = ""\naspects = ["body", "status"]\nwhen = '
    comparison.LISTED.write_text(entry + '{ theirs_body = "a" }')
    with pytest.raises(ValueError, match="lets pass any body or status of ours"):
        read_listed()
    comparison.LISTED.write_text(entry + '{ ours = 422, alike = ["a rumour"] }')
    with pytest.raises(ValueError, match=r"has what is not known: \['a rumour'\]"):
        read_listed()


def test_what_is_listed_is_a_line_that_users_read(tmp_path, monkeypatch):
    assert read_listed()
    monkeypatch.setattr(comparison, "LISTED", tmp_path / "differences.toml")
    entry = '[[difference]]\nsays = "never said"\nreason = ""\naspects = ["events"]\n'
    entry += 'when = { ours_events = "a" }\n'
    comparison.LISTED.write_text(entry)
    with pytest.raises(ValueError, match=r"'never said' is no line of differences.md"):
        read_listed()
    comparison.LISTED.write_text(entry.replace('["events"]', '["bodies"]'))
    with pytest.raises(ValueError, match="has what is not known: \\['bodies'\\]"):
        read_listed()


def asked(seed):
    operations = find_operations("own.shop", "", DOCUMENT)
    return list(generate("own.shop", operations, 300, random.Random(seed)))


def test_requests_follow_from_the_seed():
    assert asked(1) == asked(1)
    assert asked(1) != asked(2)


def test_requests_are_of_every_kind():
    assert {request.why for request in asked(1)} == {
        "fits", "strange parameter", "missing parameter", "doubled parameter", "extra parameter",
        "strange body", "other content type", "odd body", "broken body", "odd encoding", "chunks",
        "credentials", "twice", "other method", "other path", "near path", "preflight",
    }  # fmt: skip


def test_what_fits_has_what_is_required_and_keeps_to_limits():
    schemas = Schemas(DOCUMENT)
    rng = random.Random(1)
    made = [schemas.fit({"$ref": "#/components/schemas/Item"}, rng) for _ in range(50)]
    assert all(item["price"] >= 1 for item in made)


def test_a_request_is_written_as_it_goes_over_the_wire():
    request = Request("own.shop", b"/a", b"POST", ((b"X-A", b"\xff"),), b"abcdef")
    head = b"POST /a HTTP/1.1\r\nhost: own.shop.example.com\r\nX-A: \xff\r\n"
    assert request.written() == head + b"content-length: 6\r\n\r\nabcdef"
    cut = replace(request, missing=2)
    assert cut.written() == head + b"content-length: 6\r\n\r\nabcd"
    chunked = replace(request, is_chunked=True)
    pieces = b"2\r\nab\r\n2\r\ncd\r\n2\r\nef\r\n0\r\n\r\n"
    assert chunked.written() == head + b"transfer-encoding: chunked\r\n\r\n" + pieces


def test_files_are_compared_from_both_sides(tmp_path):
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    for folder, texts in ((theirs, "acd"), (ours, "abD")):
        (folder / "below").mkdir(parents=True)
        for text in texts:
            (folder / "below" / f"{text.lower()}.log").write_text(text)
    assert compare_folders(theirs, ours) == [
        "the applications wrote below/b.log on Pronghorn alone",
        "the applications wrote no below/c.log on Pronghorn",
        "the applications wrote another below/d.log on Pronghorn",
    ]
    assert compare_folders(theirs, theirs) == []
