"""Runs a function in a process of its own, that nobody warmed up, and reads what it found.

    figures = run_fresh("bench.large:add_routes", "fastapi", "1000")

The function takes texts and returns what JSON can say: figures by their names.
"""

import json
import os
import subprocess
import sys
from importlib import import_module
from typing import Any

# Seconds until a process is given up.
PATIENCE = 120


class FreshProcessError(Exception):
    """A process ended in an error, which it printed."""


def run_fresh(function: str, *arguments: str) -> dict[str, float]:
    """Call `module:name` in a new process.

    Raises:
        FreshProcessError: the function raised.
    """
    command = [sys.executable, "-m", "bench.fresh", function, *arguments]
    return read_figures(command)


def run_text(program: str) -> dict[str, float]:
    """Run a program that imports nothing of the bench, and prints its figures."""
    return read_figures([sys.executable, "-c", program])


def read_figures(command: list[str]) -> dict[str, float]:
    """Run the command, and read its last line."""
    # Installed packages come compiled, and a checkout is compiled by its first import.  Where that
    # is forbidden, it would be compiled anew in each process.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(  # noqa: S603  our own command
        command,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=PATIENCE,
        env=environment,
    )
    if done.returncode != 0:
        raise FreshProcessError(f"{command[1:]} ended with {done.returncode}")
    figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return figures


def call(function: str, *arguments: str) -> Any:
    """Call `module:name` here."""
    module, _, name = function.partition(":")
    return getattr(import_module(module), name)(*arguments)


if __name__ == "__main__":
    print(json.dumps(call(*sys.argv[1:])))
