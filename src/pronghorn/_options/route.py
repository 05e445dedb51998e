"""The options of operations and sockets, and those that routers and includes share with them."""

import os
from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from typing import Any, Final, ForwardRef, Literal

from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from pronghorn._options.settings import FormLimits
from pronghorn._options.takes import REQUIRED, Option
from pronghorn.datastructures import Default, DefaultPlaceholder
from pronghorn.types import IncEx
from pronghorn.unique_ids import generate_unique_id

# A `ForwardRef` names a class of a higher floor, and the module that can resolve it.

SHARED: Final = {
    "tags": Option(
        list[str | Enum] | None, None, "Groups in the document. Those of outer routers come first."
    ),
    "dependencies": Option(
        ForwardRef("Sequence[Depends] | None", module="pronghorn.params"),
        None,
        "Called before the endpoint, such as `[Depends(check)]`. Their results are not used.",
    ),
    "default_response_class": Option(
        type[Response],
        Default(JSONResponse),
        "Class that makes the answers of operations that name no `response_class`.",
    ),
    "responses": Option(
        dict[int | str, dict[str, Any]] | None, None, "More answers for the document, by status."
    ),
    "deprecated": Option(bool | None, None, "Mark as deprecated in the document."),
    "include_in_schema": Option(bool, True, "Show in the document."),
    "callbacks": Option(
        list[BaseRoute] | None,
        None,
        "Requests that a client may receive, as the `routes` of a router. For the document only.",
    ),
    "generate_unique_id_function": Option(
        ForwardRef("Callable[[APIRoute], str]", module="pronghorn.routing"),
        Default(generate_unique_id),
        "Makes the id of an operation in the document.",
    ),
    "strict_content_type": Option(
        bool, Default(True), "Read a body as JSON only if its `Content-Type` says that it is JSON."
    ),
    "max_body_size": Option(
        int | None, None, "Most bytes in the body of a request. None keeps the outer limit."
    ),
    "form_limits": Option(
        FormLimits | None,
        None,
        "Limits of a form, such as `{'max_files': 3}`. Keys left out keep the outer limit.",
    ),
}

ROUTE: Final = {
    "path": Option(str, REQUIRED, "Path to answer. `{item_id}` in it stands for any one part."),
    "endpoint": Option(Callable[..., Any], REQUIRED, "Function that answers."),
    "response_model": Option(
        Any,
        Default(None),
        "Type that checks and writes the result, instead of the endpoint's return type."
        " None switches both off.",
    ),
    "status_code": Option(
        int | None, None, "Status of the answer. Without one, that of the response class (200)."
    ),
    "summary": Option(
        str | None, None, "Heading in the document. Without one, made of the endpoint's name."
    ),
    "description": Option(
        str | None, None, "Text in the document; Markdown. Without one, the endpoint's docstring."
    ),
    "response_description": Option(
        str, "Successful Response", "What the document says of the answer."
    ),
    "methods": Option(list[str] | None, None, "HTTP methods to answer. Without them, GET."),
    "operation_id": Option(
        str | None, None, "Id in the document, which clients make names of. It must be unique."
    ),
    "response_model_include": Option(IncEx | None, None, "Write only these fields of the result."),
    "response_model_exclude": Option(IncEx | None, None, "Leave out these fields of the result."),
    "response_model_by_alias": Option(bool, True, "Write fields under their aliases."),
    "response_model_exclude_unset": Option(
        bool, False, "Leave out fields that were never given a value."
    ),
    "response_model_exclude_defaults": Option(
        bool, False, "Leave out fields that hold their default."
    ),
    "response_model_exclude_none": Option(bool, False, "Leave out fields that hold None."),
    "response_class": Option(
        type[Response], Default(JSONResponse), "Class that makes the answer from the result."
    ),
    "name": Option(
        str | None, None, "Name to ask `url_path_for` by. Without one, the endpoint's name."
    ),
    "route_class_override": Option(
        ForwardRef("type[APIRoute] | None", module="pronghorn.routing"),
        None,
        "Class of this route, instead of the router's `route_class`.",
    ),
    "dependency_overrides_provider": Option(
        Any | None, None, "Object that has the `dependency_overrides`, which is mostly the app."
    ),
    "openapi_extra": Option(
        dict[str, Any] | None, None, "Keys to add to the operation in the document."
    ),
    "retry": Option(
        ForwardRef("Retry | None", module="pronghorn.retries"),
        None,
        "Try again after some exceptions, such as `Retry(on=(TimeoutError,), attempts=3)`."
        " Each attempt begins anew.",
    ),
    "query_budget": Option(
        int | None,
        None,
        "Most statements for one request. More are a warning in development, a failure in tests.",
    ),
}

# Functions that pass options on have wider types: any collection, or a placeholder.
ANY_METHODS: Final = {"methods": replace(ROUTE["methods"], annotation=set[str] | list[str] | None)}
UNSET_CLASS: Final = {
    "response_class": replace(
        ROUTE["response_class"], annotation=type[Response] | DefaultPlaceholder
    ),
}
UNSET_REST: Final = {
    "generate_unique_id_function": replace(
        SHARED["generate_unique_id_function"],
        annotation=ForwardRef(
            "Callable[[APIRoute], str] | DefaultPlaceholder", module="pronghorn.routing"
        ),
    ),
    "strict_content_type": replace(
        SHARED["strict_content_type"], annotation=bool | DefaultPlaceholder
    ),
}

FRONTEND: Final = {
    "path": Option(str, REQUIRED, "Path below which the files are served."),
    "directory": Option(str | os.PathLike[str], REQUIRED, "Folder of the built files."),
    "fallback": Option(
        Literal["auto", "index.html", "404.html"] | None,
        "auto",
        "File to answer unknown paths with. `auto` takes the one that exists; None is a plain 404.",
    ),
    "check_dir": Option(
        bool | Literal["auto"],
        "auto",
        "Refuse a folder that does not exist. `auto` only warns while `FASTAPI_ENV` is"
        " `development`.",
    ),
}
