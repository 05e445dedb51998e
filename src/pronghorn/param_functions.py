"""The marks that users write in signatures: `Query()`, `Body()`, `Depends()` and the others.

They are functions, and return `Any`, so that type checkers accept them as the default of
a parameter of any type.  Their objects are those of `params`.
"""

# ruff: noqa: N802  The templates have the texts, and the names are FastAPI's.

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticUndefined as Undefined

from pronghorn import params
from pronghorn._options import signatures
from pronghorn._options.takes import takes
from pronghorn.incidental import incidental


@takes(signatures.path)
def Path(default: Any = ..., **options: Any) -> Any:
    return params.Path(default, **options)


@takes(signatures.query)
def Query(default: Any = Undefined, **options: Any) -> Any:
    return params.Query(default, **options)


@takes(signatures.header)
def Header(default: Any = Undefined, **options: Any) -> Any:
    return params.Header(default, **options)


@takes(signatures.cookie)
def Cookie(default: Any = Undefined, **options: Any) -> Any:
    return params.Cookie(default, **options)


@takes(signatures.body)
def Body(default: Any = Undefined, **options: Any) -> Any:
    return params.Body(default, **options)


@takes(signatures.form)
def Form(default: Any = Undefined, **options: Any) -> Any:
    return params.Form(default, **options)


@takes(signatures.file)
def File(default: Any = Undefined, **options: Any) -> Any:
    return params.File(default, **options)


@takes(signatures.depends)
def Depends(dependency: Callable[..., Any] | None = None, **options: Any) -> Any:
    return params.Depends(dependency, **options)


@takes(signatures.security)
def Security(dependency: Callable[..., Any] | None = None, **options: Any) -> Any:
    return params.Security(dependency, **options)


if not TYPE_CHECKING:
    __getattr__ = incidental(__name__)
