"""Development, tests or production: what says so."""

import pytest

from pronghorn import FastAPI
from pronghorn.mode import begin_tests, end_tests, mode_of


@pytest.fixture(autouse=True)
def _no_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that nobody has said anything to."""
    monkeypatch.setattr("pronghorn.mode._plugins", set())
    monkeypatch.delenv("FASTAPI_ENV", raising=False)


def test_it_is_production_unless_somebody_says_something_else():
    assert mode_of() == "production"
    assert mode_of(FastAPI()) == "production"


def test_the_environment_says_that_all_is_development(monkeypatch):
    monkeypatch.setenv("FASTAPI_ENV", "development")
    assert mode_of() == "development"
    assert mode_of(FastAPI()) == "development"


def test_another_word_in_the_environment_is_no_development(monkeypatch):
    monkeypatch.setenv("FASTAPI_ENV", "staging")
    assert mode_of() == "production"


def test_debug_counts_for_its_application_alone():
    assert mode_of(FastAPI(debug=True)) == "development"
    assert mode_of(FastAPI()) == "production"
    assert mode_of() == "production"


def test_a_plugin_for_tests_says_that_all_are_tests(monkeypatch):
    monkeypatch.setenv("FASTAPI_ENV", "development")
    begin_tests("pronghorn.testing")
    assert mode_of() == mode_of(FastAPI(debug=True)) == "tests"


def test_tests_end_with_the_last_plugin_that_runs_them():
    begin_tests("one")
    begin_tests("other")
    begin_tests("other")
    end_tests("other")
    assert mode_of() == "tests"
    end_tests("one")
    end_tests("one")
    assert mode_of() == "production"
