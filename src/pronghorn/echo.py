"""Validation errors as JSON bytes: what no input can break or blow up.

An error repeats the input that caused it, and the input is the client's.  It may hold
what JSON cannot say (NaN, lone surrogates, bytes, objects), be nested too deeply, or be
large and be repeated by each of many errors.  As long as none of this is so, the bytes
are those of FastAPI.
"""

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

from pronghorn.encoders import jsonable_encoder

MAX_BYTES = 256 * 1024  # About 10 ms of work; a list of 1,000 errors is usually smaller.
_MAX_ERROR_BYTES = 4 * 1024  # For one error, once all together are too many or too large.
_MAX_DEPTH = 50
_MAX_INTEGER_BITS = 4096  # Python refuses to write integers of more than 4,300 digits.


def write_errors(errors: Sequence[Any]) -> bytes:
    """Return `errors` as a JSON array of at most `MAX_BYTES`, the last ones left out."""
    plain = _write_plainly(errors, MAX_BYTES)
    if plain is not None:
        return plain
    if not isinstance(errors, (list, tuple)):
        return _write_one(errors)
    return b"[" + b",".join(_write_until_full(errors)) + b"]"


def _write_until_full(errors: Sequence[Any]) -> Iterator[bytes]:
    room = MAX_BYTES - 256  # For the last entry and the brackets.
    for count, error in enumerate(errors):
        written = _write_one(error)
        room -= len(written) + 1
        if room < 0:
            yield _dump(
                {
                    "type": "errors_left_out",
                    "loc": [],
                    "msg": f"{len(errors) - count} more errors are not shown",
                }
            )
            return
        yield written


def _write_one(error: Any) -> bytes:
    plain = _write_plainly(error, _MAX_ERROR_BYTES)
    return _dump(_Copy().copy(error, 0)) if plain is None else plain


def _write_plainly(value: Any, limit: int) -> bytes | None:
    """Return the bytes that FastAPI sends, or `None` if it could not or they are too many."""
    if weigh(value, limit) > limit:
        return None
    try:
        written = _dump(jsonable_encoder(value))
    except Exception:  # noqa: BLE001  The objects are the user's: anything may be raised.
        return None
    return written if len(written) <= limit else None


def _dump(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


def weigh(value: Any, limit: int) -> int:
    """Estimate the bytes of `value` as JSON; stop when they are more than `limit`."""
    weight = 0
    waiting = [value]  # Not recursive, since depth is one of the dangers.
    while waiting and weight <= limit:
        item = waiting.pop()
        weight += 2
        if isinstance(item, (str, bytes)):
            weight += len(item)
        elif isinstance(item, int):
            weight += item.bit_length() // 4
        elif isinstance(item, (dict, list, tuple, set, frozenset)):
            weight += len(item)
            if weight <= limit:
                waiting.extend(item)
                waiting.extend(item.values() if isinstance(item, dict) else ())
    return weight


class _Copy:
    """One copy of a value, in what JSON can say and with a bounded number of characters."""

    __slots__ = ("room",)

    def __init__(self) -> None:
        self.room = _MAX_ERROR_BYTES

    def copy(self, value: Any, depth: int) -> Any:
        self.room -= 4
        if depth > _MAX_DEPTH or self.room < 0:
            return "…"
        if isinstance(value, dict):
            return self._copy_dict(value, depth)
        if isinstance(value, (list, tuple, set, frozenset)):
            return self._copy_items(value, depth)
        return self._copy_scalar(value, depth)

    def _copy_dict(self, value: dict[Any, Any], depth: int) -> dict[str, Any]:
        copied = {}
        for key, item in value.items():
            if self.room < 0:
                copied["…"] = "…"
                break
            name = str(self.copy(key, depth + 1))  # Before its value, which may use up the room.
            copied[name] = self.copy(item, depth + 1)
        return copied

    def _copy_items(self, value: Any, depth: int) -> list[Any]:
        copied = []
        for item in value:
            copied.append(self.copy(item, depth + 1))
            if self.room < 0:
                break
        return copied

    def _copy_scalar(self, value: Any, depth: int) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self._copy_text(value)
        if isinstance(value, bytes):
            return self._copy_text(value[: max(self.room, 0)].decode(errors="backslashreplace"))
        if isinstance(value, int):
            is_short = value.bit_length() <= _MAX_INTEGER_BITS
            return int(value) if is_short else "an integer of too many digits"
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else _name_non_finite(value)
        return self._copy_object(value, depth)

    def _copy_text(self, value: str) -> str:
        kept = value[: max(self.room, 0)]
        self.room -= len(kept)
        # A lone surrogate has no UTF-8; it is shown as Python writes it.
        shown = kept.encode(errors="backslashreplace").decode()
        return shown if len(kept) == len(value) else shown + "…"

    def _copy_object(self, value: Any, depth: int) -> Any:
        try:
            encoded = jsonable_encoder(value)
        except Exception:  # noqa: BLE001  As above.
            return f"<{type(value).__name__}>"
        return self.copy(encoded, depth + 1)


def _name_non_finite(value: float) -> str:
    """Return JavaScript's name of a number that JSON does not have."""
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
