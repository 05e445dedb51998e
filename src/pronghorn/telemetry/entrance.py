"""Where requests enter an application: observed if somebody listens.

Without OpenTelemetry in the environment this is Starlette's entrance, and nothing more.
"""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn.foreign import has_foreign_method
from pronghorn.telemetry.config import IS_INSTALLED, NAMESPACE, Config, can_be_used
from pronghorn.telemetry.switch import OBSERVED, switch

if TYPE_CHECKING:
    from pronghorn.telemetry._asgi import NativeTelemetry


OBSERVABLE = ("http", "websocket")


class Ear:
    """What listens at the entrance of one application, had when it is first needed."""

    native: "NativeTelemetry"
    """Observes the requests; there is none where OpenTelemetry cannot be used."""

    def __init__(self, config: Config) -> None:
        self.listens: Callable[[], bool] = never
        if can_be_used():
            from pronghorn.telemetry._asgi import NativeTelemetry  # noqa: PLC0415 - it is optional
            from pronghorn.telemetry.signals import Audience  # noqa: PLC0415

            self.listens = Audience(config).listens
            self.native = NativeTelemetry(config)


def never() -> bool:
    return False


# None if somebody was here before us: then theirs is called.
STARLETTES_CALL = None if has_foreign_method(Starlette, "__call__") else Starlette.__call__


if TYPE_CHECKING or IS_INSTALLED:

    class Entrance(Starlette):
        """Starlette, with requests observed while a provider hears of them."""

        middleware_stack: ASGIApp | None
        _telemetry: Config
        _ear: Ear | None = None
        _is_next_starlettes: bool = True

        def __init_subclass__(cls, **options: Any) -> None:
            super().__init_subclass__(**options)
            cls._is_next_starlettes = super().__call__ is STARLETTES_CALL

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            """Answer a request, talk over a WebSocket, or live through a lifespan."""
            if scope["type"] == "lifespan":
                await self._live(scope, receive, send)
                return
            # Until somebody has imported OpenTelemetry, nobody can have set a provider.
            if NAMESPACE in sys.modules and OBSERVED not in scope:
                ear = self._ear or self._open_ear()
                if ear.listens() and scope["type"] in OBSERVABLE:
                    await self._answer_observed(ear, scope, receive, send)
                    return
            if Starlette.__call__ is not STARLETTES_CALL or not self._is_next_starlettes:
                # Tools that watch requests put theirs there, and see all of them.
                await super().__call__(scope, receive, send)
                return
            # Starlette's own four lines, since each request would pay for one more coroutine.
            scope["app"] = self
            if self.middleware_stack is None:
                self.middleware_stack = self.build_middleware_stack()
            await self.middleware_stack(scope, receive, send)

        def _open_ear(self) -> Ear:
            self._ear = Ear(self._telemetry)
            return self._ear

        async def _answer_observed(
            self, ear: Ear, scope: Scope, receive: Receive, send: Send
        ) -> None:
            from pronghorn.telemetry._asgi import has_other_instrumentation  # noqa: PLC0415
            from pronghorn.telemetry.observation import operation  # noqa: PLC0415

            switch.turn_on(operation)
            if self.middleware_stack is None:
                self.middleware_stack = self.build_middleware_stack()
            root_path = getattr(self, "root_path", "")
            if root_path:
                scope["root_path"] = root_path
            scope["app"] = self
            await ear.native(
                app=super().__call__,
                scope=scope,
                receive=receive,
                send=send,
                legacy_otel=has_other_instrumentation(self.middleware_stack),
            )

        async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
            """Run the lifespan, with the exporters that the environment asks for around it."""
            runtime = "pronghorn.telemetry._runtime"
            if not self._telemetry["auto_configure"] and runtime not in sys.modules:
                await super().__call__(scope, receive, send)
                return
            from pronghorn.telemetry._runtime import lifespan  # noqa: PLC0415

            await lifespan(
                config=self._telemetry,
                app=super().__call__,
                scope=scope,
                receive=receive,
                send=send,
            )

else:
    Entrance = Starlette
