"""Run pytest and write down what became of each test.

Run by the suite's own environment, so it imports nothing but pytest and the standard
library.  It is handed to pytest as an object: the suite sees no plugin and no option.
"""

import json
import re
import sys
from pathlib import Path
from typing import TextIO

import pytest


class Recorder:
    """Writes a line of JSON for each phase of a test and each file that cannot be collected."""

    def __init__(self, file: TextIO) -> None:
        """Write to *file*."""
        self.file = file

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Write down one phase of one test."""
        # xdist adds the name of a test's group after an `@`.
        name = re.sub(r"@\w+$", "", report.nodeid)
        self.write(name, report.when, report.outcome, report.longreprtext)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Write down that a file could not be collected."""
        if report.failed:
            self.write(report.nodeid, "collect", "failed", report.longreprtext)

    def write(self, *values: object) -> None:
        """Write one line."""
        self.file.write(json.dumps(values) + "\n")
        self.file.flush()


def main() -> int:
    """Run pytest with the arguments after the name of the record."""
    record, *arguments = sys.argv[1:]
    # As `python -m pytest` has it: the current folder, not the one of this script.
    sys.path[0] = ""
    with Path(record).open("w") as file:
        return int(pytest.main(arguments, plugins=[Recorder(file)]))


if __name__ == "__main__":
    sys.exit(main())
