import pytest

from bench.cases import CASES
from bench.in_process import has_case
from bench.in_process_goals import BASE_OF, Row, at_least, at_most, find_goals

# All goals are met by these.
GOOD = {"floor": 1.0, "pronghorn": 1.2, "fastapi": 24.0, "starlette": 10.0, "falcon": 5.0}
GOOD |= {"litestar": 9.0, "blacksheep": 8.0, BASE_OF["pronghorn"]: 1.0, BASE_OF["fastapi"]: 8.0}


def missed(**changed):
    """The goals that are missed if these figures of a case are others."""
    rows = {}
    for case in CASES:
        figures = {
            name: took
            for name, took in GOOD.items()
            if (name in BASE_OF.values() and case.base)
            or (name not in BASE_OF.values() and has_case(name, case))
        }
        rows[case.name] = Row(case, figures | changed.get(case.name, {}))
    return [goal.text.removeprefix("in process, ") for goal in find_goals(rows) if not goal.is_met]


def test_good_figures_meet_all_goals():
    assert missed() == []


@pytest.mark.parametrize(
    ("case", "just", "over"),
    [("typed", 2.0, 2.01), ("list100", 1.25, 1.26), ("body", 1.7, 1.71), ("params", 1.9, 1.91)],
)
def test_each_case_has_so_many_floors(case, just, over):
    assert missed(**{case: {"pronghorn": just}}) == []
    assert missed(**{case: {"pronghorn": over}}) == [case]


def test_one_slow_case_spoils_the_mean():
    spoiled = missed(sync={"pronghorn": 60.0, "starlette": 61.0})
    assert "geometric mean of the twelve" in spoiled
    assert "sync" in spoiled


def test_the_best_case_of_another_framework_decides():
    assert missed(list100={"falcon": 1.19}) == ["beside Falcon (its best case: list100)"]


def test_what_is_around_a_route_is_held_against_the_same_without_it():
    assert missed(pass_on={BASE_OF["pronghorn"]: 0.79}) == ["pass_on"]


def test_a_middleware_may_add_a_share_of_what_starlettes_adds():
    assert missed(timing={"pronghorn": 2.3}) == ["what a `BaseHTTPMiddleware` adds"]


def test_a_missed_goal_never_looks_met():
    assert at_least("", 1, 0.999, "times").seen == "0.99"
    assert at_most("", 2, 2.001, "floors").seen == "2.01"
