"""Validation errors as JSON that no input can break or blow up."""

import json
from collections import deque

import pytest
from starlette.responses import JSONResponse

from pronghorn.echo import MAX_BYTES, write_errors
from pronghorn.encoders import jsonable_encoder


def make(value):
    return {"type": "int_type", "loc": ("body", 0), "msg": "Not an integer", "input": value}


def nest(depth, wrap):
    value = wrap(None)
    for _ in range(depth):
        value = wrap(value)
    return value


class Stubborn:
    def __iter__(self):
        raise RuntimeError

    @property
    def __dict__(self):
        raise RuntimeError


CIRCLE: list = []
CIRCLE.append(CIRCLE)

HUGE = 10**5000
HOSTILE = {
    "nan": float("nan"),
    "infinity": float("-inf"),
    "surrogate": "a\ud800",
    "surrogate as key": {"\udfff": 1},
    "surrogate among many": ["fine"] * 50 + ["\ud800"],
    "bytes": b"\x89PNG\xff",
    "bytes as key": {b"\xff": 1},
    "digits": HUGE,
    "deep lists": nest(5000, lambda value: [value]),
    "deep dicts": nest(5000, lambda value: {"a": value}),
    "a circle": CIRCLE,
    "an object": object(),
    "an object that refuses": Stubborn(),
    "a deque": deque([float("nan")]),
    "control characters": "\0" * MAX_BYTES,
    "a long text": "é" * MAX_BYTES,
    "many items": ["x"] * MAX_BYTES,
    "many keys": {str(number): number for number in range(MAX_BYTES)},
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_input_is_echoed_as_json_of_bounded_size(kind):
    value = HOSTILE[kind]
    written = write_errors([make(1), make(value), make(2)])
    assert len(written) <= MAX_BYTES
    first, second, third = json.loads(written, parse_constant=pytest.fail)
    assert first == {**make(1), "loc": ["body", 0]}
    assert third == {**make(2), "loc": ["body", 0]}
    assert list(second) == ["type", "loc", "msg", "input"]


@pytest.mark.parametrize(
    ("value", "echo"),
    [
        (float("nan"), "NaN"),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
        ("a\ud800", "a\\ud800"),
        (b"\xffa", "\\xffa"),
        pytest.param(HUGE, "an integer of too many digits", id="digits"),
        (Stubborn(), "<Stubborn>"),
        ({"a": [1, 1.5, None, True, float("nan")]}, {"a": [1, 1.5, None, True, "NaN"]}),
        ({1: float("nan"), None: "x"}, {"1": "NaN", "None": "x"}),
    ],
)
def test_what_json_cannot_say_is_echoed_as_text(value, echo):
    assert json.loads(write_errors([make(value)]))[0]["input"] == echo


def test_a_long_text_is_cut_and_says_so():
    echo = json.loads(write_errors([make("x" * MAX_BYTES)]))[0]["input"]
    assert len(echo) < 5000
    assert echo.startswith("xxx")
    assert echo.endswith("x…")


def test_of_too_many_errors_the_first_are_written_and_the_others_counted():
    errors = [make(number) for number in range(100_000)]
    *shown, last = json.loads(write_errors(errors))
    assert shown[-1]["input"] == len(shown) - 1
    assert last["type"] == "errors_left_out"
    assert last["msg"] == f"{100_000 - len(shown)} more errors are not shown"


def test_many_errors_that_repeat_one_large_input_stay_small():
    body = {f"key{number}": "value" * 10 for number in range(5000)}
    assert len(write_errors([make(body)] * 500)) <= MAX_BYTES


@pytest.mark.parametrize(
    "errors",
    [
        [],
        [make(1)],
        [make(number) for number in range(1000)],
        [make({"a": [1, 2.5, "é", None]})],
        [{"ctx": {"error": ValueError("why")}}],
        ["a text"],
        (make(b"abc"),),
        {"a": "dict"},
        "a text",
    ],
    ids=repr,
)
def test_what_json_can_say_is_written_as_starlette_writes_it(errors):
    assert write_errors(errors) == JSONResponse(jsonable_encoder(errors)).body


def test_what_is_no_list_is_echoed_as_one_value():
    assert json.loads(write_errors({"a": float("nan")})) == {"a": "NaN"}
