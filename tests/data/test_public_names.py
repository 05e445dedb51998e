"""What `pronghorn.data` has, and what its import changes for programs that know nothing of it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from pronghorn import data


def names_for_type_checkers():
    tree = ast.parse(Path(data.__file__).read_text())
    return sorted(
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pronghorn.data.")
        for alias in node.names
    )


def test_type_checkers_see_the_names_that_there_are():
    names = sorted(name for names in data.HOMES.values() for name in names.split(" "))

    assert names_for_type_checkers() == names
    assert all(getattr(data, name) is not None for name in names)
    assert set(names) <= set(dir(data))


def test_a_name_that_is_not_there_is_an_error():
    with pytest.raises(AttributeError, match="Sesion"):
        _ = data.Sesion


@pytest.mark.parametrize(
    ("loaded", "is_told"),
    [
        ("import pronghorn.data.watching.late_commits", False),
        ("from pronghorn.data import Session", True),
    ],
)
def test_what_exceptions_mean_is_told_to_programs_that_use_the_room(loaded, is_told):
    code = f"{loaded}\nfrom pronghorn.exception_handlers import fallbacks\nprint(bool(fallbacks))"
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout

    assert output.strip() == str(is_told)
