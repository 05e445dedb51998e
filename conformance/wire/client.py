"""A client on a raw socket: requests are the bytes that we wrote, answers are parsed by h11."""

import json
import socket
import time
from dataclasses import dataclass, field
from typing import Any

import h11

from wire.dispatcher import CONTROL
from wire.requesting import Answer, Headers, Request

PATIENCE = 12.0
# Their values tell nothing of the framework: the server writes them.
FROM_THE_SERVER = (b"date", b"server")


class Connection:
    """One connection to one server; opened again after a request that ended it."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket: socket.socket | None = None
        self.request: Request | None = None

    def begin(self, request: Request) -> None:
        """Send a request."""
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), PATIENCE)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = request
        try:
            self.socket.sendall(request.written())
            if request.missing:
                self.socket.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            # The server may have answered before it read all.
            pass

    def finish(self) -> Answer:
        """Read the answer to the request that was sent."""
        request, stream = self.request, self.socket
        if request is None or stream is None:
            raise RuntimeError("nothing was sent")
        parser = h11.Connection(h11.CLIENT, max_incomplete_event_size=1 << 20)
        # Only to tell h11 which kind of answer may come; what it writes is not sent.
        method = request.method if request.method in {b"HEAD", b"CONNECT"} else b"GET"
        parser.send(h11.Request(method=method, target=b"/", headers=[(b"host", b"x")]))
        parser.send(h11.EndOfMessage())
        answer = read_answer(parser, stream)
        is_last = any(name == b"connection" for name, _ in request.headers)
        if is_last or answer.fault or request.missing or parser.their_state is not h11.DONE:
            self.close()
        return answer

    def close(self) -> None:
        """End the connection."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None

    def control(self, path: str) -> Any:
        """Ask the run itself."""
        self.begin(Request(CONTROL, path.encode()))
        answer = self.finish()
        if answer.status != 200:
            message = f"asked {path!r}, the run itself answered {answer!r}"
            raise RuntimeError(message)
        return json.loads(answer.body)


def read_answer(parser: h11.Connection, stream: socket.socket) -> Answer:
    """Read until the answer is whole, or there is no more."""
    reading = Reading()
    until = time.monotonic() + PATIENCE
    fault = ""
    try:
        while reading.take(parser.next_event()):
            if reading.is_hungry:
                parser.receive_data(stream.recv(1 << 16))
            if time.monotonic() > until:
                fault = "never ends"
                break
        left = parser.trailing_data[0]
        if left and not fault:
            fault = f"{len(left)} bytes after the answer"
    except h11.RemoteProtocolError as error:
        fault = f"not HTTP: {error}"
    except ConnectionResetError:
        fault = "reset"
    except TimeoutError:
        fault = "no answer in time"
    return Answer(reading.status, reading.headers, b"".join(reading.body), fault)


@dataclass(slots=True)
class Reading:
    """What was read of an answer so far."""

    status: int = 0
    headers: Headers = ()
    body: list[bytes] = field(default_factory=list)
    is_hungry: bool = False

    def take(self, event: object) -> bool:
        """Take what h11 made of the bytes; tell whether there is more to come."""
        self.is_hungry = event is h11.NEED_DATA
        match event:
            case h11.Response():
                self.status = event.status_code
                named = [(bytes(name), bytes(value)) for name, value in event.headers.raw_items()]
                self.headers = tuple(h for h in named if h[0].lower() not in FROM_THE_SERVER)
            case h11.Data():
                self.body.append(bytes(event.data))
            case h11.EndOfMessage() | h11.ConnectionClosed():
                return False
            case _:
                pass
        return True
