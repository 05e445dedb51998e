"""Python values as ones that JSON can say."""

import datetime as dt
import re
import subprocess
import sys
import uuid
import warnings
from collections import OrderedDict, deque
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, IntEnum
from ipaddress import ip_address
from math import isnan
from pathlib import PurePosixPath, PureWindowsPath
from typing import NamedTuple

import pytest
from pydantic import AnyUrl, BaseModel, Field, SecretStr
from pydantic_core import PydanticUndefined

from pronghorn.encoders import (
    ENCODERS_BY_TYPE,
    decimal_encoder,
    generate_encoders_by_class_tuples,
    jsonable_encoder,
)
from pronghorn.exceptions import DeclarationError, PydanticV1NotSupportedError


class Color(Enum):
    RED = "red"
    PAIR = (1, 2)


class Level(IntEnum):
    HIGH = 3


class Text(str):
    __slots__ = ()


class Item(BaseModel):
    name: str = Field("x", alias="Name")
    price: float = 1.0
    tags: dict | None = None


@dataclass
class Point:
    x: int
    y: object = None


class Person:
    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class Pairs(Person):
    def __iter__(self):
        return iter(self.__dict__.items())


class Stubborn:
    def __iter__(self):
        raise NotImplementedError

    @property
    def __dict__(self):
        raise NotImplementedError


class Named(NamedTuple):
    a: int
    b: Color


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (None, None),
        (True, True),
        (1.5, 1.5),
        ("a", "a"),
        (Text("a"), "a"),
        (b"a", "a"),
        (Color.RED, "red"),
        (Color.PAIR, (1, 2)),
        (Level.HIGH, 3),
        (Decimal(2), 2),
        (Decimal("2.50"), 2.5),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (dt.datetime(2026, 1, 2, 3, tzinfo=dt.UTC), "2026-01-02T03:00:00+00:00"),
        (dt.time(3, 4), "03:04:00"),
        (dt.timedelta(minutes=1.5), 90.0),
        (PurePosixPath("/a/b"), "/a/b"),
        (PureWindowsPath("a", "b"), "a\\b"),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (ip_address("::1"), "::1"),
        (re.compile("a+"), "a+"),
        (AnyUrl("https://example.org"), "https://example.org/"),
        (SecretStr("x"), "**********"),
        (PydanticUndefined, None),
        ([1, [Color.RED]], [1, ["red"]]),
        ((1, Level.HIGH), [1, 3]),
        (Named(1, Color.RED), [1, "red"]),
        ({Color.RED}, ["red"]),
        (frozenset([1]), [1]),
        (deque([Point(1)]), [{"x": 1, "y": None}]),
        ({"a": {Color.RED: Level.HIGH}}, {"a": {"red": 3}}),
        (OrderedDict(a=Color.RED), {"a": "red"}),
        (Point(1, Point(2)), {"x": 1, "y": {"x": 2, "y": None}}),
        (Person(a=1, b=Person()), {"a": 1, "b": {}}),
        (Pairs(a=Color.RED), {"a": "red"}),
        (Item(Name="y"), {"Name": "y", "price": 1.0, "tags": None}),
    ],
)
def test_a_value_becomes_what_json_has(value, encoded):
    result = jsonable_encoder(value)
    assert result == encoded
    assert type(result) is type(encoded) or isinstance(value, Text)


def test_a_generator_becomes_a_list():
    assert jsonable_encoder(number for number in range(3)) == [0, 1, 2]


def test_decimals_that_are_no_numbers_become_floats():
    assert isnan(decimal_encoder(Decimal("NaN")))
    assert decimal_encoder(Decimal("-Infinity")) == float("-inf")


@pytest.mark.parametrize(
    "value",
    [
        {"a": 1, "b": 2},
        OrderedDict(a=1, b=2),
        Person(a=1, b=2),
        Pairs(a=1, b=2),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("kind", [set, list, dict.fromkeys])
def test_include_and_exclude_choose_keys_of_the_outermost_value(value, kind):
    assert jsonable_encoder(value, include=kind(["a"])) == {"a": 1}
    assert jsonable_encoder(value, exclude=kind(["a"])) == {"b": 2}
    assert jsonable_encoder(value, include=kind([])) == {}
    assert jsonable_encoder(value, exclude=kind([])) == {"a": 1, "b": 2}


def test_include_applies_to_each_item_of_a_list_and_not_below():
    inner = {"a": 1, "b": {"a": 2, "c": 3}}
    assert jsonable_encoder([inner, (inner,)], include={"b"}) == [
        {"b": {"a": 2, "c": 3}},
        [{"b": {"a": 2, "c": 3}}],
    ]


def test_options_reach_models_at_any_depth():
    item = Item(Name="y")
    nested = {"a": [item]}
    assert jsonable_encoder(nested, exclude_unset=True) == {"a": [{"Name": "y"}]}
    assert jsonable_encoder(nested, exclude_defaults=True) == {"a": [{"Name": "y"}]}
    assert jsonable_encoder(nested, exclude_none=True) == {"a": [{"Name": "y", "price": 1.0}]}
    assert jsonable_encoder(item, by_alias=False, include={"name"}) == {"name": "y"}


def test_none_is_left_out_of_dicts_too_and_of_what_models_hold():
    assert jsonable_encoder({"a": None, "b": [None]}, exclude_none=True) == {"b": [None]}
    item = Item(tags={"a": None, "b": 1})
    assert jsonable_encoder(item, exclude_none=True)["tags"] == {"b": 1}


def test_keys_of_sqlalchemy_are_left_out_unless_wanted():
    row = Person(_sa_instance_state=object, id=1)
    assert jsonable_encoder(row) == {"id": 1}
    assert jsonable_encoder({"_sa": 1, 2: 3}) == {2: 3}
    assert jsonable_encoder({"_sa": 1}, sqlalchemy_safe=False) == {"_sa": 1}


def test_custom_encoders_go_first_by_exact_type_then_by_base():
    custom = {str: str.upper, Enum: lambda value: value.name, int: lambda value: -value}
    assert jsonable_encoder({"a": [Color.RED, 1, Text("b")]}, custom_encoder=custom) == {
        "A": ["RED", -1, "B"]
    }
    first = {object: lambda _: "any", bool: lambda _: "exact"}
    assert jsonable_encoder(True, custom_encoder=first) == "exact"


def test_custom_encoders_do_not_apply_to_what_pydantic_wrote():
    assert jsonable_encoder(Item(), custom_encoder={float: lambda _: "f"})["price"] == 1.0


def test_an_encoder_added_to_the_table_is_used(monkeypatch):
    monkeypatch.setitem(ENCODERS_BY_TYPE, Person, lambda person: person.name)
    assert jsonable_encoder([Person(name="Ada")]) == ["Ada"]


def test_the_table_turned_round_has_each_encoder_once():
    assert generate_encoders_by_class_tuples({int: str, float: str, list: len}) == {
        str: (int, float),
        len: (list,),
    }


def test_what_is_no_mapping_and_has_no_attributes_is_refused():
    with pytest.raises(ValueError) as caught:
        jsonable_encoder(Stubborn())
    assert [type(error) for error in caught.value.args[0]] == [NotImplementedError] * 2


def test_a_dataclass_in_place_of_its_instance_is_refused():
    with pytest.raises(DeclarationError, match=r"Create one: `Point\(\.\.\.\)`"):
        jsonable_encoder({"a": Point})


@pytest.mark.filterwarnings("ignore:Core Pydantic V1:UserWarning")
def test_a_model_of_pydantic_v1_is_refused():
    from pydantic import v1

    class Old(v1.BaseModel):
        name: str

    with pytest.raises(PydanticV1NotSupportedError, match="no longer supported"):
        jsonable_encoder([Old(name="x")])


def test_a_color_of_pydantic_becomes_text():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pydantic.color import Color as PydanticColor

        color = PydanticColor("#00f")
    assert jsonable_encoder({"color": color}) == {"color": "blue"}


def test_importing_the_encoders_does_not_import_the_slow_modules():
    code = (
        "import sys, pronghorn.encoders as _;"
        "print({'pydantic.color', 'pydantic.v1', 'email_validator'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_lists_may_be_nested_nearly_as_deep_as_python_allows():
    value = []
    for _ in range(sys.getrecursionlimit() * 3 // 4):
        value = [value]
    assert jsonable_encoder(value) == value
