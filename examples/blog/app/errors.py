"""What goes wrong on purpose, and the answer that each error gets.

What the database refuses is not here: the framework answers it with 409, 422 or 503.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from pronghorn import Request, Response, status
from pronghorn.responses import JSONResponse


class AppException(Exception):
    """A rule of the application was broken. The answer says which."""

    def __init__(self, status_code: int, detail: str) -> None:
        super().__init__(detail)
        self.status_code = status_code
        self.detail = detail


class EmailTaken(AppException):
    """Two users cannot have the same e-mail address."""

    def __init__(self) -> None:
        super().__init__(status.HTTP_409_CONFLICT, "Email already registered")


async def answer_app_exception(request: Request, error: AppException) -> Response:
    return JSONResponse(
        {"detail": error.detail, "type": "app_error"}, status_code=error.status_code
    )


async def answer_unexpected(request: Request, error: Exception) -> Response:
    """The server logs the traceback; the client learns nothing from it."""
    return JSONResponse(
        {"detail": "Internal server error"}, status_code=status.HTTP_500_INTERNAL_SERVER_ERROR
    )


ERROR_HANDLERS: dict[
    int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]
] = {
    AppException: answer_app_exception,
    Exception: answer_unexpected,
}
