"""What processors of OpenTelemetry may read of the request that is being answered."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.websockets import WebSocket

if TYPE_CHECKING:
    from opentelemetry.context import Context


@dataclass(kw_only=True)
class TelemetryData:
    """What is known so far of one request or WebSocket; to be read, not to be changed.

    It may hold secrets: take out what must not leave before you export any of it.
    """

    request: Request | None = None
    """The request, from the start of its handler on."""
    websocket: WebSocket | None = None
    """The WebSocket, from the start of its handler on."""
    body: Any = None
    """The body as it was parsed, not validated yet."""
    values: dict[str, Any] | None = None
    """The endpoint's arguments by name, once its dependencies have run."""
    errors: Sequence[Any] | None = None
    """The faults that the validation found, with the input that is at fault."""


def get_telemetry_data(context: "Context | None" = None) -> TelemetryData | None:
    """Return the data of the request that *context*, or else the current context, belongs to.

    None where no request is observed, and for the contexts of requests that have ended.
    """
    observation = sys.modules.get("pronghorn.telemetry.observation")
    return None if observation is None else observation.data_in(context)
