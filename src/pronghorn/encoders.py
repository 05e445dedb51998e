"""Turn Python values into ones that JSON can say.

Knows nothing of answers and of routes.
"""

import dataclasses
import datetime as dt
import sys
from collections import defaultdict, deque
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from functools import cache
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from pathlib import Path, PurePath
from re import Pattern
from types import GeneratorType, NoneType
from typing import TYPE_CHECKING, Any
from uuid import UUID

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic_core import PydanticUndefinedType, Url

from pronghorn.exceptions import DeclarationError, PydanticV1NotSupportedError
from pronghorn.incidental import incidental
from pronghorn.types import IncEx

# Any: the values are the user's, of any type; the results are whatever JSON has.
Encoder = Callable[[Any], Any]


def isoformat(o: dt.date | dt.time) -> str:
    """Return a date or a time as ISO 8601 writes it."""
    return o.isoformat()


def decimal_encoder(dec_value: Decimal) -> int | float:
    """Return an int where there are no decimal places, so that ids stay whole."""
    exponent = dec_value.as_tuple().exponent
    return int(dec_value) if isinstance(exponent, int) and exponent >= 0 else float(dec_value)


_BY_TYPE: dict[type[Any], Encoder] = {
    bytes: lambda value: value.decode(),
    dt.date: isoformat,
    dt.datetime: isoformat,
    dt.time: isoformat,
    dt.timedelta: lambda value: value.total_seconds(),
    Decimal: decimal_encoder,
    Enum: lambda value: value.value,
    frozenset: list,
    deque: list,
    GeneratorType: list,
    IPv4Address: str,
    IPv4Interface: str,
    IPv4Network: str,
    IPv6Address: str,
    IPv6Interface: str,
    IPv6Network: str,
    Path: str,
    Pattern: lambda value: value.pattern,
    SecretBytes: str,
    SecretStr: str,
    set: list,
    UUID: str,
    Url: str,
}


def generate_encoders_by_class_tuples(
    type_encoder_map: dict[Any, Encoder],
) -> dict[Encoder, tuple[Any, ...]]:
    """Turn the table round: each encoder with all its types, for `isinstance`."""
    types: dict[Encoder, tuple[Any, ...]] = defaultdict(tuple)
    for kind, encoder in type_encoder_map.items():
        types[encoder] += (kind,)
    return types


# `pydantic.networks` is slow to load, and nobody can hold an object of a module that was never
# imported.  So its two types come into the tables with the first look at these from outside, or
# with the first value that is of none of the other types.
if TYPE_CHECKING:
    ENCODERS_BY_TYPE = _BY_TYPE
    encoders_by_class_tuples = generate_encoders_by_class_tuples(_BY_TYPE)
else:

    def __getattr__(name: str) -> Any:
        if name in ("ENCODERS_BY_TYPE", "encoders_by_class_tuples"):
            return _complete_tables()[name]
        return _find(name)

    _find = incidental(__name__)


@cache
def _complete_tables() -> dict[str, Any]:
    """Complete the tables, and give them their public names."""
    from pydantic import AnyUrl, NameEmail  # noqa: PLC0415 - as said above

    for kind in (NameEmail, AnyUrl):
        _BY_TYPE.setdefault(kind, str)
    tables = {
        "ENCODERS_BY_TYPE": _BY_TYPE,
        "encoders_by_class_tuples": generate_encoders_by_class_tuples(_BY_TYPE),
    }
    globals().update(tables)
    return tables


def jsonable_encoder(
    obj: Any,
    include: IncEx | None = None,
    exclude: IncEx | None = None,
    by_alias: bool = True,
    exclude_unset: bool = False,
    exclude_defaults: bool = False,
    exclude_none: bool = False,
    custom_encoder: dict[Any, Encoder] | None = None,
    sqlalchemy_safe: bool = True,
) -> Any:
    """Return `obj` as dicts, lists, strings, numbers, booleans and None.

    `include` and `exclude` are keys of the outermost value (of each item in a list).
    The other `exclude_…` options are pydantic's; `exclude_none` works in dicts, too.
    `custom_encoder` maps types to functions and goes before everything else.
    With `sqlalchemy_safe`, keys that start with `_sa` are left out.
    Raises `ValueError` for an object that is no mapping and has no attributes.
    """
    walk = _Walk(
        by_alias,
        exclude_unset,
        exclude_defaults,
        exclude_none,
        custom_encoder or None,
        sqlalchemy_safe,
    )
    return walk.encode(obj, _as_keys(include), _as_keys(exclude))


def _as_keys(keys: Any) -> Any:
    """Accept any iterable of keys, as FastAPI does."""
    return keys if keys is None or isinstance(keys, (set, dict)) else set(keys)


_PLAIN = frozenset({str, int, float, bool, NoneType})
_SEQUENCES = (list, set, frozenset, GeneratorType, tuple, deque)
# In this order: an enumeration may be a string, too, and goes by its value.
_ENCODERS_OF_SCALARS: tuple[tuple[Any, Encoder], ...] = (
    (Enum, lambda value: value.value),
    (PurePath, str),
    ((str, int, float), lambda value: value),
    (PydanticUndefinedType, lambda _: None),
)


@dataclasses.dataclass(frozen=True, slots=True)
class _Walk:
    """The options of one call, on the way through all nested values."""

    by_alias: bool
    exclude_unset: bool
    exclude_defaults: bool
    exclude_none: bool
    custom: dict[Any, Encoder] | None
    sqlalchemy_safe: bool

    def encode(self, obj: Any, include: Any = None, exclude: Any = None) -> Any:
        """Encode the types that most values have here, in one frame for each level."""
        kind = type(obj)
        if self.custom is not None:
            encoder = _find_custom(self.custom, obj)
            if encoder is not None:
                return encoder(obj)
        if kind in _PLAIN:
            return obj
        if kind in _SEQUENCES:
            items = []
            for item in obj:
                items.append(self.encode(item, include, exclude))  # noqa: PERF401  One frame.
            return items
        if kind is not dict:
            return self.encode_rare(obj, include, exclude)
        encoded = {}
        for key, value in obj.items():
            if self.may_keep(key, value, include, exclude):
                encoded[self.encode(key)] = self.encode(value)
        return encoded

    def may_keep(self, key: Any, value: Any, include: Any, exclude: Any) -> bool:
        if value is None and self.exclude_none:
            return False
        if self.sqlalchemy_safe and isinstance(key, str) and key.startswith("_sa"):
            return False
        if include is not None and key not in include:
            return False
        return exclude is None or key not in exclude

    def encode_rare(self, obj: Any, include: Any, exclude: Any) -> Any:
        if isinstance(obj, BaseModel):
            return self.encode_model(obj, include, exclude)
        if dataclasses.is_dataclass(obj):
            return self.encode(_as_dict(obj), include, exclude)
        for kinds, encoder in _ENCODERS_OF_SCALARS:
            if isinstance(obj, kinds):
                return encoder(obj)
        if isinstance(obj, (dict, *_SEQUENCES)):
            return self.encode_subclass(obj, include, exclude)
        found = _find_encoder(obj)
        if found is not None:
            return found(obj)
        return self.encode(_read_attributes(obj), include, exclude)

    def encode_subclass(self, obj: Any, include: Any, exclude: Any) -> Any:
        """Encode what is a dict or a sequence, though not by its exact type."""
        if not isinstance(obj, dict):
            return [self.encode(item, include, exclude) for item in obj]
        return {
            self.encode(key): self.encode(value)
            for key, value in obj.items()
            if self.may_keep(key, value, include, exclude)
        }

    def encode_model(self, obj: BaseModel, include: Any, exclude: Any) -> Any:
        dumped = obj.model_dump(
            mode="json",
            include=include,
            exclude=exclude,
            by_alias=self.by_alias,
            exclude_unset=self.exclude_unset,
            exclude_none=self.exclude_none,
            exclude_defaults=self.exclude_defaults,
        )
        # What pydantic wrote is final: custom encoders do not apply to it.
        rest = self if self.custom is None else dataclasses.replace(self, custom=None)
        return rest.encode(dumped)


def _find_custom(custom: dict[Any, Encoder], obj: Any) -> Encoder | None:
    """Find the encoder of the exact type, else the first whose type fits."""
    if type(obj) in custom:
        return custom[type(obj)]
    return next((encoder for kind, encoder in custom.items() if isinstance(obj, kind)), None)


def _find_encoder(obj: Any) -> Encoder | None:
    found = _BY_TYPE.get(type(obj))
    if found is not None:
        return found
    by_encoder: dict[Encoder, tuple[Any, ...]] = _complete_tables()["encoders_by_class_tuples"]
    for encoder, kinds in by_encoder.items():
        if isinstance(obj, kinds):
            return encoder
    return str if _is_of_module(obj, "Color", _COLOR_MODULES) else None


_COLOR_MODULES = ("pydantic.color", "pydantic_extra_types.color")


def _is_of_module(obj: Any, name: str, modules: tuple[str, ...]) -> bool:
    """Tell whether `obj` is of class `name` of one of `modules`, without importing them.

    Nobody can hold an object of a module that was never imported, and these are slow.
    """
    loaded = [sys.modules[module] for module in modules if module in sys.modules]
    return any(isinstance(obj, getattr(module, name)) for module in loaded)


def _as_dict(obj: Any) -> dict[str, Any]:
    if isinstance(obj, type):
        raise DeclarationError(
            "encode-class",
            problem=f"`{obj.__name__}` is a dataclass: only an instance of it can be encoded.",
            where=obj,
            remedy=f"Create one: `{obj.__name__}(...)`.",
        )
    return dataclasses.asdict(obj)


def _read_attributes(obj: Any) -> dict[str, Any]:
    """Read an object as a mapping: by its own iteration, else by its attributes."""
    _refuse_pydantic_v1(obj)
    try:
        return dict(obj)
    except Exception as not_a_mapping:  # noqa: BLE001  The user's `__iter__` may raise anything.
        try:
            attributes: dict[str, Any] = vars(obj)
        except Exception as no_attributes:
            raise ValueError([not_a_mapping, no_attributes]) from no_attributes
        return attributes


def _refuse_pydantic_v1(obj: Any) -> None:
    if _is_of_module(obj, "BaseModel", ("pydantic.v1",)):
        raise PydanticV1NotSupportedError(
            "pydantic.v1 models are no longer supported by FastAPI."
            f" Please update the model {obj!r}."
        )
