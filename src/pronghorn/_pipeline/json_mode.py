"""Which types mean the same from JSON text as from the value that `json.loads` makes of it.

FastAPI parses a body and validates what came out.  pydantic can validate the text itself, which
costs a third; but for some types it then accepts other texts, or makes other values.  Here is
the closed list of what is known to be the same, by kinds of pydantic's core schemas and by their
keys: a kind, a key or a setting that is not listed makes a type unfit.

A type is fit if for every text that `validate_json` accepts, `json.loads` and then
`validate_python` accept it too, and make an equal value of equal types; and if nobody can see
that it was validated earlier, or once more, so no function of a user's is called.  What
`validate_json` refuses is parsed and validated as FastAPI does it, so that side is free.

Texts with more digits in a row than a float can have are no matter of types: see
`has_long_number`.

All of this was tried with some releases of pydantic, and says nothing of others.
"""

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from enum import Enum, EnumMeta
from typing import Any
from uuid import uuid4

from pydantic import BaseModel, SecretBytes, SecretStr
from pydantic._internal._model_construction import init_private_attributes
from pydantic_core import SchemaValidator

from pronghorn._pipeline.fields import PYDANTIC_VERSION_MINOR_TUPLE, ModelField, Undefined

Schema = Mapping[str, Any]
Config = Mapping[str, Any]

TRIED = ((2, 14),)
"""The releases of pydantic that the list is right for.  In 2.13 the modes differ in more: what
is extra beside an alias, and enums with a member that is None."""

LONG = 309
"""The digits of the smallest integer that is too large for a float."""
STEP = 19
DIGITS = bytes(48 if 48 <= byte <= 57 else 32 for byte in range(256))
MANY = b"0" * LONG
SAMPLED = b"0" * (LONG // STEP)


def has_long_number(text: bytes) -> bool:
    """Whether *text* has `LONG` digits in a row, so that it must not be validated from JSON.

    A float made of such an integer is infinite in JSON mode and refused in Python mode; and
    `sys.set_int_max_str_digits`, which counts for `json.loads` alone, cannot go below 640.
    """
    if len(text) < LONG:
        return False
    # So many digits in a row are seen in every nineteenth byte, too, which is soon looked through.
    if SAMPLED not in text[::STEP].translate(DIGITS):
        return False
    return MANY in text.translate(DIGITS)


def means_the_same_from_json(field: ModelField) -> bool:
    """Whether *field* may be validated from JSON text: see the module's docstring."""
    adapter = field._type_adapter
    if PYDANTIC_VERSION_MINOR_TUPLE not in TRIED or field.config or not adapter.pydantic_complete:
        return False
    # A plugin of pydantic's puts a validator of its own there, and is told which mode was used.
    if type(adapter.validator) is not SchemaValidator:
        return False
    return Judge().is_fit(adapter.core_schema)


def bound_json_validator(field: ModelField) -> Callable[[bytes], Any]:
    """`validate_json` of a field that means the same from JSON."""
    return field._type_adapter.validator.validate_json


# --- the closed list ---------------------------------------------------------------------------


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


EVERYWHERE = words("type ref metadata serialization")
BOUNDS = words("le lt ge gt")
LENGTHS = words("min_length max_length fail_fast")
ERROR = words("custom_error_type custom_error_message custom_error_context")
FIELD = words(
    "schema validation_alias serialization_alias serialization_exclude serialization_exclude_if"
)

KEYS: dict[str, frozenset[str]] = {
    "any": frozenset(),
    "none": frozenset(),
    "bool": words("strict"),
    "int": BOUNDS | words("strict multiple_of"),
    "float": BOUNDS | words("strict multiple_of allow_inf_nan"),
    "str": LENGTHS
    | words("strict pattern regex_engine ascii_only coerce_numbers_to_str")
    | words("strip_whitespace to_lower to_upper"),
    "bytes": LENGTHS | words("strict"),
    # Not `now_op`: what is past may depend on when it is asked.
    "date": BOUNDS | words("strict"),
    "datetime": BOUNDS | words("strict tz_constraint microseconds_precision"),
    "time": BOUNDS | words("strict tz_constraint microseconds_precision"),
    "timedelta": BOUNDS | words("strict microseconds_precision"),
    "uuid": words("strict version"),
    "literal": words("expected"),
    "enum": words("strict cls members sub_type missing"),
    "list": LENGTHS | words("strict items_schema"),
    "tuple": LENGTHS | words("strict items_schema variadic_item_index"),
    "set": LENGTHS | words("strict items_schema"),
    "frozenset": LENGTHS | words("strict items_schema"),
    "dict": LENGTHS | words("strict keys_schema values_schema"),
    "nullable": words("schema"),
    "default": words("schema default default_factory default_factory_takes_data")
    | words("on_error validate_default"),
    "custom-error": ERROR | words("schema"),
    "union": ERROR | words("choices mode auto_collapse"),
    "tagged-union": ERROR | words("choices discriminator from_attributes strict"),
    "model": words("cls schema config custom_init root_model post_init strict generic_origin")
    | words("revalidate_instances frozen extra_behavior"),
    "model-fields": words("fields model_name computed_fields strict extras_schema extra_behavior")
    | words("from_attributes"),
    "model-field": FIELD | words("frozen"),
    "typed-dict": words("fields cls cls_name strict total config computed_fields extras_schema")
    | words("extra_behavior"),
    "typed-dict-field": FIELD | words("required"),
    "dataclass": words("cls cls_name schema fields post_init config frozen slots strict")
    | words("generic_origin revalidate_instances"),
    "dataclass-args": words("fields dataclass_name computed_fields collect_init_only")
    | words("extra_behavior extras_schema"),
    "dataclass-field": FIELD | words("name kw_only init init_only frozen"),
    "lax-or-strict": words("lax_schema strict_schema strict"),
    "json-or-python": words("json_schema python_schema"),
    "function-after": words("function schema"),
    "definitions": words("schema definitions"),
    "definition-ref": words("schema_ref"),
}
"""The kinds of schemas, with the keys that do the same in both modes or are looked at below."""

SETTINGS = (
    words("title strict validate_default coerce_numbers_to_str allow_inf_nan typed_dict_total")
    | words("extra_fields_behavior from_attributes loc_by_alias revalidate_instances")
    | words("str_min_length str_max_length str_strip_whitespace str_to_lower str_to_upper")
    | words("regex_engine cache_strings val_json_bytes val_temporal_unit hide_input_in_errors")
    | words("validation_error_cause validate_by_alias validate_by_name url_preserve_empty_path")
    | words("ser_json_bytes ser_json_inf_nan ser_json_temporal ser_json_timedelta")
    | words("serialize_by_alias polymorphic_serialization")
)
"""The settings of models that do the same in both modes or are looked at below."""

STRICT = words("bool int float str list dict typed-dict model model-fields")
"""What is as strict in JSON mode; a strict date, for example, may still be text there."""
TRANSFORMS = ("strip_whitespace", "to_lower", "to_upper")
SCALARS = words("bool int float str literal")
"""Of these, unions choose the same: text is `str` first, although less exactly so in JSON."""
HASHED = words("none bool int str bytes date datetime time timedelta uuid literal enum")
"""What sets hold.  No floats: all NaN of a text are one object for `json.loads`."""
LEVELS = words("model typed-dict dataclass list tuple dict")
"""What a recursive type is made of: each takes a level of the text, which has at most 200."""
FEWEST = 99
"""How many definitions may be entered, one in the other, in Python mode: 255 on a usual system."""
CONSTANTS = (str, int, float, bool, bytes, type(None))
FACTORIES = (list, dict, set, frozenset, tuple, str, int, float, bool, bytes, uuid4)
"""Default factories that may be called early, or once more."""
WRAPPERS = (SecretStr, SecretBytes)
"""Classes that pydantic calls with a validated value, and that do nothing but keep it."""

NULL = words("null")
TEXT = words("str")
SCALAR = words("bool int float str")
ARRAY = words("array")
OBJECT = words("object")
ALL = SCALAR | NULL | OBJECT | ARRAY
ACCEPTED = {
    "none": NULL,
    **dict.fromkeys(words("str bytes uuid"), TEXT),
    **dict.fromkeys(words("bool int float date datetime time timedelta"), SCALAR),
    **dict.fromkeys(words("literal enum"), SCALAR | NULL),
    **dict.fromkeys(words("list tuple set frozenset"), ARRAY),
    **dict.fromkeys(words("dict typed-dict dataclass tagged-union"), OBJECT),
}
"""The kinds of JSON values that a schema may accept."""


class Judge:
    """Walks one schema, with the definitions that it refers to.

    A kind that is more than its keys has a method here, called `is_same_` and its name.
    """

    def __init__(self) -> None:
        self.definitions: dict[str, tuple[Schema, Config]] = {}
        self.met: set[str] = set()
        self.open: set[str] = set()
        self.is_recursive = False

    def is_fit(self, schema: Schema) -> bool:
        if not self.is_same(schema, {}):
            return False
        # Python mode counts how many definitions are entered, and JSON mode does not.
        if not self.is_recursive:
            return len(self.met) <= FEWEST
        is_usual = sys.implementation.name == "cpython" and os.name == "posix"
        return is_usual and all(self.is_level(ref) for ref in self.met)

    def is_level(self, ref: str) -> bool:
        schema = self.definitions[ref][0]
        return schema["type"] in LEVELS | HASHED and not schema.get("root_model")

    def is_same(self, schema: Schema, config: Config) -> bool:
        """Whether *schema* does the same in both modes, within a model of *config*."""
        kind = schema["type"]
        allowed = KEYS.get(kind)
        if allowed is None or not schema.keys() <= allowed | EVERYWHERE:
            return False
        if "strict" in allowed and kind not in STRICT and is_on("strict", schema, config):
            return False
        check = getattr(self, "is_same_" + kind.replace("-", "_"), None)
        return check is None or check(schema, config)

    def are_same(self, schemas: Iterable[Schema], config: Config) -> bool:
        return all(self.is_same(schema, config) for schema in schemas)

    # --- values ------------------------------------------------------------------------------

    def is_same_str(self, schema: Schema, config: Config) -> bool:
        # A float is written otherwise: 1 is not 1.0.
        return not is_on("coerce_numbers_to_str", schema, config)

    def is_same_literal(self, schema: Schema, config: Config) -> bool:  # noqa: ARG002 - as the others
        return all(type(value) in CONSTANTS for value in schema["expected"])

    def is_same_enum(self, schema: Schema, config: Config) -> bool:  # noqa: ARG002 - as the others
        return (
            has_only_members(schema["cls"])
            and schema.get("missing") is None
            and all(type(member.value) in CONSTANTS for member in schema["members"])
        )

    # --- what holds values ---------------------------------------------------------------------

    def is_same_list(self, schema: Schema, config: Config) -> bool:
        return "items_schema" not in schema or self.is_same(schema["items_schema"], config)

    def is_same_tuple(self, schema: Schema, config: Config) -> bool:
        return self.are_same(schema["items_schema"], config)

    def is_same_set(self, schema: Schema, config: Config) -> bool:
        items = schema.get("items_schema", {"type": "any"})
        return items["type"] in HASHED and self.is_same(items, config)

    is_same_frozenset = is_same_set

    def is_same_dict(self, schema: Schema, config: Config) -> bool:
        keys = schema.get("keys_schema", {"type": "any"})
        values = schema.get("values_schema", {"type": "any"})
        return has_own_keys(keys, config) and self.are_same((keys, values), config)

    def is_same_nullable(self, schema: Schema, config: Config) -> bool:
        return self.is_same(schema["schema"], config)

    is_same_custom_error = is_same_nullable

    def is_same_default(self, schema: Schema, config: Config) -> bool:
        has_factory = "default_factory" in schema
        if has_factory and (
            schema.get("default_factory_takes_data") or not is_factory(schema["default_factory"])
        ):
            return False
        return (
            not is_on("validate_default", schema, config)
            and schema.get("on_error", "raise") == "raise"
            and (has_factory or "default" not in schema or is_default(schema["default"]))
            and self.is_same(schema["schema"], config)
        )

    # --- objects -------------------------------------------------------------------------------

    def is_same_model(self, schema: Schema, config: Config) -> bool:  # noqa: ARG002 - has its own
        cls, own = schema["cls"], schema.get("config", {})
        if not own.keys() <= SETTINGS or schema.get("custom_init"):
            return False
        if cls.__new__ is not object.__new__ or not is_post_init(cls, schema.get("post_init")):
            return False
        return self.is_same(schema["schema"], own)

    def is_same_model_fields(self, schema: Schema, config: Config) -> bool:
        extras = [schema["extras_schema"]] if "extras_schema" in schema else []
        return self.are_same((*schema["fields"].values(), *extras), config)

    is_same_model_field = is_same_nullable

    def is_same_typed_dict(self, schema: Schema, config: Config) -> bool:
        own = {**config, **schema.get("config", {})}
        return own.keys() <= SETTINGS and self.is_same_model_fields(schema, own)

    is_same_typed_dict_field = is_same_nullable

    def is_same_dataclass(self, schema: Schema, config: Config) -> bool:  # noqa: ARG002 - has its own
        cls, own = schema["cls"], schema.get("config", {})
        if not own.keys() <= SETTINGS or is_on("strict", schema, own):
            return False
        if cls.__new__ is not object.__new__ or schema.get("post_init"):
            return False
        return self.is_same(schema["schema"], own)

    def is_same_dataclass_args(self, schema: Schema, config: Config) -> bool:
        extras = [schema["extras_schema"]] if "extras_schema" in schema else []
        return not schema.get("collect_init_only") and self.are_same(
            (*schema["fields"], *extras), config
        )

    def is_same_dataclass_field(self, schema: Schema, config: Config) -> bool:
        return not schema.get("init_only") and self.is_same(schema["schema"], config)

    # --- choices -------------------------------------------------------------------------------

    def is_same_union(self, schema: Schema, config: Config) -> bool:
        choices = [
            choice[0] if isinstance(choice, tuple) else choice for choice in schema["choices"]
        ]
        is_smart = schema.get("mode", "smart") == "smart"
        scalars = [choice for choice in choices if choice["type"] in SCALARS] if is_smart else []
        if any(has_transforms(choice, config) for choice in scalars):
            return False
        others = [choice for choice in choices if choice not in scalars]
        kinds = [self.accepts(choice) for choice in others]
        kinds.append(frozenset().union(*(self.accepts(choice) for choice in scalars)))
        # No text is for two of them, so it does not matter which would be preferred.
        return sum(map(len, kinds)) == len(frozenset().union(*kinds)) and self.are_same(
            choices, config
        )

    def accepts(self, schema: Schema) -> frozenset[str]:
        """The kinds of JSON values that *schema* may accept in one of the modes."""
        kind = schema["type"]
        if kind in ACCEPTED:
            return ACCEPTED[kind]
        if kind == "model" and not schema.get("root_model"):
            return OBJECT
        if kind == "nullable":
            return self.accepts(schema["schema"]) | NULL
        if kind in ("function-after", "default", "custom-error"):
            return self.accepts(schema["schema"])
        if kind == "definition-ref" and schema["schema_ref"] in self.definitions:
            target = self.definitions[schema["schema_ref"]][0]
            return self.accepts(target) if target["type"] in (*ACCEPTED, "model") else ALL
        return ALL

    def is_same_tagged_union(self, schema: Schema, config: Config) -> bool:
        # A callable as discriminator is a function of the user's.
        return (
            isinstance(schema["discriminator"], (str, list))
            and all(type(tag) in (str, int) for tag in schema["choices"])
            and self.are_same(schema["choices"].values(), config)
        )

    def is_same_lax_or_strict(self, schema: Schema, config: Config) -> bool:
        return self.is_same(schema["lax_schema"], config)

    def is_same_json_or_python(self, schema: Schema, config: Config) -> bool:
        json, python = schema["json_schema"], schema["python_schema"]
        if python["type"] != "union" or len(python["choices"]) != 2:
            return False
        # Nothing that came from JSON is an instance of these, so the other choice is taken.
        instance, other = python["choices"]
        is_instance = instance["type"] == "is-instance" and instance["cls"] in WRAPPERS
        return is_instance and other == json and self.is_same(json, config)

    def is_same_function_after(self, schema: Schema, config: Config) -> bool:
        function = schema["function"]
        return (
            function["type"] == "no-info"
            and is_pure(function["function"])
            and self.is_same(schema["schema"], config)
        )

    # --- definitions -----------------------------------------------------------------------------

    def is_same_definitions(self, schema: Schema, config: Config) -> bool:
        for definition in schema["definitions"]:
            self.definitions[definition["ref"]] = (definition, config)
        return self.is_same(schema["schema"], config)

    def is_same_definition_ref(self, schema: Schema, config: Config) -> bool:  # noqa: ARG002 - has its own
        ref = schema["schema_ref"]
        if ref in self.open:
            self.is_recursive = True
        if ref in self.met:
            return True
        if ref not in self.definitions:
            return False
        self.met.add(ref)
        self.open.add(ref)
        is_same = self.is_same(*self.definitions[ref])
        self.open.discard(ref)
        return is_same


def is_on(name: str, schema: Schema, config: Config) -> bool:
    """Whether the setting *name* is on for *schema*, by itself or by its model."""
    value = schema.get(name)
    return bool(config.get(name) if value is None else value)


def has_transforms(schema: Schema, config: Config) -> bool:
    """Whether two texts may become the same."""
    return schema["type"] == "str" and any(
        is_on(name, schema, {name: config.get(f"str_{name}")}) for name in TRANSFORMS
    )


def has_own_keys(keys: Schema, config: Config) -> bool:
    """Whether each key of a text stays a key of its own.

    Of a key that is repeated, JSON mode validates each value in its turn, and `json.loads` keeps
    the last one at the place of the first.  That is the same unless two keys become one.
    """
    return keys["type"] in ("any", "str") and not has_transforms(keys, config)


def has_only_members(cls: type[Enum]) -> bool:
    """Whether the class, called with what is no value of a member, finds nothing in its own way."""
    return type(cls) is EnumMeta and not any(
        "_missing_" in vars(base) for base in cls.__mro__ if base is not Enum
    )


def is_default(value: Any) -> bool:
    """Whether nobody sees when, or how often, the default *value* is copied."""
    try:
        hash(value)
    except Exception:  # noqa: BLE001 - whatever a class raises: pydantic copies such a value
        return is_data(value)
    return True


def is_data(value: Any) -> bool:
    """Whether *value* is made of Python's own types alone."""
    if type(value) in (list, tuple, set, frozenset):
        return all(map(is_data, value))
    if type(value) is dict:
        return all(is_data(key) and is_data(item) for key, item in value.items())
    return type(value) in CONSTANTS


def is_factory(function: Any) -> bool:
    return any(function is known for known in FACTORIES)


def is_pure(function: Any) -> bool:
    """Whether *function* is one of pydantic's that only looks at its argument."""
    if any(function is known for known in WRAPPERS):
        return True
    # It takes long to load, and nobody can have used what was never loaded.
    networks = sys.modules.get("pydantic.networks")
    if networks is None:
        return False
    return (
        getattr(function, "__func__", None) is networks.EmailStr._validate.__func__
        and getattr(function, "__self__", None) is networks.EmailStr
    )


def is_post_init(cls: type[BaseModel], name: str | None) -> bool:
    """Whether what a model calls at its end is nothing, or pydantic's own and harmless."""
    if name is None:
        return True
    if name != "model_post_init" or cls.model_post_init is not init_private_attributes:
        return False
    return all(
        private.default is Undefined or is_data(private.default)
        if private.default_factory is None
        else is_factory(private.default_factory)
        for private in cls.__private_attributes__.values()
    )
