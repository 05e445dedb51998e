"""Growth: what one request costs when an application or a request becomes larger.

In this process, without a server.  All sizes of a sweep and all subjects take their turns in each
round.  The answers are compared byte for byte before anything is timed.
"""

import asyncio
import gc
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from statistics import linear_regression, median

from bench.driver import Driver
from bench.growing import SWEEPS, Sweep
from bench.section import Goal, Section

SUBJECTS = ("FastAPI", "floor", "Pronghorn")

METHOD = """\
In the process that answers, without a server: microseconds of the processor for one request, with
medians of {rounds} rounds. The application is complete and has answered before; the collector
leaves alone what was there before the clock started. The last of the routes is asked, and the
deepest of the levels. The floor is the same by hand, straight over pydantic-core. FastAPI's figure
for many routes grows since it tries one route after the other."""


class DifferentAnswersError(Exception):
    """The subjects do not answer the same, so there is nothing to compare."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One subject at one size."""

    subject: str
    size: int
    driver: Driver
    times: int  # requests of one round


Costs = dict[int, dict[str, float]]
"""Microseconds, by size and subject."""


def measure(rounds: int, is_quick: bool) -> Section:
    """Measure all sweeps, and draw them unless this is a trial."""
    rounds = 2 if is_quick else rounds
    found = {sweep.name: run(sweep, rounds, is_quick) for sweep in SWEEPS}
    plots = () if is_quick else draw_all(found)
    return Section(
        "Growth",
        METHOD.format(rounds=rounds),
        ("what grows", "size", *SUBJECTS, "FastAPI ÷ Pronghorn", "Pronghorn ÷ floor"),
        tuple(row for sweep in SWEEPS for row in make_rows(sweep, found[sweep.name])),
        tuple(decide_goals(found)),
        plots,
    )


def draw_all(found: dict[str, Costs]) -> tuple[str, ...]:
    """Draw all sweeps; the pictures as the page names them."""
    from bench.plots import FOLDER, draw  # noqa: PLC0415  what it needs is not everywhere

    return tuple(f"{FOLDER.name}/{draw(sweep, found[sweep.name]).name}" for sweep in SWEEPS)


def run(sweep: Sweep, rounds: int, is_quick: bool) -> Costs:
    """Measure one sweep."""
    sizes = sweep.sizes[:3] if is_quick else sweep.sizes
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        things = list(prepare(sweep, sizes, loop, 0.003 if is_quick else 0.02))
        taken: dict[tuple[int, str], list[float]] = {
            (thing.size, thing.subject): [] for thing in things
        }
        gc.collect()
        gc.freeze()
        try:
            for _ in range(rounds):
                for thing in things:
                    cost = loop.run_until_complete(thing.driver.time(thing.times))
                    taken[thing.size, thing.subject].append(cost)
        finally:
            gc.unfreeze()
    return {size: {subject: median(taken[size, subject]) for subject in SUBJECTS} for size in sizes}


def prepare(
    sweep: Sweep, sizes: tuple[int, ...], loop: asyncio.AbstractEventLoop, seconds: float
) -> Iterator[Measured]:
    """Build all applications, compare their answers, and find how often *seconds* allow to ask."""
    for size in sizes:
        case = sweep.case(size)
        drivers = {
            "FastAPI": Driver(sweep.build(import_module("fastapi"), size), case),
            "floor": Driver(sweep.floor(size), case),
            "Pronghorn": Driver(sweep.build(import_module("pronghorn"), size), case),
        }
        wanted = loop.run_until_complete(drivers["FastAPI"].answer())
        for name, driver in drivers.items():
            found = loop.run_until_complete(driver.answer())
            if found != wanted or found.status != 200:
                raise DifferentAnswersError(f"{sweep.name} {size}, {name}: {found}, not {wanted}")
            loop.run_until_complete(driver.time(3))
            once = loop.run_until_complete(driver.time(3))
            yield Measured(name, size, driver, max(2, min(2000, int(seconds * 1e6 / once))))


def make_rows(sweep: Sweep, costs: Costs) -> Iterator[tuple[str | float, ...]]:
    """The rows of one sweep."""
    for size, cost in costs.items():
        theirs, floor, ours = (cost[subject] for subject in SUBJECTS)
        yield sweep.what, size, theirs, floor, ours, theirs / ours, ours / floor


def decide_goals(found: dict[str, Costs]) -> Iterator[Goal]:
    """What was wanted of these rows."""
    costs = found["routes"]
    last = max(costs)
    ratio = costs[last]["Pronghorn"] / costs[min(costs)]["Pronghorn"]
    yield Goal(
        f"the {last:,}th route", "at most 1.3 times the first", f"{ratio:.2f} times", ratio <= 1.3
    )
    costs = found["dependencies"]
    slope = linear_regression(list(costs), [cost["Pronghorn"] for cost in costs.values()]).slope
    yield Goal(
        "an async dependency without parameters, its own body included",
        "at most 0.4 µs",
        f"{slope:.2f} µs",
        slope <= 0.4,
    )
