"""FastAPI's own tests as a referee: `make conformance`.

With no argument, all of them, held against the lists beside this file.  With paths or
pytest's options, those alone, and the reasons of the failures:

    python conformance/run.py tests/test_query.py -k optional
    python conformance/run.py --area security
"""

import argparse
import os
import shutil
import sys
import time
from collections import Counter

from areas import AREAS, find_area
from environments import (
    CONTROL_KIND,
    FOLDER,
    HERE,
    PROJECT,
    PRONGHORN,
    REFERENCE,
    SUITE,
    Kind,
    SetupError,
    make_environment,
    say,
)
from suite import Outcomes, read_list, run_suite, write_list

FLOOR = HERE / "passing.txt"
DENOMINATOR = HERE / "reference.txt"
# More lost tests than this are no accident of timing: a second run would tell nothing.
SECOND_LOOK = 100
# Of the reason of a failure, so many lines, and the last, which has the place.
SHOWN_LINES = 4


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(
        description="Run FastAPI's own tests.  Other options are handed to pytest."
    )
    parser.add_argument(
        "--reference",
        action="store_true",
        help="on FastAPI itself; a full run writes reference.txt",
    )
    parser.add_argument(
        "--control",
        action="store_true",
        help="on FastAPI's sources behind the alias; shows the harness's own faults",
    )
    parser.add_argument(
        "--area",
        metavar="NAME",
        help="the tests of one area that FastAPI passes and Pronghorn does not yet",
    )
    parser.add_argument("--full", action="store_true", help="print whole tracebacks")
    parser.add_argument(
        "-n", type=int, metavar="N", help="in so many processes (2 for all tests, 1 for some)"
    )
    options, chosen = parser.parse_known_args()
    kind = REFERENCE if options.reference else CONTROL_KIND if options.control else PRONGHORN
    make_environment(kind)
    if options.area:
        chosen += find_failing(options.area)
    if chosen:
        return run_some(kind, chosen, processes=options.n or 1, is_full=options.full)
    return run_all(kind, processes=options.n or 2, is_full=options.full)


def find_failing(name: str) -> list[str]:
    """Find the files of an area with tests that do not pass yet."""
    names = [area for area, _ in AREAS if name.lower() in area.lower()]
    if not names:
        message = f"no area is called {name!r}; there are: {', '.join(area for area, _ in AREAS)}"
        raise SetupError(message)
    missing = read_list(DENOMINATOR) - read_list(FLOOR)
    tests = sorted(test for test in missing if find_area(test) in names)
    if not tests:
        message = f"nothing fails in {' and '.join(names)}"
        raise SetupError(message)
    return tests


def run_some(kind: Kind, arguments: list[str], *, processes: int, is_full: bool) -> int:
    """Run some tests and print why they fail."""
    started = time.monotonic()
    log = FOLDER / "some.log"
    # Where the user names no test, pytest is to look in `tests` as in a full run.
    has_path = any((SUITE / argument.partition("::")[0]).exists() for argument in arguments)
    outcomes = run_suite(
        kind, arguments if has_path else [*arguments, "tests"], processes=processes, log=log
    )
    for name, text in [*outcomes.uncollected.items(), *sorted(outcomes.failed.items())]:
        print_failure(name, text, is_full=is_full)
    if not (outcomes.passed or outcomes.failed or outcomes.uncollected):
        print(log.read_text())
    expected = read_list(DENOMINATOR)
    beyond = [name for name in outcomes.failed if expected and name not in expected]
    if beyond and kind is not REFERENCE:
        print(f"\n{len(beyond)} of the failures happen on FastAPI too: {', '.join(sorted(beyond))}")
    seconds = time.monotonic() - started
    print(
        f"\n{count(outcomes)} in {seconds:.1f} s; pytest's own output: {log.relative_to(PROJECT)}"
    )
    return 1 if outcomes.failed or outcomes.uncollected or not outcomes.passed else 0


def run_all(kind: Kind, *, processes: int, is_full: bool) -> int:
    """Run all tests and hold them against the lists."""
    log = FOLDER / f"{kind.name}.log"
    say(f"FastAPI's tests on {kind.says}; pytest's output goes to {log.relative_to(PROJECT)}")
    outcomes = run_suite(kind, ["-q", "tests"], processes=processes, log=log)
    say(count(outcomes))
    if kind is REFERENCE:
        write_list(DENOMINATOR, outcomes.passed)
        say(f"wrote {DENOMINATOR.relative_to(PROJECT)}: {len(outcomes.passed)} tests")
        return 0
    expected = read_list(DENOMINATOR)
    listed = expected if kind is CONTROL_KIND else read_list(FLOOR)
    lost = look_again(kind, listed - outcomes.passed, outcomes)
    missing = expected - outcomes.passed
    if kind is PRONGHORN:
        print_table(expected, missing)
        raise_floor(outcomes.passed & expected)
    for name, text in lost.items():
        print_failure(name, text, is_full=is_full)
    print_total(expected, missing)
    return report_lost(lost) if kind is PRONGHORN else 0


def look_again(kind: Kind, lost: set[str], outcomes: Outcomes) -> dict[str, str]:
    """Run the listed tests that failed a second time, with nothing beside them.

    Gives those that failed again, with the reasons.
    """
    if lost and len(lost) <= SECOND_LOOK:
        say(f"{len(lost)} listed tests failed; running them alone")
        second = run_suite(kind, sorted(lost), processes=1, log=FOLDER / "second.log")
        for name in lost & second.passed:
            say(f"passed the second time: {name}")
        outcomes.passed |= second.passed
        outcomes.failed |= second.failed
        lost -= second.passed
    return {name: outcomes.failed.get(name, find_reason(name, outcomes)) for name in sorted(lost)}


def find_reason(name: str, outcomes: Outcomes) -> str:
    """Tell why a test was not run."""
    return outcomes.uncollected.get(name.partition("::")[0], "not run")


def raise_floor(passed: set[str]) -> None:
    """Add the newly passing tests to the list."""
    floor = read_list(FLOOR)
    new = passed - floor
    if not new:
        return
    if os.environ.get("CI"):
        say(f"{len(new)} tests pass that {FLOOR.relative_to(PROJECT)} does not list yet:")
        print("\n".join(sorted(new)))
        return
    write_list(FLOOR, floor | new)
    say(f"added {len(new)} tests to {FLOOR.relative_to(PROJECT)}")


def report_lost(lost: dict[str, str]) -> int:
    """Say how the run ended against the floor."""
    if lost:
        say(f"{len(lost)} tests of {FLOOR.relative_to(PROJECT)} fail, twice")
        return 1
    return 0


def print_failure(name: str, text: str, *, is_full: bool) -> None:
    """Print a failed test with the lines that tell most."""
    lines = text.rstrip().splitlines()
    if not is_full:
        errors = [line for line in lines if line.startswith("E ")]
        lines = [*errors[:SHOWN_LINES], lines[-1]] if lines else []
    width = shutil.get_terminal_size((120, 24)).columns
    print(f"\n{name}")
    for line in lines:
        print(f"    {line if is_full else line[: width - 4]}")


def print_table(expected: set[str], missing: set[str]) -> None:
    """Print passed, failed and total by area."""
    totals = Counter(find_area(test) for test in expected)
    failures = Counter(find_area(test) for test in missing)
    print(f"\n{'area':<36}{'passed':>8}{'failed':>8}{'total':>8}")
    for area, total in sorted(totals.items(), key=lambda item: (-failures[item[0]], item[0])):
        print(f"{area:<36}{total - failures[area]:>8}{failures[area]:>8}{total:>8}")
    print()


def print_total(expected: set[str], missing: set[str]) -> None:
    """Print the figure that counts."""
    passed = len(expected) - len(missing)
    # Cut, not rounded: one test that fails is not 100.0 %.
    tenths = 1000 * passed // len(expected) if expected else 0
    say(f"{passed} of the {len(expected)} tests that FastAPI itself passes ({tenths / 10} %)")


def count(outcomes: Outcomes) -> str:
    """Say how many passed, failed, were skipped."""
    parts = [f"{len(outcomes.passed)} passed", f"{len(outcomes.failed)} failed"]
    if outcomes.skipped:
        parts.append(f"{len(outcomes.skipped)} skipped")
    if outcomes.uncollected:
        parts.append(f"{len(outcomes.uncollected)} files not collected")
    return ", ".join(parts)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SetupError as error:
        sys.exit(f"conformance: {error}")
