from bench import growth, startup, threads
from bench.section import Goal
from bench.threads import AT_ONCE, KINDS, LOOPS

FIGURES = {
    "import": 1,
    "answer": 1,
    "add": 1,
    "document": 1,
    "added": 1,
    "asked": 1,
    "resident": 1,
    "start": 1,
    "first": 1,
    "worst": 1,
    "median": 1,
    "all": 1,
    "again": 1,
}
THEIRS = FIGURES | {"import": 2, "add": 8, "document": 4, "added": 2, "resident": 2}


def missed(goals: list[Goal]) -> list[str]:
    return [goal.text for goal in goals if not goal.is_met]


def of_startup(ours: dict[str, float]) -> list[str]:
    rows = list(startup.make_rows({"fastapi": THEIRS, "pronghorn": FIGURES | ours}, 1000))
    return missed(list(startup.decide_goals({row[0]: row for row in rows})))


def test_startup_meets_its_goals_at_their_edges() -> None:
    assert of_startup({}) == []


def test_startup_misses_the_goal_of_each_figure_that_is_too_large() -> None:
    assert of_startup({"import": 1.3}) == ["import"]
    assert of_startup({"add": 1.1}) == ["1,000 routes: time to add"]
    assert of_startup({"document": 1.1}) == ["1,000 routes: OpenAPI document"]
    assert of_startup({"added": 1.1}) == ["1,000 routes: memory, traced"]
    assert of_startup({"resident": 1.1}) == ["1,000 routes: memory, of the process"]
    for slow in ("first", "worst"):
        assert of_startup({slow: 5.1}) == ["first requests into a large application"]


def of_growth(last: float, per_dependency: float) -> list[str]:
    costs = {
        "routes": {1: {"Pronghorn": 3.0}, 100: {"Pronghorn": 9.0}, 10_000: {"Pronghorn": last}},
        "dependencies": {size: {"Pronghorn": 3 + size * per_dependency} for size in (0, 1, 16, 64)},
    }
    return missed(list(growth.decide_goals(costs)))


def test_growth_compares_the_last_route_with_the_first() -> None:
    assert of_growth(last=3.9, per_dependency=0.1) == []
    assert of_growth(last=4.0, per_dependency=0.1) == ["the 10,000th route"]


def test_growth_takes_the_slope_over_the_number_of_dependencies() -> None:
    assert of_growth(last=3, per_dependency=0.39) == []
    assert len(of_growth(last=3, per_dependency=0.41)) == 1


def test_threads_have_to_be_fast_on_both_loops() -> None:
    costs = {
        (loop, at_once, kind.path, subject): 6.0 if subject == "FastAPI" else 1.0
        for loop in LOOPS
        for at_once in AT_ONCE
        for kind in KINDS
        for subject in threads.SUBJECTS
    }
    assert missed(list(threads.decide_goals(costs))) == []
    costs["uvloop", 32, KINDS[0].path, "Pronghorn"] = 1.1
    assert missed(list(threads.decide_goals(costs))) == ["`def` endpoint, 32 at once"]
