"""Processes of a test's own: their environment, and that none of them outlives the test."""

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pronghorn

SOURCE = Path(pronghorn.__file__).parents[1]
TESTS = Path(__file__).parents[1]

# Seconds until a process is given up.
PATIENCE = 60

Environment = dict[str, str]


def make_environment(**variables: str) -> Environment:
    """This process's, without what pytest put there, and with our packages."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    return {**inherited, "PYTHONPATH": f"{SOURCE}{os.pathsep}{TESTS}", **variables}


def run(
    command: Sequence[str], folder: Path, environment: Environment, patience: float = PATIENCE
) -> tuple[int, str]:
    """Run a command to its end; return its exit status and what it printed."""
    process = start(command, folder, environment, subprocess.PIPE)
    try:
        printed, _ = process.communicate(timeout=patience)
    finally:
        stop(process)
    return process.returncode, printed


@contextmanager
def running(
    command: Sequence[str], folder: Path, environment: Environment, log: Path
) -> Iterator["subprocess.Popen[str]"]:
    """Run a server until the block ends."""
    with log.open("w") as output:
        process = start(command, folder, environment, output.fileno())
    try:
        yield process
    finally:
        stop(process)


def start(
    command: Sequence[str], folder: Path, environment: Environment, output: int
) -> "subprocess.Popen[str]":
    # In a session of its own: its workers are of its group, and nobody else is.
    return subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def stop(process: "subprocess.Popen[str]") -> None:
    """Ask the whole group to end, as Ctrl-C does, and then insist."""
    try:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(PATIENCE)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
