"""What is noted of a request while it is answered; nothing, unless it is observed."""

from collections.abc import Mapping
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn.telemetry.switch import OBSERVED


class FailureNoter:
    """A layer that notes exceptions before the outermost one answers them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        except Exception as error:
            note_failure(scope, error)
            raise


def note_failure(scope: Mapping[str, Any], error: Exception) -> None:
    """Note that nobody handled *error*, if the request is observed."""
    observation = scope.get(OBSERVED)
    if observation is not None:
        observation.note_failure(error)


def note_route(scope: Mapping[str, Any], path: str | None, *, is_mount: bool = False) -> None:
    """Note which route answers, if the request is observed."""
    observation = scope.get(OBSERVED)
    if observation is not None:
        observation.select(path, is_mount=is_mount)


def noting_route(handle: ASGIApp, path: str | None) -> ASGIApp:
    """*handle*, which tells first that its route was found."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        note_route(scope, path)
        await handle(scope, receive, send)

    return app
