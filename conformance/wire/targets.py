"""Paths and queries as bytes, percent-encoded in different ways."""

import json
import random
import re
from typing import Any
from urllib.parse import quote, quote_plus

PARAMETER = re.compile(r"\{([^{}:]+)(:path)?\}")


def write_value(value: Any) -> str:
    """Write a value as people write it in a query."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | dict) or value is None:
        return json.dumps(value)
    return str(value)


def encode(text: str, rng: random.Random) -> bytes:
    """Percent-encode a text: as usual, all of it, or in lower case."""
    match rng.randrange(8):
        case 0:
            return b"".join(b"%%%02X" % byte for byte in text.encode("utf-8", "replace"))
        case 1:
            return b"".join(b"%%%02x" % byte for byte in text.encode("utf-8", "replace"))
        case 2:
            return quote_plus(text, errors="replace").encode()
        case _:
            return quote(text, safe="", errors="replace").encode()


def write_path(path: str, values: dict[str, Any], rng: random.Random) -> bytes:
    """Fill in a path's parameters."""

    def fill(match: re.Match[str]) -> str:
        text = write_value(values.get(match[1], "1"))
        return quote(text, safe="/").replace("+", "%2B") if match[2] else encode(text, rng).decode()

    return PARAMETER.sub(fill, path).encode("ascii", "replace")


def write_query(values: list[tuple[str, Any]], rng: random.Random) -> bytes:
    """Write a query; lists come as repeated names."""
    parts = []
    for name, value in values:
        each = value if isinstance(value, list) else [value]
        parts += [b"%s=%s" % (encode(name, rng), encode(write_value(one), rng)) for one in each]
    if rng.random() < 0.1:
        rng.shuffle(parts)
    return b"&".join(parts)
