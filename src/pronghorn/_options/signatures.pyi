# Written by tools/write_signatures.py from the tables beside it.  Do not edit.
# ruff: noqa: B008, D417, E501, PYI001, PYI011, PYI021  What editors show is what it is for.
# The classes of all floors are named here: a stub is read, and never run.

import os
import re
from collections.abc import Callable, Coroutine, Sequence
from enum import Enum
from typing import Any, Literal, TypeVar

import typing_extensions
from pydantic import AliasChoices, AliasPath, Discriminator
from pydantic_core import PydanticUndefined as Undefined
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Lifespan

from pronghorn._options.settings import FormLimits, TelemetryConfig
from pronghorn.applications import FastAPI
from pronghorn.datastructures import Default, DefaultPlaceholder, _Unset
from pronghorn.openapi.models import Example
from pronghorn.params import Depends
from pronghorn.retries import Retry
from pronghorn.routing import APIRoute, APIRouter
from pronghorn.types import DecoratedCallable, IncEx
from pronghorn.unique_ids import generate_unique_id

AppType = TypeVar("AppType", bound=FastAPI)

def path(
    default: Any = ...,
    *,
    default_factory: Callable[[], Any] | None = _Unset,
    alias: str | None = _Unset,
    alias_priority: int | None = _Unset,
    validation_alias: str | AliasPath | AliasChoices | None = _Unset,
    serialization_alias: str | None = _Unset,
    title: str | None = _Unset,
    description: str | None = _Unset,
    gt: float | None = None,
    ge: float | None = None,
    lt: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | re.Pattern[str] | None = None,
    regex: str | None = None,
    discriminator: str | Discriminator | None = _Unset,
    strict: bool | None = _Unset,
    validate_default: bool | None = _Unset,
    union_mode: Literal["smart", "left_to_right"] | None = _Unset,
    fail_fast: bool | None = _Unset,
    multiple_of: float | None = _Unset,
    allow_inf_nan: bool | None = _Unset,
    max_digits: int | None = _Unset,
    decimal_places: int | None = _Unset,
    examples: list[Any] | None = _Unset,
    example: Any | None = _Unset,
    openapi_examples: dict[str, Example] | None = None,
    deprecated: typing_extensions.deprecated | str | bool | None = _Unset,
    include_in_schema: bool = True,
    json_schema_extra: dict[str, Any] | Callable[[dict[str, Any]], None] | None = _Unset,
) -> Any:
    r"""Read a part of the path, such as `item_id` of `/items/{item_id}`.

    Args:
        lt: The value must be less than this.
        le: The value must be this or less.
        alias: Name of the value in the request and in the document.
        default: Not for use: a value of the path is always sent.
        examples: Example values, in the value's JSON Schema.
        default_factory: Called for a new default in each request.
        alias_priority: Which alias wins: 2 keeps this one, 1 lets an alias generator replace it.
        validation_alias: Name, or choice of names, to read the value by. It wins over `alias`.
        serialization_alias: Name to write the value by. It is `alias` if not given.
        title: Heading of the value in the document.
        description: What the value means, for the document; Markdown.
        gt: The value must be greater than this.
        ge: The value must be this or greater.
        min_length: The text or list must have at least this length.
        max_length: The text or list must have at most this length.
        pattern: Regular expression that must be found in the text.
        regex: Deprecated, use `pattern`.
        discriminator: Field, or function, that tells the members of a union apart.
        strict: Refuse values of another type instead of converting them.
        validate_default: Validate the default as if it had been sent.
        union_mode: How the member of a union is chosen: the one that fits best, or the first that fits.
        fail_fast: Report only the first wrong item of a list, tuple or set.
        multiple_of: The number must be a multiple of this.
        allow_inf_nan: Accept `inf`, `-inf` and `nan` as numbers.
        max_digits: Most digits that a decimal number may have.
        decimal_places: Most digits that a decimal number may have after its point.
        example: Deprecated, use `examples`.
        openapi_examples: Named examples, which the docs page offers to choose from.
        deprecated: Mark the value as deprecated in the document.
        include_in_schema: Show the value in the document.
        json_schema_extra: Keys to add to the value's JSON Schema, or a function that changes it.
    """

def query(
    default: Any = Undefined,
    *,
    default_factory: Callable[[], Any] | None = _Unset,
    alias: str | None = _Unset,
    alias_priority: int | None = _Unset,
    validation_alias: str | AliasPath | AliasChoices | None = _Unset,
    serialization_alias: str | None = _Unset,
    title: str | None = _Unset,
    description: str | None = _Unset,
    gt: float | None = None,
    ge: float | None = None,
    lt: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | re.Pattern[str] | None = None,
    regex: str | None = None,
    discriminator: str | Discriminator | None = _Unset,
    strict: bool | None = _Unset,
    validate_default: bool | None = _Unset,
    union_mode: Literal["smart", "left_to_right"] | None = _Unset,
    fail_fast: bool | None = _Unset,
    multiple_of: float | None = _Unset,
    allow_inf_nan: bool | None = _Unset,
    max_digits: int | None = _Unset,
    decimal_places: int | None = _Unset,
    examples: list[Any] | None = _Unset,
    example: Any | None = _Unset,
    openapi_examples: dict[str, Example] | None = None,
    deprecated: typing_extensions.deprecated | str | bool | None = _Unset,
    include_in_schema: bool = True,
    json_schema_extra: dict[str, Any] | Callable[[dict[str, Any]], None] | None = _Unset,
) -> Any:
    r"""Read a value of the query, such as `page` of `/items?page=2`.

    Args:
        lt: The value must be less than this.
        le: The value must be this or less.
        alias: Name of the value in the request and in the document.
        default: Value when none is sent. Without one the value is required.
        examples: Example values, in the value's JSON Schema.
        default_factory: Called for a new default in each request.
        alias_priority: Which alias wins: 2 keeps this one, 1 lets an alias generator replace it.
        validation_alias: Name, or choice of names, to read the value by. It wins over `alias`.
        serialization_alias: Name to write the value by. It is `alias` if not given.
        title: Heading of the value in the document.
        description: What the value means, for the document; Markdown.
        gt: The value must be greater than this.
        ge: The value must be this or greater.
        min_length: The text or list must have at least this length.
        max_length: The text or list must have at most this length.
        pattern: Regular expression that must be found in the text.
        regex: Deprecated, use `pattern`.
        discriminator: Field, or function, that tells the members of a union apart.
        strict: Refuse values of another type instead of converting them.
        validate_default: Validate the default as if it had been sent.
        union_mode: How the member of a union is chosen: the one that fits best, or the first that fits.
        fail_fast: Report only the first wrong item of a list, tuple or set.
        multiple_of: The number must be a multiple of this.
        allow_inf_nan: Accept `inf`, `-inf` and `nan` as numbers.
        max_digits: Most digits that a decimal number may have.
        decimal_places: Most digits that a decimal number may have after its point.
        example: Deprecated, use `examples`.
        openapi_examples: Named examples, which the docs page offers to choose from.
        deprecated: Mark the value as deprecated in the document.
        include_in_schema: Show the value in the document.
        json_schema_extra: Keys to add to the value's JSON Schema, or a function that changes it.
    """

def header(
    default: Any = Undefined,
    *,
    default_factory: Callable[[], Any] | None = _Unset,
    alias: str | None = _Unset,
    alias_priority: int | None = _Unset,
    validation_alias: str | AliasPath | AliasChoices | None = _Unset,
    serialization_alias: str | None = _Unset,
    convert_underscores: bool = True,
    title: str | None = _Unset,
    description: str | None = _Unset,
    gt: float | None = None,
    ge: float | None = None,
    lt: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | re.Pattern[str] | None = None,
    regex: str | None = None,
    discriminator: str | Discriminator | None = _Unset,
    strict: bool | None = _Unset,
    validate_default: bool | None = _Unset,
    union_mode: Literal["smart", "left_to_right"] | None = _Unset,
    fail_fast: bool | None = _Unset,
    multiple_of: float | None = _Unset,
    allow_inf_nan: bool | None = _Unset,
    max_digits: int | None = _Unset,
    decimal_places: int | None = _Unset,
    examples: list[Any] | None = _Unset,
    example: Any | None = _Unset,
    openapi_examples: dict[str, Example] | None = None,
    deprecated: typing_extensions.deprecated | str | bool | None = _Unset,
    include_in_schema: bool = True,
    json_schema_extra: dict[str, Any] | Callable[[dict[str, Any]], None] | None = _Unset,
) -> Any:
    r"""Read a header.

    Args:
        lt: The value must be less than this.
        le: The value must be this or less.
        alias: Name of the value in the request and in the document.
        default: Value when none is sent. Without one the value is required.
        examples: Example values, in the value's JSON Schema.
        default_factory: Called for a new default in each request.
        alias_priority: Which alias wins: 2 keeps this one, 1 lets an alias generator replace it.
        validation_alias: Name, or choice of names, to read the value by. It wins over `alias`.
        serialization_alias: Name to write the value by. It is `alias` if not given.
        convert_underscores: Read the header `x-token` for a parameter named `x_token`.
        title: Heading of the value in the document.
        description: What the value means, for the document; Markdown.
        gt: The value must be greater than this.
        ge: The value must be this or greater.
        min_length: The text or list must have at least this length.
        max_length: The text or list must have at most this length.
        pattern: Regular expression that must be found in the text.
        regex: Deprecated, use `pattern`.
        discriminator: Field, or function, that tells the members of a union apart.
        strict: Refuse values of another type instead of converting them.
        validate_default: Validate the default as if it had been sent.
        union_mode: How the member of a union is chosen: the one that fits best, or the first that fits.
        fail_fast: Report only the first wrong item of a list, tuple or set.
        multiple_of: The number must be a multiple of this.
        allow_inf_nan: Accept `inf`, `-inf` and `nan` as numbers.
        max_digits: Most digits that a decimal number may have.
        decimal_places: Most digits that a decimal number may have after its point.
        example: Deprecated, use `examples`.
        openapi_examples: Named examples, which the docs page offers to choose from.
        deprecated: Mark the value as deprecated in the document.
        include_in_schema: Show the value in the document.
        json_schema_extra: Keys to add to the value's JSON Schema, or a function that changes it.
    """

def cookie(
    default: Any = Undefined,
    *,
    default_factory: Callable[[], Any] | None = _Unset,
    alias: str | None = _Unset,
    alias_priority: int | None = _Unset,
    validation_alias: str | AliasPath | AliasChoices | None = _Unset,
    serialization_alias: str | None = _Unset,
    title: str | None = _Unset,
    description: str | None = _Unset,
    gt: float | None = None,
    ge: float | None = None,
    lt: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | re.Pattern[str] | None = None,
    regex: str | None = None,
    discriminator: str | Discriminator | None = _Unset,
    strict: bool | None = _Unset,
    validate_default: bool | None = _Unset,
    union_mode: Literal["smart", "left_to_right"] | None = _Unset,
    fail_fast: bool | None = _Unset,
    multiple_of: float | None = _Unset,
    allow_inf_nan: bool | None = _Unset,
    max_digits: int | None = _Unset,
    decimal_places: int | None = _Unset,
    examples: list[Any] | None = _Unset,
    example: Any | None = _Unset,
    openapi_examples: dict[str, Example] | None = None,
    deprecated: typing_extensions.deprecated | str | bool | None = _Unset,
    include_in_schema: bool = True,
    json_schema_extra: dict[str, Any] | Callable[[dict[str, Any]], None] | None = _Unset,
) -> Any:
    r"""Read a cookie.

    Args:
        lt: The value must be less than this.
        le: The value must be this or less.
        alias: Name of the value in the request and in the document.
        default: Value when none is sent. Without one the value is required.
        examples: Example values, in the value's JSON Schema.
        default_factory: Called for a new default in each request.
        alias_priority: Which alias wins: 2 keeps this one, 1 lets an alias generator replace it.
        validation_alias: Name, or choice of names, to read the value by. It wins over `alias`.
        serialization_alias: Name to write the value by. It is `alias` if not given.
        title: Heading of the value in the document.
        description: What the value means, for the document; Markdown.
        gt: The value must be greater than this.
        ge: The value must be this or greater.
        min_length: The text or list must have at least this length.
        max_length: The text or list must have at most this length.
        pattern: Regular expression that must be found in the text.
        regex: Deprecated, use `pattern`.
        discriminator: Field, or function, that tells the members of a union apart.
        strict: Refuse values of another type instead of converting them.
        validate_default: Validate the default as if it had been sent.
        union_mode: How the member of a union is chosen: the one that fits best, or the first that fits.
        fail_fast: Report only the first wrong item of a list, tuple or set.
        multiple_of: The number must be a multiple of this.
        allow_inf_nan: Accept `inf`, `-inf` and `nan` as numbers.
        max_digits: Most digits that a decimal number may have.
        decimal_places: Most digits that a decimal number may have after its point.
        example: Deprecated, use `examples`.
        openapi_examples: Named examples, which the docs page offers to choose from.
        deprecated: Mark the value as deprecated in the document.
        include_in_schema: Show the value in the document.
        json_schema_extra: Keys to add to the value's JSON Schema, or a function that changes it.
    """

def body(
    default: Any = Undefined,
    *,
    default_factory: Callable[[], Any] | None = _Unset,
    embed: bool | None = None,
    media_type: str = "application/json",
    alias: str | None = _Unset,
    alias_priority: int | None = _Unset,
    validation_alias: str | AliasPath | AliasChoices | None = _Unset,
    serialization_alias: str | None = _Unset,
    title: str | None = _Unset,
    description: str | None = _Unset,
    gt: float | None = None,
    ge: float | None = None,
    lt: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | re.Pattern[str] | None = None,
    regex: str | None = None,
    discriminator: str | Discriminator | None = _Unset,
    strict: bool | None = _Unset,
    validate_default: bool | None = _Unset,
    union_mode: Literal["smart", "left_to_right"] | None = _Unset,
    fail_fast: bool | None = _Unset,
    multiple_of: float | None = _Unset,
    allow_inf_nan: bool | None = _Unset,
    max_digits: int | None = _Unset,
    decimal_places: int | None = _Unset,
    examples: list[Any] | None = _Unset,
    example: Any | None = _Unset,
    openapi_examples: dict[str, Example] | None = None,
    deprecated: typing_extensions.deprecated | str | bool | None = _Unset,
    include_in_schema: bool = True,
    json_schema_extra: dict[str, Any] | Callable[[dict[str, Any]], None] | None = _Unset,
) -> Any:
    r"""Read the JSON body, or one key of it.

    Args:
        lt: The value must be less than this.
        le: The value must be this or less.
        alias: Name of the value in the request and in the document.
        default: Value when none is sent. Without one the value is required.
        examples: Example values, in the value's JSON Schema.
        default_factory: Called for a new default in each request.
        embed: Expect the value under its name, as one key of a JSON object.
        media_type: Media type of the body in the document. Parsing ignores it.
        alias_priority: Which alias wins: 2 keeps this one, 1 lets an alias generator replace it.
        validation_alias: Name, or choice of names, to read the value by. It wins over `alias`.
        serialization_alias: Name to write the value by. It is `alias` if not given.
        title: Heading of the value in the document.
        description: What the value means, for the document; Markdown.
        gt: The value must be greater than this.
        ge: The value must be this or greater.
        min_length: The text or list must have at least this length.
        max_length: The text or list must have at most this length.
        pattern: Regular expression that must be found in the text.
        regex: Deprecated, use `pattern`.
        discriminator: Field, or function, that tells the members of a union apart.
        strict: Refuse values of another type instead of converting them.
        validate_default: Validate the default as if it had been sent.
        union_mode: How the member of a union is chosen: the one that fits best, or the first that fits.
        fail_fast: Report only the first wrong item of a list, tuple or set.
        multiple_of: The number must be a multiple of this.
        allow_inf_nan: Accept `inf`, `-inf` and `nan` as numbers.
        max_digits: Most digits that a decimal number may have.
        decimal_places: Most digits that a decimal number may have after its point.
        example: Deprecated, use `examples`.
        openapi_examples: Named examples, which the docs page offers to choose from.
        deprecated: Mark the value as deprecated in the document.
        include_in_schema: Show the value in the document.
        json_schema_extra: Keys to add to the value's JSON Schema, or a function that changes it.
    """

def form(
    default: Any = Undefined,
    *,
    default_factory: Callable[[], Any] | None = _Unset,
    media_type: str = "application/x-www-form-urlencoded",
    alias: str | None = _Unset,
    alias_priority: int | None = _Unset,
    validation_alias: str | AliasPath | AliasChoices | None = _Unset,
    serialization_alias: str | None = _Unset,
    title: str | None = _Unset,
    description: str | None = _Unset,
    gt: float | None = None,
    ge: float | None = None,
    lt: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | re.Pattern[str] | None = None,
    regex: str | None = None,
    discriminator: str | Discriminator | None = _Unset,
    strict: bool | None = _Unset,
    validate_default: bool | None = _Unset,
    union_mode: Literal["smart", "left_to_right"] | None = _Unset,
    fail_fast: bool | None = _Unset,
    multiple_of: float | None = _Unset,
    allow_inf_nan: bool | None = _Unset,
    max_digits: int | None = _Unset,
    decimal_places: int | None = _Unset,
    examples: list[Any] | None = _Unset,
    example: Any | None = _Unset,
    openapi_examples: dict[str, Example] | None = None,
    deprecated: typing_extensions.deprecated | str | bool | None = _Unset,
    include_in_schema: bool = True,
    json_schema_extra: dict[str, Any] | Callable[[dict[str, Any]], None] | None = _Unset,
) -> Any:
    r"""Read a field of a form.

    Args:
        lt: The value must be less than this.
        le: The value must be this or less.
        alias: Name of the value in the request and in the document.
        default: Value when none is sent. Without one the value is required.
        examples: Example values, in the value's JSON Schema.
        default_factory: Called for a new default in each request.
        media_type: Media type of the form in the document. Parsing ignores it.
        alias_priority: Which alias wins: 2 keeps this one, 1 lets an alias generator replace it.
        validation_alias: Name, or choice of names, to read the value by. It wins over `alias`.
        serialization_alias: Name to write the value by. It is `alias` if not given.
        title: Heading of the value in the document.
        description: What the value means, for the document; Markdown.
        gt: The value must be greater than this.
        ge: The value must be this or greater.
        min_length: The text or list must have at least this length.
        max_length: The text or list must have at most this length.
        pattern: Regular expression that must be found in the text.
        regex: Deprecated, use `pattern`.
        discriminator: Field, or function, that tells the members of a union apart.
        strict: Refuse values of another type instead of converting them.
        validate_default: Validate the default as if it had been sent.
        union_mode: How the member of a union is chosen: the one that fits best, or the first that fits.
        fail_fast: Report only the first wrong item of a list, tuple or set.
        multiple_of: The number must be a multiple of this.
        allow_inf_nan: Accept `inf`, `-inf` and `nan` as numbers.
        max_digits: Most digits that a decimal number may have.
        decimal_places: Most digits that a decimal number may have after its point.
        example: Deprecated, use `examples`.
        openapi_examples: Named examples, which the docs page offers to choose from.
        deprecated: Mark the value as deprecated in the document.
        include_in_schema: Show the value in the document.
        json_schema_extra: Keys to add to the value's JSON Schema, or a function that changes it.
    """

def file(
    default: Any = Undefined,
    *,
    default_factory: Callable[[], Any] | None = _Unset,
    media_type: str = "multipart/form-data",
    alias: str | None = _Unset,
    alias_priority: int | None = _Unset,
    validation_alias: str | AliasPath | AliasChoices | None = _Unset,
    serialization_alias: str | None = _Unset,
    title: str | None = _Unset,
    description: str | None = _Unset,
    gt: float | None = None,
    ge: float | None = None,
    lt: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | re.Pattern[str] | None = None,
    regex: str | None = None,
    discriminator: str | Discriminator | None = _Unset,
    strict: bool | None = _Unset,
    validate_default: bool | None = _Unset,
    union_mode: Literal["smart", "left_to_right"] | None = _Unset,
    fail_fast: bool | None = _Unset,
    multiple_of: float | None = _Unset,
    allow_inf_nan: bool | None = _Unset,
    max_digits: int | None = _Unset,
    decimal_places: int | None = _Unset,
    examples: list[Any] | None = _Unset,
    example: Any | None = _Unset,
    openapi_examples: dict[str, Example] | None = None,
    deprecated: typing_extensions.deprecated | str | bool | None = _Unset,
    include_in_schema: bool = True,
    json_schema_extra: dict[str, Any] | Callable[[dict[str, Any]], None] | None = _Unset,
) -> Any:
    r"""Read a file of a form, as `bytes` or as an `UploadFile`.

    Args:
        lt: The value must be less than this.
        le: The value must be this or less.
        alias: Name of the value in the request and in the document.
        default: Value when none is sent. Without one the value is required.
        examples: Example values, in the value's JSON Schema.
        default_factory: Called for a new default in each request.
        media_type: Media type of the form in the document. Parsing ignores it.
        alias_priority: Which alias wins: 2 keeps this one, 1 lets an alias generator replace it.
        validation_alias: Name, or choice of names, to read the value by. It wins over `alias`.
        serialization_alias: Name to write the value by. It is `alias` if not given.
        title: Heading of the value in the document.
        description: What the value means, for the document; Markdown.
        gt: The value must be greater than this.
        ge: The value must be this or greater.
        min_length: The text or list must have at least this length.
        max_length: The text or list must have at most this length.
        pattern: Regular expression that must be found in the text.
        regex: Deprecated, use `pattern`.
        discriminator: Field, or function, that tells the members of a union apart.
        strict: Refuse values of another type instead of converting them.
        validate_default: Validate the default as if it had been sent.
        union_mode: How the member of a union is chosen: the one that fits best, or the first that fits.
        fail_fast: Report only the first wrong item of a list, tuple or set.
        multiple_of: The number must be a multiple of this.
        allow_inf_nan: Accept `inf`, `-inf` and `nan` as numbers.
        max_digits: Most digits that a decimal number may have.
        decimal_places: Most digits that a decimal number may have after its point.
        example: Deprecated, use `examples`.
        openapi_examples: Named examples, which the docs page offers to choose from.
        deprecated: Mark the value as deprecated in the document.
        include_in_schema: Show the value in the document.
        json_schema_extra: Keys to add to the value's JSON Schema, or a function that changes it.
    """

def depends(
    dependency: Callable[..., Any] | None = None,
    *,
    use_cache: bool = True,
    scope: Literal["function", "request"] | None = None,
    max_concurrency: int | None = None,
) -> Any:
    r"""Call a dependency, and pass its result.

    Args:
        dependency: What is called. Without it, the parameter's class is.
        use_cache: Call it once in a request and share the result. False calls it each time.
        scope: When the code behind its `yield` runs. `function` is before the answer is sent, `request` is after.
        max_concurrency: Most calls that may run at once. Others wait, and hold no thread.
    """

def security(
    dependency: Callable[..., Any] | None = None,
    *,
    scopes: Sequence[str] | None = None,
    use_cache: bool = True,
) -> Any:
    r"""Call a dependency that checks who asks, and pass its result.

    Args:
        dependency: What is called. Without it, the parameter's class is.
        scopes: OAuth2 scopes that are needed, which `SecurityScopes` tells.
        use_cache: Call it once in a request and share the result. False calls it each time.
    """

def param_mark(
    self: Any,
    default: Any = Undefined,
    *,
    default_factory: Callable[[], Any] | None = _Unset,
    annotation: Any | None = None,
    alias: str | None = _Unset,
    alias_priority: int | None = _Unset,
    validation_alias: str | AliasPath | AliasChoices | None = _Unset,
    serialization_alias: str | None = _Unset,
    title: str | None = _Unset,
    description: str | None = _Unset,
    gt: float | None = None,
    ge: float | None = None,
    lt: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | re.Pattern[str] | None = None,
    regex: str | None = None,
    discriminator: str | Discriminator | None = _Unset,
    strict: bool | None = _Unset,
    validate_default: bool | None = _Unset,
    union_mode: Literal["smart", "left_to_right"] | None = _Unset,
    fail_fast: bool | None = _Unset,
    multiple_of: float | None = _Unset,
    allow_inf_nan: bool | None = _Unset,
    max_digits: int | None = _Unset,
    decimal_places: int | None = _Unset,
    examples: list[Any] | None = _Unset,
    example: Any | None = _Unset,
    openapi_examples: dict[str, Example] | None = None,
    deprecated: typing_extensions.deprecated | str | bool | None = _Unset,
    include_in_schema: bool = True,
    json_schema_extra: dict[str, Any] | Callable[[dict[str, Any]], None] | None = _Unset,
) -> None:
    r"""Make a mark for a value of the path, the query, a header or a cookie.

    Args:
        lt: The value must be less than this.
        le: The value must be this or less.
        alias: Name of the value in the request and in the document.
        default: Value when none is sent. Without one the value is required.
        examples: Example values, in the value's JSON Schema.
        default_factory: Called for a new default in each request.
        annotation: Type of the value, where no signature tells it.
        alias_priority: Which alias wins: 2 keeps this one, 1 lets an alias generator replace it.
        validation_alias: Name, or choice of names, to read the value by. It wins over `alias`.
        serialization_alias: Name to write the value by. It is `alias` if not given.
        title: Heading of the value in the document.
        description: What the value means, for the document; Markdown.
        gt: The value must be greater than this.
        ge: The value must be this or greater.
        min_length: The text or list must have at least this length.
        max_length: The text or list must have at most this length.
        pattern: Regular expression that must be found in the text.
        regex: Deprecated, use `pattern`.
        discriminator: Field, or function, that tells the members of a union apart.
        strict: Refuse values of another type instead of converting them.
        validate_default: Validate the default as if it had been sent.
        union_mode: How the member of a union is chosen: the one that fits best, or the first that fits.
        fail_fast: Report only the first wrong item of a list, tuple or set.
        multiple_of: The number must be a multiple of this.
        allow_inf_nan: Accept `inf`, `-inf` and `nan` as numbers.
        max_digits: Most digits that a decimal number may have.
        decimal_places: Most digits that a decimal number may have after its point.
        example: Deprecated, use `examples`.
        openapi_examples: Named examples, which the docs page offers to choose from.
        deprecated: Mark the value as deprecated in the document.
        include_in_schema: Show the value in the document.
        json_schema_extra: Keys to add to the value's JSON Schema, or a function that changes it.
    """

def path_mark(
    self: Any,
    default: Any = ...,
    *,
    default_factory: Callable[[], Any] | None = _Unset,
    annotation: Any | None = None,
    alias: str | None = _Unset,
    alias_priority: int | None = _Unset,
    validation_alias: str | AliasPath | AliasChoices | None = _Unset,
    serialization_alias: str | None = _Unset,
    title: str | None = _Unset,
    description: str | None = _Unset,
    gt: float | None = None,
    ge: float | None = None,
    lt: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | re.Pattern[str] | None = None,
    regex: str | None = None,
    discriminator: str | Discriminator | None = _Unset,
    strict: bool | None = _Unset,
    validate_default: bool | None = _Unset,
    union_mode: Literal["smart", "left_to_right"] | None = _Unset,
    fail_fast: bool | None = _Unset,
    multiple_of: float | None = _Unset,
    allow_inf_nan: bool | None = _Unset,
    max_digits: int | None = _Unset,
    decimal_places: int | None = _Unset,
    examples: list[Any] | None = _Unset,
    example: Any | None = _Unset,
    openapi_examples: dict[str, Example] | None = None,
    deprecated: typing_extensions.deprecated | str | bool | None = _Unset,
    include_in_schema: bool = True,
    json_schema_extra: dict[str, Any] | Callable[[dict[str, Any]], None] | None = _Unset,
) -> None:
    r"""Make a mark for a part of the path.

    Args:
        lt: The value must be less than this.
        le: The value must be this or less.
        alias: Name of the value in the request and in the document.
        default: Not for use: a value of the path is always sent.
        examples: Example values, in the value's JSON Schema.
        default_factory: Called for a new default in each request.
        annotation: Type of the value, where no signature tells it.
        alias_priority: Which alias wins: 2 keeps this one, 1 lets an alias generator replace it.
        validation_alias: Name, or choice of names, to read the value by. It wins over `alias`.
        serialization_alias: Name to write the value by. It is `alias` if not given.
        title: Heading of the value in the document.
        description: What the value means, for the document; Markdown.
        gt: The value must be greater than this.
        ge: The value must be this or greater.
        min_length: The text or list must have at least this length.
        max_length: The text or list must have at most this length.
        pattern: Regular expression that must be found in the text.
        regex: Deprecated, use `pattern`.
        discriminator: Field, or function, that tells the members of a union apart.
        strict: Refuse values of another type instead of converting them.
        validate_default: Validate the default as if it had been sent.
        union_mode: How the member of a union is chosen: the one that fits best, or the first that fits.
        fail_fast: Report only the first wrong item of a list, tuple or set.
        multiple_of: The number must be a multiple of this.
        allow_inf_nan: Accept `inf`, `-inf` and `nan` as numbers.
        max_digits: Most digits that a decimal number may have.
        decimal_places: Most digits that a decimal number may have after its point.
        example: Deprecated, use `examples`.
        openapi_examples: Named examples, which the docs page offers to choose from.
        deprecated: Mark the value as deprecated in the document.
        include_in_schema: Show the value in the document.
        json_schema_extra: Keys to add to the value's JSON Schema, or a function that changes it.
    """

def header_mark(
    self: Any,
    default: Any = Undefined,
    *,
    default_factory: Callable[[], Any] | None = _Unset,
    annotation: Any | None = None,
    alias: str | None = _Unset,
    alias_priority: int | None = _Unset,
    validation_alias: str | AliasPath | AliasChoices | None = _Unset,
    serialization_alias: str | None = _Unset,
    convert_underscores: bool = True,
    title: str | None = _Unset,
    description: str | None = _Unset,
    gt: float | None = None,
    ge: float | None = None,
    lt: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | re.Pattern[str] | None = None,
    regex: str | None = None,
    discriminator: str | Discriminator | None = _Unset,
    strict: bool | None = _Unset,
    validate_default: bool | None = _Unset,
    union_mode: Literal["smart", "left_to_right"] | None = _Unset,
    fail_fast: bool | None = _Unset,
    multiple_of: float | None = _Unset,
    allow_inf_nan: bool | None = _Unset,
    max_digits: int | None = _Unset,
    decimal_places: int | None = _Unset,
    examples: list[Any] | None = _Unset,
    example: Any | None = _Unset,
    openapi_examples: dict[str, Example] | None = None,
    deprecated: typing_extensions.deprecated | str | bool | None = _Unset,
    include_in_schema: bool = True,
    json_schema_extra: dict[str, Any] | Callable[[dict[str, Any]], None] | None = _Unset,
) -> None:
    r"""Make a mark for a header.

    Args:
        lt: The value must be less than this.
        le: The value must be this or less.
        alias: Name of the value in the request and in the document.
        default: Value when none is sent. Without one the value is required.
        examples: Example values, in the value's JSON Schema.
        default_factory: Called for a new default in each request.
        annotation: Type of the value, where no signature tells it.
        alias_priority: Which alias wins: 2 keeps this one, 1 lets an alias generator replace it.
        validation_alias: Name, or choice of names, to read the value by. It wins over `alias`.
        serialization_alias: Name to write the value by. It is `alias` if not given.
        convert_underscores: Read the header `x-token` for a parameter named `x_token`.
        title: Heading of the value in the document.
        description: What the value means, for the document; Markdown.
        gt: The value must be greater than this.
        ge: The value must be this or greater.
        min_length: The text or list must have at least this length.
        max_length: The text or list must have at most this length.
        pattern: Regular expression that must be found in the text.
        regex: Deprecated, use `pattern`.
        discriminator: Field, or function, that tells the members of a union apart.
        strict: Refuse values of another type instead of converting them.
        validate_default: Validate the default as if it had been sent.
        union_mode: How the member of a union is chosen: the one that fits best, or the first that fits.
        fail_fast: Report only the first wrong item of a list, tuple or set.
        multiple_of: The number must be a multiple of this.
        allow_inf_nan: Accept `inf`, `-inf` and `nan` as numbers.
        max_digits: Most digits that a decimal number may have.
        decimal_places: Most digits that a decimal number may have after its point.
        example: Deprecated, use `examples`.
        openapi_examples: Named examples, which the docs page offers to choose from.
        deprecated: Mark the value as deprecated in the document.
        include_in_schema: Show the value in the document.
        json_schema_extra: Keys to add to the value's JSON Schema, or a function that changes it.
    """

def body_mark(
    self: Any,
    default: Any = Undefined,
    *,
    default_factory: Callable[[], Any] | None = _Unset,
    annotation: Any | None = None,
    embed: bool | None = None,
    media_type: str = "application/json",
    alias: str | None = _Unset,
    alias_priority: int | None = _Unset,
    validation_alias: str | AliasPath | AliasChoices | None = _Unset,
    serialization_alias: str | None = _Unset,
    title: str | None = _Unset,
    description: str | None = _Unset,
    gt: float | None = None,
    ge: float | None = None,
    lt: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | re.Pattern[str] | None = None,
    regex: str | None = None,
    discriminator: str | Discriminator | None = _Unset,
    strict: bool | None = _Unset,
    validate_default: bool | None = _Unset,
    union_mode: Literal["smart", "left_to_right"] | None = _Unset,
    fail_fast: bool | None = _Unset,
    multiple_of: float | None = _Unset,
    allow_inf_nan: bool | None = _Unset,
    max_digits: int | None = _Unset,
    decimal_places: int | None = _Unset,
    examples: list[Any] | None = _Unset,
    example: Any | None = _Unset,
    openapi_examples: dict[str, Example] | None = None,
    deprecated: typing_extensions.deprecated | str | bool | None = _Unset,
    include_in_schema: bool = True,
    json_schema_extra: dict[str, Any] | Callable[[dict[str, Any]], None] | None = _Unset,
) -> None:
    r"""Make a mark for the JSON body.

    Args:
        lt: The value must be less than this.
        le: The value must be this or less.
        alias: Name of the value in the request and in the document.
        default: Value when none is sent. Without one the value is required.
        examples: Example values, in the value's JSON Schema.
        default_factory: Called for a new default in each request.
        annotation: Type of the value, where no signature tells it.
        embed: Expect the value under its name, as one key of a JSON object.
        media_type: Media type of the body in the document. Parsing ignores it.
        alias_priority: Which alias wins: 2 keeps this one, 1 lets an alias generator replace it.
        validation_alias: Name, or choice of names, to read the value by. It wins over `alias`.
        serialization_alias: Name to write the value by. It is `alias` if not given.
        title: Heading of the value in the document.
        description: What the value means, for the document; Markdown.
        gt: The value must be greater than this.
        ge: The value must be this or greater.
        min_length: The text or list must have at least this length.
        max_length: The text or list must have at most this length.
        pattern: Regular expression that must be found in the text.
        regex: Deprecated, use `pattern`.
        discriminator: Field, or function, that tells the members of a union apart.
        strict: Refuse values of another type instead of converting them.
        validate_default: Validate the default as if it had been sent.
        union_mode: How the member of a union is chosen: the one that fits best, or the first that fits.
        fail_fast: Report only the first wrong item of a list, tuple or set.
        multiple_of: The number must be a multiple of this.
        allow_inf_nan: Accept `inf`, `-inf` and `nan` as numbers.
        max_digits: Most digits that a decimal number may have.
        decimal_places: Most digits that a decimal number may have after its point.
        example: Deprecated, use `examples`.
        openapi_examples: Named examples, which the docs page offers to choose from.
        deprecated: Mark the value as deprecated in the document.
        include_in_schema: Show the value in the document.
        json_schema_extra: Keys to add to the value's JSON Schema, or a function that changes it.
    """

def form_mark(
    self: Any,
    default: Any = Undefined,
    *,
    default_factory: Callable[[], Any] | None = _Unset,
    annotation: Any | None = None,
    media_type: str = "application/x-www-form-urlencoded",
    alias: str | None = _Unset,
    alias_priority: int | None = _Unset,
    validation_alias: str | AliasPath | AliasChoices | None = _Unset,
    serialization_alias: str | None = _Unset,
    title: str | None = _Unset,
    description: str | None = _Unset,
    gt: float | None = None,
    ge: float | None = None,
    lt: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | re.Pattern[str] | None = None,
    regex: str | None = None,
    discriminator: str | Discriminator | None = _Unset,
    strict: bool | None = _Unset,
    validate_default: bool | None = _Unset,
    union_mode: Literal["smart", "left_to_right"] | None = _Unset,
    fail_fast: bool | None = _Unset,
    multiple_of: float | None = _Unset,
    allow_inf_nan: bool | None = _Unset,
    max_digits: int | None = _Unset,
    decimal_places: int | None = _Unset,
    examples: list[Any] | None = _Unset,
    example: Any | None = _Unset,
    openapi_examples: dict[str, Example] | None = None,
    deprecated: typing_extensions.deprecated | str | bool | None = _Unset,
    include_in_schema: bool = True,
    json_schema_extra: dict[str, Any] | Callable[[dict[str, Any]], None] | None = _Unset,
) -> None:
    r"""Make a mark for a field of a form.

    Args:
        lt: The value must be less than this.
        le: The value must be this or less.
        alias: Name of the value in the request and in the document.
        default: Value when none is sent. Without one the value is required.
        examples: Example values, in the value's JSON Schema.
        default_factory: Called for a new default in each request.
        annotation: Type of the value, where no signature tells it.
        media_type: Media type of the form in the document. Parsing ignores it.
        alias_priority: Which alias wins: 2 keeps this one, 1 lets an alias generator replace it.
        validation_alias: Name, or choice of names, to read the value by. It wins over `alias`.
        serialization_alias: Name to write the value by. It is `alias` if not given.
        title: Heading of the value in the document.
        description: What the value means, for the document; Markdown.
        gt: The value must be greater than this.
        ge: The value must be this or greater.
        min_length: The text or list must have at least this length.
        max_length: The text or list must have at most this length.
        pattern: Regular expression that must be found in the text.
        regex: Deprecated, use `pattern`.
        discriminator: Field, or function, that tells the members of a union apart.
        strict: Refuse values of another type instead of converting them.
        validate_default: Validate the default as if it had been sent.
        union_mode: How the member of a union is chosen: the one that fits best, or the first that fits.
        fail_fast: Report only the first wrong item of a list, tuple or set.
        multiple_of: The number must be a multiple of this.
        allow_inf_nan: Accept `inf`, `-inf` and `nan` as numbers.
        max_digits: Most digits that a decimal number may have.
        decimal_places: Most digits that a decimal number may have after its point.
        example: Deprecated, use `examples`.
        openapi_examples: Named examples, which the docs page offers to choose from.
        deprecated: Mark the value as deprecated in the document.
        include_in_schema: Show the value in the document.
        json_schema_extra: Keys to add to the value's JSON Schema, or a function that changes it.
    """

def file_mark(
    self: Any,
    default: Any = Undefined,
    *,
    default_factory: Callable[[], Any] | None = _Unset,
    annotation: Any | None = None,
    media_type: str = "multipart/form-data",
    alias: str | None = _Unset,
    alias_priority: int | None = _Unset,
    validation_alias: str | AliasPath | AliasChoices | None = _Unset,
    serialization_alias: str | None = _Unset,
    title: str | None = _Unset,
    description: str | None = _Unset,
    gt: float | None = None,
    ge: float | None = None,
    lt: float | None = None,
    le: float | None = None,
    min_length: int | None = None,
    max_length: int | None = None,
    pattern: str | re.Pattern[str] | None = None,
    regex: str | None = None,
    discriminator: str | Discriminator | None = _Unset,
    strict: bool | None = _Unset,
    validate_default: bool | None = _Unset,
    union_mode: Literal["smart", "left_to_right"] | None = _Unset,
    fail_fast: bool | None = _Unset,
    multiple_of: float | None = _Unset,
    allow_inf_nan: bool | None = _Unset,
    max_digits: int | None = _Unset,
    decimal_places: int | None = _Unset,
    examples: list[Any] | None = _Unset,
    example: Any | None = _Unset,
    openapi_examples: dict[str, Example] | None = None,
    deprecated: typing_extensions.deprecated | str | bool | None = _Unset,
    include_in_schema: bool = True,
    json_schema_extra: dict[str, Any] | Callable[[dict[str, Any]], None] | None = _Unset,
) -> None:
    r"""Make a mark for a file of a form.

    Args:
        lt: The value must be less than this.
        le: The value must be this or less.
        alias: Name of the value in the request and in the document.
        default: Value when none is sent. Without one the value is required.
        examples: Example values, in the value's JSON Schema.
        default_factory: Called for a new default in each request.
        annotation: Type of the value, where no signature tells it.
        media_type: Media type of the form in the document. Parsing ignores it.
        alias_priority: Which alias wins: 2 keeps this one, 1 lets an alias generator replace it.
        validation_alias: Name, or choice of names, to read the value by. It wins over `alias`.
        serialization_alias: Name to write the value by. It is `alias` if not given.
        title: Heading of the value in the document.
        description: What the value means, for the document; Markdown.
        gt: The value must be greater than this.
        ge: The value must be this or greater.
        min_length: The text or list must have at least this length.
        max_length: The text or list must have at most this length.
        pattern: Regular expression that must be found in the text.
        regex: Deprecated, use `pattern`.
        discriminator: Field, or function, that tells the members of a union apart.
        strict: Refuse values of another type instead of converting them.
        validate_default: Validate the default as if it had been sent.
        union_mode: How the member of a union is chosen: the one that fits best, or the first that fits.
        fail_fast: Report only the first wrong item of a list, tuple or set.
        multiple_of: The number must be a multiple of this.
        allow_inf_nan: Accept `inf`, `-inf` and `nan` as numbers.
        max_digits: Most digits that a decimal number may have.
        decimal_places: Most digits that a decimal number may have after its point.
        example: Deprecated, use `examples`.
        openapi_examples: Named examples, which the docs page offers to choose from.
        deprecated: Mark the value as deprecated in the document.
        include_in_schema: Show the value in the document.
        json_schema_extra: Keys to add to the value's JSON Schema, or a function that changes it.
    """

def verb(
    self: Any,
    path: str,
    *,
    response_model: Any = Default(None),
    status_code: int | None = None,
    tags: list[str | Enum] | None = None,
    dependencies: Sequence[Depends] | None = None,
    summary: str | None = None,
    description: str | None = None,
    response_description: str = "Successful Response",
    responses: dict[int | str, dict[str, Any]] | None = None,
    deprecated: bool | None = None,
    operation_id: str | None = None,
    response_model_include: IncEx | None = None,
    response_model_exclude: IncEx | None = None,
    response_model_by_alias: bool = True,
    response_model_exclude_unset: bool = False,
    response_model_exclude_defaults: bool = False,
    response_model_exclude_none: bool = False,
    include_in_schema: bool = True,
    response_class: type[Response] = Default(JSONResponse),
    name: str | None = None,
    callbacks: list[BaseRoute] | None = None,
    openapi_extra: dict[str, Any] | None = None,
    generate_unique_id_function: Callable[[APIRoute], str] = Default(generate_unique_id),
    max_body_size: int | None = None,
    form_limits: FormLimits | None = None,
    retry: Retry | None = None,
    query_budget: int | None = None,
) -> Callable[[DecoratedCallable], DecoratedCallable]:
    r"""Answer requests of this method on a path.

    Args:
        description: Text in the document; Markdown. Without one, the endpoint's docstring.
        path: Path to answer. `{item_id}` in it stands for any one part.
        response_model: Type that checks and writes the result, instead of the endpoint's return type. None switches both off.
        status_code: Status of the answer. Without one, that of the response class (200).
        tags: Groups in the document. Those of outer routers come first.
        dependencies: Called before the endpoint, such as `[Depends(check)]`. Their results are not used.
        summary: Heading in the document. Without one, made of the endpoint's name.
        response_description: What the document says of the answer.
        responses: More answers for the document, by status.
        deprecated: Mark as deprecated in the document.
        operation_id: Id in the document, which clients make names of. It must be unique.
        response_model_include: Write only these fields of the result.
        response_model_exclude: Leave out these fields of the result.
        response_model_by_alias: Write fields under their aliases.
        response_model_exclude_unset: Leave out fields that were never given a value.
        response_model_exclude_defaults: Leave out fields that hold their default.
        response_model_exclude_none: Leave out fields that hold None.
        include_in_schema: Show in the document.
        response_class: Class that makes the answer from the result.
        name: Name to ask `url_path_for` by. Without one, the endpoint's name.
        callbacks: Requests that a client may receive, as the `routes` of a router. For the document only.
        openapi_extra: Keys to add to the operation in the document.
        generate_unique_id_function: Makes the id of an operation in the document.
        max_body_size: Most bytes in the body of a request. None keeps the outer limit.
        form_limits: Limits of a form, such as `{'max_files': 3}`. Keys left out keep the outer limit.
        retry: Try again after some exceptions, such as `Retry(on=(TimeoutError,), attempts=3)`. Each attempt begins anew.
        query_budget: Most statements for one request. More are a warning in development, a failure in tests.
    """

def router_api_route(
    self: Any,
    path: str,
    *,
    response_model: Any = Default(None),
    status_code: int | None = None,
    tags: list[str | Enum] | None = None,
    dependencies: Sequence[Depends] | None = None,
    summary: str | None = None,
    description: str | None = None,
    response_description: str = "Successful Response",
    responses: dict[int | str, dict[str, Any]] | None = None,
    deprecated: bool | None = None,
    methods: list[str] | None = None,
    operation_id: str | None = None,
    response_model_include: IncEx | None = None,
    response_model_exclude: IncEx | None = None,
    response_model_by_alias: bool = True,
    response_model_exclude_unset: bool = False,
    response_model_exclude_defaults: bool = False,
    response_model_exclude_none: bool = False,
    include_in_schema: bool = True,
    response_class: type[Response] = Default(JSONResponse),
    name: str | None = None,
    callbacks: list[BaseRoute] | None = None,
    openapi_extra: dict[str, Any] | None = None,
    generate_unique_id_function: Callable[[APIRoute], str] = Default(generate_unique_id),
    max_body_size: int | None = None,
    form_limits: FormLimits | None = None,
    retry: Retry | None = None,
    query_budget: int | None = None,
) -> Callable[[DecoratedCallable], DecoratedCallable]:
    r"""Answer requests of some methods on a path.

    Args:
        description: Text in the document; Markdown. Without one, the endpoint's docstring.
        path: Path to answer. `{item_id}` in it stands for any one part.
        response_model: Type that checks and writes the result, instead of the endpoint's return type. None switches both off.
        status_code: Status of the answer. Without one, that of the response class (200).
        tags: Groups in the document. Those of outer routers come first.
        dependencies: Called before the endpoint, such as `[Depends(check)]`. Their results are not used.
        summary: Heading in the document. Without one, made of the endpoint's name.
        response_description: What the document says of the answer.
        responses: More answers for the document, by status.
        deprecated: Mark as deprecated in the document.
        methods: HTTP methods to answer. Without them, GET.
        operation_id: Id in the document, which clients make names of. It must be unique.
        response_model_include: Write only these fields of the result.
        response_model_exclude: Leave out these fields of the result.
        response_model_by_alias: Write fields under their aliases.
        response_model_exclude_unset: Leave out fields that were never given a value.
        response_model_exclude_defaults: Leave out fields that hold their default.
        response_model_exclude_none: Leave out fields that hold None.
        include_in_schema: Show in the document.
        response_class: Class that makes the answer from the result.
        name: Name to ask `url_path_for` by. Without one, the endpoint's name.
        callbacks: Requests that a client may receive, as the `routes` of a router. For the document only.
        openapi_extra: Keys to add to the operation in the document.
        generate_unique_id_function: Makes the id of an operation in the document.
        max_body_size: Most bytes in the body of a request. None keeps the outer limit.
        form_limits: Limits of a form, such as `{'max_files': 3}`. Keys left out keep the outer limit.
        retry: Try again after some exceptions, such as `Retry(on=(TimeoutError,), attempts=3)`. Each attempt begins anew.
        query_budget: Most statements for one request. More are a warning in development, a failure in tests.
    """

def app_api_route(
    self: Any,
    path: str,
    *,
    response_model: Any = Default(None),
    status_code: int | None = None,
    tags: list[str | Enum] | None = None,
    dependencies: Sequence[Depends] | None = None,
    summary: str | None = None,
    description: str | None = None,
    response_description: str = "Successful Response",
    responses: dict[int | str, dict[str, Any]] | None = None,
    deprecated: bool | None = None,
    methods: list[str] | None = None,
    operation_id: str | None = None,
    response_model_include: IncEx | None = None,
    response_model_exclude: IncEx | None = None,
    response_model_by_alias: bool = True,
    response_model_exclude_unset: bool = False,
    response_model_exclude_defaults: bool = False,
    response_model_exclude_none: bool = False,
    include_in_schema: bool = True,
    response_class: type[Response] = Default(JSONResponse),
    name: str | None = None,
    openapi_extra: dict[str, Any] | None = None,
    generate_unique_id_function: Callable[[APIRoute], str] = Default(generate_unique_id),
    max_body_size: int | None = None,
    form_limits: FormLimits | None = None,
    retry: Retry | None = None,
    query_budget: int | None = None,
) -> Callable[[DecoratedCallable], DecoratedCallable]:
    r"""Answer requests of some methods on a path.

    Args:
        description: Text in the document; Markdown. Without one, the endpoint's docstring.
        path: Path to answer. `{item_id}` in it stands for any one part.
        response_model: Type that checks and writes the result, instead of the endpoint's return type. None switches both off.
        status_code: Status of the answer. Without one, that of the response class (200).
        tags: Groups in the document. Those of outer routers come first.
        dependencies: Called before the endpoint, such as `[Depends(check)]`. Their results are not used.
        summary: Heading in the document. Without one, made of the endpoint's name.
        response_description: What the document says of the answer.
        responses: More answers for the document, by status.
        deprecated: Mark as deprecated in the document.
        methods: HTTP methods to answer. Without them, GET.
        operation_id: Id in the document, which clients make names of. It must be unique.
        response_model_include: Write only these fields of the result.
        response_model_exclude: Leave out these fields of the result.
        response_model_by_alias: Write fields under their aliases.
        response_model_exclude_unset: Leave out fields that were never given a value.
        response_model_exclude_defaults: Leave out fields that hold their default.
        response_model_exclude_none: Leave out fields that hold None.
        include_in_schema: Show in the document.
        response_class: Class that makes the answer from the result.
        name: Name to ask `url_path_for` by. Without one, the endpoint's name.
        openapi_extra: Keys to add to the operation in the document.
        generate_unique_id_function: Makes the id of an operation in the document.
        max_body_size: Most bytes in the body of a request. None keeps the outer limit.
        form_limits: Limits of a form, such as `{'max_files': 3}`. Keys left out keep the outer limit.
        retry: Try again after some exceptions, such as `Retry(on=(TimeoutError,), attempts=3)`. Each attempt begins anew.
        query_budget: Most statements for one request. More are a warning in development, a failure in tests.
    """

def router_add_api_route(
    self: Any,
    path: str,
    endpoint: Callable[..., Any],
    *,
    response_model: Any = Default(None),
    status_code: int | None = None,
    tags: list[str | Enum] | None = None,
    dependencies: Sequence[Depends] | None = None,
    summary: str | None = None,
    description: str | None = None,
    response_description: str = "Successful Response",
    responses: dict[int | str, dict[str, Any]] | None = None,
    deprecated: bool | None = None,
    methods: set[str] | list[str] | None = None,
    operation_id: str | None = None,
    response_model_include: IncEx | None = None,
    response_model_exclude: IncEx | None = None,
    response_model_by_alias: bool = True,
    response_model_exclude_unset: bool = False,
    response_model_exclude_defaults: bool = False,
    response_model_exclude_none: bool = False,
    include_in_schema: bool = True,
    response_class: type[Response] | DefaultPlaceholder = Default(JSONResponse),
    name: str | None = None,
    route_class_override: type[APIRoute] | None = None,
    callbacks: list[BaseRoute] | None = None,
    openapi_extra: dict[str, Any] | None = None,
    generate_unique_id_function: Callable[[APIRoute], str] | DefaultPlaceholder = Default(
        generate_unique_id
    ),
    strict_content_type: bool | DefaultPlaceholder = Default(True),
    max_body_size: int | None = None,
    form_limits: FormLimits | None = None,
    retry: Retry | None = None,
    query_budget: int | None = None,
) -> None:
    r"""Let a function answer requests of some methods on a path.

    Args:
        description: Text in the document; Markdown. Without one, the endpoint's docstring.
        path: Path to answer. `{item_id}` in it stands for any one part.
        endpoint: Function that answers.
        response_model: Type that checks and writes the result, instead of the endpoint's return type. None switches both off.
        status_code: Status of the answer. Without one, that of the response class (200).
        tags: Groups in the document. Those of outer routers come first.
        dependencies: Called before the endpoint, such as `[Depends(check)]`. Their results are not used.
        summary: Heading in the document. Without one, made of the endpoint's name.
        response_description: What the document says of the answer.
        responses: More answers for the document, by status.
        deprecated: Mark as deprecated in the document.
        methods: HTTP methods to answer. Without them, GET.
        operation_id: Id in the document, which clients make names of. It must be unique.
        response_model_include: Write only these fields of the result.
        response_model_exclude: Leave out these fields of the result.
        response_model_by_alias: Write fields under their aliases.
        response_model_exclude_unset: Leave out fields that were never given a value.
        response_model_exclude_defaults: Leave out fields that hold their default.
        response_model_exclude_none: Leave out fields that hold None.
        include_in_schema: Show in the document.
        response_class: Class that makes the answer from the result.
        name: Name to ask `url_path_for` by. Without one, the endpoint's name.
        route_class_override: Class of this route, instead of the router's `route_class`.
        callbacks: Requests that a client may receive, as the `routes` of a router. For the document only.
        openapi_extra: Keys to add to the operation in the document.
        generate_unique_id_function: Makes the id of an operation in the document.
        strict_content_type: Read a body as JSON only if its `Content-Type` says that it is JSON.
        max_body_size: Most bytes in the body of a request. None keeps the outer limit.
        form_limits: Limits of a form, such as `{'max_files': 3}`. Keys left out keep the outer limit.
        retry: Try again after some exceptions, such as `Retry(on=(TimeoutError,), attempts=3)`. Each attempt begins anew.
        query_budget: Most statements for one request. More are a warning in development, a failure in tests.
    """

def app_add_api_route(
    self: Any,
    path: str,
    endpoint: Callable[..., Any],
    *,
    response_model: Any = Default(None),
    status_code: int | None = None,
    tags: list[str | Enum] | None = None,
    dependencies: Sequence[Depends] | None = None,
    summary: str | None = None,
    description: str | None = None,
    response_description: str = "Successful Response",
    responses: dict[int | str, dict[str, Any]] | None = None,
    deprecated: bool | None = None,
    methods: list[str] | None = None,
    operation_id: str | None = None,
    response_model_include: IncEx | None = None,
    response_model_exclude: IncEx | None = None,
    response_model_by_alias: bool = True,
    response_model_exclude_unset: bool = False,
    response_model_exclude_defaults: bool = False,
    response_model_exclude_none: bool = False,
    include_in_schema: bool = True,
    response_class: type[Response] | DefaultPlaceholder = Default(JSONResponse),
    name: str | None = None,
    openapi_extra: dict[str, Any] | None = None,
    generate_unique_id_function: Callable[[APIRoute], str] = Default(generate_unique_id),
    max_body_size: int | None = None,
    form_limits: FormLimits | None = None,
    retry: Retry | None = None,
    query_budget: int | None = None,
) -> None:
    r"""Let a function answer requests of some methods on a path.

    Args:
        description: Text in the document; Markdown. Without one, the endpoint's docstring.
        path: Path to answer. `{item_id}` in it stands for any one part.
        endpoint: Function that answers.
        response_model: Type that checks and writes the result, instead of the endpoint's return type. None switches both off.
        status_code: Status of the answer. Without one, that of the response class (200).
        tags: Groups in the document. Those of outer routers come first.
        dependencies: Called before the endpoint, such as `[Depends(check)]`. Their results are not used.
        summary: Heading in the document. Without one, made of the endpoint's name.
        response_description: What the document says of the answer.
        responses: More answers for the document, by status.
        deprecated: Mark as deprecated in the document.
        methods: HTTP methods to answer. Without them, GET.
        operation_id: Id in the document, which clients make names of. It must be unique.
        response_model_include: Write only these fields of the result.
        response_model_exclude: Leave out these fields of the result.
        response_model_by_alias: Write fields under their aliases.
        response_model_exclude_unset: Leave out fields that were never given a value.
        response_model_exclude_defaults: Leave out fields that hold their default.
        response_model_exclude_none: Leave out fields that hold None.
        include_in_schema: Show in the document.
        response_class: Class that makes the answer from the result.
        name: Name to ask `url_path_for` by. Without one, the endpoint's name.
        openapi_extra: Keys to add to the operation in the document.
        generate_unique_id_function: Makes the id of an operation in the document.
        max_body_size: Most bytes in the body of a request. None keeps the outer limit.
        form_limits: Limits of a form, such as `{'max_files': 3}`. Keys left out keep the outer limit.
        retry: Try again after some exceptions, such as `Retry(on=(TimeoutError,), attempts=3)`. Each attempt begins anew.
        query_budget: Most statements for one request. More are a warning in development, a failure in tests.
    """

def route(
    self: Any,
    path: str,
    endpoint: Callable[..., Any],
    *,
    response_model: Any = Default(None),
    status_code: int | None = None,
    tags: list[str | Enum] | None = None,
    dependencies: Sequence[Depends] | None = None,
    summary: str | None = None,
    description: str | None = None,
    response_description: str = "Successful Response",
    responses: dict[int | str, dict[str, Any]] | None = None,
    deprecated: bool | None = None,
    name: str | None = None,
    methods: set[str] | list[str] | None = None,
    operation_id: str | None = None,
    response_model_include: IncEx | None = None,
    response_model_exclude: IncEx | None = None,
    response_model_by_alias: bool = True,
    response_model_exclude_unset: bool = False,
    response_model_exclude_defaults: bool = False,
    response_model_exclude_none: bool = False,
    include_in_schema: bool = True,
    response_class: type[Response] | DefaultPlaceholder = Default(JSONResponse),
    dependency_overrides_provider: Any | None = None,
    callbacks: list[BaseRoute] | None = None,
    openapi_extra: dict[str, Any] | None = None,
    generate_unique_id_function: Callable[[APIRoute], str] | DefaultPlaceholder = Default(
        generate_unique_id
    ),
    strict_content_type: bool | DefaultPlaceholder = Default(True),
    max_body_size: int | None = None,
    form_limits: FormLimits | None = None,
    retry: Retry | None = None,
    query_budget: int | None = None,
) -> None:
    r"""Make the route of an operation.

    Args:
        description: Text in the document; Markdown. Without one, the endpoint's docstring.
        path: Path to answer. `{item_id}` in it stands for any one part.
        endpoint: Function that answers.
        response_model: Type that checks and writes the result, instead of the endpoint's return type. None switches both off.
        status_code: Status of the answer. Without one, that of the response class (200).
        tags: Groups in the document. Those of outer routers come first.
        dependencies: Called before the endpoint, such as `[Depends(check)]`. Their results are not used.
        summary: Heading in the document. Without one, made of the endpoint's name.
        response_description: What the document says of the answer.
        responses: More answers for the document, by status.
        deprecated: Mark as deprecated in the document.
        name: Name to ask `url_path_for` by. Without one, the endpoint's name.
        methods: HTTP methods to answer. Without them, GET.
        operation_id: Id in the document, which clients make names of. It must be unique.
        response_model_include: Write only these fields of the result.
        response_model_exclude: Leave out these fields of the result.
        response_model_by_alias: Write fields under their aliases.
        response_model_exclude_unset: Leave out fields that were never given a value.
        response_model_exclude_defaults: Leave out fields that hold their default.
        response_model_exclude_none: Leave out fields that hold None.
        include_in_schema: Show in the document.
        response_class: Class that makes the answer from the result.
        dependency_overrides_provider: Object that has the `dependency_overrides`, which is mostly the app.
        callbacks: Requests that a client may receive, as the `routes` of a router. For the document only.
        openapi_extra: Keys to add to the operation in the document.
        generate_unique_id_function: Makes the id of an operation in the document.
        strict_content_type: Read a body as JSON only if its `Content-Type` says that it is JSON.
        max_body_size: Most bytes in the body of a request. None keeps the outer limit.
        form_limits: Limits of a form, such as `{'max_files': 3}`. Keys left out keep the outer limit.
        retry: Try again after some exceptions, such as `Retry(on=(TimeoutError,), attempts=3)`. Each attempt begins anew.
        query_budget: Most statements for one request. More are a warning in development, a failure in tests.
    """

def websocket(
    self: Any, path: str, name: str | None = None, *, dependencies: Sequence[Depends] | None = None
) -> Callable[[DecoratedCallable], DecoratedCallable]:
    r"""Answer WebSocket connections on a path.

    Args:
        path: Path to answer. `{item_id}` in it stands for any one part.
        name: Name to ask `url_path_for` by. Without one, the endpoint's name.
        dependencies: Called before the endpoint, such as `[Depends(check)]`. Their results are not used.
    """

def add_api_websocket_route(
    self: Any,
    path: str,
    endpoint: Callable[..., Any],
    name: str | None = None,
    *,
    dependencies: Sequence[Depends] | None = None,
) -> None:
    r"""Let a function answer WebSocket connections on a path.

    Args:
        path: Path to answer. `{item_id}` in it stands for any one part.
        endpoint: Function that answers.
        name: Name to ask `url_path_for` by. Without one, the endpoint's name.
        dependencies: Called before the endpoint, such as `[Depends(check)]`. Their results are not used.
    """

def websocket_route(
    self: Any,
    path: str,
    endpoint: Callable[..., Any],
    *,
    name: str | None = None,
    dependencies: Sequence[Depends] | None = None,
    dependency_overrides_provider: Any | None = None,
) -> None:
    r"""Make the route of a WebSocket.

    Args:
        path: Path to answer. `{item_id}` in it stands for any one part.
        endpoint: Function that answers.
        name: Name to ask `url_path_for` by. Without one, the endpoint's name.
        dependencies: Called before the endpoint, such as `[Depends(check)]`. Their results are not used.
        dependency_overrides_provider: Object that has the `dependency_overrides`, which is mostly the app.
    """

def frontend(
    self: Any,
    path: str,
    *,
    directory: str | os.PathLike[str],
    fallback: Literal["auto", "index.html", "404.html"] | None = "auto",
    check_dir: bool | Literal["auto"] = "auto",
) -> None:
    r"""Serve the files of a built frontend.

    Args:
        path: Path below which the files are served.
        directory: Folder of the built files.
        fallback: File to answer unknown paths with. `auto` takes the one that exists; None is a plain 404.
        check_dir: Refuse a folder that does not exist. `auto` only warns while `FASTAPI_ENV` is `development`.
    """

def router_include_router(
    self: Any,
    router: APIRouter,
    *,
    prefix: str = "",
    tags: list[str | Enum] | None = None,
    dependencies: Sequence[Depends] | None = None,
    default_response_class: type[Response] = Default(JSONResponse),
    responses: dict[int | str, dict[str, Any]] | None = None,
    callbacks: list[BaseRoute] | None = None,
    deprecated: bool | None = None,
    include_in_schema: bool = True,
    generate_unique_id_function: Callable[[APIRoute], str] = Default(generate_unique_id),
    max_body_size: int | None = None,
    form_limits: FormLimits | None = None,
) -> None:
    r"""Serve the routes of a router, those too that it gets later.

    Args:
        router: Router to include.
        prefix: Put before each path. It starts with `/` and does not end with it.
        tags: Groups in the document. Those of outer routers come first.
        dependencies: Called before the endpoint, such as `[Depends(check)]`. Their results are not used.
        default_response_class: Class that makes the answers of operations that name no `response_class`.
        responses: More answers for the document, by status.
        callbacks: Requests that a client may receive, as the `routes` of a router. For the document only.
        deprecated: Mark as deprecated in the document.
        include_in_schema: Show in the document.
        generate_unique_id_function: Makes the id of an operation in the document.
        max_body_size: Most bytes in the body of a request. None keeps the outer limit.
        form_limits: Limits of a form, such as `{'max_files': 3}`. Keys left out keep the outer limit.
    """

def app_include_router(
    self: Any,
    router: APIRouter,
    *,
    prefix: str = "",
    tags: list[str | Enum] | None = None,
    dependencies: Sequence[Depends] | None = None,
    responses: dict[int | str, dict[str, Any]] | None = None,
    deprecated: bool | None = None,
    include_in_schema: bool = True,
    default_response_class: type[Response] = Default(JSONResponse),
    callbacks: list[BaseRoute] | None = None,
    generate_unique_id_function: Callable[[APIRoute], str] = Default(generate_unique_id),
    max_body_size: int | None = None,
    form_limits: FormLimits | None = None,
) -> None:
    r"""Serve the routes of a router, those too that it gets later.

    Args:
        router: Router to include.
        prefix: Put before each path. It starts with `/` and does not end with it.
        tags: Groups in the document. Those of outer routers come first.
        dependencies: Called before the endpoint, such as `[Depends(check)]`. Their results are not used.
        responses: More answers for the document, by status.
        deprecated: Mark as deprecated in the document.
        include_in_schema: Show in the document.
        default_response_class: Class that makes the answers of operations that name no `response_class`.
        callbacks: Requests that a client may receive, as the `routes` of a router. For the document only.
        generate_unique_id_function: Makes the id of an operation in the document.
        max_body_size: Most bytes in the body of a request. None keeps the outer limit.
        form_limits: Limits of a form, such as `{'max_files': 3}`. Keys left out keep the outer limit.
    """

def router(
    self: Any,
    *,
    prefix: str = "",
    tags: list[str | Enum] | None = None,
    dependencies: Sequence[Depends] | None = None,
    default_response_class: type[Response] = Default(JSONResponse),
    responses: dict[int | str, dict[str, Any]] | None = None,
    callbacks: list[BaseRoute] | None = None,
    routes: list[BaseRoute] | None = None,
    redirect_slashes: bool = True,
    default: ASGIApp | None = None,
    dependency_overrides_provider: Any | None = None,
    route_class: type[APIRoute] = APIRoute,
    on_startup: Sequence[Callable[[], Any]] | None = None,
    on_shutdown: Sequence[Callable[[], Any]] | None = None,
    lifespan: Lifespan[Any] | None = None,
    deprecated: bool | None = None,
    include_in_schema: bool = True,
    generate_unique_id_function: Callable[[APIRoute], str] = Default(generate_unique_id),
    strict_content_type: bool = Default(True),
    max_body_size: int | None = None,
    form_limits: FormLimits | None = None,
) -> None:
    r"""Make a router, which groups operations to be included in an app.

    Args:
        prefix: Put before each path. It starts with `/` and does not end with it.
        tags: Groups in the document. Those of outer routers come first.
        dependencies: Called before the endpoint, such as `[Depends(check)]`. Their results are not used.
        default_response_class: Class that makes the answers of operations that name no `response_class`.
        responses: More answers for the document, by status.
        callbacks: Requests that a client may receive, as the `routes` of a router. For the document only.
        routes: Deprecated, add routes by the decorators.
        redirect_slashes: Redirect `/items/` to `/items`, or the other way, where only that one exists.
        default: Answers where no route does, instead of a 404.
        dependency_overrides_provider: Object that has the `dependency_overrides`, which is mostly the app.
        route_class: Class of the routes that the decorators add.
        on_startup: Called at the start. Use `lifespan` instead.
        on_shutdown: Called at the end. Use `lifespan` instead.
        lifespan: Context manager that is open while the app runs. A dict that it yields becomes `request.state`.
        deprecated: Mark as deprecated in the document.
        include_in_schema: Show in the document.
        generate_unique_id_function: Makes the id of an operation in the document.
        strict_content_type: Read a body as JSON only if its `Content-Type` says that it is JSON.
        max_body_size: Most bytes in the body of a request. None keeps the outer limit.
        form_limits: Limits of a form, such as `{'max_files': 3}`. Keys left out keep the outer limit.
    """

def app(
    self: AppType,
    *,
    telemetry: TelemetryConfig | None = None,
    debug: bool = False,
    routes: list[BaseRoute] | None = None,
    title: str = "FastAPI",
    summary: str | None = None,
    description: str = "",
    version: str = "0.1.0",
    openapi_url: str | None = "/openapi.json",
    openapi_tags: list[dict[str, Any]] | None = None,
    servers: list[dict[str, str | Any]] | None = None,
    dependencies: Sequence[Depends] | None = None,
    default_response_class: type[Response] = Default(JSONResponse),
    redirect_slashes: bool = True,
    docs_url: str | None = "/docs",
    redoc_url: str | None = "/redoc",
    swagger_ui_oauth2_redirect_url: str | None = "/docs/oauth2-redirect",
    swagger_ui_init_oauth: dict[str, Any] | None = None,
    middleware: Sequence[Middleware] | None = None,
    exception_handlers: dict[
        int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]
    ]
    | None = None,
    on_startup: Sequence[Callable[[], Any]] | None = None,
    on_shutdown: Sequence[Callable[[], Any]] | None = None,
    lifespan: Lifespan[AppType] | None = None,
    terms_of_service: str | None = None,
    contact: dict[str, str | Any] | None = None,
    license_info: dict[str, str | Any] | None = None,
    root_path: str = "",
    root_path_in_servers: bool = True,
    responses: dict[int | str, dict[str, Any]] | None = None,
    callbacks: list[BaseRoute] | None = None,
    webhooks: APIRouter | None = None,
    deprecated: bool | None = None,
    include_in_schema: bool = True,
    swagger_ui_parameters: dict[str, Any] | None = None,
    generate_unique_id_function: Callable[[APIRoute], str] = Default(generate_unique_id),
    separate_input_output_schemas: bool = True,
    openapi_external_docs: dict[str, Any] | None = None,
    strict_content_type: bool = True,
    max_body_size: int | None = None,
    form_limits: FormLimits | None = None,
    commit_before_response: bool = False,
    query_budget: int | None = None,
    access_log: Literal["text", "json"] | None = None,
    server_timing: bool = False,
) -> None:
    r"""Make an app: an ASGI application that answers, checks and documents.

    Args:
        servers: Where the API is served, for the document.
        telemetry: What is told to OpenTelemetry, such as `{'tracing': False}`.
        debug: Answer exceptions with a traceback. Never in production.
        routes: Deprecated, add routes by the decorators.
        title: Name of the API in the document.
        summary: What the API is for, in one line of the document.
        description: Text that opens the document; Markdown.
        version: Version of the API, not of OpenAPI.
        openapi_url: Path of the document. None also switches its pages off.
        openapi_tags: Order and texts of the tags, such as `[{'name': 'users', 'description': '...'}]`.
        dependencies: Called before the endpoint, such as `[Depends(check)]`. Their results are not used.
        default_response_class: Class that makes the answers of operations that name no `response_class`.
        redirect_slashes: Redirect `/items/` to `/items`, or the other way, where only that one exists.
        docs_url: Path of the Swagger UI page. None switches it off.
        redoc_url: Path of the ReDoc page. None switches it off.
        swagger_ui_oauth2_redirect_url: Where Swagger UI returns to after an OAuth2 login.
        swagger_ui_init_oauth: What Swagger UI fills in at an OAuth2 login.
        middleware: Middleware, the outermost first.
        exception_handlers: What answers an exception, by its class or by its status.
        on_startup: Called at the start. Use `lifespan` instead.
        on_shutdown: Called at the end. Use `lifespan` instead.
        lifespan: Context manager that is open while the app runs. A dict that it yields becomes `request.state`.
        terms_of_service: URL of the terms, for the document.
        contact: Whom to ask, by the keys `name`, `url` and `email`.
        license_info: Licence, by the key `name` and one of `identifier` (SPDX) and `url`.
        root_path: Deprecated, tell the server the path that a proxy cuts off.
        root_path_in_servers: List the root path among the servers in the document.
        responses: More answers for the document, by status.
        callbacks: Requests that a client may receive, as the `routes` of a router. For the document only.
        webhooks: Requests that the API sends by itself, as a router. For the document only.
        deprecated: Mark as deprecated in the document.
        include_in_schema: Show in the document.
        swagger_ui_parameters: Settings of Swagger UI, such as `{'deepLinking': False}`.
        generate_unique_id_function: Makes the id of an operation in the document.
        separate_input_output_schemas: Describe a model twice where what is read and what is written differ.
        openapi_external_docs: Link to more, by the keys `url` and `description`.
        strict_content_type: Read a body as JSON only if its `Content-Type` says that it is JSON.
        max_body_size: Most bytes in the body of a request. None keeps the outer limit.
        form_limits: Limits of a form, such as `{'max_files': 3}`. Keys left out keep the outer limit.
        commit_before_response: Leave dependencies with `yield` before the answer is sent, unless their scope is written down: what they commit is there when the client hears of it.
        query_budget: Most statements for one request of operations that name no number.
        access_log: Log each request as a line of text or JSON, on the logger `pronghorn.access`.
        server_timing: Tell clients how long requests and their statements take: `Server-Timing`.
    """
