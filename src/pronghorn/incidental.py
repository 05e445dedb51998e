"""Names that FastAPI's modules have since they import them, and that others import from there.

`from fastapi.routing import Lifespan` is such an import: it works, and so nobody notices that
the name's home is elsewhere.  The modules here find these names when they are asked for them.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

SECURITY: Mapping[str, str] = {
    "pronghorn.security.base": "SecurityBase",
    "starlette.status": "HTTP_401_UNAUTHORIZED",
}
INCIDENTAL: Mapping[str, Mapping[str, str]] = {
    # Modules that `import fastapi` loads, and `import pronghorn` only when they are asked for.
    # Of ours, it is loaded by those who use it.
    "pronghorn": {"": "middleware openapi utils", "pronghorn.retries": "Retry"},
    "pronghorn.middleware": {"": "asyncexitstack"},
    "pronghorn.openapi": {"": "constants docs models utils"},
    "pronghorn.exceptions": {
        "pronghorn.error_models": "RequestErrorModel WebSocketErrorModel",
        "pydantic": "BaseModel create_model",
    },
    "pronghorn.encoders": {
        "pydantic": "AnyUrl NameEmail",
    },
    "pronghorn.security.base": {"pronghorn.openapi.models": "SecurityBase=SecurityBaseModel"},
    "pronghorn.dependencies": {"": "utils"},
    "pronghorn.applications": {
        "pronghorn._form_limits": "_FormLimits",
        "pronghorn.datastructures": "Default DefaultPlaceholder",
        "pronghorn.middleware.asyncexitstack": "AsyncExitStackMiddleware",
        "pronghorn.openapi.docs": "get_redoc_html get_swagger_ui_html"
        " get_swagger_ui_oauth2_redirect_html",
        "pronghorn.openapi.utils": "get_openapi",
        "pronghorn.params": "Depends",
        "pronghorn.telemetry": "TelemetryConfig",
        "pronghorn.types": "IncEx",
        "pronghorn.unique_ids": "generate_unique_id",
        "starlette.applications": "Starlette",
        "starlette.types": "AppType ExceptionHandler Lifespan Receive Send",
    },
    "pronghorn.dependencies.models": {
        "pronghorn.security.base": "SecurityBase",
        "pronghorn.types": "DependencyCacheKey",
    },
    "pronghorn.dependencies.utils": {
        "pronghorn._compat": "RequiredParam Undefined copy_field_info create_body_model"
        " evaluate_forwardref field_annotation_is_scalar field_annotation_is_scalar_sequence"
        " field_annotation_is_sequence get_cached_model_fields get_missing_field_error"
        " is_bytes_or_nonable_bytes_annotation is_bytes_sequence_annotation is_scalar_field"
        " is_uploadfile_or_nonable_uploadfile_annotation is_uploadfile_sequence_annotation"
        " lenient_issubclass sequence_types serialize_sequence_value value_is_sequence",
        "pronghorn.background": "BackgroundTasks",
        "pronghorn.concurrency": "contextmanager_in_threadpool",
        "pronghorn.exceptions": "DependencyScopeError",
        "pronghorn.logger": "logger",
        "pronghorn.security.oauth2": "SecurityScopes",
        "pronghorn.types": "DependencyCacheKey",
        "pronghorn.utils": "create_model_field get_path_param_names",
        "pydantic": "BaseModel Json",
        "pydantic.fields": "FieldInfo",
        "starlette.concurrency": "run_in_threadpool",
        "starlette.datastructures": "Headers ImmutableMultiDict QueryParams UploadFile",
        "starlette.requests": "HTTPConnection Request",
        "starlette.responses": "Response",
        "starlette.websockets": "WebSocket",
    },
    "pronghorn.exception_handlers": {"pronghorn.encoders": "jsonable_encoder"},
    "pronghorn.openapi.utils": {
        "pronghorn._compat": "ModelField lenient_issubclass",
        "pronghorn.datastructures": "DefaultPlaceholder",
        "pronghorn.dependencies.models": "Dependant",
        "pronghorn.dependencies.utils": "get_flat_params",
        "pronghorn.encoders": "jsonable_encoder",
        "pronghorn.exceptions": "FastAPIDeprecationWarning",
        "pronghorn.openapi.constants": "METHODS_WITH_BODY REF_PREFIX",
        "pronghorn.openapi.documented": "get_fields_from_routes",
        "pronghorn.openapi.models": "OpenAPI",
        "pronghorn.params": "Body ParamTypes",
        "pronghorn.types": "DependencyCacheKey ModelNameMap",
        "pronghorn.utils": "deep_dict_update generate_operation_id_for_path"
        " is_body_allowed_for_status_code",
        "starlette.responses": "JSONResponse Response",
        "starlette.routing": "BaseRoute",
    },
    "pronghorn.param_functions": {
        "pronghorn.openapi.models": "Example",
        "pydantic": "AliasChoices AliasPath Discriminator",
    },
    "pronghorn.params": {
        "pronghorn.openapi.models": "Example",
        "pydantic": "AliasChoices AliasPath Discriminator",
    },
    "pronghorn.routing": {
        "pronghorn._routes.including": "_EffectiveRouteContext _IncludedRouter"
        " _RouterIncludeContext _iter_included_route_candidates _iter_routes_with_context"
        " _restore_fastapi_scope_key",
        "pronghorn._routes.lifespans": "_merge_lifespan_context",
        "pronghorn._compat": "ModelField Undefined lenient_issubclass",
        "pronghorn._form_limits": "_FormLimits",
        "pronghorn.datastructures": "Default DefaultPlaceholder",
        "pronghorn.dependencies.models": "Dependant",
        "pronghorn.dependencies.utils": "SolvedDependency _get_body_field _get_flat_body_params"
        " _should_embed_body_fields get_dependant get_parameterless_sub_dependant"
        " get_stream_item_type get_typed_return_annotation",
        "pronghorn.encoders": "jsonable_encoder",
        "pronghorn.exceptions": "EndpointContext FastAPIError RequestValidationError"
        " ResponseValidationError WebSocketRequestValidationError",
        "pronghorn.sse": "EventSourceResponse KEEPALIVE_COMMENT ServerSentEvent format_sse_event",
        "pronghorn.telemetry": "get_telemetry_data",
        "starlette.middleware": "Middleware",
        "pronghorn.types": "IncEx",
        "pronghorn.utils": "create_model_field generate_unique_id is_body_allowed_for_status_code",
        "starlette._exception_handler": "wrap_app_handling_exceptions",
        "starlette._utils": "is_async_callable",
        "starlette.concurrency": "iterate_in_threadpool run_in_threadpool",
        "starlette.datastructures": "URL URLPath",
        "starlette.responses": "JSONResponse RedirectResponse StreamingResponse",
        "starlette.routing": "NoMatchFound",
        "starlette.staticfiles": "StaticFiles",
        "starlette.types": "AppType Lifespan",
    },
    "pronghorn.security": {
        "": "api_key http oauth2 open_id_connect_url",
        "pronghorn.security.api_key": "APIKeyCookie APIKeyHeader APIKeyQuery",
        "pronghorn.security.http": "HTTPAuthorizationCredentials HTTPBasic HTTPBasicCredentials"
        " HTTPBearer HTTPDigest",
        "pronghorn.security.oauth2": "OAuth2 OAuth2AuthorizationCodeBearer OAuth2PasswordBearer"
        " OAuth2PasswordRequestForm OAuth2PasswordRequestFormStrict SecurityScopes",
        "pronghorn.security.open_id_connect_url": "OpenIdConnect",
    },
    "pronghorn.security.api_key": {**SECURITY, "starlette.exceptions": "HTTPException"},
    "pronghorn.security.http": SECURITY,
    "pronghorn.security.oauth2": {
        **SECURITY,
        "pronghorn.security.utils": "get_authorization_scheme_param",
    },
    "pronghorn.security.open_id_connect_url": {
        **SECURITY,
        "starlette.exceptions": "HTTPException",
    },
}
"""For each module: the names that it is asked for in vain, by the module that has them; those
of its own modules under no name.  `Name=Other` is called `Other` here."""


def incidental(module: str) -> Callable[[str], Any]:
    """The `__getattr__` of *module*, which is called for names that it does not have itself."""
    homes: dict[str, tuple[str, str]] = {}
    for home, names in INCIDENTAL[module].items():
        for entry in names.split(" "):
            at_home, _, here = entry.partition("=")
            homes[here or at_home] = home, at_home

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        home, at_home = homes[name]
        return getattr(import_module(home), at_home) if home else import_module(f"{module}.{name}")

    return find
