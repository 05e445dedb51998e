"""What the pages say of the code: steps, files, links and figures."""

import re
import tomllib
from pathlib import Path
from typing import get_args

import pytest

from pronghorn._pipeline.source import WORDS
from pronghorn._pipeline.steps import Entry, Missing, Step
from pronghorn.telemetry import TelemetryConfig, TelemetryData

PROJECT = Path(__file__).parents[2]
PAGES = [PROJECT / "README.md", *sorted((PROJECT / "docs").rglob("*.md"))]
# These name files of FastAPI's.
PAGES_OF_CONFORMANCE = sorted((PROJECT / "conformance").glob("*.md"))
ARCHITECTURE = (PROJECT / "docs/architecture.md").read_text()

# From where a path in a page may be meant.
ROOTS = [
    PROJECT,
    *(
        PROJECT / "src/pronghorn" / folder
        for folder in ("", "_options", "_pipeline", "_routes", "_serve", "data")
    ),
    PROJECT / "src",
]


def name_of(page):
    return page.relative_to(PROJECT).as_posix()


@pytest.mark.parametrize("step", get_args(Step), ids=lambda step: step.__name__)
def test_each_step_has_a_row_in_the_architecture(step):
    assert f"\n| `{step.__name__}` | " in ARCHITECTURE


@pytest.mark.parametrize("member", [*Entry, *Missing], ids=str)
def test_each_entry_and_each_way_of_missing_has_a_row(member):
    assert f"\n| `{member.name}` | " in ARCHITECTURE


@pytest.mark.parametrize("word", sorted(WORDS))
def test_each_word_of_handlers_is_explained(word):
    section = ARCHITECTURE.partition("\n## Words of handlers\n")[2].partition("\n## ")[0]

    assert f"`{word}`" in section


def test_each_file_of_the_pipeline_is_named_in_the_architecture():
    files = (PROJECT / "src/pronghorn/_pipeline").glob("*.py")
    names = {file.stem for file in files} - {"__init__"}

    assert names == {name for name in names if re.search(rf"\b{name}\b", ARCHITECTURE)}


def test_each_file_of_the_room_for_databases_is_in_its_table():
    section = ARCHITECTURE.partition("\n## The room for databases\n")[2].partition("\n## ")[0]
    named = re.findall(r"`(\w+)`", section.partition("|---|")[2])
    room = PROJECT / "src/pronghorn/data"
    files = [file for file in room.rglob("*.py") if file.stem != "__init__"]
    # These two have pages of their own.
    inner = [file.stem for file in files if file.parent.name not in ("migrations", "testing")]

    assert sorted(named) == sorted(inner)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_that_a_page_names_exist(page):
    named = set(re.findall(r"`([\w./-]+/[\w.-]*|[\w./-]+\.(?:py|toml|txt|md))`", page.read_text()))
    # Of a reader, and of an installed page.
    own = {"shop.py", "database.py", "models.py", "migrations/", "migrations/env.py", "ORIGIN.txt"}
    missing = [
        name
        for name in named - own
        if not name.startswith("/") and not any((root / name).exists() for root in ROOTS)
    ]

    assert missing == []


@pytest.mark.parametrize("page", [*PAGES, *PAGES_OF_CONFORMANCE], ids=name_of)
def test_links_of_a_page_lead_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]

    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_a_test_that_a_page_names_exists(page):
    for file, name in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page.read_text()):
        assert f"def {name}(" in (PROJECT / file).read_text(), name


def test_the_readme_says_how_many_of_fastapis_tests_are_excluded():
    found = re.search(
        r"all of the ([\d,]+) that FastAPI passes, but for (\d+)",
        (PROJECT / "README.md").read_text(),
    )
    (passed, excluded) = (int(number.replace(",", "")) for number in found.groups())
    entries = tomllib.loads((PROJECT / "conformance/excluded.toml").read_text())
    tests = [test for kind in entries.values() for entry in kind for test in entry["tests"]]

    assert len((PROJECT / "conformance/reference.txt").read_text().splitlines()) == passed + 1
    assert len(tests) == excluded


def test_adding_no_errors_gives_the_same_tuple():
    # Guards rely on it: docs/decisions/004-errors-as-a-tuple.md.
    errors = before = ({"type": "missing"},)
    more = []
    errors += tuple(more)

    assert errors is before


def test_each_option_and_each_field_of_telemetry_has_a_row():
    page = (PROJECT / "docs/telemetry.md").read_text()
    names = {*TelemetryConfig.__annotations__, *TelemetryData.__dataclass_fields__}

    assert names == {name for name in names if re.search(rf"^\| .*`{name}`", page, re.MULTILINE)}
