"""`pronghorn run` and `dev` serve an application that says `fastapi`, whatever processes it takes.

FastAPI is not installed where the tests run: a process without the alias cannot import the app.
"""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from servers.ports import free_port

import pronghorn

SOURCE = Path(pronghorn.__file__).parent.parent
COMMAND = str(Path(sys.executable).with_name("pronghorn"))
PATIENCE = 60  # Seconds.

APP = """
from fastapi import FastAPI

app = FastAPI()

@app.get("/")
def read() -> str:
    return FastAPI.__module__
"""


@contextmanager
def serving(folder: Path, *command: str) -> Iterator[int]:
    """Run *command* with a free port, and end it and all that it has started."""
    port = free_port()
    with (folder / "log.txt").open("w") as log:
        server = subprocess.Popen(
            [*command, "--port", str(port)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(SOURCE), "NO_COLOR": "1"},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield port
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(PATIENCE)


def first_answer(folder: Path, port: int) -> str:
    end = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=PATIENCE) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, ConnectionError):
            log = (folder / "log.txt").read_text()
            assert "Traceback" not in log, log
            assert time.monotonic() < end, log
            time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        (COMMAND, "run", "main.py", "--workers", "2"),
        (COMMAND, "dev", "main.py"),
        (sys.executable, "-m", "pronghorn", "run", "main.py", "--workers", "2"),
        (sys.executable, "-m", "pronghorn", "dev", "main.py", "--as-fastapi"),
    ],
    ids=lambda command: " ".join([Path(command[0]).name, *command[1:]]),
)
def test_an_application_that_says_fastapi_is_served_on_pronghorn(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    (tmp_path / "main.py").write_text(APP)
    with serving(tmp_path, *command) as port:
        assert first_answer(tmp_path, port) == '"pronghorn.applications"'
