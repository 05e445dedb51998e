"""The marks of a signature, as objects: what the author of an endpoint asked for.

The functions of `param_functions` make them; those are what users write, since their
result fits any annotation.  A mark knows nothing of requests.

Options are `Any` here: callers see the types of the signatures, and pydantic gets the rest.
"""

# mypy: disable-error-code="misc"
# pydantic has made FieldInfo final for type checkers; FastAPI's marks are fields all the same.

import sys
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from types import FrameType
from typing import TYPE_CHECKING, Any, Literal

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined as Undefined

from pronghorn._options import signatures
from pronghorn._options.takes import takes
from pronghorn.concurrency import ConcurrencyLimit
from pronghorn.datastructures import Unset
from pronghorn.exceptions import (
    DeclarationError,
    DeclarationValueError,
    FastAPIDeprecationWarning,
)
from pronghorn.incidental import incidental


class ParamTypes(Enum):
    """Where in a request a value is read that is not in its body."""

    query = "query"
    header = "header"
    path = "path"
    cookie = "cookie"


class Mark(FieldInfo):  # pyright: ignore[reportGeneralTypeIssues]  # See above.
    """A pydantic field with what the OpenAPI document says of it."""

    @takes(signatures.param_mark)
    def __init__(self, default: Any = Undefined, **options: Any) -> None:
        self.include_in_schema = options.pop("include_in_schema")
        self.openapi_examples = options.pop("openapi_examples")
        self.example = options.pop("example")
        if self.example is not Unset:
            warn_deprecated("example", "examples")
        regex = options.pop("regex")
        if regex is not None:
            warn_deprecated("regex", "pattern")
        # An empty pattern is none, as in FastAPI.
        options["pattern"] = options["pattern"] or regex
        alias = options["alias"]
        if options["validation_alias"] in (Unset, None):
            options["validation_alias"] = alias
        if options["serialization_alias"] in (Unset, None) and isinstance(alias, str):
            options["serialization_alias"] = alias
        given = {name: value for name, value in options.items() if value is not Unset}
        super().__init__(default=default, **given)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.default})"


def is_ours(frame: FrameType) -> bool:
    """Tell whether a call is one of this package, so that its author is someone else."""
    return str(frame.f_globals.get("__name__")).startswith("pronghorn.")


def warn_deprecated(old: str, new: str) -> None:
    """Warn of an option at the line that gave it, however many of our calls lie between."""
    depth = 2
    while is_ours(sys._getframe(depth - 1)):
        depth += 1
    warnings.warn(
        f"`{old}` has been deprecated, please use `{new}` instead",
        category=FastAPIDeprecationWarning,
        stacklevel=depth,
    )


class Param(Mark):
    """A value of the path, the query, a header or a cookie."""

    in_: ParamTypes


class Path(Param):
    """A part of the path.  It is always there, so it has no default."""

    in_ = ParamTypes.path

    @takes(signatures.path_mark)
    def __init__(self, default: Any = ..., **options: Any) -> None:
        if default is not ...:
            raise DeclarationError(
                "path-default",
                problem=f"Path parameters cannot have a default value: `Path(default={default!r})`"
                " cannot apply, since the path always holds a value.",
                remedy="Remove the default: `Annotated[int, Path()]`.",
            )
        super().__init__(default, **options)


class Query(Param):
    """A value of the query."""

    in_ = ParamTypes.query


class Header(Param):
    """A header.  Its name has hyphens where the parameter's has underscores."""

    in_ = ParamTypes.header

    @takes(signatures.header_mark)
    def __init__(self, default: Any = Undefined, **options: Any) -> None:
        self.convert_underscores = options.pop("convert_underscores")
        super().__init__(default, **options)


class Cookie(Param):
    """A cookie."""

    in_ = ParamTypes.cookie


class Body(Mark):
    """The JSON body, or one key of it."""

    @takes(signatures.body_mark)
    def __init__(self, default: Any = Undefined, **options: Any) -> None:
        self.embed = options.pop("embed")
        self.media_type = options.pop("media_type")
        super().__init__(default, **options)


class Form(Body):
    """A field of a form."""

    @takes(signatures.form_mark)
    def __init__(self, default: Any = Undefined, **options: Any) -> None:
        super().__init__(default, **options)


class File(Form):
    """A file of a form."""

    @takes(signatures.file_mark)
    def __init__(self, default: Any = Undefined, **options: Any) -> None:
        super().__init__(default, **options)


@dataclass(frozen=True)
class Depends:
    """A dependency: something to call, and when to call it again and to end it."""

    dependency: Callable[..., Any] | None = None
    use_cache: bool = True
    scope: Literal["function", "request"] | None = None
    max_concurrency: int | None = field(default=None, kw_only=True)
    _concurrency: ConcurrencyLimit | None = field(default=None, repr=False, kw_only=True)

    def __post_init__(self) -> None:
        most = self.max_concurrency
        # A bool is an int to Python, and no number of calls.
        if most is not None and (type(most) is not int or most < 1):
            raise DeclarationValueError(
                "limit-value",
                problem=f"max_concurrency must be a positive integer or None, not {most!r}.",
                remedy="Give the number of calls that may run at once, such as 10.",
            )
        limit = self._concurrency
        if most is None:
            limit = None
        elif limit is None or limit.max_concurrency != most:
            limit = ConcurrencyLimit(most)
        object.__setattr__(self, "_concurrency", limit)


@dataclass(frozen=True)
class Security(Depends):
    """A dependency that checks who asks, with the OAuth2 scopes that it must find."""

    scopes: Sequence[str] | None = None


@dataclass(frozen=True)
class Resource(Depends):
    """A dependency that minds who else is asked for in a request, such as a database session.

    Callables in *yields_to*: the first of them that is asked for in the same request stands in
    for this one, as an override would, and both have its value.  Callables in *excludes* cannot
    be asked for beside it, for this *reason*.  A value that *is_brief* is good only until the
    answer is made, so it is of function scope; a generator that streams and a WebSocket endpoint
    cannot take it, and are told the *remedy*.  For a WebSocket it is left before the endpoint runs.
    """

    yields_to: Sequence[Callable[..., Any]] = field(default=(), kw_only=True)
    excludes: tuple[Callable[..., Any], ...] = field(default=(), kw_only=True)
    reason: str = field(default="", kw_only=True)
    is_brief: bool = field(default=False, kw_only=True)
    remedy: str = field(
        default="Have it in a dependency, which returns what is needed of it.", kw_only=True
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.is_brief and self.scope == "request":
            raise DeclarationValueError(
                "resource-scope",
                problem='A resource that is brief cannot have the scope "request".',
                remedy='Leave the scope out, or write `scope="function"`.',
            )
        if self.is_brief:
            object.__setattr__(self, "scope", "function")


if not TYPE_CHECKING:
    __getattr__ = incidental(__name__)
