"""Requests made from an application's OpenAPI document, by a seeded chance.

Whatever is made is made from the document and the seed alone, so a run can be repeated.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from wire import bodies, broken
from wire.operations import Operation
from wire.requesting import Request
from wire.schemas import STRANGE
from wire.targets import write_path, write_query

# What is done to a request, and how often.
MODES = (
    ("fits", 5), ("strange parameter", 6), ("missing parameter", 2), ("doubled parameter", 2),
    ("extra parameter", 1), ("strange body", 8), ("other content type", 2), ("odd body", 3),
    ("broken body", 4), ("odd encoding", 2), ("chunks", 1), ("credentials", 2), ("twice", 1),
    ("other method", 1),
)  # fmt: skip


def generate(
    application: str, operations: list[Operation], wanted: int, rng: random.Random
) -> Iterator[Request]:
    """Make so many requests: most to an operation, some to none."""
    for number in range(wanted):
        if not operations or rng.random() < 0.15:
            yield rng.choice(broken.MISSES)(application, operations, rng)
        else:
            yield make_request(operations[number % len(operations)], rng)


def make_request(operation: Operation, rng: random.Random) -> Request:
    """Make one request to one operation."""
    names, weights = zip(*MODES, strict=True)
    mode = rng.choices(names, weights)[0]
    values = fit_parameters(operation, rng)
    change = PARAMETER_CHANGES.get(mode)
    if change is not None:
        values = change(values, operation, rng)
    request = assemble(operation, values, rng)
    if mode in bodies.CHANGES and operation.content:
        request = bodies.CHANGES[mode](request, operation.content, operation.schemas, rng)
    elif mode in broken.CHANGES:
        request = broken.CHANGES[mode](request, rng)
    return replace(request, why=mode)


@dataclass(frozen=True, slots=True)
class Value:
    """The value of one parameter."""

    place: str
    name: str
    value: Any


def fit_parameters(operation: Operation, rng: random.Random) -> list[Value]:
    """Make a value for each required parameter, and for some others."""
    return [
        Value(said["in"], said["name"], operation.schemas.fit(said.get("schema", {}), rng))
        for said in operation.parameters
        if said.get("required") or rng.random() < 0.6
    ]


def make_strange(values: list[Value], operation: Operation, rng: random.Random) -> list[Value]:
    """Let one parameter be wrong, or nearly."""
    if not operation.parameters:
        return values
    said = rng.choice(operation.parameters)
    value = operation.schemas.nearly_fit(said.get("schema", {}), rng)
    kept = [v for v in values if (v.place, v.name) != (said["in"], said["name"])]
    return [*kept, Value(said["in"], said["name"], value)]


def leave_out(values: list[Value], operation: Operation, rng: random.Random) -> list[Value]:
    """Let one parameter be missing; if it is in the path, be empty."""
    if not values:
        return values
    gone = rng.choice(values)
    kept = [v for v in values if v is not gone]
    return [*kept, replace(gone, value="")] if gone.place == "path" else kept


def double(values: list[Value], operation: Operation, rng: random.Random) -> list[Value]:
    """Let one parameter come twice, with another value."""
    outside = [v for v in values if v.place != "path"]
    if not outside:
        return values
    return [*values, replace(rng.choice(outside), value=rng.choice(STRANGE))]


def add_extra(values: list[Value], operation: Operation, rng: random.Random) -> list[Value]:
    """Let there be a parameter that nobody asked for."""
    place = rng.choice(("query", "header", "cookie"))
    return [*values, Value(place, rng.choice(("extra", "Item-Id", "q", "")) or "e", "1")]


PARAMETER_CHANGES: dict[str, Callable[[list[Value], Operation, random.Random], list[Value]]] = {
    "strange parameter": make_strange,
    "missing parameter": leave_out,
    "doubled parameter": double,
    "extra parameter": add_extra,
}


def assemble(operation: Operation, values: list[Value], rng: random.Random) -> Request:
    """Put a request together."""
    target = write_path(operation.path, {v.name: v.value for v in values if v.place == "path"}, rng)
    query = write_query([(v.name, v.value) for v in values if v.place == "query"], rng)
    headers = []
    for v in values:
        if v.place == "header":
            each = v.value if isinstance(v.value, list) else [v.value]
            headers += [(write_name(v.name, rng), write_header(one)) for one in each]
    cookies = [
        b"%s=%s" % (v.name.encode(), write_header(v.value)) for v in values if v.place == "cookie"
    ]
    if cookies:
        headers.append((b"cookie", b"; ".join(cookies)))
    if operation.has_security and rng.random() < 0.7:
        headers.append((b"authorization", rng.choice(broken.CREDENTIALS)))
    request = Request(
        operation.application,
        target + (b"?" + query if query else b""),
        operation.method.encode(),
        tuple(headers),
    )
    return bodies.fit_body(request, operation.content, operation.schemas, rng)


def write_name(name: str, rng: random.Random) -> bytes:
    """Write the name of a header in one of the usual ways."""
    return rng.choice((name, name.lower(), name.title())).encode()


def write_header(value: Any) -> bytes:
    """Write the value of a header or a cookie: no line may end in it."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return "".join(c for c in text if c.isprintable()).strip().encode("utf-8")
