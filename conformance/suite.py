"""FastAPI's tests: one run of them, and what became of each."""

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from environments import FOLDER, HERE, SUITE, Kind

# Benchmarks, and the tests of FastAPI's own release and translation scripts.
LEFT_OUT = (
    "tests/benchmarks",
    "tests/memory_benchmarks",
    "tests/test_prepare_release.py",
    "tests/test_translate.py",
)
# What a developer's or CI's shell may hold, and the suite reads.
FOREIGN = ("CI", "COLUMNS", "CONTEXT", "VIRTUAL_ENV")
FOREIGN_PREFIXES = (
    "PYTHON", "PYTEST_", "COVERAGE_", "FASTAPI_", "UVICORN_", "OTEL_", "LOGFIRE_", "SENTRY_",
)  # fmt: skip


@dataclass(slots=True)
class Outcomes:
    """What became of the tests of one run."""

    passed: set[str] = field(default_factory=set)
    skipped: set[str] = field(default_factory=set)
    failed: dict[str, str] = field(default_factory=dict)
    """Test id, and the text of its failure."""
    uncollected: dict[str, str] = field(default_factory=dict)
    """File, and why it could not be collected."""


def run_suite(
    kind: Kind, arguments: list[str], *, processes: int, log: Path | None = None
) -> Outcomes:
    """Run tests in the environment of *kind*; pytest's output goes to *log*, if one is given."""
    # A name of its own: a developer may run some tests beside a run of all.
    record = FOLDER / f"record-{os.getpid()}.jsonl"
    options = [f"--ignore={path}" for path in LEFT_OUT]
    if processes > 1:
        # As FastAPI's own script has it: tests that share a folder run in one process.
        options += ["-n", str(processes), "--dist", "loadgroup"]
    command = [str(kind.python), str(HERE / "recorder.py"), str(record), *options, *arguments]
    output = log.open("w") if log else None
    try:
        subprocess.run(  # noqa: S603  our own command
            command,
            cwd=SUITE,
            env=suite_environment(kind),
            stdin=subprocess.DEVNULL,
            stdout=output or subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            check=False,
        )
    finally:
        if output:
            output.close()
    outcomes = read_record(record)
    record.unlink()
    return outcomes


def suite_environment(kind: Kind) -> dict[str, str]:
    """Make the variables of the run: what the shell has, less what the suite would trip over."""
    variables = {
        name: value
        for name, value in os.environ.items()
        if name not in FOREIGN and not name.startswith(FOREIGN_PREFIXES)
    }
    variables["PATH"] = f"{kind.python.parent}{os.pathsep}{variables['PATH']}"
    variables["PYTHONPATH"] = "./docs_src"  # as FastAPI's own script has it
    return variables


def read_record(record: Path) -> Outcomes:
    """Read what the recorder wrote."""
    outcomes = Outcomes()
    for line in record.read_text().splitlines():
        name, phase, outcome, text = json.loads(line)
        if phase == "collect":
            outcomes.uncollected[name] = text
        elif outcome == "failed":
            outcomes.failed.setdefault(name, text)
        elif outcome == "skipped":
            outcomes.skipped.add(name)
        elif phase == "call":
            outcomes.passed.add(name)
    outcomes.passed -= outcomes.failed.keys()
    return outcomes
