"""Frontends: built files on the paths that nothing else answers.

A frontend is compiled like an operation.  Its endpoint answers with a file, so dependencies,
their overrides, errors, scopes and background tasks are those of any other plan.
"""

import os
import warnings
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from starlette._utils import get_route_path
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn import params
from pronghorn._pipeline.bodies import are_embedded
from pronghorn._pipeline.declaration import Known, declare_endpoint, declare_extra, in_company
from pronghorn._pipeline.plan import Plan
from pronghorn._pipeline.steps import BodyReading, Entry, Reply
from pronghorn._routes.declared import Declared
from pronghorn._routes.including import IncludeContext, IncludedRouter
from pronghorn._serve.body_limit import Limited
from pronghorn._serve.early import commits_early, depth_of_caller, warn_if_sent_in_parts
from pronghorn._serve.files import FALLBACKS, REMEDY, Files
from pronghorn._serve.target import Compiled
from pronghorn.exceptions import DeclarationError


class Frontend(Declared):
    """A folder of files below one path, as it was added or as an include shows it."""

    _reply = Reply(response_class=Response, has_default_class=False, is_stream=True)

    def __init__(
        self,
        path: str,
        files: Files,
        *,
        dependencies: Sequence[params.Depends],
        dependency_overrides_provider: Any,
        max_body_size: int | None = None,
    ) -> None:
        self.path = path
        self.path_format = path.rstrip("/") + "/{path}"
        self.files = files
        self.dependencies = list(dependencies)
        self.dependency_overrides_provider = dependency_overrides_provider
        self.max_body_size = max_body_size
        self.methods = {"GET", "HEAD"}
        # No part of the path is a parameter: it is taken as it is written.
        known: Known = {}
        extra = tuple(declare_extra(depends, "", None, known) for depends in dependencies)
        self.declaration = in_company(declare_endpoint(self.endpoint, ""), extra)
        if commits_early(dependency_overrides_provider):
            warn_if_sent_in_parts(self._reply, self.declaration, self.path_format)
        self._embed_body_fields = are_embedded(self.declaration.body_fields)
        # The bodies of GET requests are not read, even where a dependency asks for one.
        self._body_reading = BodyReading(is_embedded=self._embed_body_fields, is_ignored=True)

    async def endpoint(self, request: Request, response: Response) -> Response:
        """Answer with a file, under the headers that dependencies set."""
        scope = request.scope
        answer = await self.files.answer(self.name_in(scope), scope)
        answer.headers.raw.extend(response.headers.raw)
        return answer

    async def refuse(self, scope: Scope, _receive: Receive, _send: Send) -> None:
        raise await self.files.refuse(self.name_in(scope))

    def name_in(self, scope: Scope) -> str:
        """What the path of a request is called in the folder."""
        return get_route_path(scope)[len(self.path) :].lstrip("/")

    def through(self, include: IncludeContext) -> "Frontend":
        """The frontend as *include* shows it."""
        return Frontend(
            joined(include.prefix, self.path),
            self.files,
            dependencies=[*include.dependencies, *self.dependencies],
            dependency_overrides_provider=include.dependency_overrides_provider,
            max_body_size=include.max_body_size,
        )


class FrontendTarget(Compiled):
    """A frontend as the path tree holds it."""

    def __init__(self, view: Frontend) -> None:
        limit = view.max_body_size
        # FastAPI answers exceptions outside of this limit, unlike those of an operation.
        wrap = None if limit is None else partial(Limited, max_body_size=limit)
        super().__init__(view, view, Entry.ASGI, wrap=wrap)
        self.refuse: ASGIApp = view.refuse if wrap is None else wrap(view.refuse)

    def plan(self, app: Any = None) -> Plan:
        """Without spans: it is a file that answers, and no operation."""
        return self.plan_alone(app)

    async def refuse_method(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.note(scope)
        await self.refuse(scope, receive, send)


def frontends_of(router: Any) -> Iterator[Frontend]:
    """The frontends of *router*, then those of the routers that it includes."""
    yield from router._frontends
    for route in router.routes:
        if isinstance(route, IncludedRouter):
            yield from route.effective_low_priority_routes()


# --- adding --------------------------------------------------------------------------------


def make_frontend(
    router: Any,
    path: str,
    *,
    directory: str | os.PathLike[str],
    fallback: str | None,
    check_dir: bool | str,
) -> Frontend:
    """A frontend of *router*; raises `DeclarationError` for what cannot work."""
    check_path(path)
    check_fallback(fallback)
    files = Files(directory, fallback)
    check_files(files, check_dir)
    return Frontend(
        joined(router.prefix, path.rstrip("/") or "/"),
        files,
        dependencies=router.dependencies,
        dependency_overrides_provider=router.dependency_overrides_provider,
    )


def joined(prefix: str, path: str) -> str:
    return prefix if prefix and path == "/" else prefix + path


def check_path(path: str) -> None:
    if not path.startswith("/"):
        problem = f"must start with '/': {path!r} does not" if path else "cannot be empty"
        raise DeclarationError(
            "frontend-path",
            problem=f"The path of a frontend {problem}.",
            remedy=f"Write {'/' + path!r}{'' if path else ' for the whole site'}.",
        )


def check_fallback(fallback: Any) -> None:
    if fallback not in FALLBACKS:
        raise DeclarationError(
            "frontend-fallback",
            problem=f"The option `fallback` of a frontend cannot be {fallback!r}.",
            remedy="Write 'auto', 'index.html', '404.html' or None.",
        )


def check_files(files: Files, check_dir: bool | str) -> None:
    """Refuse a folder or a fallback that is not there; in development it may be built later."""
    is_development = os.environ.get("FASTAPI_ENV") == "development"
    no_directory = files.missing_directory()
    if check_dir == "auto" and is_development:
        if no_directory is not None:
            warnings.warn(no_directory, UserWarning, stacklevel=depth_of_caller())
    elif check_dir:
        refuse_if(no_directory, "frontend-directory")
        refuse_if(files.missing_file(), "frontend-file")


def refuse_if(problem: str | None, code: str) -> None:
    if problem is not None:
        remedy = f"{REMEDY}  `check_dir=False` leaves that to the first request."
        raise DeclarationError(code, problem=problem, remedy=remedy)
