"""What all checks have at hand: a folder for each file's servers, and an orderly end."""

import signal
from pathlib import Path

import pytest


def pytest_configure() -> None:
    """Take the signal that ends a run as Ctrl+C: servers are ended on the way."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder for what the servers of a file write."""
    return tmp_path_factory.mktemp("server")
