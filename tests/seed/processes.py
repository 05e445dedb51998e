"""Processes of a test's own: their environment, and that none of them outlives the test."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pronghorn

T = TypeVar("T")

SOURCE = Path(pronghorn.__file__).parents[1]
TESTS = Path(__file__).parents[1]

# Seconds until a process is given up.
PATIENCE = 60


def make_environment(*paths: Path, **variables: str) -> dict[str, str]:
    """The environment of this process without what pytest put there, and with our packages."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    python_path = os.pathsep.join(map(str, (*paths, TESTS, SOURCE)))
    return {**inherited, "PYTHONPATH": python_path, **variables}


def run(
    command: Sequence[str], folder: Path, environment: dict[str, str], patience: float = PATIENCE
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; a pytest by this Python where the command names it."""
    return subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=patience,
    )


@contextmanager
def running(
    command: Sequence[str], folder: Path, environment: dict[str, str], log: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a server while the block lasts; its workers are of its group and end with it."""
    with log.open("w") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        stop(process)


def stop(process: "subprocess.Popen[bytes]") -> None:
    """Ask the whole group to end, as Ctrl-C does, and then insist."""
    try:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(PATIENCE / 4)
    except ProcessLookupError:
        pass
    finally:
        kill_group(process.pid)
        process.wait()
