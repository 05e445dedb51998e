"""The exceptions of the framework, and the codes of the mistakes that it refuses.

Knows nothing of routes and of requests: whoever raises tells what it knows.
"""

import functools
import inspect
import pathlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from types import CodeType
from typing import TYPE_CHECKING, Any, Final, TypedDict

from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.exceptions import WebSocketException as StarletteWebSocketException

from pronghorn.incidental import incidental
from pronghorn.places import first_of, stack

CODES: Final[dict[str, str]] = {
    "aborted-transaction": "A transaction that the database has given up is to be committed.",
    "access-log": "The form of the access log is not one of the known ones.",
    "alias-too-late": "The alias was installed after FastAPI had been imported.",
    "blocked-loop": "A blocking session is used where all other requests wait for it.",
    "cannot-show": "A test within one transaction does what only real commits can show.",
    "constraint-name": "A migration could not change a constraint, since it has no name.",
    "cursor-type": "A page with a cursor is ordered by a column that no cursor can hold.",
    "database-address": "The address of a database cannot be understood.",
    "database-connection": "A database does not let in who starts, and will not by waiting.",
    "database-driver": "The driver for a database is not installed, or cannot do what is asked.",
    "database-pooler": "A pooler stands before the database, and `pooler=True` was not said.",
    "database-settings": "An option of a database has a value that would mean something else.",
    "database-standby": "The database that is to be written to can only be read.",
    "default-in-annotated": "A mark inside `Annotated` carries a default.",
    "dependant-without-call": "A `Dependant` has nothing to call.",
    "dependencies-list": "The option `dependencies` is no list.",
    "dependency-not-callable": "A dependency has nothing to call.",
    "dependency-not-marked": "Something in a list of dependencies is no `Depends(...)`.",
    "dependency-scope": "A dependency of request scope uses one of function scope.",
    "depends-twice": "A parameter has `Depends` in `Annotated` and as its default.",
    "depends-with-mark": "A parameter has `Depends` together with another mark.",
    "empty-path": "A router is included without prefix, and a route in it has no path.",
    "encode-class": "A dataclass was to be encoded where an instance of it was meant.",
    "endpoint-not-callable": "An endpoint cannot be called.",
    "event-type": "An event is neither 'startup' nor 'shutdown'.",
    "exit-stack-missing": "Dependencies are solved where no exit stacks are kept.",
    "filter-field": "A field of a filter is no column, or its operator is none.",
    "foreign-row": "A row is to be changed through a session that does not know it.",
    "frontend-directory": "The folder of a frontend does not exist.",
    "frontend-fallback": "The fallback of a frontend is not one of the known ones.",
    "frontend-file": "The fallback file of a frontend does not exist.",
    "frontend-path": "The path of a frontend is empty or does not start with '/'.",
    "isolation-level": "A session is asked for with an isolation level that there is not.",
    "json-library": "A response class needs a JSON library that is not installed.",
    "limit-value": "A limit is not a whole number in its range.",
    "load-path": "Something else than a relationship is to be loaded.",
    "mark-for-path": "A parameter of the path is marked as something else.",
    "mark-of-fastapi": "A parameter has a mark of FastAPI's own.",
    "mark-on-injected-type": "A mark stands on a type that the framework fills in.",
    "mark-twice": "A parameter has a mark in `Annotated` and another as its default.",
    "migration-attachment": "A trigger or an index does not fit the table that a migration made.",
    "migration-autocommit": "An `autocommit_block()` would leave half of a migration behind.",
    "migration-busy": "Another process has been migrating for too long.",
    "migration-command": "A command on migrations cannot be done.",
    "migration-connection": "There is no connection to the database that is to be migrated.",
    "migration-failed": "A migration raised an exception.",
    "migration-references": "After a migration, foreign keys refer to rows that are not there.",
    "migration-tables": "The models that a migration is to be made from have no table.",
    "migration-target": "`pronghorn db init` was not given a database and a base class.",
    "migrations-folder": "The folder of migrations is not there, or is not empty.",
    "multipart-missing": "A form is declared, and `python-multipart` is not installed.",
    "no-body-status": "A body is declared for a status that has none.",
    "no-methods": "A route names no method, and so has no id.",
    "not-loaded": "Something is to be answered that no query has loaded.",
    "openapi-title": "The OpenAPI document has no title.",
    "openapi-version": "The OpenAPI document has no version.",
    "ordering-column": "An ordering names something that is no column of its model.",
    "own-lock": "A request is to wait for a lock that it holds itself.",
    "parameter-place": "A parameter is in none of path, query, header and cookie.",
    "parameter-type": "The type of a parameter is none that pydantic understands.",
    "path-default": "A parameter of the path has a default.",
    "path-no-text": "A path is no text.",
    "path-type": "A parameter of the path has a type that a path cannot hold.",
    "prefix-end": "A prefix ends with '/'.",
    "prefix-start": "A prefix does not start with '/'.",
    "pydantic-v1": "A model of `pydantic.v1` is used.",
    "query-budget": "A request sends more statements to databases than it should.",
    "query-type": "A parameter of the query has a type that a query cannot hold.",
    "read-only-session": "A session that only reads is to write.",
    "repository-depends": "A repository is to be read from a request.",
    "repository-model": "A repository has no model.",
    "resource-brief": "An endpoint would have a resource that is over before it is used.",
    "resource-excluded": "A request asks for two resources that exclude each other.",
    "resource-scope": "A resource is to live longer than it can, or than what stands in for it.",
    "response-dict": "An additional response is not a dict.",
    "response-model": "The type of an answer is none that pydantic understands.",
    "response-not-awaited": "A dependency with `yield` swallowed an exception.",
    "retry-on": "A `Retry` names nothing that can be raised.",
    "retry-stream": "An operation whose answer is a stream is to be tried again.",
    "retry-type": "The option `retry` is something else than a `Retry`.",
    "router-cycle": "A router is included into one that it includes itself.",
    "router-expected": "Something else than a router is included.",
    "router-itself": "A router is included into itself.",
    "rows-entity": "Objects of an entity say what its rows do not.",
    "rows-field": "A field of a model that is made of rows is no column and no relationship.",
    "rows-model": "A model cannot be made of rows.",
    "rows-select": "A select whose rows are the answer is none that can be read.",
    "rows-session": "A blocking endpoint returned rows of an asynchronous session.",
    "rows-several": "A select whose row is the answer found several.",
    "session-block": "What makes a session for a block was taken for the session.",
    "session-over": "A session is used after its transaction has ended.",
    "shared-session": "Two tasks or threads use one session at once.",
    "status-code": "A status code is no number.",
    "too-many-connections": "The workers may open more connections than the server has.",
    "two-connections": "A request holds two connections of one database.",
    "two-names": "A request asks for sessions of one database by two names.",
    "unknown-option": "An option has a name that does not exist.",
    "which-database": "It does not follow which database `Session` means.",
}
"""Every code that a message ends with; `docs/errors.md` tells more of each."""


class EndpointContext(TypedDict, total=False):
    """Where a validation failed, as far as it is known."""

    function: str
    path: str
    file: str
    line: int


class HTTPException(StarletteHTTPException):
    """Raise it to answer with an error status.

    `detail` is sent as JSON under the key `detail`; `headers` are added to the answer.
    """

    def __init__(
        self,
        status_code: int,
        detail: Any = None,  # Any: whatever the user's JSON library can write.
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status_code=status_code, detail=detail, headers=headers)


class WebSocketException(StarletteWebSocketException):
    """Raise it to close a WebSocket with a code of RFC 6455 section 7.4."""

    def __init__(self, code: int, reason: str | None = None) -> None:
        super().__init__(code=code, reason=reason)


class FastAPIError(RuntimeError):
    """A fault of the framework or in its use."""


class DependencyScopeError(FastAPIError):
    """A dependency needs another one that ends before it."""


class PydanticV1NotSupportedError(FastAPIError):
    """A model of `pydantic.v1` was used."""


class FastAPIDeprecationWarning(UserWarning):
    """Something will go away; shown by default, unlike `DeprecationWarning`."""


class LateCommitWarning(UserWarning):
    """Something is, or may be, committed after the answer that tells of it."""


class ValidationException(Exception):
    """Data did not have the declared shape; `errors()` has one entry per fault."""

    def __init__(
        self,
        errors: Sequence[Any],
        *,
        endpoint_ctx: EndpointContext | None = None,
    ) -> None:
        self._errors = errors
        self.endpoint_ctx = endpoint_ctx
        known = endpoint_ctx or EndpointContext()
        self.endpoint_function = known.get("function")
        self.endpoint_path = known.get("path")
        self.endpoint_file = known.get("file")
        self.endpoint_line = known.get("line")

    def errors(self) -> Sequence[Any]:
        """Return the faults, as pydantic describes them."""
        return self._errors

    def __str__(self) -> str:
        count = len(self._errors)
        lines = [f"{count} validation error{'' if count == 1 else 's'}:"]
        lines += [f"  {error}" for error in self._errors]
        return "\n".join(lines + self._describe_endpoint()).rstrip()

    def _describe_endpoint(self) -> list[str]:
        if self.endpoint_file and self.endpoint_line and self.endpoint_function:
            file = f'  File "{self.endpoint_file}", line {self.endpoint_line}'
            lines = ["", f"{file}, in {self.endpoint_function}"]
            return [*lines, f"    {self.endpoint_path}"] if self.endpoint_path else lines
        return ["", f"  Endpoint: {self.endpoint_path}"] if self.endpoint_path else []


class RequestValidationError(ValidationException):
    """A request did not have the declared shape; `body` is what was received."""

    def __init__(
        self,
        errors: Sequence[Any],
        *,
        body: Any = None,
        endpoint_ctx: EndpointContext | None = None,
    ) -> None:
        super().__init__(errors, endpoint_ctx=endpoint_ctx)
        self.body = body


class WebSocketRequestValidationError(ValidationException):
    """The request that opens a WebSocket did not have the declared shape."""

    def __init__(
        self,
        errors: Sequence[Any],
        *,
        endpoint_ctx: EndpointContext | None = None,
    ) -> None:
        super().__init__(errors, endpoint_ctx=endpoint_ctx)


class ResponseValidationError(ValidationException):
    """An endpoint returned what its response model forbids; `body` is what it returned."""

    def __init__(
        self,
        errors: Sequence[Any],
        *,
        body: Any = None,
        endpoint_ctx: EndpointContext | None = None,
    ) -> None:
        super().__init__(errors, endpoint_ctx=endpoint_ctx)
        self.body = body


class DeclarationError(FastAPIError, AssertionError):
    """A declaration cannot mean anything: what is wrong, where, what to do, and a code.

    `where` is the callable that holds the mistake; without it, the line of the user's
    code that led here is named.  An `AssertionError` too, since FastAPI asserts here.
    """

    def __init__(
        self,
        code: str,
        *,
        problem: str,
        where: Callable[..., Any] | None = None,
        remedy: str,
    ) -> None:
        self.code = code
        self.problem = problem
        self.place = _find_caller() if where is None else find_callable(where)
        self.remedy = remedy
        super().__init__(self._text())

    def move_to(self, place: str) -> None:
        """Name *place*, where the mistake was made, if it shows later than that."""
        self.place = place
        self.args = (self._text(),)

    def _text(self) -> str:
        place = [self.place] if self.place else []
        return "\n  ".join([self.problem, *place, self.remedy, f"[{self.code}]"])


class DeclarationScopeError(DeclarationError, DependencyScopeError):
    """A mistake that FastAPI answers with a `DependencyScopeError`."""


class DeclarationModelError(DeclarationError, PydanticV1NotSupportedError):
    """A mistake that FastAPI answers with a `PydanticV1NotSupportedError`."""


class DeclarationTypeError(DeclarationError, TypeError):
    """A mistake that Python answers with a `TypeError`, such as an unknown option."""


class DeclarationAttributeError(DeclarationError, AttributeError):
    """A mistake that FastAPI answers with an `AttributeError`, such as a module for a router."""


class DeclarationValueError(DeclarationError, ValueError):
    """A mistake that FastAPI answers with a `ValueError`, such as a limit below zero."""


def find_callable(call: Callable[..., Any]) -> str | None:
    """Name a callable, its file and its line, under decorators and partials."""
    name, file, line = locate(call)
    return f"in {name}" if file is None else describe_place(name, file, line)


def locate(call: Callable[..., Any]) -> tuple[str, str | None, int]:
    """The name of a callable, its file, if it has a source, and its line."""
    while isinstance(call, functools.partial):
        call = call.func
    call = inspect.unwrap(call)
    code = getattr(call, "__code__", None)
    if isinstance(code, CodeType):
        return code.co_name, code.co_filename, code.co_firstlineno
    owner = call if isinstance(call, type) else type(call)
    try:
        file, line = inspect.getsourcefile(owner), inspect.getsourcelines(owner)[1]
    except (OSError, TypeError):  # Made at run time, or built in: it has no source.
        return owner.__qualname__, None, 1
    return owner.__name__, file or "<unknown>", line


def _find_caller() -> str | None:
    """Name the line of the user's that led here, if there is one."""
    place = first_of((frame, frame.f_lineno) for frame in stack())
    return None if place is None else describe_place(place.function, place.file, place.line)


def describe_place(name: str, file: str, line: int) -> str:
    """Name a line of a function, or of a module: its file as seen from where the process runs."""
    shown: pathlib.Path | str = file
    # The working directory may not be above the file, or may not exist.
    with suppress(ValueError, OSError):
        shown = pathlib.Path(file).relative_to(pathlib.Path.cwd())
    return f"at {shown}:{line}" if name == "<module>" else f"in {name}() at {shown}:{line}"


if TYPE_CHECKING:
    from pronghorn.error_models import RequestErrorModel as RequestErrorModel
    from pronghorn.error_models import WebSocketErrorModel as WebSocketErrorModel
else:
    __getattr__ = incidental(__name__)
