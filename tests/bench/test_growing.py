import asyncio
from typing import Any

import pytest

import pronghorn
from bench.driver import Answer, Driver
from bench.growing import SWEEPS, Sweep


def answer(app: Any, sweep: Sweep, size: int) -> Answer:
    return asyncio.run(Driver(app, sweep.case(size)).answer())


@pytest.mark.parametrize("size", [1, 5])
@pytest.mark.parametrize("sweep", SWEEPS, ids=lambda sweep: sweep.name)
def test_the_floor_answers_as_the_framework_does(sweep: Sweep, size: int) -> None:
    expected = answer(sweep.build(pronghorn, size), sweep, size)
    assert expected.status == 200
    assert answer(sweep.floor(size), sweep, size) == expected


def test_the_answer_tells_whether_all_dependencies_and_parameters_were_there() -> None:
    for sweep in SWEEPS:
        if sweep.name in ("dependencies", "parameters"):
            assert answer(sweep.build(pronghorn, 4), sweep, 4).body == '{"total":6}'
