"""The seed's commands, in a copy of the blog, as `uv run` runs them.

uv takes the environment of this test run as it is: it installs and downloads nothing.
"""

import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest
from seed.blocks import read_blocks
from seed.processes import PATIENCE, Environment, make_environment, run, running
from servers.ports import free_port

REPOSITORY = Path(__file__).parents[2]
WRITTEN_BY_RUNS = shutil.ignore_patterns(".env", ".*_cache", "__pycache__", "data")

DEVELOPMENT = "uv run uvicorn main:app --reload"
PRODUCTION = "uv run uvicorn main:app --host 0.0.0.0 --port 8000 --workers 4"
DEPLOY = "uv run fastapi deploy"
TEST = "uv run pytest -v"
LINT = "uv run ruff check ."
FORMAT = "uv run ruff format ."
UPGRADE = "uv run pronghorn db upgrade"
"""Not of the seed's: the blog's tables are made by migrations, before its workers start."""


class Place(NamedTuple):
    """Where a command is run, with which environment, and where a server writes its log."""

    folder: Path
    environment: Environment
    log: Path


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A copy of the blog without anything that it has written."""
    blog = Path("examples", "blog", "app")
    shutil.copytree(REPOSITORY / blog, tmp_path / blog, ignore=WRITTEN_BY_RUNS)
    environment = make_environment(
        UV_PROJECT_ENVIRONMENT=sys.prefix, UV_NO_SYNC="1", UV_OFFLINE="1", UV_NO_CONFIG="1"
    )
    return Place(tmp_path / blog, environment, tmp_path / "log")


def split(command: str) -> list[str]:
    """A command's words, with the `uv` of this environment."""
    return [str(Path(sys.prefix, "bin", "uv")), *shlex.split(command)[1:]]


def wait_until(is_so: Callable[[], bool], server: "subprocess.Popen[str]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        try:
            if is_so():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"waited in vain:\n{log.read_text()}")


def test_these_are_the_commands():
    lines = read_blocks("bash")["Commands"].text.splitlines()
    commands = [line for line in lines if line and not line.startswith("#")]
    assert commands == [DEVELOPMENT, PRODUCTION, DEPLOY, TEST, LINT, FORMAT]


def test_the_development_server_answers_and_reloads(place):
    port = free_port()
    # uvicorn's own variable: the command names no port, and 8000 may be taken.
    environment = place.environment | {"UVICORN_PORT": str(port)}
    main = place.folder / "main.py"
    with (
        running(split(DEVELOPMENT), place.folder, environment, place.log) as server,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):

        def version() -> str:
            info = client.get("/openapi.json").json()["info"]
            return str(info["version"])

        wait_until(lambda: version() == "1.0.0", server, place.log)
        assert client.get("/health").json() == {"status": "ok"}
        assert client.get("/docs").status_code == 200
        main.write_text(main.read_text().replace('version="1.0.0"', 'version="1.0.1"'))
        wait_until(lambda: version() == "1.0.1", server, place.log)
    log = place.log.read_text()
    assert log.count("Application shutdown complete.") == 2, log
    assert "Traceback" not in log


def test_the_production_server_has_four_workers(place):
    port = free_port()
    command = split(PRODUCTION.replace("--port 8000", f"--port {port}"))
    status, printed = run(split(UPGRADE), place.folder, place.environment)
    assert status == 0, printed
    with (
        running(command, place.folder, place.environment, place.log) as server,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client,
    ):

        def workers() -> set[str]:
            return set(re.findall(r"Started server process \[(\d+)\]", place.log.read_text()))

        def have_started() -> bool:
            return place.log.read_text().count("Application startup complete.") == 4

        wait_until(have_started, server, place.log)
        assert len(workers()) == 4
        for _ in range(8):
            assert client.get("/health").json() == {"status": "ok"}
            assert client.get("/users").json() == []
    log = place.log.read_text()
    assert log.count("Application shutdown complete.") == 4, log
    assert "Traceback" not in log


def test_a_deployment_says_that_there_is_no_such_command(place):
    # It hands the application to a hosted service of FastAPI's makers.  Pronghorn's command
    # is `pronghorn`, and it has all that `fastapi` has without that service's own package.
    command = split(DEPLOY.replace("fastapi", "python -m pronghorn"))
    status, printed = run(command, place.folder, place.environment | {"NO_COLOR": "1"})
    assert status == 2
    assert "No such command 'deploy'" in printed
    assert "Traceback" not in printed


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_blogs_tests_pass(place):
    status, printed = run(split(TEST), place.folder, place.environment, patience=280)
    assert status == 0, printed
    assert "tests/test_users.py::" in printed
    assert re.search(r"\d\d+ passed", printed)
    assert "failed" not in printed.splitlines()[-1]


def test_ruff_finds_nothing(place):
    assert run(split(LINT), place.folder, place.environment) == (0, "All checks passed!\n")


def test_ruff_has_nothing_to_format(place):
    status, printed = run(split(FORMAT), place.folder, place.environment)
    assert status == 0
    assert re.fullmatch(r"\d+ files left unchanged\n", printed)
