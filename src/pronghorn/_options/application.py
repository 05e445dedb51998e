"""The options of an app, of a router, and of an include."""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from typing import Any, Final, ForwardRef, Literal

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Lifespan

from pronghorn._options.route import SHARED
from pronghorn._options.settings import TelemetryConfig
from pronghorn._options.takes import REQUIRED, Option

ROUTER: Final = {
    "router": Option(
        ForwardRef("APIRouter", module="pronghorn.routing"), REQUIRED, "Router to include."
    ),
    "prefix": Option(str, "", "Put before each path. It starts with `/` and does not end with it."),
    "routes": Option(list[BaseRoute] | None, None, "Deprecated, add routes by the decorators."),
    "redirect_slashes": Option(
        bool, True, "Redirect `/items/` to `/items`, or the other way, where only that one exists."
    ),
    "default": Option(ASGIApp | None, None, "Answers where no route does, instead of a 404."),
    "route_class": Option(
        ForwardRef("type[APIRoute]", module="pronghorn.routing"),
        ForwardRef("APIRoute", module="pronghorn.routing"),
        "Class of the routes that the decorators add.",
    ),
    "on_startup": Option(
        Sequence[Callable[[], Any]] | None, None, "Called at the start. Use `lifespan` instead."
    ),
    "on_shutdown": Option(
        Sequence[Callable[[], Any]] | None, None, "Called at the end. Use `lifespan` instead."
    ),
    # Any: the app that is passed in, which a router does not know.
    "lifespan": Option(
        Lifespan[Any] | None,  # type: ignore[misc]  # mypy takes this for a call.
        None,
        "Context manager that is open while the app runs. A dict that it yields becomes"
        " `request.state`.",
    ),
}

APPLICATION: Final = {
    "telemetry": Option(
        TelemetryConfig | None, None, "What is told to OpenTelemetry, such as `{'tracing': False}`."
    ),
    "debug": Option(bool, False, "Answer exceptions with a traceback. Never in production."),
    "title": Option(str, "FastAPI", "Name of the API in the document."),
    "summary": Option(str | None, None, "What the API is for, in one line of the document."),
    "description": Option(str, "", "Text that opens the document; Markdown."),
    "version": Option(str, "0.1.0", "Version of the API, not of OpenAPI."),
    "openapi_url": Option(
        str | None, "/openapi.json", "Path of the document. None also switches its pages off."
    ),
    "openapi_tags": Option(
        list[dict[str, Any]] | None,
        None,
        "Order and texts of the tags, such as `[{'name': 'users', 'description': '...'}]`.",
    ),
    "servers": Option(
        list[dict[str, str | Any]] | None, None, "Where the API is served, for the document."
    ),
    "docs_url": Option(str | None, "/docs", "Path of the Swagger UI page. None switches it off."),
    "redoc_url": Option(str | None, "/redoc", "Path of the ReDoc page. None switches it off."),
    "swagger_ui_oauth2_redirect_url": Option(
        str | None, "/docs/oauth2-redirect", "Where Swagger UI returns to after an OAuth2 login."
    ),
    "swagger_ui_init_oauth": Option(
        dict[str, Any] | None, None, "What Swagger UI fills in at an OAuth2 login."
    ),
    "middleware": Option(Sequence[Middleware] | None, None, "Middleware, the outermost first."),
    "exception_handlers": Option(
        dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]] | None,
        None,
        "What answers an exception, by its class or by its status.",
    ),
    "lifespan": replace(
        ROUTER["lifespan"],
        annotation=ForwardRef("Lifespan[AppType] | None", module="pronghorn.applications"),
    ),
    "terms_of_service": Option(str | None, None, "URL of the terms, for the document."),
    "contact": Option(
        dict[str, str | Any] | None, None, "Whom to ask, by the keys `name`, `url` and `email`."
    ),
    "license_info": Option(
        dict[str, str | Any] | None,
        None,
        "Licence, by the key `name` and one of `identifier` (SPDX) and `url`.",
    ),
    "root_path": Option(str, "", "Deprecated, tell the server the path that a proxy cuts off."),
    "root_path_in_servers": Option(
        bool, True, "List the root path among the servers in the document."
    ),
    "webhooks": Option(
        ForwardRef("APIRouter | None", module="pronghorn.routing"),
        None,
        "Requests that the API sends by itself, as a router. For the document only.",
    ),
    "swagger_ui_parameters": Option(
        dict[str, Any] | None, None, "Settings of Swagger UI, such as `{'deepLinking': False}`."
    ),
    "separate_input_output_schemas": Option(
        bool, True, "Describe a model twice where what is read and what is written differ."
    ),
    "openapi_external_docs": Option(
        dict[str, Any] | None, None, "Link to more, by the keys `url` and `description`."
    ),
    "commit_before_response": Option(
        bool,
        False,
        "Leave dependencies with `yield` before the answer is sent, unless their scope is written"
        " down: what they commit is there when the client hears of it.",
    ),
    "strict_content_type": replace(SHARED["strict_content_type"], default=True),
    "query_budget": Option(
        int | None, None, "Most statements for one request of operations that name no number."
    ),
    "access_log": Option(
        Literal["text", "json"] | None,
        None,
        "Log each request as a line of text or JSON, on the logger `pronghorn.access`.",
    ),
    "server_timing": Option(
        bool, False, "Tell clients how long requests and their statements take: `Server-Timing`."
    ),
}
