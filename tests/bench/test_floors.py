import asyncio

import pytest

import pronghorn
import pronghorn.security
from bench.applications import APPLICATIONS
from bench.cases import CASES, Case
from bench.driver import Answer, Driver
from bench.floors import FLOORS
from bench.in_process import has_case

SHARED = [case for case in CASES if has_case("floor", case) and case.group != "driver"]
ANSWERED = [case for case in CASES if case.group != "driver"]


def answer(app, case: Case) -> Answer:
    return asyncio.run(Driver(app, case).answer())


@pytest.mark.parametrize("case", SHARED, ids=lambda case: case.name)
def test_the_floor_answers_as_pronghorn_does(case):
    assert answer(FLOORS[case.builder], case) == answer(APPLICATIONS[case.builder](pronghorn), case)


@pytest.mark.parametrize("case", ANSWERED, ids=lambda case: case.name)
def test_a_case_is_refused_only_if_it_is_there_for_that(case):
    found = answer(APPLICATIONS[case.builder](pronghorn), case)
    if case.group == "refusals":
        assert str(found.status) == case.name.partition("_")[0]
    elif case.name == "notfound":
        assert found.status == 404
    else:
        assert found.status in {200, 201}


@pytest.mark.parametrize("name", ["hello", "params", "body", "deps"])
def test_the_floor_for_the_wire_answers_as_the_floor_of_the_case(name):
    case = next(case for case in CASES if case.name == name)
    assert answer(FLOORS["wire"], case) == answer(FLOORS[name], case)


def test_a_case_of_faults_has_the_faults_that_it_names():
    case = next(case for case in CASES if case.name == "422_many")
    assert answer(FLOORS["body"], case).body.count('"loc"') == 4
