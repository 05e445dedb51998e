"""What the log is told of refusals, however many there are: a line of each kind in a second."""

import logging
import subprocess
import sys

import pytest
from drivers.asgi import exchange_failing
from sqlalchemy.exc import NoResultFound
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from pronghorn import FastAPI
from pronghorn.data.refusals import (
    meanings,  # noqa: F401 - with it databases' exceptions are answered
    telling,
)

pytestmark = pytest.mark.anyio

LOG = "pronghorn.data.refusals"
REFUSALS = {"busy": PoolTimeoutError("QueuePool limit reached"), "gone": NoResultFound("none")}


@pytest.fixture
def now(monkeypatch):
    """A clock that goes on when it is told to, and a log that has not been told anything."""
    now = [100.0]
    monkeypatch.setattr(telling, "lines", telling.Lines(lambda: now[0]))
    return now


@pytest.fixture
def app():
    app = FastAPI()

    @app.get("/{name}")
    async def refused(name: str):
        raise REFUSALS[name]

    return app


async def ask(app, name, times=1):
    for _ in range(times):
        reply, _ = await exchange_failing(app, "GET", f"/{name}")
        assert reply.status in (404, 503)


async def test_of_many_refusals_in_a_second_one_is_a_line(app, now, caplog):
    await ask(app, "busy", 80)
    (line,) = caplog.messages
    assert line.startswith("Answered 503: busy: 'QueuePool limit reached'")
    assert "more like it" not in line


async def test_the_next_line_says_how_many_were_left_out(app, now, caplog):
    await ask(app, "busy", 80)
    now[0] += 1
    await ask(app, "busy", 3)
    now[0] += 3600
    await ask(app, "busy")
    now[0] += 1
    await ask(app, "busy")
    ends = [line.rpartition("; and ")[2] for line in caplog.messages]
    assert ends[1:3] == [
        "79 more like it in the second after the line before",
        "2 more like it in the second after the line before",
    ]
    assert "more like it" not in ends[0] + ends[3]


async def test_another_kind_has_lines_of_its_own(app, now, caplog):
    await ask(app, "busy", 5)
    await ask(app, "gone", 5)
    assert ["404" in line for line in caplog.messages] == [False, True]


async def test_whoever_wants_all_of_it_has_all_of_it(app, now, caplog):
    with caplog.at_level(logging.DEBUG, LOG):
        await ask(app, "busy", 5)
    assert [record.levelname for record in caplog.records] == ["WARNING", "DEBUG"] * 5


async def test_in_tests_each_is_told(app, now, caplog, monkeypatch):
    monkeypatch.setattr("pronghorn.mode._plugins", {"tests"})
    await ask(app, "busy", 5)
    assert len(caplog.messages) == 5


async def test_a_log_that_nobody_hears_counts_nothing(app, now, caplog):
    with caplog.at_level(logging.ERROR, LOG):
        await ask(app, "busy", 5)
    await ask(app, "busy")
    now[0] += 1
    await ask(app, "busy")
    assert not any("more like it" in line for line in caplog.messages)


def test_the_last_count_is_told_when_the_process_ends():
    program = """
from sqlalchemy.exc import TimeoutError
from pronghorn.data import answer_to
for _ in range(80):
    answer_to(TimeoutError("all are taken"))
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    first, last = run.stderr.splitlines()
    assert first.startswith("Answered 503: busy")
    assert last == "Answered 503: busy: 79 more like the last that was told"
