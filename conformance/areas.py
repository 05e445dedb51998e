"""Which part of the framework a test file is about, by patterns of its path."""

from fnmatch import fnmatch

# The first pattern that matches decides.
AREAS: tuple[tuple[str, str], ...] = (
    ("app.frontend()", "test_frontend*"),
    ("telemetry", "test_telemetry/* */test_opentelemetry/*"),
    ("command line", "test_fastapi_cli*"),
    ("strict content type", "test_strict_content_type* */test_strict_content_type/*"),
    (
        "body and form limits",
        """
        test_request_body_limits* test_form_limits* */test_request_body_limits/*
        """,
    ),
    (
        "docs pages",
        """
        test_local_docs* test_custom_swagger* test_no_swagger* test_swagger*
        */test_configure_swagger_ui/* */test_custom_docs_ui/*
        """,
    ),
    ("webhooks and callbacks", "test_sub_callbacks* *callbacks/* */test_openapi_webhooks/*"),
    (
        "security",
        """
        test_security* test_top_level_security* test_webhooks_security*
        */test_security/* */test_authentication_error*
        """,
    ),
    (
        "streams and SSE",
        """
        test_sse* test_stream_* */test_server_sent_events/* */test_stream_*
        """,
    ),
    (
        "dependencies",
        """
        test_dependen* test_depends* test_async_dependency* test_generic_parameterless*
        test_concurrency* test_repeated_dependency* test_stringified_annotation*
        test_http_connection* */test_dependencies/* */test_testing_dependencies/*
        """,
    ),
    ("WebSockets", "test_ws_* */test_websockets/*"),
    ("background tasks", "*/test_background_tasks/*"),
    ("lifespan and events", "test_router_events* */test_events/*"),
    ("middleware", "*middleware/* */test_cors/*"),
    (
        "errors",
        """
        test_exception_handlers* test_starlette_exception*
        test_validation_error_context* test_custom_middleware_exception*
        test_pydantic_v1_error* */test_handling_errors/*
        """,
    ),
    (
        "routers and includes",
        """
        test_router_include* test_include_* test_router_circular* test_router_prefix*
        test_default_response_class_router* test_additional_responses_router*
        */test_bigger_applications/*
        """,
    ),
    (
        "app and routing",
        """
        test_application* test_extra_routes* test_empty_router*
        test_operations_signatures* test_put_no_body* test_route_* test_router_*
        test_starlette_url* test_callable_endpoint* test_custom_route_class*
        test_generate_unique_id* test_wrapped_method* test_default_response_class*
        test_get_request_body* */test_custom_request_and_route/* */test_first_steps/*
        */test_metadata/* */test_path_operation_* */test_using_request_directly/*
        """,
    ),
    (
        "forms and files",
        """
        test_form* test_union_form* test_file_* test_list_bytes* test_multipart*
        test_optional_file* test_upload_file* test_datastructures*
        test_request_params/test_file/* test_request_params/test_form/*
        */test_request_f*
        """,
    ),
    (
        "JSON bodies",
        """
        test_body* test_multi_body* test_union_* test_regex_deprecated_body*
        test_request_body_parameters* test_modules_same_name*
        test_request_params/test_body/* */test_body* */test_json_base64*
        """,
    ),
    (
        "OpenAPI",
        """
        test_openapi_* test_additional_* test_computed* test_custom_schema*
        test_deprecated_responses* test_duplicate_models* test_get_model_definitions*
        test_no_schema* test_schema_* test_compat* */test_additional_responses/*
        */test_conditional_openapi/* */test_extending_openapi/*
        */test_generate_clients/* */test_schema_extra* */test_separate_openapi*
        """,
    ),
    (
        "answers and serialization",
        """
        test_response_* test_serialize* test_validate_response* test_dump_json*
        test_jsonable* test_datetime* test_filter_pydantic* test_skip_defaults*
        test_read_with_orm* test_orjson* test_return_none* test_inherited*
        test_arbitrary* */test_additional_status* */test_custom_response/*
        */test_encoder/* */test_extra_models/* */test_response_*
        """,
    ),
    (
        "dataclasses and typing",
        """
        test_pydanticv2_dataclasses* test_typing* */test_dataclasses/*
        */test_python_types/*
        """,
    ),
    (
        "testing, templates, proxies, other",
        """
        */test_async_tests/* */test_debugging/* */test_testing/* */test_behind_a_proxy/*
        */test_graphql/* */test_settings/* */test_sql_databases/* */test_static_files/*
        */test_sub_applications/* */test_templates/* */test_wsgi/*
        """,
    ),
    ("parameters", "*"),
)


def find_area(test: str) -> str:
    """Find the area of a test id or of a test file."""
    file = test.partition("::")[0].removeprefix("tests/")
    for area, patterns in AREAS:
        if any(fnmatch(file, pattern) for pattern in patterns.split()):
            return area
    message = "the last pattern matches everything"
    raise LookupError(message)
