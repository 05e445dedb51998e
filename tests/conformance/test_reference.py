"""One list tells for each Python which of its tests FastAPI passes."""

import reference


def test_what_passes_on_one_python_only_says_so(tmp_path):
    path = tmp_path / "reference.txt"
    reference.write_reference("3.13", {"a", "b"}, path)
    assert path.read_text() == "# passed by FastAPI on Python 3.13\na\nb\n"

    reference.write_reference("3.9", {"a", "c"}, path)
    assert path.read_text().splitlines() == [
        "# passed by FastAPI on Python 3.9, 3.13",
        "a",
        "b  # only on Python 3.13",
        "c  # only on Python 3.9",
    ]
    assert reference.read_reference("3.9", path) == {"a", "c"}
    assert reference.read_reference("3.13", path) == {"a", "b"}
    assert reference.read_any_reference(path) == {"a", "b", "c"}


def test_a_python_that_was_not_tried_must_pass_what_all_others_pass(tmp_path):
    path = tmp_path / "reference.txt"
    reference.write_reference("3.11", {"a", "b"}, path)
    reference.write_reference("3.13", {"a", "c"}, path)
    assert reference.read_reference("3.12", path) == {"a"}


def test_a_python_that_is_tried_once_more_takes_its_old_place(tmp_path):
    path = tmp_path / "reference.txt"
    reference.write_reference("3.11", {"a", "b"}, path)
    reference.write_reference("3.13", {"a", "c"}, path)
    reference.write_reference("3.13", {"a", "b"}, path)
    assert path.read_text() == "# passed by FastAPI on Python 3.11, 3.13\na\nb\n"
