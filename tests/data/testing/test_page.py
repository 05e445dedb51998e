"""The page about tests with databases: its blocks are files of a project, and its tests pass."""

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
BLOCK = re.compile(r"^```python\n# ([\w.]+)(?:, continued)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_project_of_the_page_passes_its_tests(tmp_path, postgres):
    page = (ROOT / "docs" / "testing-databases.md").read_text()
    blocks = BLOCK.findall(page)
    assert len(blocks) == page.count("```python")
    for name, text in blocks:
        with (tmp_path / name).open("a") as file:
            file.write(text)
    (tmp_path / "pytest.ini").write_text(
        "[pytest]\nasyncio_default_fixture_loop_scope = function\nfilterwarnings = error\n"
    )

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": os.fspath(ROOT / "src"),
            "TEST_POSTGRES_URL": postgres,
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stdout
    assert "5 passed" in ran.stdout
    assert not (tmp_path / "shop.db").exists()
