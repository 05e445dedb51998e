import asyncio

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from bench import data
from bench.data_applications import make_plain, make_rows
from bench.data_tables import fill
from bench.driver import Driver, Life


def missed(**ours: tuple[float, float]) -> list[str]:
    """The goals that are missed, FastAPI taking 300 for each: objects, rows."""
    costs = {}
    for kind in data.KINDS:
        objects, rows = ours.get(kind.case.name, (100, 100))
        costs[kind.case.name] = {data.FASTAPI: 300, data.OBJECTS: objects, data.ROWS: rows}
    return [goal.text for goal in data.decide_goals(costs) if not goal.is_met]


def test_goals_are_met_at_their_edges() -> None:
    edges = {"get": (150, 120), "list": (250, 120), "with_many": (250, 120), "create": (300, 300)}
    assert missed(**edges) == []


@pytest.mark.parametrize("kind", data.KINDS, ids=lambda kind: kind.case.name)
def test_each_goal_may_be_missed(kind: data.Kind) -> None:
    name = kind.case.name
    slow = missed(**{name: (301 / kind.objects, 100)})
    assert slow == [f"database, `{name}`: {data.OBJECTS}"]
    if kind.rows != kind.objects:
        assert missed(**{name: (100, 301 / kind.rows)}) == [f"database, `{name}`: {data.ROWS}"]


def test_objects_and_rows_answer_alike(tmp_path) -> None:
    address = f"sqlite:///{tmp_path / 'bench.db'}"

    async def ask() -> None:
        engine = create_async_engine(address.replace("sqlite:", "sqlite+aiosqlite:"))
        await fill(engine)
        await engine.dispose()
        apps = {data.FASTAPI: make_plain(address), data.ROWS: make_rows(address)}
        lives = [Life(app) for app in apps.values()]
        for life in lives:
            await life.begin()
        for kind in data.KINDS:
            answers = {name: await Driver(app, kind.case).answer() for name, app in apps.items()}
            data.compare(kind.case, answers)
        for life in lives:
            await life.end()

    asyncio.run(ask())


def test_answers_that_differ_stop_the_bench() -> None:
    (case, *_) = (kind.case for kind in data.KINDS)
    answers = {
        data.FASTAPI: data.Answer(200, [], "1"),
        data.ROWS: data.Answer(200, [], "2"),
    }
    with pytest.raises(SystemExit, match="get is not answered alike"):
        data.compare(case, answers)
