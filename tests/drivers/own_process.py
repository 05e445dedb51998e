"""Programs that are run in a Python of their own."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

TESTS = Path(__file__).parents[1]


def run(program: str, *, path: Sequence[Path] = (), **environment: str) -> str:
    """Run *program*, with *path* before all other places; what it wrote to standard error."""
    places = os.pathsep.join(map(str, [*path, TESTS]))
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        env={**os.environ, "PYTHONPATH": places, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stderr
