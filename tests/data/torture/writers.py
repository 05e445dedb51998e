"""Clients that write without a pause, and remember what was acknowledged."""

import contextlib
import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError


class Writers:
    """Some threads, each with a connection of its own to the server and one to the database."""

    def __init__(self, port: int, outside: Engine, *, count: int = 4, looks: bool = True) -> None:
        self.port, self.outside, self.count, self.looks = port, outside, count, looks
        self.acknowledged: list[str] = []
        self.not_there: list[str] = []
        """What was acknowledged and could not be read at once from another connection."""
        self.statuses: Counter[int | str] = Counter()
        self.failures: list[tuple[float, int | str]] = []
        """When a request failed, and how."""
        self.is_over = threading.Event()
        self.threads: list[threading.Thread] = []

    def begin(self, name: str) -> None:
        self.is_over.clear()
        self.threads = [
            threading.Thread(target=self.write, args=(f"{name}-{number}",), daemon=True)
            for number in range(self.count)
        ]
        for thread in self.threads:
            thread.start()

    def end(self) -> None:
        self.is_over.set()
        for thread in self.threads:
            thread.join(30)
            assert not thread.is_alive(), "a writer hangs"

    def write(self, name: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        for number in range(1_000_000):
            if self.is_over.is_set():
                break
            key = f"{name}-{number}"
            try:
                connection.request(
                    "POST",
                    "/notes",
                    json.dumps({"key": key, "text": "x" * 50}),
                    {"content-type": "application/json"},
                )
                response = connection.getresponse()
                response.read()
            except (OSError, http.client.HTTPException) as error:
                self.fail(type(error).__name__)
                connection.close()
                time.sleep(0.01)
                continue
            if response.status == 201:
                # A reader beside the server, at once.
                if self.looks and not self.is_there(key):
                    self.not_there.append(key)
                self.acknowledged.append(key)
                self.statuses[201] += 1
            else:
                self.fail(answered(response.status, response.headers))
                time.sleep(0.005)
        connection.close()

    def fail(self, how: int | str) -> None:
        self.statuses[how] += 1
        self.failures.append((time.monotonic(), how))

    def is_there(self, key: str) -> bool:
        """Whether another connection sees it; taken for granted while the database is away."""
        try:
            with self.outside.connect() as connection:
                found = connection.execute(
                    text("SELECT 1 FROM notes WHERE key = :key"), {"key": key}
                )
                return found.first() is not None
        except DBAPIError:
            return True


def answered(status: int, headers: Mapping[str, str]) -> int | str:
    """How a request was answered. Who says 503 has to say when to come back, too."""
    is_endless = status == 503 and "retry-after" not in headers
    return "503 without Retry-After" if is_endless else status


def stored(outside: Engine) -> set[str]:
    with outside.connect() as connection:
        return set(connection.scalars(text("SELECT key FROM notes")))


def make_outside(address: str) -> Engine:
    """A way into the database that shares nothing with the server's."""
    url = address.replace("postgresql://", "postgresql+psycopg://")
    options: dict[str, Any] = {} if "postgresql" in url else {"connect_args": {"timeout": 10}}
    engine = create_engine(url, pool_pre_ping=True, pool_size=8, **options)
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE IF NOT EXISTS notes (key VARCHAR PRIMARY KEY, text VARCHAR NOT NULL)"
            )
        )
    return engine


def patiently(what: Callable[[], Any], seconds: float = 20) -> Any:
    """The result of *what*, tried until the database is there."""
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(DBAPIError):
            return what()
        assert time.monotonic() < end, "the database did not come back"
        time.sleep(0.05)


def lost(acknowledged: Iterable[str], outside: Engine) -> set[str]:
    return set(acknowledged) - patiently(lambda: stored(outside))
