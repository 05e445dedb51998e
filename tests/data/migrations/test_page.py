"""The page on migrations is followed, from an empty folder to the end, on both databases."""

import re
import shlex
from pathlib import Path

import pytest
from data.migrations.projects import DATABASE, Project

PAGE = Path(__file__).parents[3] / "docs" / "migrations.md"
FILE_OR_COMMANDS = re.compile(
    r"^(?:[^\n]*`(\w+\.py)`[^\n]*:\n\n```python\n(.*?)^```$|```console\n(.*?)^```$)",
    re.MULTILINE | re.DOTALL,
)


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request, tmp_path):
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'shop.db'}"
    return request.getfixturevalue("postgres_database")


def test_the_page_is_followed_from_an_empty_folder(tmp_path, address):
    project, commands = Project(tmp_path, address), 0
    for name, content, console in FILE_OR_COMMANDS.findall(PAGE.read_text()):
        if name:
            # The database of the page is SQLite's; with the other one, it is said elsewhere.
            project.write(name, content if project.is_sqlite or name != "database.py" else DATABASE)
        for line in console.splitlines():
            program, *arguments = shlex.split(line.removeprefix("$ "))
            if program == "pronghorn":
                status, said = project.run(*arguments)
                assert status == 0, said
                commands += 1

    assert commands == 9
    assert project.tables() == {"users", "posts"}
    assert project.execute("SELECT name FROM users") == []
    shown = re.search(r"```text\n(from pronghorn.*?)```", PAGE.read_text(), re.DOTALL)[1]
    assert (tmp_path / "migrations" / "env.py").read_text().endswith(f"\n{shown}")
    if project.is_sqlite:
        assert (tmp_path / "shop.db").exists()
