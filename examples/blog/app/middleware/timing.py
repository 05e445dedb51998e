"""Tell the client how long its request took, in the header X-Process-Time."""

import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class TimingMiddleware:
    """Plain ASGI: it adds a header on the way out and keeps no second task for a request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start_time = time.perf_counter()

        async def send_with_time(message: Message) -> None:
            if message["type"] == "http.response.start":
                process_time = time.perf_counter() - start_time
                MutableHeaders(scope=message)["X-Process-Time"] = f"{process_time:.6f}"
            await send(message)

        await self.app(scope, receive, send_with_time)
