"""The goals that the rows of the in-process part decide."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bench.cases import Case
from bench.section import Goal
from bench.subjects import SUBJECTS

# The figures of a case's base are kept under these names.
BASE = "pronghorn's base"
BASE_OF = {"pronghorn": BASE, "fastapi": "FastAPI's base"}

FLOORS = 2.0
FLOORS_OF = {"list100": 1.25, "body": 1.7, "params": 1.9}
WITHIN_BASE = ("pass_on", "handler", "override_other", "override_own", "telemetry")
MIDDLEWARES = ("timing", "timing3", "decorated")


@dataclass(frozen=True, slots=True)
class Row:
    """The medians of one case, by subject, in microseconds."""

    case: Case
    figures: Mapping[str, float]

    def has(self, *names: str) -> bool:
        """Tell whether there are figures of all of them."""
        return all(name in self.figures for name in names)

    def ratio(self, above: str, below: str) -> float:
        """How many times the one is the other."""
        return self.figures[above] / self.figures[below]


Rows = Mapping[str, Row]


def find_goals(rows: Rows) -> Iterator[Goal]:
    """All goals, in the order of the page."""
    yield from goals_of_the_mean(rows)
    yield from goals_of_floors(rows)
    yield from goals_of_threads(rows)
    yield from goals_of_peers(rows)
    yield from goals_of_middleware(rows)
    yield from goals_of_what_is_around(rows)


def goals_of_the_mean(rows: Rows) -> Iterator[Goal]:
    """All twelve cases in one figure."""
    twelve = [row for row in rows.values() if row.case.group == "twelve"]
    mean = math.prod(row.ratio("fastapi", "pronghorn") for row in twelve) ** (1 / len(twelve))
    for text, wanted in (("", 15), (", at last", 18)):
        what = f"in process, geometric mean of the twelve{text}"
        yield at_least(what, wanted, mean, "times FastAPI")


def goals_of_floors(rows: Rows) -> Iterator[Goal]:
    """Each case by itself."""
    for name, row in rows.items():
        if row.case.group == "twelve" and row.has("floor"):
            wanted = FLOORS_OF.get(name, FLOORS)
            yield at_most(f"in process, {name}", wanted, row.ratio("pronghorn", "floor"), "floors")


def goals_of_threads(rows: Rows) -> Iterator[Goal]:
    """`def` endpoints."""
    wanted = {"sync": 3, "sync32": 6, "sync_uvloop": 3, "sync32_uvloop": 6}
    for name, times in wanted.items():
        ratio = rows[name].ratio("fastapi", "pronghorn")
        yield at_least(f"in process, {name}", times, ratio, "times FastAPI")


def goals_of_peers(rows: Rows) -> Iterator[Goal]:
    """No other framework is faster at the same work."""
    for name, subject in SUBJECTS.items():
        if subject.is_peer:
            ratios = {
                row.case.name: row.ratio(name, "pronghorn")
                for row in rows.values()
                if row.has(name)
            }
            worst = min(ratios, key=lambda case: ratios[case])
            text = f"in process, beside {subject.title} (its best case: {worst})"
            yield at_least(text, 1, ratios[worst], f"times {subject.title}")


def goals_of_middleware(rows: Rows) -> Iterator[Goal]:
    """`BaseHTTPMiddleware`: as a whole, and what one adds."""
    for name in MIDDLEWARES:
        ratio = rows[name].ratio("fastapi", "pronghorn")
        yield at_least(f"in process, {name}", 10, ratio, "times FastAPI")
    figures = rows["timing"].figures
    ours = figures["pronghorn"] - figures[BASE_OF["pronghorn"]]
    starlettes = figures["fastapi"] - figures[BASE_OF["fastapi"]]
    yield Goal(
        "what a `BaseHTTPMiddleware` adds",
        f"at most 15/200 of Starlette's {starlettes:.0f} µs: {starlettes * 15 / 200:.1f} µs",
        f"{ours:.1f} µs",
        ours <= starlettes * 15 / 200,
    )


def goals_of_what_is_around(rows: Rows) -> Iterator[Goal]:
    """What an application has besides the route, beside the same without it."""
    for name in WITHIN_BASE:
        row = rows[name]
        text = f"in process, {name}"
        unit = f"times {row.case.base} without it"
        yield at_most(text, 1.5, row.ratio("pronghorn", BASE), unit)


def at_least(text: str, wanted: float, seen: float, unit: str) -> Goal:
    """A goal that is met from *wanted* on; what is seen is rounded down."""
    shown = math.floor(seen * 100) / 100
    return Goal(text, f"at least {wanted:g} {unit}", f"{shown:.2f}", seen >= wanted)


def at_most(text: str, wanted: float, seen: float, unit: str) -> Goal:
    """A goal that is met up to *wanted*; what is seen is rounded up."""
    shown = math.ceil(seen * 100) / 100
    return Goal(text, f"at most {wanted:g} {unit}", f"{shown:.2f}", seen <= wanted)
