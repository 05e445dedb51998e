"""Pronghorn on Granian, through its ASGI interface: what a server must let happen, happens."""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from environments import HERE, PRONGHORN, SetupError
from suite import suite_environment
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from wire.client import Connection
from wire.requesting import Request
from wire.servers import WIRE

# As wire.proofs has them; what it imports is not installed here.
TOGETHER = 20
STEPS = 3
PATIENCE = 30.0


def prove() -> list[str]:
    """Prove each thing; give those that could not be, and why."""
    faults = []
    with granian() as port:
        for says, proof in PROOFS:
            try:
                proof(port)
            except (OSError, EOFError, ValueError, WebSocketException) as error:
                faults.append(f"on Granian, {says}: {type(error).__name__} {error}")
    life = (WIRE / "granian" / "life.txt").read_text().split()
    if life != ["started", "ended"]:
        faults.append(f"on Granian, the lifespan runs to its end: {life}")
    return faults


@contextmanager
def granian() -> Iterator[int]:
    """Serve `wire.proofs` on Granian with one worker."""
    folder = WIRE / "granian"
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    variables = suite_environment(PRONGHORN) | {"PYTHONPATH": str(HERE)}
    command = [
        str(PRONGHORN.python), "-m", "granian", "--interface", "asgi", "--host", "127.0.0.1",
        "--port", str(port), "--workers", "1", "wire.proofs:app",
    ]  # fmt: skip
    with (WIRE / "granian.log").open("w") as log:
        process = subprocess.Popen(  # noqa: S603  our own command
            command, cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        wait_for(port, process)
        yield port
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until somebody listens."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), PATIENCE).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    message = f"Granian did not start; see {WIRE / 'granian.log'}"
    raise SetupError(message)


def ask(port: int, path: str, method: bytes = b"GET") -> bytes:
    """Ask on a connection of its own; give the body of a 200."""
    connection = Connection(port)
    try:
        connection.begin(Request("proofs", path.encode(), method))
        answer = connection.finish()
    finally:
        connection.close()
    if answer.status != 200 or answer.fault:
        message = f"{path} was answered {answer.status} {answer.body!r} {answer.fault}"
        raise ValueError(message)
    return answer.body


def starts(port: int) -> None:
    """Ask for what the lifespan left in the state."""
    expect(ask(port, "/life"), b'"started"')


def together(kind: str) -> Callable[[int], None]:
    """Let as many requests be inside at once as wait for each other."""

    def proof(port: int) -> None:
        with ThreadPoolExecutor(TOGETHER) as threads:
            for body in threads.map(lambda _: ask(port, f"/together/{kind}"), range(TOGETHER)):
                expect(body, b'"together"')

    return proof


def arrives(kind: str) -> Callable[[int], None]:
    """Read each piece before the next is made, which waits for another request to say so."""

    def proof(port: int) -> None:
        with open_stream(port, f"/pieces/{kind}") as stream:
            read = b""
            for number in range(STEPS):
                read = read_until(stream, b"piece %d;" % number, read)
                if b"piece %d;" % (number + 1) in read:
                    raise ValueError("two pieces at once")
                expect(ask(port, f"/seen/{kind}", b"POST"), b'"told"')
            # The last chunk has no content.
            read_until(stream, b"0\r\n\r\n", read)

    return proof


def echoes(port: int) -> None:
    """Send and receive over a WebSocket."""
    with connect(f"ws://127.0.0.1:{port}/echo", proxy=None, open_timeout=PATIENCE) as connection:
        for text in ("one", "é" * 1000, ""):
            connection.send(text)
            expect(connection.recv(PATIENCE), text)
            expect(connection.recv(PATIENCE), text.encode())


def notices_leaving(kind: str) -> Callable[[int], None]:
    """Go away, and ask whether that was noticed."""

    def proof(port: int) -> None:
        if kind == "socket":
            with connect(f"ws://127.0.0.1:{port}/leave/socket", proxy=None):
                pass
        else:
            with open_stream(port, f"/leave/{kind}") as stream:
                if kind == "stream":
                    read_until(stream, b"more;", b"")
                else:
                    # A server may forget a request that was left before anybody heard of it.
                    expect(ask(port, "/inside"), b'"inside"')
        expect(ask(port, f"/noticed/{kind}"), b'"noticed"')

    return proof


def open_stream(port: int, path: str) -> socket.socket:
    """Ask, and leave the answer to be read."""
    stream = socket.create_connection(("127.0.0.1", port), PATIENCE)
    stream.sendall(Request("proofs", path.encode()).written())
    return stream


def read_until(stream: socket.socket, wanted: bytes, read: bytes) -> bytes:
    """Read until *wanted* has come."""
    while wanted not in read:
        more = stream.recv(1 << 16)
        if not more:
            message = f"the stream ended before {wanted!r}"
            raise EOFError(message)
        read += more
    return read


def expect(found: object, wanted: object) -> None:
    """Compare."""
    if found != wanted:
        message = f"{found!r} in place of {wanted!r}"
        raise ValueError(message)


PROOFS: tuple[tuple[str, Callable[[int], None]], ...] = (
    ("the lifespan has started", starts),
    (f"{TOGETHER} async endpoints are inside at once", together("async")),
    (f"{TOGETHER} sync endpoints are inside at once", together("sync")),
    ("an async stream arrives piece by piece, and others are answered meanwhile", arrives("async")),
    ("a sync stream arrives piece by piece, and others are answered meanwhile", arrives("sync")),
    ("JSON lines arrive one by one", arrives("lines")),
    ("events arrive one by one", arrives("events")),
    ("a returned stream arrives piece by piece", arrives("returned")),
    ("a WebSocket echoes", echoes),
    ("who leaves a stream is noticed", notices_leaving("stream")),
    ("who leaves a request is noticed", notices_leaving("request")),
    ("who leaves a WebSocket is noticed", notices_leaving("socket")),
)
