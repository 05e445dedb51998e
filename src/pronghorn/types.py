"""Type names that signatures of several floors share."""

import types
from collections.abc import Callable
from enum import Enum
from typing import Any, TypeVar

from pydantic import BaseModel
from pydantic.main import IncEx as IncEx

DecoratedCallable = TypeVar("DecoratedCallable", bound=Callable[..., Any])
UnionType = types.UnionType
ModelNameMap = dict[type[BaseModel] | type[Enum], str]

# The callable, its OAuth2 scopes in order, and "function" or "request".
DependencyCacheKey = tuple[Callable[..., Any] | None, tuple[str, ...], str]
