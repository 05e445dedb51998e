"""Threads: endpoints and dependencies that block, one at a time and 32 at once.

Beside them stands the bare hand-off to a thread and back, by AnyIO: what FastAPI pays at least.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from statistics import median
from typing import Any

from anyio.to_thread import run_sync
from starlette.types import ASGIApp, Receive, Scope, Send

from bench.cases import Case
from bench.driver import Driver
from bench.section import Goal, Section

SUBJECTS = ("FastAPI", "Pronghorn")
BARE = "AnyIO's bare hand-off"
LOOPS = ("asyncio", "uvloop")  # modules that make them
AT_ONCE = (1, 32)
# Many short turns: what disturbs the machine for a moment spoils few of them.
TURNS = 4

METHOD = """\
In the process that answers, without a server: microseconds by the clock on the wall for one
request, with medians of {turns} turns in which all take their turns; for 32 at once, the time of
all of them by their number. What is called in a thread returns at once. Beside the requests stands
the bare hand-off, `anyio.to_thread.run_sync` of such a function: FastAPI makes one for each `def`
endpoint and each `def` dependency of a request, and one more to validate what a `def` endpoint
returns."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What blocks in a request."""

    path: str
    what: str
    hand_offs: int


KINDS = (
    Kind("/endpoint", "`def` endpoint", 1),
    Kind("/model", "`def` endpoint with a return annotation", 2),
    Kind("/dependency", "`async def` endpoint, a `def` dependency", 1),
    Kind("/all", "`def` endpoint, three `def` dependencies", 4),
)

Key = tuple[str, int, str, str]
"""Loop, requests at once, path of the kind, subject."""


def measure(rounds: int, is_quick: bool) -> Section:
    """Measure all kinds on both loops."""
    turns = 2 if is_quick else rounds * TURNS
    costs: dict[Key, float] = {}
    for loop in LOOPS:
        costs |= run(loop, turns, 0.01 if is_quick else 0.025)
    return Section(
        "Threads",
        METHOD.format(turns=turns),
        ("what", "loop", "at once", "hand-offs", BARE, *SUBJECTS, "FastAPI ÷ Pronghorn"),
        tuple(make_rows(costs)),
        tuple(decide_goals(costs)),
    )


def build(framework: Any) -> Any:
    """The application, with a route for each kind."""
    app = framework.FastAPI()
    one, two, three = (framework.Depends(make_blocking(number)) for number in (1, 2, 3))

    def endpoint() -> Any:
        return {"total": 0}

    def annotated() -> dict[str, int]:
        return {"total": 0}

    async def dependency(first: int = one) -> Any:
        return {"total": first}

    def every(first: int = one, second: int = two, third: int = three) -> Any:
        return {"total": first + second + third}

    for kind, function in zip(KINDS, (endpoint, annotated, dependency, every), strict=True):
        # Nothing is validated where the annotations stand for our type checkers.
        model = {} if function is annotated else {"response_model": None}
        app.get(kind.path, **model)(function)
    return app


def make_blocking(number: int) -> Any:
    """A dependency that is called in a thread, for all that anybody knows."""

    def give() -> int:
        return number

    return give


async def hand_off(_: Scope, __: Receive, ___: Send) -> None:
    """Call a function in a thread, and nothing else."""
    await run_sync(make_blocking, 1)


def run(loop_name: str, turns: int, seconds: float) -> dict[Key, float]:
    """Measure everything on one kind of loop."""
    factory = import_module(loop_name).new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        loop = runner.get_loop()
        things = [
            (key, driver, find_times(driver, loop, seconds))
            for key, driver in prepare(loop_name, loop)
        ]
        taken: dict[Key, list[float]] = {key: [] for key, _, _ in things}
        for _ in range(turns):
            for key, driver, times in things:
                taken[key].append(loop.run_until_complete(driver.time(times)))
    return {key: median(times) for key, times in taken.items()}


def prepare(loop_name: str, loop: asyncio.AbstractEventLoop) -> Iterator[tuple[Key, Driver]]:
    """All that is to be timed on one loop, after the answers were compared."""
    apps: dict[str, ASGIApp] = {name: build(import_module(name.lower())) for name in SUBJECTS}
    for kind in KINDS:
        case = Case("threads", kind.what, kind.path, in_threads=True)
        drivers = {name: Driver(app, case) for name, app in apps.items()}
        answers = [loop.run_until_complete(driver.answer()) for driver in drivers.values()]
        if answers[0] != answers[1] or answers[0].status != 200:
            raise SystemExit(f"bench: {kind.path} is not answered alike: {answers}")
        for at_once in AT_ONCE:
            for name, app in apps.items():
                driver = Driver(app, replace(case, at_once=at_once))
                yield (loop_name, at_once, kind.path, name), driver
    for at_once in AT_ONCE:
        bare = Case("threads", BARE, "/", in_threads=True, at_once=at_once)
        yield (loop_name, at_once, "", BARE), Driver(hand_off, bare)


def find_times(driver: Driver, loop: asyncio.AbstractEventLoop, seconds: float) -> int:
    """How often the request may be sent in so many seconds."""
    at_once = driver.case.at_once
    loop.run_until_complete(driver.time(2 * at_once))
    once = loop.run_until_complete(driver.time(5 * at_once))
    return max(2 * at_once, int(seconds * 1e6 / once))


def make_rows(costs: dict[Key, float]) -> Iterator[tuple[str | float, ...]]:
    """The rows of the table."""
    for kind in KINDS:
        for loop in LOOPS:
            for at_once in AT_ONCE:
                bare = costs[loop, at_once, "", BARE]
                theirs, ours = (costs[loop, at_once, kind.path, name] for name in SUBJECTS)
                yield kind.what, loop, at_once, kind.hand_offs, bare, theirs, ours, theirs / ours


def decide_goals(costs: dict[Key, float]) -> Iterator[Goal]:
    """What was wanted of these rows, on both loops."""
    for at_once, wanted in zip(AT_ONCE, (3, 6), strict=True):
        ratios = {}
        for loop in LOOPS:
            theirs, ours = (costs[loop, at_once, KINDS[0].path, name] for name in SUBJECTS)
            ratios[loop] = theirs / ours
        yield Goal(
            f"`def` endpoint, {'one at a time' if at_once == 1 else f'{at_once} at once'}",
            f"{wanted} times FastAPI",
            ", ".join(f"{ratio:.1f} on {loop}" for loop, ratio in ratios.items()),
            min(ratios.values()) >= wanted,
        )
