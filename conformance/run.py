"""FastAPI's own tests as a referee: `make conformance`.

With no argument, all of them: what FastAPI passes must pass, unless `excluded.toml` says why
not.  With paths or pytest's options, those alone, and the reasons of the failures:

    python conformance/run.py tests/test_query.py -k optional
    python conformance/run.py --area security
"""

import argparse
import shutil
import sys
import time
from collections import Counter

from areas import AREAS, find_area
from environments import (
    CONTROL_KIND,
    FOLDER,
    PROJECT,
    PRONGHORN,
    REFERENCE,
    SUITE,
    VERSION,
    Kind,
    SetupError,
    make_environment,
    say,
)
from excluded import EXCLUDED, find_faults, read_excluded
from reference import (
    REFERENCE_LIST,
    read_any_reference,
    read_lists,
    read_reference,
    write_reference,
)
from suite import Outcomes, run_suite

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
        help="the tests of one area",
    )
    parser.add_argument("--full", action="store_true", help="print whole tracebacks")
    parser.add_argument(
        "-n", type=int, metavar="N", help="in so many processes (2 for all tests, 1 for some)"
    )
    options, chosen = parser.parse_known_args()
    kind = REFERENCE if options.reference else CONTROL_KIND if options.control else PRONGHORN
    make_environment(kind)
    if options.area:
        chosen += find_files(options.area)
    if chosen:
        return run_some(kind, chosen, processes=options.n or 1, is_full=options.full)
    return run_all(kind, processes=options.n or 2, is_full=options.full)


def find_files(name: str) -> list[str]:
    """Find the test files of an area."""
    names = [area for area, _ in AREAS if name.lower() in area.lower()]
    if not names:
        message = f"no area is called {name!r}; there are: {', '.join(area for area, _ in AREAS)}"
        raise SetupError(message)
    files = {test.partition("::")[0] for test in read_any_reference()}
    return sorted(file for file in files if find_area(file) in names)


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
    if kind is not REFERENCE:
        print_known(set(outcomes.failed))
    seconds = time.monotonic() - started
    print(
        f"\n{count(outcomes)} in {seconds:.1f} s; pytest's own output: {log.relative_to(PROJECT)}"
    )
    return 1 if outcomes.failed or outcomes.uncollected or not outcomes.passed else 0


def run_all(kind: Kind, *, processes: int, is_full: bool) -> int:
    """Run all tests and hold them against the lists."""
    excluded = read_faultless() if kind is PRONGHORN else set[str]()
    say(
        f"FastAPI's tests on {kind.says}, Python {VERSION};"
        f" pytest's output goes to {kind.log.relative_to(PROJECT)}"
    )
    outcomes = run_suite(kind, ["-q", "tests"], processes=processes, log=kind.log)
    say(count(outcomes))
    if kind is REFERENCE:
        write_reference(VERSION, outcomes.passed)
        say(f"wrote {REFERENCE_LIST.relative_to(PROJECT)}: {len(outcomes.passed)} on this Python")
        return 0
    reference = read_reference(VERSION)
    lost = look_again(kind, reference - excluded - outcomes.passed, outcomes)
    for name, text in lost.items():
        print_failure(name, text, is_full=is_full)
    print_table(reference, set(lost), excluded)
    print_total(reference, outcomes.passed, excluded)
    return report(lost, excluded & outcomes.passed) if kind is PRONGHORN else 0


def read_faultless() -> set[str]:
    """Read which tests are excluded, and refuse a list that breaks its own rules."""
    excluded = read_excluded()
    faults = [f"\n  {fault}" for fault in find_faults(excluded, read_any_reference())]
    if faults:
        message = f"{EXCLUDED.relative_to(PROJECT)} is not as it must be:{''.join(faults)}"
        raise SetupError(message)
    return set(excluded.tests)


def look_again(kind: Kind, lost: set[str], outcomes: Outcomes) -> dict[str, str]:
    """Run the lost tests a second time, with nothing beside them.

    Gives those that failed again, with the reasons.
    """
    if lost and len(lost) <= SECOND_LOOK:
        say(f"{len(lost)} tests failed that must pass; running them alone")
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


def report(lost: dict[str, str], needless: set[str]) -> int:
    """Say how the run ended."""
    if lost:
        say(f"{len(lost)} tests fail that FastAPI passes")
    if needless:
        say(f"these tests pass; take them out of {EXCLUDED.relative_to(PROJECT)}:")
        print("\n".join(sorted(needless)))
    return 1 if lost or needless else 0


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


def print_known(failed: set[str]) -> None:
    """Print which failures are no news."""
    beyond = failed - read_reference(VERSION)
    if beyond:
        print(f"\n{len(beyond)} of the failures happen on FastAPI too: {', '.join(sorted(beyond))}")
    excluded = failed & set(read_excluded().tests)
    if excluded:
        print(f"\n{len(excluded)} of the failures are excluded: {', '.join(sorted(excluded))}")


def print_table(reference: set[str], lost: set[str], excluded: set[str]) -> None:
    """Print passed, failed, excluded and total by area."""
    totals, failures, exclusions = (
        Counter(find_area(test) for test in tests)
        for tests in (reference, lost, reference & excluded)
    )
    print(f"\n{'area':<36}{'passed':>9}{'failed':>9}{'excluded':>9}{'total':>9}")
    for area, total in sorted(totals.items(), key=lambda item: (-failures[item[0]], item[0])):
        passed = total - failures[area] - exclusions[area]
        print(f"{area:<36}{passed:>9}{failures[area]:>9}{exclusions[area]:>9}{total:>9}")
    print()


def print_total(reference: set[str], passed: set[str], excluded: set[str]) -> None:
    """Print the figure that counts."""
    tried, _ = read_lists()
    where = VERSION if VERSION in tried else f"each of {', '.join(tried)}"
    # Cut, not rounded: one test that fails is not 100.0 %.
    tenths = 1000 * len(reference & passed) // len(reference) if reference else 0
    say(
        f"{len(reference & passed)} of the {len(reference)} tests that FastAPI itself passes on"
        f" Python {where} ({tenths / 10} %); {len(reference & excluded)} are excluded"
    )


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
