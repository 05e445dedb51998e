import pytest

from bench import page
from bench.section import Goal, Section

SECTION = Section(
    "A part",
    "How it was done.",
    ("case", "what", "µs", "count"),
    (("one", "with | in it", 1.234, 1234), ("two", "", "", 12.34)),
    (
        Goal("first", "at least 2", "3.00", is_met=True),
        Goal("second", "at most 2", "3.00", is_met=False),
    ),
    ("benchmarks/routes.svg",),
)


@pytest.fixture
def written(tmp_path, monkeypatch):
    monkeypatch.setattr(page, "PACKAGES", ("pydantic",))
    page.write_page([SECTION], 5, tmp_path / "benchmarks.md")
    return (tmp_path / "benchmarks.md").read_text()


def test_the_page_has_all_rows_and_empty_cells_stay_empty(written):
    assert "| case | what | µs | count |\n| --- | --- | --: | --: |\n" in written
    assert "| one | with \\| in it | 1.23 | 1,234 |\n| two |  |  | 12.3 |" in written


def test_the_page_has_the_goals_that_were_missed(written):
    assert "1 of 2 are met." in written
    assert "| second | at most 2 | 3.00 | **no** |" in written


def test_the_page_tells_the_machine_the_versions_and_the_rounds(written):
    assert "| Python | CPython 3." in written
    assert "| packages | pydantic 2." in written
    assert "medians of 5 rounds" in written


def test_the_page_shows_the_plots_and_the_method(written):
    assert "## A part\n\nHow it was done." in written
    assert "![routes](benchmarks/routes.svg)" in written


def test_missed_goals_are_printed_as_missed(capsys):
    page.print_goals([SECTION])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-1] for line in lines[-2:]] == ["met", "MISSED"]
