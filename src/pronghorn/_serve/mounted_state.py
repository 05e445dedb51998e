"""The state that the lifespan of a mounted application yielded, told to its requests."""

from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send


class MountedState:
    """A layer of a mounted application whose lifespan yields a state; others do not have it."""

    def __init__(self, app: ASGIApp, owner: Any) -> None:
        self.app = app
        self.owner = owner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            # The application around it has a state of its own, perhaps with the same keys.
            scope["state"] = {**scope.get("state", {}), **(self.owner.mounted_state or {})}
        await self.app(scope, receive, send)
