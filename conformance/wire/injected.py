"""Time and chance, made the same for both processes.

The modules of applications get a clock that stands still; chance is seeded anew for each request.
Libraries keep the real clock: a token's expiry is computed by the application from the still
clock, and held against the real one.
"""

import random
import secrets
import time
import uuid
from datetime import datetime, tzinfo
from types import ModuleType
from typing import Any, Self

STILL = "WIRE_NOW"
"""The variable with the second at which the clock stands."""


class StillDatetime(datetime):
    """A datetime whose now is always the same."""

    second = 0

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        """Give the second at which the clock stands."""
        return cls.fromtimestamp(cls.second, tz)


class StillTime:
    """The module `time`, with a clock that stands still, and without waiting."""

    def __init__(self, second: int) -> None:
        self.second = second

    def time(self) -> float:
        """Give the second at which the clock stands."""
        return float(self.second)

    perf_counter = monotonic = time

    def sleep(self, seconds: float) -> None:
        """Go on at once."""

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


def inject(module: ModuleType, second: int) -> None:
    """Give *module* the still clock, where it asks a clock."""
    StillDatetime.second = second
    if getattr(module, "datetime", None) is datetime:
        module.datetime = StillDatetime  # type: ignore[attr-defined]  # it is there: see above
    if getattr(module, "time", None) is time:
        module.time = StillTime(second)  # type: ignore[attr-defined]  # as above


def seed(number: int) -> None:
    """Make chance the same for one request."""
    random.seed(number)


def seed_libraries() -> None:
    """Let what libraries draw by chance come from the seeded one: UUIDs, boundaries of parts."""
    secrets.token_hex = lambda nbytes=None: random.randbytes(nbytes or 32).hex()  # noqa: S311  to be predictable
    uuid.uuid4 = lambda: uuid.UUID(int=random.getrandbits(128), version=4)
