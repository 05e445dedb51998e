"""Answers without a model are the JSON that the standard library writes."""

import json
from enum import IntEnum

import pytest

from pronghorn._pipeline.replying import encoder, json_bytes, write_chunks


class Level(IntEnum):
    HIGH = 3


class Name(str):
    __slots__ = ()


VALUES = [
    None,
    True,
    10**50,
    -0.0,
    1e16,
    1e-7,
    1.1,
    Level.HIGH,
    Name("n"),
    '\u2028\x7f\x1f"\\/é\U0001f600\ud800',
    [],
    {},
    [[[{}]], (1, 2)],
    {5: 2, None: 3, True: 4, 1.5: 2, "a": {"b": [1, {"c": None}]}},
    {"long": ["text"] * 500},
]


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_the_text_is_that_of_the_library(value):
    wanted = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    assert "".join(write_chunks(value, 0)) == encoder.encode(value) == wanted


@pytest.mark.parametrize("value", [float("nan"), {"a": [float("inf")]}], ids=str)
def test_what_json_has_not_is_refused(value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        json_bytes(value)


def test_a_value_that_contains_itself_ends_in_an_error_each_time():
    value = {"name": "x"}
    value["self"] = value
    for _ in range(3):
        with pytest.raises(RecursionError):
            json_bytes(value)
    del value["self"]
    assert json_bytes(value) == b'{"name":"x"}'
