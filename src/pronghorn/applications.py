"""The application: options, routes, lifespan, middleware."""

import sys
import warnings
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.datastructures import State
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Scope
from typing_extensions import deprecated

from pronghorn import routing
from pronghorn._observed import ObservedDict
from pronghorn._options import signatures
from pronghorn._options.takes import takes
from pronghorn._routes.checks import check_access_log, checked_budget
from pronghorn._routes.growing import is_plain_router
from pronghorn._routes.including import RouteContext
from pronghorn._serve import pages
from pronghorn._serve.app_options import AppOptions
from pronghorn._serve.asgi import Core, sort_handlers
from pronghorn._serve.body_limit import BodyLimit, Limited
from pronghorn._serve.entrance import Entrance
from pronghorn._serve.last_resort import LastResort
from pronghorn._serve.root_path import RootPath
from pronghorn._serve.target import begin_asking, drop_overridden
from pronghorn.exception_handlers import (
    http_exception_handler,
    request_validation_exception_handler,
    websocket_request_validation_exception_handler,
)
from pronghorn.exceptions import (
    DeclarationError,
    FastAPIDeprecationWarning,
    RequestValidationError,
    WebSocketRequestValidationError,
)
from pronghorn.foreign import has_foreign_method
from pronghorn.incidental import incidental
from pronghorn.routing import adding
from pronghorn.telemetry.config import IS_INSTALLED, configured
from pronghorn.telemetry.notes import FailureNoter
from pronghorn.types import DecoratedCallable

HERE: Any = sys.modules[__name__]
"""Has what writes the document and its pages, loaded when it is asked for; or what others put
in its place, as they do with FastAPI's module of this name."""
KEPT = (
    "debug",
    "title",
    "summary",
    "description",
    "version",
    "terms_of_service",
    "contact",
    "license_info",
    "openapi_url",
    "openapi_tags",
    "root_path_in_servers",
    "docs_url",
    "redoc_url",
    "swagger_ui_oauth2_redirect_url",
    "swagger_ui_init_oauth",
    "swagger_ui_parameters",
    "separate_input_output_schemas",
    "openapi_external_docs",
    "max_body_size",
)
"""Options that are kept as they were given."""
FOR_ROUTER = (
    "routes",
    "redirect_slashes",
    "on_startup",
    "on_shutdown",
    "lifespan",
    "default_response_class",
    "dependencies",
    "callbacks",
    "deprecated",
    "include_in_schema",
    "responses",
    "generate_unique_id_function",
    "strict_content_type",
    "max_body_size",
    "form_limits",
)
"""Options that are those of the application's own router."""


class FastAPI(Entrance):
    """An application: routes, what surrounds them, and the document that describes them."""

    title: str
    summary: str | None
    description: str
    version: str
    terms_of_service: str | None
    contact: dict[str, Any] | None
    license_info: dict[str, Any] | None
    openapi_url: str | None
    openapi_tags: list[dict[str, Any]] | None
    openapi_external_docs: dict[str, Any] | None
    root_path_in_servers: bool
    separate_input_output_schemas: bool
    docs_url: str | None
    redoc_url: str | None
    swagger_ui_oauth2_redirect_url: str | None
    swagger_ui_init_oauth: dict[str, Any] | None
    swagger_ui_parameters: dict[str, Any] | None
    _pronghorn_options: AppOptions
    router: routing.APIRouter
    webhooks: routing.APIRouter

    @takes(signatures.app)
    def __init__(self, **options: Any) -> None:
        """Make an app: an ASGI application that answers, checks and documents."""
        for name in KEPT:
            setattr(self, name, options[name])
        ours = AppOptions(**{name: options[name] for name in AppOptions.__match_args__})
        self._pronghorn_options = ours
        if ours.commit_before_response or ours.query_budget is not None:
            begin_asking(self)
        self.servers = options["servers"] or []
        self.openapi_version = "3.1.0"
        self.openapi_schema: dict[str, Any] | None = None
        self.openapi_routes_version: int | None = None
        self.check_document()
        checked_budget(ours.query_budget)
        check_access_log(ours.access_log)
        self.webhooks = options["webhooks"] or routing.APIRouter()
        self.root_path = options["root_path"]
        if self.root_path:
            warn_of_root_path()
        self.state = State()
        self.dependency_overrides = {}
        self.router = routing.APIRouter(
            dependency_overrides_provider=self, **{name: options[name] for name in FOR_ROUTER}
        )
        self.exception_handlers = {
            HTTPException: http_exception_handler,
            RequestValidationError: request_validation_exception_handler,
            WebSocketRequestValidationError: websocket_request_validation_exception_handler,
            **(options["exception_handlers"] or {}),
        }
        self._telemetry = configured(options["telemetry"])
        self.user_middleware: list[Middleware] = list(options["middleware"] or [])
        self.middleware_stack = None
        self.setup()

    def check_document(self) -> None:
        for name, code in (("title", "openapi-title"), ("version", "openapi-version")):
            if self.openapi_url and not getattr(self, name):
                raise DeclarationError(
                    code,
                    problem=f"A {name} must be provided for OpenAPI.",
                    remedy=f"Give the application a {name}, or set `openapi_url=None`.",
                )

    # --- what may change -------------------------------------------------------------------

    @property
    def dependency_overrides(self) -> dict[Callable[..., Any], Callable[..., Any]]:
        """Dependencies that are replaced by others, as tests do it; may be changed at any time."""
        return self._dependency_overrides

    @dependency_overrides.setter
    def dependency_overrides(self, overrides: dict[Callable[..., Any], Callable[..., Any]]) -> None:
        self._dependency_overrides: ObservedDict[Any, Any] = ObservedDict(
            overrides or {}, self.drop_handlers
        )
        self.drop_handlers()

    @dependency_overrides.deleter
    def dependency_overrides(self) -> None:
        # `mock.patch.object` deletes what it has set, and sets what was there before.
        del self._dependency_overrides

    def drop_handlers(self) -> None:
        """Let handlers be compiled once more, under the overrides that there are now."""
        drop_overridden(self)

    # --- answering -------------------------------------------------------------------------

    def build_middleware_stack(self) -> ASGIApp:
        """All that surrounds the routes; without middleware of the user one layer is enough."""
        on_error, handlers = sort_handlers(self.exception_handlers)
        # Made even where they are not used: tools that patch `Middleware` patch the two layers when
        # they see them here.
        outermost = Middleware(ServerErrorMiddleware, handler=on_error, debug=self.debug)
        innermost = Middleware(ExceptionMiddleware, handlers=handlers, debug=self.debug)
        # Whoever put a function in the place of this one, or of those of Starlette's layers,
        # looks for these layers.
        build = getattr(self.build_middleware_stack, "__func__", None)
        starlettes = (ServerErrorMiddleware, ExceptionMiddleware)
        is_patched = any(has_foreign_method(layer, "__call__") for layer in starlettes)
        is_ours = build is FastAPI.build_middleware_stack and not is_patched
        size = self.max_body_size
        is_bare = is_ours and not self.user_middleware and size is None
        app: ASGIApp = Core(
            self.router,
            handlers,
            is_plain=size is None and is_plain_router(self.router),
            is_outermost=is_bare,
            on_error=on_error,
            debug=self.debug,
        )
        layers = [Middleware(RootPath, owner=self)] if self.root_path else []
        if is_ours and not is_bare:
            last = Middleware(LastResort, handler=on_error, debug=self.debug)
            limit = [] if size is None else [Middleware(Limited, max_body_size=size)]
            layers = [last, *layers, *limit, *self.user_middleware]
        elif not is_ours:
            noter = [Middleware(FailureNoter)] if IS_INSTALLED else []
            limit = [Middleware(BodyLimit, max_body_size=size)]
            layers = [outermost, *layers, *noter, *limit, *self.user_middleware]
        if is_patched:
            layers.append(innermost)
        for cls, args, kwargs in reversed(layers):
            app = cls(app, *args, **kwargs)
            if isinstance(app, BaseHTTPMiddleware):
                from pronghorn._serve.stepped import stepped  # noqa: PLC0415 - few have one

                app = stepped(app)
        return self.surrounded(app)

    def surrounded(self, app: ASGIApp) -> ASGIApp:
        """*app* within the layers that see each request, if there are any."""
        options = self._pronghorn_options
        if options.server_timing:
            from pronghorn._serve.timing import ServerTiming  # noqa: PLC0415 - few have it

            app = ServerTiming(app)
        if options.access_log is not None:
            from pronghorn._serve.access import AccessLog  # noqa: PLC0415 - few have it

            app = AccessLog(app, self, options.access_log)
        return app

    # --- what tools may know of it -------------------------------------------------------------

    def plans(self) -> "list[RoutePlan]":
        """All routes, as they answer now: through includes, below mounts, frontends last."""
        from pronghorn._routes.route_plans import plans_of  # noqa: PLC0415 - tools alone ask

        return plans_of(self.router)

    def plan(self, route: str | Callable[..., Any] | BaseRoute | RouteContext) -> "RoutePlan":
        """One route, as it answers now.

        *route* is a text such as `GET /items/{item_id}` or `GET /items/7`, an endpoint, a route
        of `app.routes`, or one of `iter_route_contexts()`.  Raises `RouteLookupError` if
        it means no route, or several.
        """
        from pronghorn._routes.finding import meant  # noqa: PLC0415 - tools alone ask
        from pronghorn._routes.route_plans import make_route_plan  # noqa: PLC0415 - as above

        return make_route_plan(meant(self.router, route))

    def path_template(self, scope: Scope) -> str | None:
        """The path that answers a request, as it was written; None if none does.

        For labels of metrics and names of spans: it is short, whatever clients send.  *scope*
        is that of the request, before or after it was handled.
        """
        from pronghorn._routes.finding import path_template  # noqa: PLC0415 - tools alone ask

        return path_template(self.router, scope)

    # --- the document and its pages --------------------------------------------------------

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, made when it is first asked for and when routes have changed."""
        version = self.router._routes_version
        if not self.openapi_schema or self.openapi_routes_version != version:
            document: dict[str, Any] = HERE.get_openapi(
                title=self.title,
                version=self.version,
                openapi_version=self.openapi_version,
                summary=self.summary,
                description=self.description,
                terms_of_service=self.terms_of_service,
                contact=self.contact,
                license_info=self.license_info,
                routes=self.routes,
                webhooks=self.webhooks.routes,
                tags=self.openapi_tags,
                servers=self.servers,
                separate_input_output_schemas=self.separate_input_output_schemas,
                external_docs=self.openapi_external_docs,
            )
            self.openapi_schema = document
            self.openapi_routes_version = version
        return self.openapi_schema

    def setup(self) -> None:
        """Add the routes of the document and of its pages."""
        if not self.openapi_url:
            return
        # Users know the names: `request.url_for("swagger_ui_html")`.
        self.add_page(self.openapi_url, "openapi", self.answer_openapi)
        if self.docs_url:
            self.add_page(self.docs_url, "swagger_ui_html", self.answer_docs)
            if self.swagger_ui_oauth2_redirect_url:
                url = self.swagger_ui_oauth2_redirect_url
                self.add_page(url, "swagger_ui_redirect", self.answer_oauth2_redirect)
        if self.redoc_url:
            self.add_page(self.redoc_url, "redoc_html", self.answer_redoc)
        # They are no routes, and yet no catch-all route takes them: the pages need them.
        assets = pages.docs_assets(self.docs_url, self.redoc_url)
        self.router._files = {path: pages.AssetTarget(asset) for path, asset in assets.items()}

    def add_page(
        self, path: str, name: str, answer: Callable[[Request], Awaitable[Response]]
    ) -> None:
        self.add_route(path, answer, name=name, include_in_schema=False)

    async def answer_openapi(self, request: Request) -> Response:
        root_path = request.scope.get("root_path", "").rstrip("/")
        document = self.openapi()
        servers = document.get("servers", [])
        known = {server.get("url") for server in servers}
        if root_path and self.root_path_in_servers and root_path not in known:
            # The kept document is that of all root paths.
            document = {**document, "servers": [{"url": root_path}, *servers]}
        return JSONResponse(document)

    async def answer_docs(self, request: Request) -> HTMLResponse:
        root_path = request.scope.get("root_path", "").rstrip("/")
        redirect_url = self.swagger_ui_oauth2_redirect_url
        return pages.write_page(
            pages.SWAGGER_UI,
            HERE.get_swagger_ui_html,
            root_path,
            self.docs_url or "",
            openapi_url=f"{root_path}{self.openapi_url}",
            title=f"{self.title} - Swagger UI",
            oauth2_redirect_url=redirect_url and root_path + redirect_url,
            init_oauth=self.swagger_ui_init_oauth,
            swagger_ui_parameters=self.swagger_ui_parameters,
        )

    async def answer_oauth2_redirect(self, _: Request) -> HTMLResponse:
        response: HTMLResponse = HERE.get_swagger_ui_oauth2_redirect_html()
        return response

    async def answer_redoc(self, request: Request) -> HTMLResponse:
        root_path = request.scope.get("root_path", "").rstrip("/")
        return pages.write_page(
            pages.REDOC,
            HERE.get_redoc_html,
            root_path,
            self.redoc_url or "",
            openapi_url=f"{root_path}{self.openapi_url}",
            title=f"{self.title} - ReDoc",
        )

    # --- adding: the application's own router does it ------------------------------------------

    @takes(signatures.app_add_api_route)
    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Let a function answer requests of some methods on a path."""
        self.router.add_api_route(path, endpoint, **options)

    @takes(signatures.app_api_route)
    def api_route(self, path: str, **options: Any) -> Any:
        """Answer requests of some methods on a path."""
        return self.router.api_route(path, **options)

    @takes(signatures.verb)
    def get(self, path: str, **options: Any) -> Any:
        """Answer GET requests on a path."""
        return self.router.get(path, **options)

    @takes(signatures.verb)
    def put(self, path: str, **options: Any) -> Any:
        """Answer PUT requests on a path."""
        return self.router.put(path, **options)

    @takes(signatures.verb)
    def post(self, path: str, **options: Any) -> Any:
        """Answer POST requests on a path."""
        return self.router.post(path, **options)

    @takes(signatures.verb)
    def delete(self, path: str, **options: Any) -> Any:
        """Answer DELETE requests on a path."""
        return self.router.delete(path, **options)

    @takes(signatures.verb)
    def options(self, path: str, **options: Any) -> Any:
        """Answer OPTIONS requests on a path."""
        return self.router.options(path, **options)

    @takes(signatures.verb)
    def head(self, path: str, **options: Any) -> Any:
        """Answer HEAD requests on a path."""
        return self.router.head(path, **options)

    @takes(signatures.verb)
    def patch(self, path: str, **options: Any) -> Any:
        """Answer PATCH requests on a path."""
        return self.router.patch(path, **options)

    @takes(signatures.verb)
    def trace(self, path: str, **options: Any) -> Any:
        """Answer TRACE requests on a path."""
        return self.router.trace(path, **options)

    @takes(signatures.frontend)
    def frontend(self, path: str, **options: Any) -> None:
        """Serve the files of a built frontend."""
        self.router.frontend(path, **options)

    @takes(signatures.app_include_router)
    def include_router(self, router: routing.APIRouter, **options: Any) -> None:
        """Serve the routes of a router, those too that it gets later."""
        self.router.include_router(router, **options)

    @takes(signatures.add_api_websocket_route)
    def add_api_websocket_route(
        self, path: str, endpoint: Callable[..., Any], name: str | None = None, **options: Any
    ) -> None:
        """Let a function answer WebSocket connections on a path."""
        self.router.add_api_websocket_route(path, endpoint, name, **options)

    @takes(signatures.websocket)
    def websocket(self, path: str, name: str | None = None, **options: Any) -> Any:
        """Answer WebSocket connections on a path."""
        return self.router.websocket(path, name, **options)

    def websocket_route(
        self, path: str, name: str | None = None
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Add a plain Starlette route for WebSocket connections."""
        return self.router.websocket_route(path, name)

    @deprecated("on_event is deprecated, use lifespan event handlers instead.")
    def on_event(self, event_type: str) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Call the function at `startup` or at `shutdown`.  Deprecated: use a `lifespan`."""
        return self.router.on_event(event_type)

    def middleware(
        self,
        middleware_type: str,  # noqa: ARG002 - there is one type
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Put the function around all requests: `async def f(request, call_next)`."""
        return adding(lambda function: self.add_middleware(BaseHTTPMiddleware, dispatch=function))

    def exception_handler(
        self, exc_class_or_status_code: int | type[Exception]
    ) -> Callable[[DecoratedCallable], DecoratedCallable]:
        """Let the function answer exceptions of a class, or with a status."""
        return adding(
            lambda function: self.add_exception_handler(exc_class_or_status_code, function)
        )


def warn_of_root_path() -> None:
    warnings.warn(
        "The `root_path` parameter is deprecated: tell the server instead, for example by"
        " `fastapi run --root-path /api/v1`.",
        category=FastAPIDeprecationWarning,
        stacklevel=4,
    )


if TYPE_CHECKING:
    from pronghorn.introspection import RoutePlan
else:
    __getattr__ = incidental(__name__)
