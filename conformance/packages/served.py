"""A server as a process of its own, on a port of the loopback interface."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

LIMIT_IN_SECONDS = 45
PAUSE_IN_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Served:
    """A server that accepts connections."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def url(self) -> str:
        """Its address for HTTP."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        """Its address for WebSockets."""
        return f"ws://127.0.0.1:{self.port}"

    def read_log(self) -> str:
        """Read what it has printed so far."""
        return self.log.read_text(errors="replace")


def find_port() -> int:
    """Find a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def serving(
    factory: str, folder: Path, *, before: Sequence[str] = (), **variables: str
) -> Iterator[Served]:
    """Serve what a factory makes, given as `module:function`, by uvicorn.

    *before* is what stands in the command before uvicorn's Python.
    """
    port = find_port()
    command = [
        *before, sys.executable, "-m", "uvicorn", "--factory", factory,
        "--host", "127.0.0.1", "--port", str(port), "--log-level", "warning",
    ]  # fmt: skip
    with running(command, port, folder, **variables) as served:
        yield served


@contextmanager
def running(command: Sequence[str], port: int, folder: Path, **variables: str) -> Iterator[Served]:
    """Run a command that serves on *port*, until the block is left.

    It is a session of its own, so that what it starts is ended with it.
    """
    log = folder / f"server-{port}.log"
    # NiceGUI and Gradio are not the same in a test.
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  our own command
            command,
            cwd=folder,
            env={**inherited, **variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    served = Served(process, port, log)
    try:
        wait_until_it_accepts(served)
        yield served
    finally:
        end(process)


def wait_until_it_accepts(served: Served) -> None:
    """Wait until somebody listens on the port."""
    last = time.monotonic() + LIMIT_IN_SECONDS
    while time.monotonic() < last:
        if served.process.poll() is not None:
            break
        try:
            socket.create_connection(("127.0.0.1", served.port), timeout=1).close()
        except OSError:
            time.sleep(PAUSE_IN_SECONDS)
        else:
            return
    message = f"the server did not start:\n{served.read_log()}"
    raise RuntimeError(message)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started: first politely, then for good."""
    send_to_all(process, signal.SIGTERM)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        pass
    finally:
        send_to_all(process, signal.SIGKILL)
        process.wait()


def send_to_all(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Send a signal to a process and all that it started, if any of them are left."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
