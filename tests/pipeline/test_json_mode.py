"""JSON is validated from its text only where nobody can tell."""

import dataclasses
import enum
import json
import math
import re
import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Annotated, Any, Literal, Self

import pytest
from drivers.json_bodies import Colour, Mixed, Private, Size, make, spoiled
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    EmailStr,
    Field,
    FutureDate,
    PlainValidator,
    PrivateAttr,
    RootModel,
    SecretStr,
    Strict,
    StringConstraints,
    Tag,
    TypeAdapter,
    ValidationInfo,
    WrapValidator,
    field_validator,
    model_validator,
)
from pydantic.dataclasses import dataclass as pydantic_dataclass
from pydantic.fields import FieldInfo
from typing_extensions import TypeAliasType, TypedDict

from pronghorn._pipeline import json_mode
from pronghorn._pipeline.fields import PYDANTIC_VERSION_MINOR_TUPLE, ModelField
from pronghorn._pipeline.json_bodies import load
from pronghorn._pipeline.json_mode import (
    LONG,
    TRIED,
    Judge,
    bound_json_validator,
    has_long_number,
    means_the_same_from_json,
)


def field_of(type_: Any) -> ModelField:
    return ModelField(FieldInfo.from_annotation(type_), "body")


def parsed(field: ModelField, body: bytes) -> Any:
    """The value as FastAPI makes it, or why there is none."""
    try:
        return field._type_adapter.validate_python(json.loads(body), from_attributes=True)
    except Exception as error:  # noqa: BLE001 - whatever it is, there is no value
        return error


def traits(value: Any) -> Any:
    """*value* as something that is equal only to what nobody can tell from it."""
    if isinstance(value, BaseModel):
        parts = (
            value.__dict__,
            value.model_fields_set,
            value.__pydantic_extra__,
            value.__pydantic_private__,
        )
        return type(value), [traits(part) for part in parts]
    if dataclasses.is_dataclass(value):
        return type(value), traits(vars(value))
    if isinstance(value, dict):
        return type(value), [(traits(key), traits(item)) for key, item in value.items()]
    if isinstance(value, (list, tuple, set, frozenset)):
        return type(value), [traits(item) for item in value]
    if isinstance(value, (float, Decimal, datetime, timedelta)):
        return type(value), repr(value)
    return type(value), value


class Node(BaseModel):
    name: str
    below: "list[Node]" = []


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = 9


class Dog(BaseModel):
    kind: Literal["dog"]
    tags: set[str] = Field(default_factory=set)


class Movie(TypedDict):
    title: str


@dataclasses.dataclass
class Point:
    x: float
    y: float = 0


FIT: list[tuple[Any, str]] = [
    (int, "1e2"),
    (float, "0.1"),
    (str, '"a"'),
    (bool, '"on"'),
    (None, "null"),
    (Any, '{"a": [1, 2.5, null], "a": NaN}'),
    (bytes, '"a"'),
    (date, '"2020-01-01"'),
    (datetime, "1577836800.5"),
    (timedelta, '"PT1H"'),
    (uuid.UUID, '"550E8400E29B41D4A716446655440000"'),
    (Size, '"1"'),
    (Colour, '"a"'),
    (Mixed, "1.0"),
    (Literal["a", 1], "1"),
    (EmailStr, '"a@EXAMPLE.com"'),
    (SecretStr, '"a"'),
    (Annotated[str, StringConstraints(strip_whitespace=True, pattern="^a")], '" a"'),
    (Annotated[int, Strict()], "1"),
    (list[int], '["1"]'),
    (tuple[int, str], '[1, "a"]'),
    (set[str], '["a", "a"]'),
    (dict[str, float], '{"a": 1, "a": 2}'),
    (int | str | list[int] | Cat | None, '"1"'),
    (Annotated[Cat | Dog, Field(discriminator="kind")], '{"kind": "dog", "tags": ["a"]}'),
    (Node, '{"name": "a", "below": [{"name": "b"}]}'),
    (RootModel[list[int]], "[1]"),
    (Private, "{}"),
    (Movie, '{"title": "a", "year": 1}'),
    (Point, '{"x": 1}'),
]


@pytest.mark.parametrize(("type_", "text"), FIT, ids=str)
def test_a_type_that_means_the_same_is_validated_from_text(type_, text):
    field = field_of(type_)
    assert means_the_same_from_json(field)
    assert traits(bound_json_validator(field)(text.encode())) == traits(
        parsed(field, text.encode())
    )


class Numbers(BaseModel):
    model_config = ConfigDict(coerce_numbers_to_str=True)
    a: str


class StrictDay(BaseModel):
    model_config = ConfigDict(strict=True)
    a: date


class ById(BaseModel):
    a: uuid.UUID


class ByName(BaseModel):
    a: str


Stripped = Annotated[str, StringConstraints(strip_whitespace=True)]
Lower = Annotated[str, StringConstraints(to_lower=True)]

UNFIT: list[tuple[Any, str, str, str]] = [
    (Decimal, "1.0", "Decimal('1')", "Decimal('1.0')"),
    (set[float], "[NaN, NaN]", "{nan, nan}", "{nan}"),
    (dict[int, int], '{"1": 1, "01": 2, "1": 3}', "{1: 3}", "{1: 2}"),
    (dict[Stripped, int], '{"a": 1, " a": 2, "a": 3}', "{'a': 3}", "{'a': 2}"),
    (Annotated[date, Strict()], '"2020-01-01"', "datetime.date(2020, 1, 1)", "date_type"),
    (Annotated[bytes, Strict()], '"a"', "b'a'", "bytes_type"),
    (Annotated[Size, Strict()], "1", "<Size.small: 1>", "is_instance_of"),
    (Annotated[tuple[int], Strict()], "[1]", "(1,)", "tuple_type"),
    (Annotated[set[int], Strict()], "[1]", "{1}", "set_type"),
    (StrictDay, '{"a": "2020-01-01"}', "StrictDay(a=datetime.date(2020, 1, 1))", "date_type"),
    (date | str, '"2020-01-01"', "datetime.date(2020, 1, 1)", "'2020-01-01'"),
    (bytes | str, '"a"', "b'a'", "'a'"),
    (Lower | Literal["A"], '"A"', "'A'", "'a'"),
    (dict[str, float] | dict[str, int], '{"a": 1}', "{'a': 1.0}", "{'a': 1}"),
    (
        ById | ByName,
        '{"a": "550e8400-e29b-41d4-a716-446655440000"}',
        "ById(a=UUID('550e8400-e29b-41d4-a716-446655440000'))",
        "ByName(a='550e8400-e29b-41d4-a716-446655440000')",
    ),
    (Numbers, '{"a": 1.0}', "Numbers(a='1')", "Numbers(a='1.0')"),
]


@pytest.mark.parametrize(("type_", "text", "from_text", "from_value"), UNFIT, ids=str)
def test_a_type_that_means_something_else_is_not(type_, text, from_text, from_value):
    field = field_of(type_)
    assert not means_the_same_from_json(field)
    assert repr(field._type_adapter.validate_json(text)) == from_text
    found = parsed(field, text.encode())
    assert (
        found.errors()[0]["type"] if isinstance(found, Exception) else repr(found)
    ) == from_value


def mode_of(value: Any, info: ValidationInfo) -> str:
    return info.mode


def unchanged(value: Any) -> Any:
    return value


def passed_on(value: Any, handler: Any) -> Any:
    return handler(value)


class Watched(BaseModel):
    a: int

    @field_validator("a")
    @classmethod
    def watch(cls, value: int) -> int:
        return value


class WatchedWhole(BaseModel):
    a: int

    @model_validator(mode="before")
    @classmethod
    def watch(cls, value: Any) -> Any:
        return value


class Initialised(BaseModel):
    a: int

    def __init__(self, **values: Any) -> None:
        super().__init__(**values)


class Created(BaseModel):
    a: int

    def __new__(cls, *values: Any, **named: Any) -> Self:
        return super().__new__(cls)


class Finished(BaseModel):
    a: int

    def model_post_init(self, context: Any) -> None:
        self.__dict__["b"] = 1


class Counted(BaseModel):
    a: int = Field(default_factory=lambda: 1)


class CountedPrivately(BaseModel):
    _a: int = PrivateAttr(default_factory=lambda: 1)


class Copied:
    __hash__ = None

    def __deepcopy__(self, memo):
        return self


class HoldsCopied(BaseModel):
    a: Any = Copied()


class HoldsCopiedPrivately(BaseModel):
    _a: Any = PrivateAttr(Copied())


class ChecksDefault(BaseModel):
    a: int = Field("1", validate_default=True)


@dataclasses.dataclass
class CreatedPoint:
    x: int

    def __new__(cls, *values: Any, **named: Any) -> Self:
        return super().__new__(cls)


@pydantic_dataclass
class PassingPoint:
    x: int
    y: dataclasses.InitVar[int]


@pydantic_dataclass(config={"strict": True})
class StrictPoint:
    x: int


class Searching(enum.Enum):
    one = 1

    @classmethod
    def _missing_(cls, value):
        return cls.one


@dataclasses.dataclass
class FinishedPoint:
    x: int

    def __post_init__(self) -> None:
        self.y = self.x


def without_address(type_):
    return re.sub(" at 0x[0-9a-f]+", "", str(type_))


@pytest.mark.parametrize(
    "type_",
    [
        Annotated[int, BeforeValidator(unchanged)],
        Annotated[int, AfterValidator(unchanged)],
        Annotated[int, WrapValidator(passed_on)],
        Annotated[int, PlainValidator(unchanged)],
        Annotated[str, PlainValidator(mode_of)],
        Annotated[
            Annotated[int, Tag("a")] | Annotated[str, Tag("b")], Discriminator(lambda value: "a")
        ],
        Watched,
        WatchedWhole,
        Initialised,
        Created,
        Finished,
        Counted,
        CountedPrivately,
        HoldsCopied,
        Searching,
        HoldsCopiedPrivately,
        ChecksDefault,
        FinishedPoint,
        CreatedPoint,
        PassingPoint,
        StrictPoint,
        FutureDate,
        list[Watched],
    ],
    ids=without_address,
)
def test_a_type_that_calls_a_function_or_asks_for_the_time_is_not(type_):
    assert not means_the_same_from_json(field_of(type_))


def test_a_kind_a_key_and_a_setting_that_nobody_knows_are_not():
    known = {"type": "model-fields", "fields": {}}
    assert Judge().is_fit(known)
    assert not Judge().is_fit({"type": "of-tomorrow"})
    assert not Judge().is_fit({"type": "int", "of_tomorrow": 1})
    model = {"type": "model", "cls": Node, "schema": known}
    assert Judge().is_fit({**model, "config": {"title": "Node"}})
    assert not Judge().is_fit({**model, "config": {"of_tomorrow": 1}})
    movie = {"type": "typed-dict", "fields": {}}
    assert Judge().is_fit(movie)
    assert not Judge().is_fit({**movie, "config": {"of_tomorrow": 1}})


def test_what_asks_a_class_of_the_users_is_not():
    assert Judge().is_fit({"type": "literal", "expected": [1, "a", None]})
    assert not Judge().is_fit({"type": "literal", "expected": [1, Copied()]})
    text = {"type": "str"}
    choices = [{"type": "is-instance", "cls": SecretStr}, text]
    schema = {"type": "json-or-python", "json_schema": text}
    assert Judge().is_fit({**schema, "python_schema": {"type": "union", "choices": choices}})
    choices = [{"type": "is-instance", "cls": str}, text]
    assert not Judge().is_fit({**schema, "python_schema": {"type": "union", "choices": choices}})


def test_more_definitions_than_python_mode_enters_are_not():
    def chain(length: int) -> dict[str, Any]:
        definitions = [
            {"type": "nullable", "schema": ref(index + 1), "ref": str(index)}
            for index in range(length)
        ]
        last = {"type": "int", "ref": str(length)}
        return {"type": "definitions", "schema": ref(0), "definitions": [*definitions, last]}

    def ref(index: int) -> dict[str, Any]:
        return {"type": "definition-ref", "schema_ref": str(index)}

    assert Judge().is_fit(chain(98))
    assert not Judge().is_fit(chain(99))


def test_the_list_was_tried_with_the_pydantic_of_the_lock():
    """A newer one: add it to `TRIED` when these tests pass with many more seeds."""
    assert PYDANTIC_VERSION_MINOR_TUPLE in TRIED


def test_nothing_is_known_of_another_pydantic(monkeypatch):
    monkeypatch.setattr(json_mode, "TRIED", ())
    assert not means_the_same_from_json(field_of(int))


def test_a_type_that_is_not_yet_complete_is_not():
    class Unfinished(BaseModel):
        a: "Later"  # noqa: F821 - it is never defined

    assert not means_the_same_from_json(field_of(Unfinished))


def test_a_validator_of_a_plugin_is_asked_as_fastapi_asks_it():
    field = field_of(int)

    class Told:
        """Like pydantic's own wrapper around the validators that plugins want to hear of."""

        def __init__(self, validator):
            self.validate_python = validator.validate_python

    field._type_adapter.validator = Told(field._type_adapter.validator)
    assert not means_the_same_from_json(field)


Perhaps = TypeAliasType("Perhaps", "Twig | None")


class Twig(BaseModel):
    left: Perhaps = None
    right: Perhaps = None


def nested(depth: int) -> bytes:
    return b'{"left":' * depth + b"null" + b"}" * depth


def test_a_recursive_type_takes_a_level_of_the_text_for_each_of_its_own():
    """Else Python mode refuses a depth that JSON mode does not count."""
    Twig.model_rebuild()
    field = field_of(Twig)
    assert traits(field._type_adapter.validate_json(nested(127))) == traits(
        parsed(field, nested(127))
    )
    assert isinstance(field._type_adapter.validate_json(nested(128)), Twig)
    assert isinstance(parsed(field, nested(128)), ValueError)
    assert not means_the_same_from_json(field)

    assert means_the_same_from_json(field_of(Node))
    # Text has at most so many levels, which Python mode takes with 255 definitions.
    with pytest.raises(ValueError, match="recursion limit"):
        TypeAdapter(Any).validate_json(b"[" * 202 + b"]" * 202)


def test_a_recursive_type_is_unfit_where_python_mode_refuses_sooner(monkeypatch):
    monkeypatch.setattr(json_mode.os, "name", "nt")
    assert not means_the_same_from_json(field_of(Node))
    assert means_the_same_from_json(field_of(Cat))


@pytest.mark.parametrize("before", [0, 1, 7, 18, 19, 400])
@pytest.mark.parametrize("after", [0, 1, 18])
def test_a_long_number_is_found_wherever_it_stands(before, after):
    text = b"[" * before + b"%s" + b"]" * after
    assert has_long_number(text % (b"9" * LONG))
    assert not has_long_number(text % (b"9" * (LONG - 1)))


def test_many_shorter_numbers_are_no_long_one():
    assert not has_long_number(json.dumps([1 / 3] * 1000).encode())
    assert not has_long_number(b" ".join([b"9" * (LONG - 1)] * 50))


def test_a_long_number_is_why_some_texts_are_not_validated():
    text = b"9" * LONG
    assert math.isinf(field_of(float)._type_adapter.validate_json(text))
    assert isinstance(parsed(field_of(float), text), ValueError)
    assert field_of(float)._type_adapter.validate_json(text[1:]) == parsed(
        field_of(float), text[1:]
    )


SPECIAL = (
    b"",
    b" ",
    b"01",
    b"-",
    b"+1",
    b"1.",
    b".5",
    b"1e",
    b"-0",
    b"-0.0",
    b"1e400",
    b"1e-400",
    b"-NaN",
    b"nan",
    b"Infinity",
    b"-Infinity",
    b"[1,]",
    b'{"a":1,}',
    b"{'a':1}",
    b"1 2",
    b"[1]]",
    b"//c\n1",
    b"\x0b1",
    b"\xc2\xa01",
    b"\xef\xbb\xbf1",
    b'"\\ud800"',
    b'"\\ud83d\\u0041"',
    b'"\xed\xa0\x80"',
    b'"\xff"',
    b'"\x00"',
    b'"\t"',
    b'"\x7f"',
    b'"\\u0000"',
    b'"\\x41"',
    b'{"a":1,"b":2,"a":3}',
    "1".encode("utf-16"),
    '"a"'.encode("utf-16-le"),
    "[1]".encode("utf-32-be"),
    b"9" * 4300,
    b"9" * 4301,
    b"0." + b"3" * 5000,
    b"2.2250738585072011e-308",
    b"9007199254740993.0",
    b"1.7976931348623158e308",
    b"1.7976931348623159e308",
)


@pytest.mark.parametrize("text", SPECIAL, ids=repr)
def test_what_is_accepted_as_json_is_accepted_by_the_parser_and_the_same(text):
    field = field_of(Any)
    try:
        value = field._type_adapter.validate_json(text)
    except ValueError:
        return
    assert traits(value) == traits(parsed(field, text))


@pytest.mark.parametrize("text", SPECIAL, ids=repr)
def test_a_body_is_parsed_as_the_parser_of_python_does_it(text):
    try:
        value = json.loads(text)
    except ValueError as error:
        with pytest.raises(type(error), match=re.escape(str(error))):
            load(text)
    else:
        assert traits(load(text)) == traits(value)


def test_nan_is_one_object_wherever_it_stands_in_a_body():
    one, other = load(b"[NaN, NaN]")
    assert one is other


@pytest.mark.parametrize("seed", range(4))
def test_bodies_made_at_random_are_parsed_the_same(seed):
    random = Random(seed)
    for _ in range(500):
        body = make(random)[1](random).encode()
        try:
            value = json.loads(body)
        except ValueError:
            continue
        assert traits(load(body)) == traits(value)


@pytest.mark.parametrize("seed", range(4))
def test_types_and_texts_made_at_random_mean_the_same(seed):
    random = Random(seed)
    count = 0
    for _ in range(300):
        type_, texts = make(random)
        field = field_of(type_)
        if not means_the_same_from_json(field):
            continue
        validate = bound_json_validator(field)
        for _ in range(25):
            body = texts(random).encode()
            if random.random() < 0.1:
                body = spoiled(body, random)
            if has_long_number(body):
                continue
            try:
                value = validate(body)
            except ValueError:
                continue
            count += 1
            assert traits(value) == traits(parsed(field, body)), (
                field._type_adapter.core_schema,
                body,
            )
    assert count > 400


def test_a_union_of_what_no_text_has_in_common_is_the_same():
    field = field_of(int | float | str | bool | list[int] | Node | None)
    assert means_the_same_from_json(field)
    for text in ["1", "1.0", '"1"', '"a"', "true", "null", "[]", '["1"]', '{"name": "a"}', "1e2"]:
        body = text.encode()
        value = field._type_adapter.validate_json(body)
        assert traits(value) == traits(parsed(field, body))
