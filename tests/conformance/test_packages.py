"""The run of packages: what counts as passed, and what is looked at a second time."""

import importlib
import json
from pathlib import Path

import pytest

CHECKS = Path(__file__).parents[2] / "conformance" / "packages"


@pytest.fixture
def runs(monkeypatch, tmp_path):
    """The module, with a pytest in place of the real one that writes the next of these records."""
    monkeypatch.syspath_prepend(str(CHECKS))
    module = importlib.import_module("run_packages")
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    module.records, module.commands = [], []

    def write_record(command, variables, output):
        module.commands.append(command)
        code, outcomes = module.records.pop(0)
        record = next(Path(word) for word in command if word.endswith("record.jsonl"))
        lines = [json.dumps([f"with_a.py::{n}", "call", how, ""]) for n, how in outcomes.items()]
        record.write_text("\n".join(lines))
        return code

    monkeypatch.setattr(module, "run_bounded", write_record)
    return module


def run(module, *records):
    module.records.extend(records)
    package = module.PACKAGES[0]
    result = module.run_checks(package, package.find_kind(is_reference=False), [])
    assert not module.records
    return result


def test_checks_that_pass_are_good(runs):
    assert run(runs, (0, {"a": "passed"})).is_good


@pytest.mark.parametrize("code", [-11, 1, 2, 3, 4, 5, None])
def test_a_run_that_does_not_come_to_its_end_is_a_failure(runs, code):
    result = run(runs, (code, {"a": "passed"}))
    assert not result.is_good
    assert list(result.failures) == ["all checks"]


def test_what_fails_is_run_once_more_alone_and_the_table_says_so(runs, capsys):
    first = (1, {"a": "passed", "b": "failed", "c": "failed"})
    result = run(runs, first, (0, {"b": "passed"}), (1, {"c": "failed"}))
    assert [command[-1] for command in runs.commands[1:]] == [
        str(CHECKS / "with_a.py::b"),
        str(CHECKS / "with_a.py::c"),
    ]
    assert list(result.failures) == ["with_a.py::c"]
    runs.print_table([result])
    assert "passed the second time: with_a.py::b" in capsys.readouterr().out


def test_what_is_killed_the_second_time_failed(runs):
    result = run(runs, (1, {"b": "failed"}), (-9, {"b": "passed"}))
    assert list(result.failures) == ["with_a.py::b"]
