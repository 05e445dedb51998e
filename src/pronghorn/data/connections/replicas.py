"""Reading from a replica, and who must not yet: a client that has written sees what it wrote.

A replica is behind by some time.  So for some seconds after a client's write, what that client
reads is read where it was written.  The memory is this process's own: where several workers
serve one client, let the balancer keep it with one, or ask for `Session`.
"""

import threading
import time
from collections.abc import Callable, Hashable
from typing import Final

from pronghorn.requests import HTTPConnection

ClientKey = Callable[[HTTPConnection], Hashable]

MOST: Final = 100_000
"""Clients that are remembered at once; beyond, everybody is taken for one that has written."""


def client_of(connection: HTTPConnection) -> Hashable:
    """What tells clients apart: their credentials, their cookies, or else their address."""
    headers = connection.headers
    said = headers.get("authorization"), headers.get("cookie")
    if any(said):
        return hash(said)
    return connection.client.host if connection.client else None


class RecentWrites:
    """Which clients wrote within the last *seconds*."""

    def __init__(self, seconds: float, key: ClientKey = client_of) -> None:
        self.seconds = seconds
        self.key = key
        # In the order of writing, so that the oldest is the first.
        self.ends: dict[Hashable, float] = {}
        self.all_until = 0.0
        # Blocking endpoints note their writes in threads.
        self.lock = threading.Lock()

    def note(self, connection: HTTPConnection) -> None:
        """This client writes now."""
        key = self.key(connection)
        with self.lock:
            now = time.monotonic()
            self.forget_before(now)
            if len(self.ends) >= MOST:
                self.all_until = now + self.seconds
                return
            self.ends.pop(key, None)
            self.ends[key] = now + self.seconds

    def is_recent(self, connection: HTTPConnection) -> bool:
        """Whether this client wrote a moment ago."""
        now = time.monotonic()
        if now < self.all_until:
            return True
        end = self.ends.get(self.key(connection))
        return end is not None and now < end

    def forget_before(self, now: float) -> None:
        while self.ends:
            key = next(iter(self.ends))
            if self.ends[key] > now:
                return
            del self.ends[key]
