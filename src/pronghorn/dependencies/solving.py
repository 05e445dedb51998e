"""The values that a dependant asks for, had for one request: FastAPI's `solve_dependencies`.

A dependant may be changed at any time, so it is compared with what was compiled for it last.
Compiled routes do not come here; third parties do, and routes whose steps they replaced.
"""

from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

from starlette.background import BackgroundTasks as StarletteBackgroundTasks
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket

from pronghorn._pipeline.declaration import ORDER, Dependency
from pronghorn._pipeline.fields import Undefined
from pronghorn._pipeline.handler import Handler, build
from pronghorn._pipeline.plan import arrange
from pronghorn._pipeline.reading import blank_response
from pronghorn._pipeline.replacing import Overrides
from pronghorn._pipeline.stack import COMMIT_STACK
from pronghorn._pipeline.steps import BodyReading, Entry
from pronghorn.background import BackgroundTasks
from pronghorn.dependencies.models import NAMES, Dependant
from pronghorn.exceptions import DeclarationError
from pronghorn.types import DependencyCacheKey


@dataclass
class SolvedDependency:
    """The values that were had, the errors that were found, and what dependencies filled."""

    values: dict[str, Any]
    errors: list[Any]
    background_tasks: StarletteBackgroundTasks | None
    response: Response
    dependency_cache: dict[DependencyCacheKey, Any]


async def solve_dependencies(
    *,
    request: Request | WebSocket,
    dependant: Dependant,
    body: Any = Undefined,
    background_tasks: StarletteBackgroundTasks | None = None,
    response: Response | None = None,
    dependency_overrides_provider: Any = None,
    dependency_cache: dict[DependencyCacheKey, Any] | None = None,
    async_exit_stack: AsyncExitStack,  # noqa: ARG001 - the stacks are those of the scope
    embed_body_fields: bool,
    _uses_scopes_cache: Any = None,
) -> SolvedDependency:
    """Have the values for *dependant*: call its dependencies, read and check its parameters.

    Values in *dependency_cache* are taken as they are.  Raises `DeclarationError` where the
    scope of *request* has no stacks for dependencies with `yield`.
    """
    check_stacks(request.scope)
    solver = solver_of(
        dependant,
        getattr(dependency_overrides_provider, "dependency_overrides", None) or {},
        is_embedded=embed_body_fields,
        is_form=isinstance(body, FormData),
        is_websocket=isinstance(request, WebSocket),
        commits_early=COMMIT_STACK in request.scope,
    )
    if background_tasks is None and solver.handler.plan.gives("background"):
        background_tasks = BackgroundTasks()
    response = blank_response() if response is None else response
    cache = {} if dependency_cache is None else dependency_cache
    values, errors = await solver.handler.run(request, body, background_tasks, response, cache)
    return SolvedDependency(values, list(errors), background_tasks, response, cache)


def check_stacks(scope: Mapping[str, Any]) -> None:
    for name in ("fastapi_inner_astack", "fastapi_function_astack"):
        if not isinstance(scope.get(name), AsyncExitStack):
            raise DeclarationError(
                "exit-stack-missing",
                problem=f"{name} not found in request scope: dependencies with `yield` end when"
                " such a stack is left.",
                remedy="Serve the function by `request_response()` or `websocket_session()`, or"
                " put an `AsyncExitStack` there.",
            )


# --- compiled once for what a dependant says ------------------------------------------------


@dataclass(frozen=True, slots=True)
class Solver:
    """What was compiled for a dependant, and for what it said then."""

    said: tuple[Any, ...]
    overrides: Overrides | None
    root: Dependency
    """Keeps what *said* knows by identity."""
    handler: Handler

    def __deepcopy__(self, memo: Any) -> "Solver":
        # A copy of the dependant asks for the same.
        return self


def solver_of(
    dependant: Dependant,
    overrides: Overrides,
    *,
    is_embedded: bool,
    is_form: bool,
    is_websocket: bool,
    commits_early: bool,
) -> Solver:
    said = (what_says(dependant), is_embedded, is_form, is_websocket, commits_early)
    used = overrides if concerns(overrides, dependant) else None
    known: Solver | None = dependant.solver
    if known is not None and known.said == said and known.overrides == used:
        return known
    root = dependant.declaration()
    reading = BodyReading(is_form=is_form, is_embedded=is_embedded)
    plan = arrange(
        root,
        entry=Entry.VALUES,
        body=reading,
        overrides=used,
        is_websocket=is_websocket,
        commits_early=commits_early,
    )
    used = None if used is None else dict(used)
    dependant.solver = solver = Solver(said, used, root, build(plan))
    return solver


def concerns(overrides: Overrides, dependant: Dependant) -> bool:
    """Whether some dependency of *dependant* is overridden; it itself never is."""
    below = (node for node in dependant.walk() if node is not dependant)
    return bool(overrides) and any(node.call in overrides for node in below)


def what_says(dependant: Dependant) -> tuple[Any, ...]:
    """Equal for dependants that ask for the same; functions and fields count by identity."""
    return (
        id(dependant.call),
        id(dependant.concurrency),
        id(dependant.resource),
        dependant.name,
        dependant.use_cache,
        dependant.path,
        dependant.scope,
        tuple(dependant.own_oauth_scopes or ()),
        tuple(dependant.parent_oauth_scopes or ()),
        *(getattr(dependant, attribute) for attribute in NAMES.values()),
        *(tuple(map(id, getattr(dependant, f"{place}_params"))) for place in ORDER),
        *map(what_says, dependant.dependencies),
    )
