"""The answers that an endpoint may return: Starlette's, and two for other JSON libraries."""

from importlib import import_module
from typing import Any

from starlette.responses import FileResponse as FileResponse
from starlette.responses import HTMLResponse as HTMLResponse
from starlette.responses import JSONResponse as JSONResponse
from starlette.responses import PlainTextResponse as PlainTextResponse
from starlette.responses import RedirectResponse as RedirectResponse
from starlette.responses import Response as Response
from starlette.responses import StreamingResponse as StreamingResponse
from typing_extensions import deprecated

from pronghorn.exceptions import DeclarationError, FastAPIDeprecationWarning
from pronghorn.sse import EventSourceResponse as EventSourceResponse


def _load_json_library(name: str, user: str) -> Any:  # Any: the module has no types.
    try:
        return import_module(name)
    except ModuleNotFoundError:
        raise DeclarationError(
            "json-library",
            problem=f"{name} must be installed to use {user}",
            remedy=f"Run `pip install {name}`, or leave the response class out.",
        ) from None


@deprecated(
    "UJSONResponse is deprecated: an answer with a return type is written by pydantic,"
    " which is faster and needs no class of its own.",
    category=FastAPIDeprecationWarning,
    stacklevel=2,
)
class UJSONResponse(JSONResponse):
    """JSON written by ujson."""

    def render(self, content: Any) -> bytes:
        """Write `content`; raise `DeclarationError` if ujson is not installed."""
        ujson = _load_json_library("ujson", "UJSONResponse")
        text: str = ujson.dumps(content, ensure_ascii=False)
        return text.encode()


@deprecated(
    "ORJSONResponse is deprecated: an answer with a return type is written by pydantic,"
    " which is faster and needs no class of its own.",
    category=FastAPIDeprecationWarning,
    stacklevel=2,
)
class ORJSONResponse(JSONResponse):
    """JSON written by orjson; keys may be other than strings, values NumPy's."""

    def render(self, content: Any) -> bytes:
        """Write `content`; raise `DeclarationError` if orjson is not installed."""
        orjson = _load_json_library("orjson", "ORJSONResponse")
        options = orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY
        body: bytes = orjson.dumps(content, option=options)
        return body
