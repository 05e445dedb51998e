"""What `conformance/excluded.toml` may say: each test listed once, with its reason, within limits."""

import environments
import excluded
import pytest
import reference

TEST = "tests/test_x.py::test_one"
OURS = "tests/conformance/test_excluded.py::test_a_list_with_reasons_has_no_faults"
PRIVATE = f"""
[[private]]
reason = "It looks inside."
names = ["fastapi.routing._inside"]
held_by = ["{OURS}"]
tests = ["{TEST}"]
"""
VISIBLE = f"""
[[visible]]
reason = "Ours is better."
held_by = ["{OURS}"]
tests = ["{TEST}"]
"""


@pytest.fixture
def find_faults(tmp_path, monkeypatch):
    """Finds the faults of a list that is given as text."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_x.py").write_text("from fastapi.routing import _inside\n")
    (tmp_path / "differences.md").write_text(f"| this | that | `{OURS}` |\n")
    monkeypatch.setattr(excluded, "SUITE", tmp_path)
    monkeypatch.setattr(excluded, "DIFFERENCES", tmp_path / "differences.md")

    def find(text, known=(TEST,)):
        path = tmp_path / "excluded.toml"
        path.write_text(text)
        return list(excluded.find_faults(excluded.read_excluded(path), set(known)))

    return find


def test_a_list_with_reasons_has_no_faults(find_faults):
    assert find_faults(PRIVATE) == []
    assert find_faults(VISIBLE) == []


@pytest.mark.parametrize(
    "text",
    [
        PRIVATE.replace("reason", "because"),
        PRIVATE.replace("It looks inside.", ""),
        PRIVATE.replace('names = ["fastapi.routing._inside"]', ""),
        PRIVATE.replace(f'tests = ["{TEST}"]', "tests = []"),
        PRIVATE.replace(f'["{TEST}"]', f'"{TEST}"'),
        PRIVATE.replace("[[private]]", "[[secret]]"),
        VISIBLE.replace(f'held_by = ["{OURS}"]', ""),
        "[[private]",
    ],
)
def test_an_entry_that_leaves_something_out_is_refused(find_faults, text):
    with pytest.raises(environments.SetupError, match="is not written as its first lines say"):
        find_faults(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (PRIVATE + VISIBLE, f"{TEST} is listed twice"),
        (PRIVATE.replace("_inside", "_outside"), "tests/test_x.py does not have the name"),
        (PRIVATE.replace("a_list_with", "no_list_with"), "does not exist"),
        (VISIBLE.replace("a_list_with", "no_list_with"), "docs/differences.md does not name"),
    ],
)
def test_an_entry_that_is_not_true_is_a_fault(find_faults, text, fault):
    assert any(fault in found for found in find_faults(text))


def test_a_test_that_fastapi_does_not_pass_cannot_be_excluded(find_faults):
    assert find_faults(PRIVATE, known=()) == [f"{TEST} is none of the tests that FastAPI passes"]


@pytest.mark.parametrize(
    ("kind", "text", "limit"), [("visible", VISIBLE, 15), ("private", PRIVATE, 110)]
)
def test_there_is_an_end_to_what_may_be_excluded(find_faults, kind, text, limit):
    tests = [f"{TEST}[{number}]" for number in range(limit + 1)]

    def listing(names):
        return text.replace(f'["{TEST}"]', str(names))

    assert find_faults(listing(tests[:-1]), tests) == []
    assert find_faults(listing(tests), tests) == [
        f"{limit + 1} tests are listed as {kind}; {limit} may be"
    ]


def test_our_own_list_has_no_faults(monkeypatch):
    # FastAPI's tests may not have been fetched yet; a full run compares the names with them.
    monkeypatch.setattr(excluded, "find_absent_names", lambda _: ())
    entries = excluded.read_excluded()
    assert entries.tests
    assert list(excluded.find_faults(entries, reference.read_any_reference())) == []
