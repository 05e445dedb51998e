"""The seed's own tests, run by a pytest of their own on the seed's own routes."""

import sys

from seed.blocks import read_blocks
from seed.processes import make_environment, run

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
    command = [sys.executable, "-m", "pytest", "-p", "pronghorn.alias", "-v"]
    status, printed = run(command, tmp_path, make_environment())
    assert status == 0, printed
    assert "test_main.py::test_create_user PASSED" in printed
    assert "test_main.py::test_get_user_not_found PASSED" in printed
    assert "2 passed" in printed
