"""The seed's own tests, run by a pytest of their own on the seed's own routes."""

import os
import subprocess
import sys
from pathlib import Path

from seed.blocks import read_blocks

import pronghorn

# The block imports it and does not show it: the routes of another block, run as they stand.
MAIN = """
from seed import preludes
from seed.blocks import run_block

app = run_block("Route Definition", preludes.route_definition()).app
"""

# The block's fixture is asynchronous, and pytest-asyncio runs such a one in this mode only.
SETTINGS = """
[pytest]
asyncio_mode = auto
asyncio_default_fixture_loop_scope = function
filterwarnings = error
"""


def test_they_pass(tmp_path):
    (tmp_path / "main.py").write_text(MAIN)
    (tmp_path / "pytest.ini").write_text(SETTINGS)
    (tmp_path / "test_main.py").write_text(read_blocks("python")["Testing"].text)
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    paths = (tmp_path, Path(__file__).parents[1], Path(pronghorn.__file__).parents[1])
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "pronghorn.alias", "-v"],
        cwd=tmp_path,
        env={**inherited, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "test_main.py::test_create_user PASSED" in result.stdout, result.stdout + result.stderr
    assert "test_main.py::test_get_user_not_found PASSED" in result.stdout, result.stdout
    assert "2 passed" in result.stdout
