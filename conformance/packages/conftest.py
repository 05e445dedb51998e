"""What all checks have at hand: a folder for each file's servers, and an orderly end."""

import signal
import sys
from pathlib import Path
from types import FrameType

import pytest


def leave(number: int, frame: FrameType | None) -> None:
    """Leave by an exception, so that servers are ended on the way."""
    sys.exit(f"ended by {signal.Signals(number).name}")


def pytest_configure() -> None:
    """Make an exit of the signal that ends a run."""
    signal.signal(signal.SIGTERM, leave)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder for what the servers of a file write."""
    return tmp_path_factory.mktemp("server")
