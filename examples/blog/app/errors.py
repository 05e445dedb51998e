"""What goes wrong on purpose, and the answer that each error gets."""

import logging
from collections.abc import Callable, Coroutine
from typing import Any

from pronghorn import Request, Response, status
from pronghorn.responses import JSONResponse
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

logger = logging.getLogger(__name__)


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


async def answer_conflict(request: Request, error: IntegrityError) -> Response:
    """Somebody else changed what this request relied on: deleted its author, for example."""
    return JSONResponse(
        {"detail": "The data has changed meanwhile"}, status_code=status.HTTP_409_CONFLICT
    )


async def answer_busy_database(request: Request, error: Exception) -> Response:
    """All connections stayed in use, or SQLite's writer did, or the server is away."""
    logger.error("The database did not answer in time: %s", error)
    return JSONResponse(
        {"detail": "The database is busy"},
        status_code=status.HTTP_503_SERVICE_UNAVAILABLE,
        headers={"Retry-After": "1"},
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
    IntegrityError: answer_conflict,
    OperationalError: answer_busy_database,
    PoolTimeoutError: answer_busy_database,
    Exception: answer_unexpected,
}
