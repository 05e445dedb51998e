"""Where requests enter an application: observed if somebody listens.

Nearly all requests go from here straight to their handler.  What makes it otherwise, such as
middleware, is known before, or is one of the few things that each request looks at.
"""

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from pronghorn._pipeline.exits import HANDLERS
from pronghorn._serve.asgi import Core, find
from pronghorn.foreign import has_foreign_method
from pronghorn.telemetry.config import IS_INSTALLED, NAMESPACE, Config, can_be_used
from pronghorn.telemetry.switch import OBSERVED, switch

if TYPE_CHECKING:
    from pronghorn.telemetry._asgi import NativeTelemetry


OBSERVABLE = ("http", "websocket")
MODULES: Mapping[str, Any] = sys.modules if IS_INSTALLED else {}
"""Where OpenTelemetry is seen as soon as somebody imports it."""


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


class Entrance(Starlette):
    """Starlette, with requests observed while a provider hears of them."""

    _telemetry: Config
    _ear: Ear | None = None
    _is_next_starlettes: bool = True
    _stack: ASGIApp | None = None
    _core: Core | None = None
    """The stack, if it has one layer and that is ours."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._is_next_starlettes = super().__call__ is STARLETTES_CALL

    @property
    def middleware_stack(self) -> ASGIApp | None:
        """All that surrounds the routes; None until the first request, which builds it."""
        return self._stack

    # Who sets it, and who reads it, sees no difference from Starlette's attribute.
    @middleware_stack.setter
    def middleware_stack(self, stack: ASGIApp | None) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        self._keep(stack)

    @middleware_stack.deleter
    def middleware_stack(self) -> None:  # pyright: ignore[reportIncompatibleVariableOverride]
        # `mock.patch.object` deletes what it has set, and sets what was there before.
        del self._stack, self._core

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, talk over a WebSocket, or live through a lifespan."""
        if (
            # Until somebody has imported OpenTelemetry, nobody can have set a provider.
            (NAMESPACE in MODULES and self._hear().listens())
            # Tools that watch requests put theirs there, and see all of them.
            or Starlette.__call__ is not STARLETTES_CALL
            or scope["type"] == "lifespan"
        ):
            await self._enter(scope, receive, send)
            return
        scope["app"] = self
        core = self._core
        if core is None:
            stack = self._stack
            if stack is None:
                stack = self._built()
            await stack(scope, receive, send)
            return
        # What `core` does, since each request would pay for one more coroutine.
        scope[HANDLERS] = core.handlers
        try:
            await find(core.router, scope, core.handlers)(scope, receive, send)
        except Exception as error:
            if not await core.fail(error, scope, receive, send):
                raise

    def _hear(self) -> Ear:
        if self._ear is None:
            self._ear = Ear(self._telemetry)
        return self._ear

    def _built(self) -> ASGIApp:
        stack = self._stack
        if stack is None:
            stack = self.build_middleware_stack()
            self._keep(stack)
        return stack

    def _keep(self, stack: ASGIApp | None) -> None:
        self._stack = stack
        self._core = stack if isinstance(stack, Core) and stack.is_plain else None

    async def _enter(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let in what is no plain request: once it is known why."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
            return
        if NAMESPACE in MODULES and OBSERVED not in scope and scope["type"] in OBSERVABLE:
            ear = self._hear()
            if ear.listens():
                await self._answer_observed(ear, scope, receive, send)
                return
        await super().__call__(scope, receive, send)

    async def _answer_observed(self, ear: Ear, scope: Scope, receive: Receive, send: Send) -> None:
        from pronghorn.telemetry._asgi import has_other_instrumentation  # noqa: PLC0415
        from pronghorn.telemetry.observation import operation  # noqa: PLC0415

        switch.turn_on(operation)
        root_path = getattr(self, "root_path", "")
        if root_path:
            scope["root_path"] = root_path
        scope["app"] = self
        await ear.native(
            app=super().__call__,
            scope=scope,
            receive=receive,
            send=send,
            legacy_otel=has_other_instrumentation(self._built()),
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
