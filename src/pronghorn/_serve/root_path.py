"""The `root_path` of an application that was given one, told to all that is within."""

from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send


class RootPath:
    """A layer of an application with a `root_path`; others do not have it."""

    def __init__(self, app: ASGIApp, owner: Any) -> None:
        self.app = app
        self.owner = owner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self.owner.root_path:
            scope["root_path"] = self.owner.root_path
        await self.app(scope, receive, send)
