"""The comparison on the wire: what it calls equal, what it lets pass, what it asks."""

import random
from dataclasses import replace

import pytest
from wire import comparison
from wire.comparison import Findings, Listed, read_listed
from wire.generator import generate
from wire.operations import find_operations
from wire.requesting import Answer, Request
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


def test_a_listed_difference_is_none_that_counts():
    findings = Findings([LISTED])
    findings.add(REQUEST, *answers())
    assert (findings.unlisted, findings.never()) == ([], [])


@pytest.mark.parametrize(
    ("request_", "theirs", "ours", "narrower"),
    [
        (replace(REQUEST, target=b"/items?a=1"), *answers(), {}),
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


def test_what_is_listed_is_a_line_that_users_read(tmp_path, monkeypatch):
    assert read_listed()
    monkeypatch.setattr(comparison, "LISTED", tmp_path / "differences.toml")
    entry = '[[difference]]\nsays = "never said"\nreason = ""\naspects = ["body"]\nwhen = {}\n'
    comparison.LISTED.write_text(entry)
    with pytest.raises(ValueError, match=r"'never said' is no line of differences.md"):
        read_listed()
    comparison.LISTED.write_text(entry.replace('["body"]', '["bodies"]'))
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
