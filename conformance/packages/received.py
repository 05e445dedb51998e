"""A receiver for what telemetry sends, on the loopback interface."""

import gzip
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeVar

T = TypeVar("T")
LIMIT_IN_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Message:
    """One POST, as it was sent."""

    path: str
    body: bytes


@dataclass(slots=True)
class Receiver:
    """Keeps all that was sent to it."""

    port: int = 0
    messages: list[Message] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    @property
    def url(self) -> str:
        """Where to send."""
        return f"http://127.0.0.1:{self.port}"

    def keep(self, message: Message) -> None:
        """Keep a message and wake who waits for it."""
        with self.arrived:
            self.messages.append(message)
            self.arrived.notify_all()

    def wait_for(self, find: Callable[[list[Message]], T | None], what: str) -> T:
        """Wait until *find* finds something among the messages, and give that."""
        with self.arrived:
            self.arrived.wait_for(lambda: find(self.messages) is not None, LIMIT_IN_SECONDS)
            found = find(self.messages)
        if found is None:
            message = f"did not arrive in {LIMIT_IN_SECONDS} seconds: {what}"
            raise AssertionError(message)
        return found


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Receive until the block is left."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        """Answers every POST with an empty 200."""

        def do_POST(self) -> None:
            """Keep the body."""
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            receiver.keep(Message(self.path, body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
