"""The commands of `docs/compatibility.md` do what the page says of them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import pronghorn

PAGE = (Path(__file__).parents[2] / "docs/compatibility.md").read_text()
SOURCE = Path(pronghorn.__file__).parent.parent
COMMANDS = re.findall(r"^ *\$ (.*)$", PAGE, re.MULTILINE)

APP = """
from fastapi import FastAPI

app = FastAPI()


@app.get("/items/{item_id}")
def read_item(item_id: int) -> int:
    return item_id
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.py").write_text(APP)
    return tmp_path


def command_with(*words: str) -> str:
    (command,) = [line for line in COMMANDS if all(word in line for word in words)]
    return command


def run(folder: Path, command: str) -> str:
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(SOURCE),
        "NO_COLOR": "1",
    }
    ran = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def test_the_document_is_written_under_the_alias(folder: Path) -> None:
    command = command_with("install_as_fastapi", "openapi").partition(" | ")[0]

    document = json.loads(run(folder, command))

    assert list(document["paths"]) == ["/items/{item_id}"]


def test_explain_takes_an_application_that_says_fastapi(folder: Path) -> None:
    assert "read_item()" in run(folder, command_with("--as-fastapi", "explain"))


def test_pytest_runs_under_the_alias_in_all_its_processes(folder: Path) -> None:
    (folder / "test_main.py").write_text(
        "import main\n"
        "def test_module(): assert type(main.app).__module__ == 'pronghorn.applications'\n"
    )
    command = command_with("pytest", "pronghorn.alias")

    assert "1 passed" in run(folder, command)
    assert "1 passed" in run(folder, f"{command} -n 1")


def test_the_imports_are_changed_and_nothing_else(folder: Path) -> None:
    (folder / "more.py").write_text(
        "import fastapi\n"
        "import fastapi_users\n"
        "from fastapi.security import APIKeyHeader\n"
        "from fastapi_users import models\n"
        "def late():\n"
        "    from fastapi import Depends\n"
        "text = 'from fastapi import x'\n"
    )
    run(folder, "git init --quiet && git add .")

    run(folder, command_with("sed"))

    assert (folder / "main.py").read_text() == APP.replace("fastapi", "pronghorn")
    assert (folder / "more.py").read_text() == (
        "import pronghorn as fastapi\n"
        "import fastapi_users\n"
        "from pronghorn.security import APIKeyHeader\n"
        "from fastapi_users import models\n"
        "def late():\n"
        "    from pronghorn import Depends\n"
        "text = 'from fastapi import x'\n"
    )


def test_packages_that_import_fastapi_are_found(folder: Path) -> None:
    command = re.sub(r'"\$\(.*\)"', ".", command_with("grep -rlE"))
    (folder / "other.py").write_text("import fastapi_users\n")

    assert run(folder, command) == "./main.py\n"
