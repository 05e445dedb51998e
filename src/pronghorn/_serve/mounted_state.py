"""The state that the lifespan of a mounted application yielded, told to its requests."""

from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send


class MountedState:
    """A layer of a mounted application whose lifespan yields a state; others do not have it."""

    def __init__(self, app: ASGIApp, owner: Any) -> None:
        self.app = app
        self.owner = owner

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        own = self.owner.mounted_state or {}
        state = scope.setdefault("state", {})
        # The application around it may have the same keys; what is set in here is for both.
        hidden = {key: state[key] for key in own if key in state}
        state.update(own)
        try:
            await self.app(scope, receive, send)
        finally:
            for key in own:
                state.pop(key, None)
            state.update(hidden)
