"""An application behind a real server, in a process of its own."""

import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from servers.ports import free_port

# Seconds to start, and to end.
PATIENCE = 60

COMMANDS = {
    "uvicorn": ("-m", "uvicorn", "--log-level", "critical", "--app-dir"),
    "granian": ("-m", "granian", "--interface", "asgi", "--no-log", "--working-dir"),
}


@contextmanager
def running(server: str, file: Path) -> Iterator[str]:
    """The address of the `app` in *file*, when it answers; *server* is one of `COMMANDS`."""
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable,
            *COMMANDS[server],
            str(file.parent),
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            f"{file.stem}:app",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/ready", process)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        finally:
            process.kill()


def wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urllib.request.urlopen(address, timeout=PATIENCE).close()
        except urllib.error.HTTPError as answer:
            answer.close()
            return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"the application did not start: {address}")
