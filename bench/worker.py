"""A process that holds the applications of one subject, and does what it is told in lines of JSON.

A process for each subject: none shares its modules, its caches or its garbage with another.
"""

import asyncio
import json
import os
import subprocess
import sys
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any

from bench.cases import CASES, Case
from bench.driver import Answer, Driver, Life
from bench.environment import PROJECT, PYTHON
from bench.subjects import find_builders

CASE_OF = {case.name: case for case in CASES}
WARM = 30


class Worker:
    """The parent's end: a process, asked and answering."""

    def __init__(self, subject: str, loop: str, imports: tuple[str, ...], old: Path | None) -> None:
        path = [str(PROJECT)]
        if subject == "old" and old is not None:
            path.insert(0, str(old / "src" if (old / "src").is_dir() else old))
        self.subject = subject
        self.process = subprocess.Popen(  # noqa: S603  our own command
            [PYTHON, "-m", "bench.worker", subject, loop, *imports],
            cwd=PROJECT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, what: str, case: Case, count: int = 0) -> Any:
        """Have something done; returns what it says."""
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            raise RuntimeError("A worker without pipes.")
        stdin.write(json.dumps([what, case.name, count]) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise RuntimeError(f"The process of {self.subject} ended at {case.name}.")
        return json.loads(line)

    def answer(self, case: Case) -> Answer:
        """What the subject answers to a case."""
        found = self.ask("answer", case)
        return Answer(found["status"], [(n, v) for n, v in found["headers"]], found["body"])

    def time(self, case: Case, count: int) -> float:
        """The microseconds of one request of *count*."""
        return float(self.ask("time", case, count))

    def stop(self) -> None:
        """End the process, and wait for it."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait(30)
        if self.process.stdout is not None:
            self.process.stdout.close()


async def work(subject: str) -> None:
    """Do what the lines say, until there are no more."""
    builders = find_builders(subject)
    drivers: dict[str, Driver] = {}
    lives: list[Life] = []
    for line in sys.stdin:
        what, name, count = json.loads(line)
        if name not in drivers:
            case = CASE_OF[name]
            app = builders[case.builder]()
            life = Life(app)
            await life.begin()
            lives.append(life)
            drivers[name] = Driver(app, case)
        driver = drivers[name]
        if what == "answer":
            # The first request compiles, where something is compiled.
            await driver.answer()
            told: object = asdict(await driver.answer())
        else:
            await driver.time(WARM)
            told = await driver.time(count)
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
    for life in lives:
        await life.end()


def main() -> None:
    """Start the loop that was asked for."""
    subject, loop, *imports = sys.argv[1:]
    for name in imports:
        import_module(name)
    if loop == "uvloop":
        import_module("uvloop").run(work(subject))
    else:
        asyncio.run(work(subject))


if __name__ == "__main__":
    main()
