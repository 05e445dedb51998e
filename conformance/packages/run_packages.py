"""Packages made for FastAPI, unchanged, on Pronghorn: `make conformance-packages`.

With no argument, all of them.  With names of packages, those alone; with `-k`, some of their
checks; and with `--reference`, FastAPI itself in Pronghorn's place, which shows whether a check
that fails is at fault itself:

    python conformance/packages/run_packages.py gradio nicegui -k queue
    python conformance/packages/run_packages.py --reference
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

# First, for it makes the modules of the folder above importable.
from groups import HERE, PACKAGES, Package, make_group  # isort: skip
from environments import FOLDER, PROJECT, Kind, SetupError, say
from suite import Outcomes, read_record

# What becomes of one package must not keep the others waiting.
LIMIT_IN_SECONDS = 240
# More failed checks than this are no accident of timing: a second run would tell nothing.
SECOND_LOOK = 10
# pytest's codes for a run that came to its end: all passed, and some failed.
ENDED = (0, 1)
PATIENCE_IN_SECONDS = 30
# Of what the shell has; all else could change what a package does.
KEPT_VARIABLES = ("LANG", "LC_ALL", "TZ", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
# Of the reason of a failure, so many lines, and the last, which has the place.
SHOWN_LINES = 8


@dataclass(frozen=True, slots=True)
class Result:
    """What became of the checks of one package."""

    package: Package
    outcomes: Outcomes
    seconds: float
    log: Path
    second: list[str] = field(default_factory=list)
    """What failed, and passed when it was run once more, alone."""

    @property
    def is_good(self) -> bool:
        """Tell whether something was checked, and all of it passed."""
        return bool(self.outcomes.passed) and not self.failures

    @property
    def failures(self) -> dict[str, str]:
        """What failed, with the reasons."""
        return {**self.outcomes.uncollected, **self.outcomes.failed}

    @property
    def total(self) -> int:
        """How many checks there are, those that could not run here left out."""
        return len(self.outcomes.passed) + len(self.failures)


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description="Run packages made for FastAPI on Pronghorn.")
    names = [package.name for package in PACKAGES]
    parser.add_argument("packages", nargs="*", metavar="PACKAGE", help=", ".join(names))
    parser.add_argument("--reference", action="store_true", help="on FastAPI itself")
    parser.add_argument("-k", metavar="WORDS", help="some checks, as pytest's option of this name")
    parser.add_argument("--full", action="store_true", help="print whole tracebacks")
    options = parser.parse_args()
    # Without this, the signal would leave servers behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    unknown = set(options.packages) - set(names)
    if unknown:
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are: {', '.join(names)}")
    chosen = [p for p in PACKAGES if not options.packages or p.name in options.packages]
    results = []
    for package in chosen:
        kind = package.find_kind(is_reference=options.reference)
        make_group(kind, package.lock, is_reference=options.reference)
        results.append(run_checks(package, kind, ["-k", options.k] if options.k else []))
        say_result(results[-1], kind)
    for result in results:
        print_failures(result, is_full=options.full)
    print_table(results)
    return 0 if all(result.is_good for result in results) else 1


def run_checks(package: Package, kind: Kind, options: list[str]) -> Result:
    """Run the checks of a package; those that fail are run once more, each alone."""
    started = time.monotonic()
    log = FOLDER / f"{kind.folder.name}-{package.name}.log"
    outcomes = run_once(kind, [*options, str(package.checks)], log)
    second = look_again(kind, outcomes, log)
    return Result(package, outcomes, time.monotonic() - started, log, second)


def run_once(kind: Kind, arguments: list[str], log: Path) -> Outcomes:
    """Run pytest in the environment of *kind*, and leave no process behind."""
    with tempfile.TemporaryDirectory(prefix="pronghorn-") as scratch:
        record = Path(scratch, "record.jsonl")
        record.touch()
        command = [
            str(kind.python), str(HERE.parent / "recorder.py"), str(record),
            "-c", str(HERE / "pytest.ini"), "--rootdir", str(HERE),
            "--basetemp", str(Path(scratch, "pytest")), *arguments,
        ]  # fmt: skip
        with log.open("w") as output:
            code = run_bounded(command, make_variables(kind, Path(scratch)), output.fileno())
        outcomes = read_record(record)
    if code is None:
        outcomes.failed["all checks"] = f"not done after {LIMIT_IN_SECONDS} seconds"
    elif code not in ENDED or bool(code) != bool(outcomes.failed or outcomes.uncollected):
        # It was killed, or ended itself, before it could tell of all checks.
        outcomes.failed["all checks"] = f"pytest ended with code {code}"
    return outcomes


def look_again(kind: Kind, outcomes: Outcomes, log: Path) -> list[str]:
    """Run each failed check alone: some clients have races of their own on a busy machine.

    Those that pass now are counted as passed, and given.
    """
    names = [name for name in sorted(outcomes.failed) if "::" in name]
    if len(names) != len(outcomes.failed) or len(names) > SECOND_LOOK:
        return []
    passed = []
    for name in names:
        again = run_once(kind, [str(HERE / name)], log.with_suffix(".second.log"))
        if again.passed == {name} and not again.failed:
            del outcomes.failed[name]
            outcomes.passed.add(name)
            passed.append(name)
    return passed


def run_bounded(command: list[str], variables: dict[str, str], output: int) -> int | None:
    """Run a command; give its exit code, or end it when its time is over."""
    process = subprocess.Popen(  # noqa: S603  our own command
        command,
        cwd=variables["HOME"],
        env=variables,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
    )
    try:
        return process.wait(LIMIT_IN_SECONDS)
    except subprocess.TimeoutExpired:
        return None
    finally:
        # `conftest.py` sees to it that servers are ended, too.
        process.terminate()
        try:
            process.wait(PATIENCE_IN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()


def make_variables(kind: Kind, scratch: Path) -> dict[str, str]:
    """Make the variables of a run: a home of its own, and no way out of this host."""
    nowhere = "http://127.0.0.1:9"  # The port of RFC 863's discard service, which nobody runs.
    home = scratch / "home"
    home.mkdir()
    return {
        **{name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ},
        "PATH": f"{kind.python.parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(home),
        "TMPDIR": str(scratch),
        "PYTHONPATH": str(HERE),
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "http_proxy": nowhere,
        "https_proxy": nowhere,
        "HTTP_PROXY": nowhere,
        "HTTPS_PROXY": nowhere,
        "no_proxy": "127.0.0.1,localhost",
        "NO_PROXY": "127.0.0.1,localhost",
    }


def say_result(result: Result, kind: Kind) -> None:
    """Tell how one package fared, while others are still to come."""
    text = f"{result.package.name} on {kind.says}: {len(result.outcomes.passed)} checks passed"
    if result.failures:
        text += f", {len(result.failures)} failed; see {result.log.relative_to(PROJECT)}"
    say(text)


def print_failures(result: Result, *, is_full: bool) -> None:
    """Print the failed checks of a package with the lines that tell most."""
    width = shutil.get_terminal_size((120, 24)).columns
    for name, text in result.failures.items():
        lines = text.rstrip().splitlines()
        if not is_full and lines:
            errors = [line for line in lines if line.startswith("E ")]
            lines = [line[: width - 4] for line in [*errors[:SHOWN_LINES], lines[-1]]]
        print(f"\n{name}", *lines, sep="\n    ")
    if not result.total:
        print(f"\n{result.package.name}: nothing was checked", result.log.read_text(), sep="\n")


def print_table(results: list[Result]) -> None:
    """Print what was tried, and how it went."""
    print(f"\n{'package':<40}{'version':<12}{'passed':>8}{'of':>5}{'seconds':>9}")
    for result in results:
        row = f"{result.package.name:<40}{result.package.version:<12}"
        row += f"{len(result.outcomes.passed):>8}{result.total:>5}{result.seconds:>9.1f}"
        if result.second:
            row += f"   passed the second time: {', '.join(result.second)}"
        if result.outcomes.skipped:
            row += f"   {len(result.outcomes.skipped)} not run: they need Chromium"
        print(row)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SetupError as error:
        sys.exit(f"conformance: {error}")
