"""The Python blocks of README and docs run, and the handlers that are shown are today's.

The blocks of a page run in order, as one module, each line where it stands in the page.
`docs/errors.md` is left out: its blocks are halves of programs, one that is refused beside one
that works. The blocks of `docs/data.md`, `docs/migrations.md` and `docs/testing-databases.md` are
files of projects, which have tests of their own.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pronghorn.doctor.explain import explain

PROJECT = Path(__file__).parents[2]
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HANDLER = re.compile(r"<!-- handler of (\w+) (\S+) -->\n```text\n(.*?)```\n", re.DOTALL)


def program_in(page):
    """All Python blocks of *page*, with empty lines for what stands between them."""
    text = page.read_text()
    lines = []
    for block in BLOCK.finditer(text):
        before = text.count("\n", 0, block.start(1))
        lines += [""] * (before - len(lines))
        lines += block[1].splitlines()
    return "\n".join([*lines, ""])


def name_of(page):
    return page.relative_to(PROJECT).as_posix()


WITH_BLOCKS = [
    page
    for page in PAGES
    if BLOCK.search(page.read_text())
    and page.name not in {"data.md", "errors.md", "migrations.md", "testing-databases.md"}
]


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=name_of)
def test_the_blocks_of_a_page_run_in_order(page, tmp_path):
    # In a process of its own, since a block may install the alias.
    program = tmp_path / f"{page.stem.replace('-', '_')}.py"
    program.write_text(program_in(page))
    environment = {**os.environ, "PYTHONPATH": str(PROJECT / "src")}
    ran = subprocess.run(
        [sys.executable, "-W", "error", program],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr


def test_the_handlers_in_the_readme_are_those_that_are_written(monkeypatch):
    page = PROJECT / "README.md"
    shown = HANDLER.findall(page.read_text())
    first_block = BLOCK.search(page.read_text())
    program = {"__name__": "shop"}
    exec(first_block[1], program)

    for method, path, text in shown:
        explained = explain(program["app"], method, path)
        written = explained.partition("# Handler\n")[2].partition("\n\n# Names")[0]
        assert text.rstrip() == written, "paste it anew from `python -m pronghorn explain`"
    assert shown
