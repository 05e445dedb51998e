"""Values for a JSON schema: some that fit, and some that nearly do."""

import random
from dataclasses import dataclass
from typing import Any

# How deep references are followed before an optional branch is cut.
DEEPEST = 6
FORMATS = {
    "date-time": ("2024-02-29T12:30:00Z", "2024-02-29T12:30:00+02:00", "2024-02-29 12:30"),
    "date": ("2024-02-29", "1999-12-31"),
    "time": ("12:30:00", "23:59:59.999Z"),
    "duration": ("P1DT2H", "PT5M", "-P1D"),
    "uuid": ("12345678-1234-5678-1234-567812345678", "{12345678123456781234567812345678}"),
    "email": ("ann@example.org", "b.c+d@example.org"),
    "uri": ("https://example.org/a?b=c#d", "http://example.org"),
    "ipv4": ("127.0.0.1",),
    "password": ("secret", "pässword"),
    "binary": ("file content",),
    "base64": ("aGVsbG8=", "aGVsbG8"),
    "base64url": ("aGVsbG8_",),
}
WORDS = ("foo", "bar", "baz", "Foo Fighters", "", " ", "é", "日本", "a" * 60, "1", "true", "None")
# What is tried in place of a value that fits.
STRANGE: tuple[Any, ...] = (
    None, "", " ", 0, 1, -1, 2, 1.0, 1.5, -0.0, 1e20, 10**19, 2**63, True, False, "1", "01", "+1",
    "1.0", "1e3", " 1 ", "1_000", "yes", "off", "t", "null", "nan", "Infinity", "2024-02-30",
    "2024-02-29", "25:00", 1700000000, "é\u0000", "\u202e", "a" * 400, [], [None], ["a", 1], [[]],
    {}, {"": None}, {"a": {"b": []}}, {"name": 1}, "\ud7ff", "x" * 51, "fixedquery", "foo",
)  # fmt: skip
# The edges of numbers and lengths.
EDGES = (
    ("minimum", 0), ("minimum", -1), ("maximum", 0), ("maximum", 1), ("exclusiveMinimum", 0),
    ("exclusiveMaximum", 0), ("exclusiveMinimum", 0.5),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Schemas:
    """The schemas of one document."""

    document: dict[str, Any]

    def resolve(self, schema: Any) -> dict[str, Any]:
        """Follow references."""
        while isinstance(schema, dict) and "$ref" in schema:
            found: Any = self.document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            schema = found
        return schema if isinstance(schema, dict) else {}

    def fit(self, schema: Any, rng: random.Random, depth: int = 0) -> Any:
        """Make a value that fits."""
        schema = self.choose(schema, rng, depth)
        for key in ("const", "enum", "examples"):
            # Of examples there is not always made use.
            if schema.get(key) and (key != "examples" or rng.random() < 0.3):
                return schema[key] if key == "const" else rng.choice(list(schema[key]))
        kind = schema.get("type")
        return self.fit_type(
            schema, rng.choice(kind) if isinstance(kind, list) else kind, rng, depth
        )

    def choose(self, schema: Any, rng: random.Random, depth: int) -> dict[str, Any]:
        """Follow references, and choose one of several schemas."""
        found = self.resolve(schema)
        while options := found.get("anyOf") or found.get("oneOf") or found.get("allOf"):
            found = self.resolve(options[-1] if depth > DEEPEST else rng.choice(options))
        return found

    def fit_type(
        self, schema: dict[str, Any], kind: str | None, rng: random.Random, depth: int
    ) -> Any:
        """Make a value of one type."""
        made: Any
        match kind:
            case "string":
                made = self.fit_string(schema, rng)
            case "integer" | "number":
                made = fit_number(schema, kind, rng)
            case "boolean":
                made = rng.random() < 0.5
            case "null":
                made = None
            case "array":
                made = self.fit_array(schema, rng, depth)
            case "object":
                made = self.fit_object(schema, rng, depth)
            case _:
                made = rng.choice(STRANGE)
        return made

    def fit_string(self, schema: dict[str, Any], rng: random.Random) -> str:
        """Make a string of the right format and length."""
        known: tuple[str, ...] | None = FORMATS.get(
            schema.get("format", schema.get("contentEncoding", ""))
        )
        if known:
            return rng.choice(known)
        if "pattern" in schema:
            return rng.choice(("fixedquery", "foo", "item-1", "isbn-9781529046137"))
        least, most = schema.get("minLength", 0), schema.get("maxLength", 1000)
        text = rng.choice(WORDS)
        fitted: str = (text + "x" * max(0, least - len(text)))[:most]
        return fitted

    def fit_array(self, schema: dict[str, Any], rng: random.Random, depth: int) -> list[Any]:
        """Make a list of the right length."""
        if "prefixItems" in schema:
            return [self.fit(item, rng, depth + 1) for item in schema["prefixItems"]]
        least = schema.get("minItems", 0)
        length = least if depth > DEEPEST else max(least, rng.randint(0, 3))
        return [self.fit(schema.get("items", {}), rng, depth + 1) for _ in range(length)]

    def fit_object(self, schema: dict[str, Any], rng: random.Random, depth: int) -> dict[str, Any]:
        """Make an object with what is required and some of what is not."""
        required = schema.get("required", ())
        made = {}
        for name, inner in schema.get("properties", {}).items():
            if name in required or (depth <= DEEPEST and rng.random() < 0.7):
                made[name] = self.fit(inner, rng, depth + 1)
        more = schema.get("additionalProperties")
        if isinstance(more, dict) and depth <= DEEPEST:
            made |= {rng.choice(WORDS): self.fit(more, rng, depth + 1) for _ in range(2)}
        return made

    def nearly_fit(self, schema: Any, rng: random.Random) -> Any:
        """Make a value that is wrong in one place, or only strange."""
        edges = list(find_edges(self.resolve(schema)))
        if edges and rng.random() < 0.5:
            return rng.choice(edges)
        return spoil(self.fit(schema, rng), rng)


def fit_number(schema: dict[str, Any], kind: str, rng: random.Random) -> int | float:
    """Make a number within the limits."""
    low = schema.get("minimum", schema.get("exclusiveMinimum", -5))
    high = schema.get("maximum", schema.get("exclusiveMaximum", low + 100))
    number = rng.uniform(low, high)
    if kind == "integer":
        return min(max(round(number), int(low) + ("exclusiveMinimum" in schema)), int(high))
    return rng.choice((number, round(number, 2)))


def find_edges(schema: dict[str, Any]) -> list[Any]:
    """Find the values at the edges of a schema's limits."""
    found: list[Any] = [schema[key] + step for key, step in EDGES if key in schema]
    for key in ("minLength", "maxLength"):
        if key in schema:
            found += ["x" * max(0, schema[key] + step) for step in (-1, 0, 1)]
    return found


def spoil(value: Any, rng: random.Random) -> Any:
    """Change one thing somewhere in a value."""
    if isinstance(value, dict) and value and rng.random() < 0.9:
        return spoil_object(value, rng)
    if isinstance(value, list) and value and rng.random() < 0.8:
        if rng.random() < 0.2:
            return value + value
        index = rng.randrange(len(value))
        return [spoil(each, rng) if n == index else each for n, each in enumerate(value)]
    return rng.choice(STRANGE)


def spoil_object(value: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """Leave out a key, make it null, add one, or spoil what it has."""
    name = rng.choice(list(value))
    match rng.randrange(5):
        case 0:
            return {key: kept for key, kept in value.items() if key != name}
        case 1:
            return value | {name: None}
        case 2:
            return value | {rng.choice(("extra", "Name", "", "id")): rng.choice(STRANGE)}
        case _:
            return value | {name: spoil(value[name], rng)}
