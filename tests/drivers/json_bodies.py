"""Types as bodies have them, made at random, each with a maker of JSON texts that nearly fit.

A text may hold a key twice, numbers of every size, and what is valid for another type.
"""

import dataclasses
import enum
import uuid
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Annotated, Any, Literal, NotRequired, Union

from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    EmailStr,
    Field,
    PrivateAttr,
    RootModel,
    SecretStr,
    Strict,
    StringConstraints,
    create_model,
)
from typing_extensions import TypedDict

Texts = Callable[[Random], str]
Made = tuple[Any, Texts]


class Size(enum.IntEnum):
    small = 1
    large = 2


class Colour(enum.StrEnum):
    red = "a"
    blue = "b"


class Mixed(enum.Enum):
    one = 1
    text = "x"
    half = 2.5
    true = True


NUMBERS = [
    "0",
    "1",
    "2",
    "-1",
    "-0",
    "1.0",
    "2.5",
    "1e2",
    "0.1",
    "-0.0",
    "1e400",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e19",
    "1E2",
    "0.30000000000000004",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "9007199254740993",
    "1577836800",
    "123456789012345678901234567890",
    "100000000000000000000000",
    "true",
    "false",
    "null",
]
LONG_NUMBERS = [digits * "9" for digits in (308, 309, 640, 641, 4300, 4301)]
TEXTS = [
    "a",
    "b",
    "A",
    "x",
    "0",
    "1",
    "01",
    "-1",
    "1.0",
    "1e2",
    "+1",
    "1_000",
    "true",
    "on",
    "off",
    "nan",
    "inf",
    "1e999",
    "2020-01-01",
    "2020-01-01T00:00:00",
    "2020-01-01T01:02:03.123456789Z",
    "12:34",
    "PT1H",
    "-P1D",
    "a@b.co",
    "aGk=",
    "\\u00e9",
    "é",
    "\\ud83d",
    "\\ud83d\\ude00",
    "550e8400-e29b-41d4-a716-446655440000",
    "550E8400E29B41D4A716446655440000",
]
SCALARS = (
    *(int, float, str, bool, None, Any, bytes, date, datetime, time, timedelta, uuid.UUID),
    *(Size, Colour, Mixed, EmailStr, SecretStr),
)
DEFAULTS = (None, 1, "x", [], {}, [1, {"a": 2}], (1, [2]), date(2020, 1, 1), Size.small)


def number(random: Random) -> str:
    return random.choice(NUMBERS if random.random() < 0.97 else LONG_NUMBERS)


def text(random: Random) -> str:
    padding = random.choice(["", "", "", " "])
    return f'"{padding}{random.choice([*TEXTS, ""])}"'


def scalar(random: Random) -> str:
    return random.choice([number, text])(random)


def array_of(texts: Texts) -> Texts:
    return lambda random: f"[{','.join(texts(random) for _ in range(random.choice([0, 1, 2, 3])))}]"


def object_of(pairs: list[tuple[list[str], Texts]]) -> Texts:
    """An object with values for most of *pairs*, each under some of its names, some repeated."""

    def texts(random: Random) -> str:
        found = []
        for names, value in pairs:
            chosen = names if random.random() < 0.3 else [random.choice(names)]
            found += [
                f'"{name}":{value(random)}'
                for name in chosen
                for _ in range(random.choice([0, 1, 1, 1, 1, 1, 1, 2]))
            ]
        if random.random() < 0.2:
            found.append(f'"{random.choice(["zz", "a", "f0", "F1"])}":{scalar(random)}')
        if random.random() < 0.3:
            random.shuffle(found)
        return f"{{{','.join(found)}}}"

    return texts


def make_scalar(random: Random) -> Made:
    choice = random.random()
    if choice < 0.6:
        return random.choice(SCALARS), scalar
    if choice < 0.7:
        return Literal[tuple(random.sample(["a", "b", 1, 2, True, None], 2))], scalar
    if choice < 0.8:
        bounds = Field(ge=random.choice([None, 0]), multiple_of=random.choice([None, 2]))
        return Annotated[random.choice([int, float]), bounds], number
    if choice < 0.9:
        constraints = StringConstraints(
            strip_whitespace=random.choice([None, True]),
            to_lower=random.choice([None, True]),
            max_length=random.choice([None, 5]),
            pattern=random.choice([None, "^a"]),
        )
        return Annotated[str, constraints], text
    return Annotated[random.choice([int, float, str, bool, date, uuid.UUID]), Strict()], scalar


def make_config(random: Random) -> ConfigDict:
    choices: dict[str, list[Any]] = {
        "extra": ["allow", "forbid", "ignore"],
        "populate_by_name": [True],
        "strict": [True],
        "validate_default": [True],
        "str_strip_whitespace": [True],
        "str_to_lower": [True],
        "coerce_numbers_to_str": [True],
        "val_json_bytes": ["base64", "hex"],
        "allow_inf_nan": [False],
        "frozen": [True],
        "from_attributes": [True],
    }
    chosen = {name: random.choice(choices[name]) for name in choices if random.random() < 0.12}
    return ConfigDict(**chosen)


def make_fields(random: Random, depth: int) -> tuple[dict[str, Any], list[Any]]:
    fields = {}
    pairs = []
    for index in range(random.randint(1, 4)):
        name = f"f{index}"
        type_, texts = make(random, depth + 1)
        options: dict[str, Any] = {}
        names = [name]
        choice = random.random()
        if choice < 0.15:
            options, names = {"alias": name.upper()}, [name.upper(), name]
        elif choice < 0.25:
            aliases = AliasChoices("x", AliasPath("p", 0), name)
            options, names = {"validation_alias": aliases}, ["x", "p", name]
        if random.random() < 0.3:
            options["default"] = random.choice(DEFAULTS)
        elif random.random() < 0.1:
            options["default_factory"] = random.choice([list, dict, lambda: 3])
        fields[name] = (type_, Field(**options))
        pairs.append((names, texts))
    return fields, pairs


class Private(BaseModel):
    _kept: int = PrivateAttr(3)
    _made: list[int] = PrivateAttr(default_factory=list)


def make_model(random: Random, depth: int) -> Made:
    fields, pairs = make_fields(random, depth)
    if random.random() < 0.15:
        return create_model("Made", __base__=Private, **fields), object_of(pairs)
    return create_model("Made", __config__=make_config(random), **fields), object_of(pairs)


def make_typed_dict(random: Random, depth: int) -> Made:
    type_, texts = make(random, depth + 1)
    made: Any = TypedDict("made", {"a": type_, "b": NotRequired[int]})  # type: ignore[misc]  # made of what is known here only
    made.__pydantic_config__ = make_config(random)
    return made, object_of([(["a"], texts), (["b"], number)])


def make_dataclass(random: Random, depth: int) -> Made:
    type_, texts = make(random, depth + 1)
    made = dataclasses.make_dataclass("Made", [("a", type_), ("b", int, 1)])
    return made, object_of([(["a"], texts), (["b"], number)])


def make_tagged(random: Random, depth: int) -> Made:
    choices = [make(random, depth + 1) for _ in range(2)]
    tags = [1, "a"]
    models = [
        create_model("Made", kind=(Literal[tag], ...), value=(type_, ...))
        for tag, (type_, _) in zip(tags, choices, strict=True)
    ]

    def texts(random: Random) -> str:
        value = random.choice(choices)[1]
        return object_of(
            [(["kind"], lambda random: random.choice(["1", '"a"', "1.0"])), (["value"], value)]
        )(random)

    return Annotated[models[0] | models[1], Field(discriminator="kind")], texts


def make_holder(random: Random, depth: int) -> Made:
    type_, texts = make(random, depth + 1)
    other, other_texts = make(random, depth + 1)
    keys = random.choice([str, str, int, Any, Colour])
    either = Union[type_, other]  # noqa: UP007 - not every type has an `|`
    perhaps = Union[type_, None]  # noqa: UP007 - as above
    return random.choice(
        [
            (list[type_], array_of(texts)),
            (Annotated[list[type_], Field(max_length=2)], array_of(texts)),
            (tuple[type_, ...], array_of(texts)),
            (tuple[type_, other], lambda random: f"[{texts(random)},{other_texts(random)}]"),
            (dict[keys, type_], object_of([(["a", "b", "1", "01", " a"], texts)])),
            (perhaps, lambda random: random.choice([texts(random), "null"])),
            (either, lambda random: random.choice([texts, other_texts])(random)),
            (RootModel[type_], texts),
        ]
    )


def make_set(random: Random, depth: int) -> Made:
    type_, texts = make_scalar(random)
    return random.choice([set, frozenset])[type_], array_of(texts)


MAKERS = (make_model, make_model, make_holder, make_holder, make_set, make_tagged, make_typed_dict)


def make(random: Random, depth: int = 0) -> Made:
    """A type, and what makes texts for it."""
    if depth > 2 or random.random() < 0.35:
        return make_scalar(random)
    return random.choice([*MAKERS, make_dataclass])(random, depth)


def spoiled(body: bytes, random: Random) -> bytes:
    """*body* with a few bytes changed."""
    changed = bytearray(body)
    for _ in range(random.choice([1, 1, 2])):
        place = random.randrange(len(changed) + 1)
        new = random.choice(
            [b"", b"0", b",", b'"', b"-", b".", b"e", b"\\", b"\x00", b"\xff", b" "]
        )
        changed[place : place + random.choice([0, 1])] = new
    return bytes(changed)
