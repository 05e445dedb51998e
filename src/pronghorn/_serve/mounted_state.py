"""The state that the lifespan of a mounted application yielded, shown to its requests.

The application around it runs that lifespan, and yields the states of all that it mounts under
a key of its own.  So the states belong to one life, and several lives may overlap.
"""

from starlette.types import ASGIApp, Receive, Scope, Send

MOUNTED = "pronghorn.mounted"
"""Where in a state the states of mounted applications are, by the identity of these."""


def with_state(handle: ASGIApp, app: ASGIApp) -> ASGIApp:
    """*handle*, which leads to *app*, with the state of *app* shown to its requests."""

    async def shown(scope: Scope, receive: Receive, send: Send) -> None:
        state = scope.get("state") or {}
        own = state.get(MOUNTED, {}).get(id(app))
        if own is None:
            await handle(scope, receive, send)
            return
        # The application around it may have the same keys; what is set in here is for both.
        hidden = {key: state[key] for key in own if key in state}
        state.update(own)
        try:
            await handle(scope, receive, send)
        finally:
            for key in own:
                state.pop(key, None)
            state.update(hidden)

    return shown
