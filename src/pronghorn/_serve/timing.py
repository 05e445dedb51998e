"""The header `Server-Timing`: what a request has cost when its answer begins.

https://www.w3.org/TR/server-timing/.  Only applications that ask for it have this layer.
"""

import re
from collections.abc import Awaitable
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pronghorn.metering import Meter, metered

TIMED = "pronghorn.timed"
"""Set in the scope by the outermost application that tells of its time."""
is_token = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+").fullmatch


class ServerTiming:
    """A layer that tells clients how long a request took, and what of it was for what."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or TIMED in scope:
            await self.app(scope, receive, send)
            return
        scope[TIMED] = True
        began = perf_counter()
        with metered() as meter:
            # No coroutine of its own: each message would pay for it.
            def timing_send(message: Message) -> Awaitable[None]:
                if message["type"] == "http.response.start":
                    value = written(meter, perf_counter() - began).encode("latin-1")
                    headers = [*(message.get("headers") or ()), (b"server-timing", value)]
                    message = {**message, "headers": headers}
                return send(message)

            await self.app(scope, receive, timing_send)


def written(meter: Meter, seconds: float) -> str:
    """What *meter* knows, and *seconds* all together, as the value of the header."""
    metrics = [f"total;dur={seconds * 1000:.1f}"]
    # A copy: a thread of the request may be adding one.
    for name, tally in list(meter.tallies.items()):
        if tally.count and is_token(name):
            duration = f"{tally.seconds * 1000:.1f}"
            metrics.append(f'{name};dur={duration};desc="{tally.count}"')
    return ", ".join(metrics)
