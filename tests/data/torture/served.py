"""A server in a process of its own, which can be killed and started again on its port."""

import http.client
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from servers.ports import free_port

HERE = Path(__file__).parent
PATIENCE = 30


class Served:
    """uvicorn, with an application of this folder: `notes:app`."""

    def __init__(self, address: str, app: str = "notes:app", python: str = sys.executable) -> None:
        self.address, self.app, self.python = address, app, python
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *before: str) -> None:
        """Start it, below the program *before* if one is given, and wait until it answers."""
        command = [
            *before,
            *(self.python, "-m", "uvicorn", self.app, "--port", str(self.port)),
            *("--log-level", "critical", "--no-access-log", "--app-dir", str(HERE)),
        ]
        environment = {**os.environ, "DATABASE_URL": self.address}
        self.process = subprocess.Popen(command, env=environment, cwd=HERE, start_new_session=True)
        end = time.monotonic() + PATIENCE
        while not self.answers():
            assert self.process.poll() is None, f"{self.app} ended by itself"
            assert time.monotonic() < end, f"{self.app} did not answer"
            time.sleep(0.02)

    def answers(self) -> bool:
        try:
            return self.ask("GET", "/alive")[0] == 200
        except OSError:
            return False

    def ask(self, method: str, target: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, target)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def kill(self) -> None:
        """End it as a crash does: nothing is finished, nothing is flushed."""
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(PATIENCE)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            # All of the group: a program that surrounds it would not pass the signal on.
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(PATIENCE)
