"""What happens to a test whose server is not to be had."""

import os
from typing import NoReturn

import pytest


def give_up(reason: str) -> NoReturn:
    """Skip the test; under CI fail it, since there nobody would miss it."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
