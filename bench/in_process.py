"""One request through the ASGI callable, without a server.

Answers are compared byte for byte with FastAPI's before anything is timed.
"""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.cases import CASES, Case
from bench.comparing import compare
from bench.environment import say
from bench.in_process_goals import BASE, BASE_OF, Row, find_goals
from bench.section import Cell, Section
from bench.subjects import PEER_CASES, SUBJECTS
from bench.worker import Worker

METHOD = """\
The application is called as a server would call it, without one: each request has a scope, a
`receive` and a `send` of its own. What that costs is the last row; it is part of all figures and
subtracted from none. Microseconds per request: of the processor, or by the clock where a thread
is waited for (`sync`). Each subject has a process of its own; in each round all take their turns;
the garbage collector runs as it does by default. OpenTelemetry's API is installed, as FastAPI
needs it; Pronghorn does not import it, but for the row that says so.

FastAPI and Pronghorn run the same source, one route in each application unless the row says
otherwise. Before anything is timed, status, headers and body are compared byte for byte with
FastAPI's. The *floor* is ASGI written by hand over pydantic-core, for that one route, with the
same answer to the byte. Other frameworks are there where they do the same work: Litestar and
BlackSheep validate themselves, for Starlette and Falcon pydantic is called by hand; the JSON of
their bodies is compared, and the status."""

# A turn of one subject takes so long, or a little more.
TURN = 0.1
QUICK_TURN = 0.002

CASE_OF = {case.name: case for case in CASES}


@dataclass(slots=True)
class Crew:
    """The processes, started when they are first needed."""

    old: Path | None = None
    workers: dict[tuple[str, str, tuple[str, ...]], Worker] = field(default_factory=dict)

    def find(self, subject: str, case: Case) -> Worker:
        """The process of a subject for a case."""
        key = (subject, case.loop, case.imports)
        if key not in self.workers:
            self.workers[key] = Worker(subject, case.loop, case.imports, self.old)
        return self.workers[key]

    def stop(self) -> None:
        """End all of them."""
        for worker in self.workers.values():
            worker.stop()


def measure(
    rounds: int,
    is_quick: bool,
    cases: Sequence[str] = (),
    against: Sequence[str] = (),
    old: Path | None = None,
) -> Section:
    """Measure all cases, or the named ones, of all subjects, or the named ones."""
    crew = Crew(old)
    chosen = [case for case in CASES if not cases or case.name in cases]
    subjects = [name for name in against or SUBJECTS if name != "old" or old is not None]
    if old is not None and "old" not in subjects:
        subjects.append("old")
    try:
        rows = [measure_case(crew, case, subjects, rounds, is_quick) for case in chosen]
    finally:
        crew.stop()
    is_whole = not cases and not against
    ratios = {"FastAPI ÷ Pronghorn": ("fastapi", "pronghorn")}
    ratios["Pronghorn ÷ floor"] = ("pronghorn", "floor")
    ratios["Pronghorn ÷ its base"] = ("pronghorn", BASE)
    if old is not None:
        ratios["old ÷ Pronghorn"] = ("old", "pronghorn")
    return Section(
        "In process: one request, no server",
        METHOD,
        ("case", "what it is", *(f"{SUBJECTS[name].title} µs" for name in subjects), *ratios),
        tuple(tell_row(row, subjects, ratios.values()) for row in rows),
        tuple(find_goals({row.case.name: row for row in rows})) if is_whole else (),
    )


def measure_case(
    crew: Crew, case: Case, subjects: Sequence[str], rounds: int, is_quick: bool
) -> Row:
    """Compare the answers to one case, then time it."""
    turns = {name: (name, case) for name in subjects if has_case(name, case)}
    if case.group != "driver":
        # FastAPI's answer is needed, even if it is not timed.
        compare(case, {name: crew.find(name, case).answer(case) for name in ("fastapi", *turns)})
    if case.base:
        # In the same rounds, so that what disturbs the one disturbs the other.
        base = CASE_OF[case.base]
        turns |= {BASE_OF[name]: (name, base) for name in subjects if name in BASE_OF}
    turn = QUICK_TURN if is_quick else TURN
    counts = {}
    for key, (name, timed) in turns.items():
        once = crew.find(name, timed).time(timed, 1 if is_quick else 50)
        counts[key] = max(case.at_once, int(turn * 1e6 / max(once, 0.5)))
    times: dict[str, list[float]] = {key: [] for key in turns}
    for _ in range(1 if is_quick else rounds):
        for key, (name, timed) in turns.items():
            times[key].append(crew.find(name, timed).time(timed, counts[key]))
    row = Row(case, {key: statistics.median(taken) for key, taken in times.items()})
    say(f"{case.name}: " + ", ".join(f"{key} {took:.2f}" for key, took in row.figures.items()))
    return row


def has_case(subject: str, case: Case) -> bool:
    """Tell whether a subject answers a case."""
    if case.group == "driver":
        return subject == "floor"
    if subject == "floor":
        return not case.in_threads and case.group != "around"
    if SUBJECTS[subject].is_peer:
        return case.name in PEER_CASES[subject]
    return True


def tell_row(
    row: Row, subjects: Sequence[str], ratios: Iterable[tuple[str, str]]
) -> tuple[Cell, ...]:
    """One row of the table; a cell is empty where there is no figure."""
    return (
        row.case.name,
        row.case.what,
        *(row.figures.get(name, "") for name in subjects),
        *(row.ratio(*pair) if row.has(*pair) else "" for pair in ratios),
    )
