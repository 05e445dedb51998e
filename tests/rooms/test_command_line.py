"""What `python -m pronghorn` does and says, in processes of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import pronghorn

SOURCE = Path(pronghorn.__file__).parent.parent

APP = """
from types import SimpleNamespace
from pronghorn import FastAPI

app = FastAPI()
nested = SimpleNamespace(app=app)
number = 7

@app.get("/users/{user_id}")
def read_user(user_id: int): ...
"""

# As in an environment without fastapi-cli.
WITHOUT_FASTAPI_CLI = """
import importlib.util, sys
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "fastapi_cli" else find(name, *rest)
from pronghorn.__main__ import run
run()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop.py").write_text(APP)
    (tmp_path / "broken.py").write_text("import not_installed_anywhere\n")
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(SOURCE), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def pronghorn_command(folder: Path, *arguments: str) -> tuple[int, str]:
    result = run(folder, "-m", "pronghorn", *arguments)
    return result.returncode, result.stdout + result.stderr


def test_explain_prints_declaration_plan_and_handler(folder: Path) -> None:
    for target in ("shop:app", "shop:nested.app"):
        status, output = pronghorn_command(folder, "explain", target, "get", "/users/7")
        assert status == 0
        for part in ("read_user", "# Declaration", "# Plan", "# Handler"):
            assert part in output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("shop", "GET", "/"), "`shop` is not MODULE:APP."),
        (("nothing:app", "GET", "/"), "there is no module `nothing` here."),
        (("shop.deep:app", "GET", "/"), "there is no module `shop.deep` here."),
        (("shop:api", "GET", "/"), "`shop` has no `api`."),
        (("shop:number", "GET", "/"), "`shop:number` is of type int, not a FastAPI application."),
        (("shop:app", "GET", "/nowhere"), "No route of the application has the path '/nowhere'."),
        (("shop:app", "POST", "/users/7"), "The route at '/users/7' answers GET, and not POST."),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_explain_says_in_a_line_what_it_cannot_find(
    folder: Path, arguments: tuple[str, ...], said: str
) -> None:
    status, output = pronghorn_command(folder, "explain", *arguments)
    assert (status, output.count("\n")) == (1, 1)
    assert output.startswith(f"pronghorn explain: {said}")


def test_explain_shows_the_fault_of_a_module_that_cannot_be_imported(folder: Path) -> None:
    status, output = pronghorn_command(folder, "explain", "broken:app", "GET", "/")
    assert status == 1
    assert "No module named 'not_installed_anywhere'" in output
    assert "broken.py" in output


def test_a_command_that_is_incomplete_shows_how_it_is_used(folder: Path) -> None:
    assert pronghorn_command(folder, "alias", "perhaps")[0] == 2
    status, output = pronghorn_command(folder, "explain")
    assert status == 2
    assert "usage: pronghorn explain" in output


def test_as_fastapi_explains_an_application_that_says_fastapi(folder: Path) -> None:
    (folder / "said.py").write_text(APP.replace("from pronghorn", "from fastapi"))
    for arguments in (("--as-fastapi", "explain"), ("explain", "--as-fastapi")):
        status, output = pronghorn_command(folder, *arguments, "said:app", "GET", "/users/7")
        assert status == 0
        assert output.startswith("GET /users/7 is answered by read_user(), as /users/{user_id}\n")


def test_without_as_fastapi_it_says_what_to_add(folder: Path) -> None:
    (folder / "fastapi").mkdir()
    (folder / "fastapi/__init__.py").touch()
    (folder / "fastapi/applications.py").write_text("class FastAPI: ...\n")
    (folder / "said.py").write_text("from fastapi.applications import FastAPI\napp = FastAPI()\n")
    status, output = pronghorn_command(folder, "explain", "said:app", "GET", "/")
    assert status == 1
    assert "`said:app` is made with FastAPI itself. Add `--as-fastapi`." in output


def test_other_commands_are_those_of_fastapi_cli(folder: Path) -> None:
    status, output = pronghorn_command(folder, "dev", "no_such_file.py")
    assert status == 1
    assert "Path does not exist no_such_file.py" in output


def test_the_help_lists_the_own_commands_and_the_others(folder: Path) -> None:
    for arguments in ((), ("--help",)):
        assert "{alias,explain,db}" in pronghorn_command(folder, *arguments)[1]
    output = pronghorn_command(folder, "--help")[1]
    assert "dev" in output
    assert "run" in output


def test_fastapi_cli_takes_an_application_of_pronghorn_for_one_of_fastapi(folder: Path) -> None:
    result = run(
        folder,
        "-c",
        "import pronghorn; pronghorn.install_as_fastapi()\n"
        "from pathlib import Path\n"
        "from fastapi_cli.discover import get_import_data\n"
        "print(get_import_data(path=Path('shop.py')).import_string)",
    )
    assert (result.stdout, result.stderr) == ("shop:app\n", "")


def test_without_fastapi_cli_it_says_what_to_install(folder: Path) -> None:
    result = run(folder, "-c", WITHOUT_FASTAPI_CLI, "dev")
    assert result.returncode == 1
    assert "To use the fastapi command, please install" in result.stderr
    assert 'pip install "pronghorn[standard]"' in result.stderr
    assert "Traceback" not in result.stderr


def test_without_fastapi_cli_the_own_commands_are_there(folder: Path) -> None:
    result = run(folder, "-c", WITHOUT_FASTAPI_CLI, "explain", "shop:app", "GET", "/users/7")
    assert result.returncode == 0
