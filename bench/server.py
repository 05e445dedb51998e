"""A real server in a process of its own, on one core: started, waited for, asked and stopped."""

import http.client
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from bench.cases import Case
from bench.driver import Answer
from bench.environment import PROJECT, PYTHON

APP = "bench.served:app"
COMMANDS = {
    "uvicorn": (
        "uvicorn", APP, "--http", "httptools", "--loop", "uvloop",
        "--no-access-log", "--log-level", "warning", "--port",
    ),
    "Granian": (
        "granian", APP, "--interface", "asgi", "--http", "1", "--no-ws", "--loop", "uvloop",
        "--workers", "1", "--no-access-log", "--log-level", "warning", "--port",
    ),
}  # fmt: skip
START = 60.0
# Each server sets them in its own way.
OF_THE_SERVER = ("date", "server", "connection", "transfer-encoding")


class Server:
    """One server with one subject's application."""

    def __init__(self, name: str, subject: str, core: int) -> None:
        self.name = name
        self.subject = subject
        self.port = find_port()
        self.process = subprocess.Popen(  # noqa: S603  our own command
            ["taskset", "--cpu-list", str(core), PYTHON, "-m", *COMMANDS[name], str(self.port)],  # noqa: S607  where the system has it
            cwd=PROJECT,
            env={**os.environ, "BENCH_SUBJECT": subject, "PYTHONPATH": str(PROJECT)},
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        # Its workers are in its group; one that outlived it would hold the core.
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def wait(self) -> None:
        """Wait until it takes connections."""
        end = time.monotonic() + START
        while self.process.poll() is None and time.monotonic() < end:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} with {self.subject} did not start.")

    def read_processor_time(self) -> float:
        """The seconds of the processor that it and its children have had; 0 where none can tell."""
        ours = {self.process.pid}
        ticks = 0
        for stat in sorted(
            Path("/proc").glob("[0-9]*/stat"), key=lambda path: int(path.parent.name)
        ):
            try:
                # The name, in brackets, may hold anything; after it: state, parent, ...
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            pid, parent = int(stat.parent.name), int(fields[1])
            if pid in ours or parent in ours:
                ours.add(pid)
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def answer(self, case: Case) -> Answer:
        """What it answers to a case."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        query = f"?{case.query.decode()}" if case.query else ""
        headers = {name.decode(): value.decode() for name, value in case.headers}
        connection.request(case.method, case.path + query, case.body or None, headers)
        response = connection.getresponse()
        body = response.read().decode()
        connection.close()
        found = [(name.lower(), value) for name, value in response.getheaders()]
        kept = [pair for pair in found if pair[0] not in OF_THE_SERVER]
        return Answer(response.status, sorted(kept), body)


def find_port() -> int:
    """A port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
