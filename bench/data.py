"""Databases: what a request costs the process that asks PostgreSQL.

FastAPI with the usual recipe, and Pronghorn by `pronghorn.data`, with objects and with rows.
"""

import asyncio
import gc
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from sqlalchemy.ext.asyncio import create_async_engine

from bench.cases import JSON, Case
from bench.data_applications import APPLICATIONS
from bench.data_floor import make_floor
from bench.data_tables import fill
from bench.driver import Answer, Driver, Life
from bench.environment import say
from bench.postgres import running_postgres
from bench.section import Goal, Section
from bench.wire import find_cores

FASTAPI, OBJECTS, ROWS = APPLICATIONS
FLOOR = "floor"

METHOD = """\
In one process that has a core of its own, without a server; PostgreSQL with its own settings has
another core. Microseconds of the processor that a request costs this process, the driver and
SQLAlchemy included, and PostgreSQL not; medians of {turns} turns in which all take their turns. All
use SQLAlchemy's asynchronous sessions over asyncpg, on the same tables, and are asked the same;
answers are compared before anything is timed.

FastAPI has the usual recipe: a session by a dependency with `yield`, `selectinload`, and
`response_model` from objects. *Pronghorn, objects* is that with `ReadSession` and `Session` of
`pronghorn.data`, and *Pronghorn, rows* with `rows()` where it reads. The *floor* is SQLAlchemy's
session and pydantic with objects, called by hand, with no framework and no transaction where it
reads: no framework can be faster with objects."""

POST = json.dumps({"title": "A title", "content": "Some words. " * 10, "author_id": 7}).encode()


@dataclass(frozen=True, slots=True)
class Kind:
    """A request, and how much faster it was to be with objects and with rows."""

    case: Case
    objects: float
    rows: float


KINDS = (
    Kind(Case("get", "one row, by its key", "/users/7"), 2.0, 2.5),
    Kind(
        Case("get_built_once", "the same, by a select that was built at start", "/by-id/7"),
        2.0,
        2.5,
    ),
    Kind(Case("list", "100 rows", "/users"), 1.2, 2.5),
    Kind(Case("with_many", "20 rows, each with 5 of another table", "/with-posts"), 1.2, 2.5),
    Kind(
        Case(
            "create",
            "a row is written, and committed",
            "/posts",
            method="POST",
            headers=JSON,
            body=POST,
        ),
        1.0,
        1.0,
    ),
)


def measure(rounds: int, is_quick: bool) -> Section:
    """Measure all kinds."""
    turns, count = (1, 5) if is_quick else (rounds * 3, 60)
    own_core, other_core = find_cores()
    before = os.sched_getaffinity(0)
    with running_postgres(other_core) as server:
        address = server.make_database("data")
        # What PostgreSQL's processes had inherited stays theirs.
        os.sched_setaffinity(0, {own_core})
        try:
            costs = asyncio.run(run(address, turns, count))
        finally:
            os.sched_setaffinity(0, before)
    return Section(
        "Databases: what a request costs beside PostgreSQL",
        METHOD.format(turns=turns),
        (
            "what",
            "it is",
            *(f"{name} µs" for name in (*APPLICATIONS, FLOOR)),
            "FastAPI ÷ floor",
            "FastAPI ÷ objects",
            "FastAPI ÷ rows",
        ),
        tuple(make_rows(costs)),
        tuple(decide_goals(costs)),
    )


async def run(address: str, turns: int, count: int) -> dict[str, dict[str, float]]:
    """The microseconds of each kind, by application."""
    engine = create_async_engine(address.replace("postgresql://", "postgresql+asyncpg://"))
    await fill(engine)
    await engine.dispose()
    apps = {name: make(address) for name, make in APPLICATIONS.items()}
    floors = {kind.case.name: make_floor(address, kind.case.name) for kind in KINDS}
    lives = [Life(app) for app in apps.values()]
    for life in lives:
        await life.begin()
    # All applications live in this process, so the collector would walk through three times what a
    # process of one application has, now in the turn of one of them and now of another.
    gc.collect()
    gc.freeze()
    costs = {}
    for kind in KINDS:
        drivers = {name: Driver(app, kind.case) for name, app in apps.items()}
        drivers[FLOOR] = Driver(floors[kind.case.name], kind.case)
        compare(kind.case, {name: await driver.answer() for name, driver in drivers.items()})
        costs[kind.case.name] = await time_all(drivers, turns, count)
        say(f"{kind.case.name}: {costs[kind.case.name]}")
    for life in lives:
        await life.end()
    return costs


def compare(case: Case, answers: Mapping[str, Answer]) -> None:
    """Stop the bench if somebody answers otherwise than FastAPI."""
    told = {name: what_is_told(answer) for name, answer in answers.items()}
    if any(found != told[FASTAPI] for found in told.values()) or told[FASTAPI][0] >= 300:
        raise SystemExit(f"bench: {case.name} is not answered alike: {answers}")


def what_is_told(answer: Answer) -> tuple[int, object]:
    """Status, and the body to the byte; of what was just made all but its number."""
    if answer.status == 201:
        return answer.status, {**json.loads(answer.body), "id": None}
    return answer.status, (answer.headers, answer.body)


async def time_all(drivers: Mapping[str, Driver], turns: int, count: int) -> dict[str, float]:
    """The microseconds of one request, by application."""
    for driver in drivers.values():
        await driver.time(count)
    taken: dict[str, list[float]] = {name: [] for name in drivers}
    for _ in range(turns):
        for name, driver in drivers.items():
            taken[name].append(await driver.time(count))
    return {name: median(times) for name, times in taken.items()}


def make_rows(costs: Mapping[str, Mapping[str, float]]) -> Iterator[tuple[str | float, ...]]:
    """The rows of the table."""
    for kind in KINDS:
        cost = costs[kind.case.name]
        ratios = (cost[FASTAPI] / cost[name] for name in (FLOOR, OBJECTS, ROWS))
        yield kind.case.name, kind.case.what, *cost.values(), *ratios


def decide_goals(costs: Mapping[str, Mapping[str, float]]) -> Iterator[Goal]:
    """What was wanted of the rows of the table."""
    for kind in KINDS:
        cost = costs[kind.case.name]
        for name, wanted in ((OBJECTS, kind.objects), (ROWS, kind.rows)):
            if name is ROWS and kind.rows == kind.objects:
                # It writes as the other one does.
                continue
            ratio = cost[FASTAPI] / cost[name]
            yield Goal(
                f"database, `{kind.case.name}`: {name}",
                f"{wanted} times FastAPI",
                f"{ratio:.2f} times",
                ratio >= wanted,
            )
