"""Each test begins and ends with nobody listening, whatever it turned on."""

from collections.abc import Iterator

import pytest
from drivers.told import Told

from pronghorn.telemetry.switch import switch


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def switched_off() -> Iterator[None]:
    """The switch is for the whole process, so it is turned off for the tests that follow."""
    assert not switch.is_on
    yield
    switch.turn_off()


@pytest.fixture
def told() -> Told:
    return Told()
