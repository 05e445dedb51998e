"""Which callable takes which options, in FastAPI's order.

Type checkers and editors read the stub beside this file, where each template is written
out as a function.  The stub is generated: run `python tools/write_signatures.py` after a
change here or in a table.
"""

from pronghorn._options.application import APPLICATION, ROUTER
from pronghorn._options.parameter import BODY, DEPENDENCY, FILE, FORM, PARAMETER, PATH
from pronghorn._options.route import ANY_METHODS, FRONTEND, ROUTE, SHARED, UNSET_CLASS, UNSET_REST
from pronghorn._options.takes import template

ALIASES = "alias alias_priority validation_alias serialization_alias"
RULES = """
    title description gt ge lt le min_length max_length pattern regex discriminator strict
    validate_default union_mode fail_fast multiple_of allow_inf_nan max_digits decimal_places
    examples example openapi_examples deprecated include_in_schema json_schema_extra
"""

# The functions of `param_functions`.
path = template(
    "Read a part of the path, such as `item_id` of `/items/{item_id}`.",
    f"default * default_factory {ALIASES} {RULES}",
    PATH,
    PARAMETER,
)
query = template(
    "Read a value of the query, such as `page` of `/items?page=2`.",
    f"default * default_factory {ALIASES} {RULES}",
    PARAMETER,
)
header = template(
    "Read a header.",
    f"default * default_factory {ALIASES} convert_underscores {RULES}",
    PARAMETER,
)
cookie = template("Read a cookie.", f"default * default_factory {ALIASES} {RULES}", PARAMETER)
body = template(
    "Read the JSON body, or one key of it.",
    f"default * default_factory embed media_type {ALIASES} {RULES}",
    BODY,
    PARAMETER,
)
form = template(
    "Read a field of a form.",
    f"default * default_factory media_type {ALIASES} {RULES}",
    FORM,
    PARAMETER,
)
file = template(
    "Read a file of a form, as `bytes` or as an `UploadFile`.",
    f"default * default_factory media_type {ALIASES} {RULES}",
    FILE,
    PARAMETER,
)
depends = template(
    "Call a dependency, and pass its result.",
    "dependency * use_cache scope max_concurrency",
    DEPENDENCY,
)
security = template(
    "Call a dependency that checks who asks, and pass its result.",
    "dependency * scopes use_cache",
    DEPENDENCY,
)

# The classes of `params`, which also take a type.
param_mark = template(
    "Make a mark for a value of the path, the query, a header or a cookie.",
    f"self default * default_factory annotation {ALIASES} {RULES}",
    PARAMETER,
    returns="None",
)
path_mark = template(
    "Make a mark for a part of the path.",
    f"self default * default_factory annotation {ALIASES} {RULES}",
    PATH,
    PARAMETER,
    returns="None",
)
header_mark = template(
    "Make a mark for a header.",
    f"self default * default_factory annotation {ALIASES} convert_underscores {RULES}",
    PARAMETER,
    returns="None",
)
body_mark = template(
    "Make a mark for the JSON body.",
    f"self default * default_factory annotation embed media_type {ALIASES} {RULES}",
    BODY,
    PARAMETER,
    returns="None",
)
form_mark = template(
    "Make a mark for a field of a form.",
    f"self default * default_factory annotation media_type {ALIASES} {RULES}",
    FORM,
    PARAMETER,
    returns="None",
)
file_mark = template(
    "Make a mark for a file of a form.",
    f"self default * default_factory annotation media_type {ALIASES} {RULES}",
    FILE,
    PARAMETER,
    returns="None",
)

# Operations, which the verbs and their like add.
ABOUT = """
    response_model status_code tags dependencies summary description response_description
    responses deprecated
"""
ANSWER = """
    response_model_include response_model_exclude response_model_by_alias
    response_model_exclude_unset response_model_exclude_defaults response_model_exclude_none
    include_in_schema response_class
"""
NAMING = "openapi_extra generate_unique_id_function"
LIMITS = "max_body_size form_limits"
# FastAPI has none of these: who derives from its classes may not take them.
OURS = "retry query_budget"
DECORATOR = "Callable[[DecoratedCallable], DecoratedCallable]"

verb = template(
    "Answer requests of this method on a path.",
    f"self path * {ABOUT} operation_id {ANSWER} name callbacks {NAMING} {LIMITS} {OURS}",
    ROUTE,
    SHARED,
    young=OURS,
    returns=DECORATOR,
)
router_api_route = template(
    "Answer requests of some methods on a path.",
    f"self path * {ABOUT} methods operation_id {ANSWER} name callbacks {NAMING} {LIMITS} {OURS}",
    ROUTE,
    SHARED,
    young=OURS,
    returns=DECORATOR,
)
app_api_route = template(
    "Answer requests of some methods on a path.",
    f"self path * {ABOUT} methods operation_id {ANSWER} name {NAMING} {LIMITS} {OURS}",
    ROUTE,
    SHARED,
    young=OURS,
    returns=DECORATOR,
)
router_add_api_route = template(
    "Let a function answer requests of some methods on a path.",
    f"self path endpoint * {ABOUT} methods operation_id {ANSWER} name route_class_override"
    f" callbacks {NAMING} strict_content_type {LIMITS} {OURS}",
    ANY_METHODS,
    UNSET_CLASS,
    UNSET_REST,
    ROUTE,
    SHARED,
    young=OURS,
    returns="None",
)
app_add_api_route = template(
    "Let a function answer requests of some methods on a path.",
    f"self path endpoint * {ABOUT} methods operation_id {ANSWER} name {NAMING} {LIMITS} {OURS}",
    UNSET_CLASS,
    ROUTE,
    SHARED,
    young=OURS,
    returns="None",
)
route = template(
    "Make the route of an operation.",
    f"self path endpoint * {ABOUT} name methods operation_id {ANSWER}"
    f" dependency_overrides_provider callbacks {NAMING} strict_content_type {LIMITS} {OURS}",
    ANY_METHODS,
    UNSET_CLASS,
    UNSET_REST,
    ROUTE,
    SHARED,
    returns="None",
)

# Sockets, and the files of a frontend.
websocket = template(
    "Answer WebSocket connections on a path.",
    "self path name * dependencies",
    ROUTE,
    SHARED,
    returns=DECORATOR,
)
add_api_websocket_route = template(
    "Let a function answer WebSocket connections on a path.",
    "self path endpoint name * dependencies",
    ROUTE,
    SHARED,
    returns="None",
)
websocket_route = template(
    "Make the route of a WebSocket.",
    "self path endpoint * name dependencies dependency_overrides_provider",
    ROUTE,
    SHARED,
    returns="None",
)
frontend = template(
    "Serve the files of a built frontend.",
    "self path * directory fallback check_dir",
    FRONTEND,
    returns="None",
)

# Routers and apps.
router_include_router = template(
    "Serve the routes of a router, those too that it gets later.",
    "self router * prefix tags dependencies default_response_class responses callbacks deprecated"
    f" include_in_schema generate_unique_id_function {LIMITS}",
    ROUTER,
    SHARED,
    returns="None",
)
app_include_router = template(
    "Serve the routes of a router, those too that it gets later.",
    "self router * prefix tags dependencies responses deprecated include_in_schema"
    f" default_response_class callbacks generate_unique_id_function {LIMITS}",
    ROUTER,
    SHARED,
    returns="None",
)
router = template(
    "Make a router, which groups operations to be included in an app.",
    "self * prefix tags dependencies default_response_class responses callbacks routes"
    " redirect_slashes default dependency_overrides_provider route_class on_startup on_shutdown"
    " lifespan deprecated include_in_schema generate_unique_id_function strict_content_type"
    f" {LIMITS}",
    ROUTER,
    ROUTE,
    SHARED,
    returns="None",
)
app = template(
    "Make an app: an ASGI application that answers, checks and documents.",
    """
    self * telemetry debug routes title summary description version openapi_url openapi_tags
    servers dependencies default_response_class redirect_slashes docs_url redoc_url
    swagger_ui_oauth2_redirect_url swagger_ui_init_oauth middleware exception_handlers
    on_startup on_shutdown lifespan terms_of_service contact license_info root_path
    root_path_in_servers responses callbacks webhooks deprecated include_in_schema
    swagger_ui_parameters generate_unique_id_function separate_input_output_schemas
    openapi_external_docs strict_content_type max_body_size form_limits commit_before_response
    query_budget access_log server_timing
    """,
    APPLICATION,
    ROUTER,
    SHARED,
    self_type="AppType",
    returns="None",
)
