"""Requests over sockets: a real server on one core, wrk on the other."""

import os
import shutil
import statistics
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from bench.cases import CASES, Case
from bench.comparing import compare
from bench.environment import say
from bench.load import find_wrk, run_wrk
from bench.section import Cell, Goal, LeftOutError, Section
from bench.server import Server
from bench.subjects import SUBJECTS

METHOD = """\
One server with one worker, kept to one core; wrk with 32 connections kept to another. uvicorn runs
with httptools and uvloop, Granian as an ASGI server with uvloop, both without an access log. Each
subject serves one application with all of its routes. The answers are compared first, as above.
All servers stay up; in each round each is asked for a second by itself. The figures are medians of
the rounds. *Busy* is the share of that second in which the server had its core, and *server's µs*
what it had of the processor for each request. A turn below 0.9 was disturbed by something else on
the machine: it is taken once more. Where *busy* stays low, look at the server's µs.
Other frameworks are there where they do the same work. The server's own work is in every figure,
and the floor shows how much that is."""

NAMES = ("hello", "params", "body", "deps")
WIRE_CASES = tuple(case for case in CASES if case.name in NAMES)
SERVED = {
    "uvicorn": ("fastapi", "pronghorn", "floor", "starlette", "litestar", "blacksheep", "falcon"),
    "Granian": ("fastapi", "pronghorn", "floor"),
}
OF_THE_FLOOR = 0.85
BUSY = 0.9
TRIES = 2

Key = tuple[str, str, str]  # server, case, subject


@dataclass(frozen=True, slots=True)
class Turn:
    """What one subject did in one turn."""

    per_second: float
    p99: float  # milliseconds
    processor: float  # microseconds of the server, for each request
    busy: float = 0.0  # the share of the time in which the server had its core, where it is asked


def measure(rounds: int, is_quick: bool) -> Section:
    """Serve, compare, and send for some seconds.

    Raises:
        LeftOutError: there is no wrk, or one core only.
    """
    server_core, client_core = find_cores()
    wrk = find_wrk()
    names = ("fastapi", "pronghorn", "floor") if is_quick else None
    seen: dict[Key, list[Turn]] = {}
    for server, all_subjects in SERVED.items():
        with ExitStack() as stack:
            up = {
                subject: stack.enter_context(Server(server, subject, server_core))
                for subject in names or all_subjects
            }
            for one in up.values():
                one.wait()
            for case in WIRE_CASES:
                subjects = [name for name in up if has_case(name, case)]
                compare(case, {name: up[name].answer(case) for name in subjects})
                for _ in range(1 if is_quick else rounds):
                    for name in subjects:
                        turn = take_turn(wrk, client_core, up[name], case)
                        seen.setdefault((server, case.name, name), []).append(turn)
                say(f"{server}, {case.name}: {tell_rates(seen, server, case)}")
    found = {key: median(turns) for key, turns in seen.items()}
    return Section(
        "Over the wire",
        METHOD,
        (
            "server",
            "case",
            "subject",
            "requests/s",
            "÷ FastAPI",
            "of the floor",
            "p99 ms",
            "server's µs",
            "busy",
        ),
        tuple(tell_row(key, found) for key in found),
        tuple(find_goals(found)),
    )


def find_cores() -> tuple[int, int]:
    """The cores for the server and for wrk."""
    if shutil.which("taskset") is None or not hasattr(os, "sched_getaffinity"):
        raise LeftOutError("taskset is missing, so nothing can be kept to one core.")
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise LeftOutError("there is one core, and two are needed: for the server and for wrk.")
    return cores[0], cores[1]


def has_case(subject: str, case: Case) -> bool:
    """Tell whether a subject serves a case: other frameworks have no such dependencies."""
    return not SUBJECTS[subject].is_peer or case.name != "deps"


def take_turn(wrk: str, core: int, server: Server, case: Case) -> Turn:
    """Send one case's request for a second; again if something else had the server's core."""
    turns = []
    for _ in range(TRIES):
        turns.append(send_for_a_second(wrk, core, server, case))
        if turns[-1].busy >= BUSY:
            break
    return max(turns, key=lambda turn: turn.busy)


def send_for_a_second(wrk: str, core: int, server: Server, case: Case) -> Turn:
    """Send one case's request, and see what the server had for it."""
    before = server.read_processor_time()
    load = run_wrk(wrk, core, server.port, case, 1)
    spent = server.read_processor_time() - before
    busy = spent * load.per_second / load.count
    return Turn(load.per_second, load.p99, spent / load.count * 1e6, busy)


def median(turns: list[Turn]) -> Turn:
    """The medians of several turns."""
    return Turn(
        statistics.median(turn.per_second for turn in turns),
        statistics.median(turn.p99 for turn in turns),
        statistics.median(turn.processor for turn in turns),
        statistics.median(turn.busy for turn in turns),
    )


def tell_rates(seen: Mapping[Key, list[Turn]], server: str, case: Case) -> str:
    """What is seen so far, in a line."""
    return ", ".join(
        f"{name} {median(turns).per_second:,.0f}"
        for (of, what, name), turns in seen.items()
        if (of, what) == (server, case.name)
    )


def tell_row(key: Key, found: Mapping[Key, Turn]) -> tuple[Cell, ...]:
    """One row of the table."""
    server, case, subject = key
    rate = found[key].per_second
    return (
        server,
        case,
        SUBJECTS[subject].title,
        rate,
        rate / found[server, case, "fastapi"].per_second,
        rate / found[server, case, "floor"].per_second,
        found[key].p99,
        found[key].processor,
        found[key].busy,
    )


def find_goals(found: Mapping[Key, Turn]) -> Iterator[Goal]:
    """The goals: on uvicorn, one core."""
    for case in WIRE_CASES:
        ours, floor, fastapi = (
            found["uvicorn", case.name, name] for name in ("pronghorn", "floor", "fastapi")
        )
        share = ours.per_second / floor.per_second
        by_processor = floor.processor / ours.processor if ours.processor else share
        yield Goal(
            f"wire, uvicorn, {case.name}",
            f"at least {OF_THE_FLOOR} of the floor",
            f"{share:.2f} (by the processor's time {by_processor:.2f})",
            share >= OF_THE_FLOOR,
        )
        yield Goal(
            f"wire, uvicorn, {case.name}, p99",
            f"at most FastAPI's {fastapi.p99:.2f} ms",
            f"{ours.p99:.2f} ms",
            ours.p99 <= fastapi.p99,
        )
