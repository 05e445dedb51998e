"""No acknowledged write is lost by a crash, and each can be read at once."""

import http.client
import json
import re
import shutil

import pytest
from data.torture.crashes import ENOUGH, ROUNDS, crash_postgres, crash_sqlite
from data.torture.served import Served
from data.torture.writers import make_outside
from servers.postgres import durable_postgres
from sqlalchemy import create_engine, text

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def test_sqlite_loses_nothing_when_the_server_is_killed(tmp_path):
    outcome = crash_sqlite(tmp_path)
    assert outcome.rounds >= ROUNDS
    assert outcome.acknowledged >= ENOUGH
    assert (outcome.lost, outcome.not_there) == (set(), []), outcome


def test_postgresql_loses_nothing_when_it_is_stopped_at_once():
    with durable_postgres() as postgres:
        outcome = crash_postgres(postgres)
    assert outcome.rounds >= ROUNDS
    assert outcome.acknowledged >= ENOUGH
    assert (outcome.lost, outcome.not_there) == (set(), []), outcome


def test_the_crashed_postgresql_was_a_durable_one():
    with durable_postgres() as postgres:
        engine = create_engine(postgres.url.replace("postgresql://", "postgresql+psycopg://"))
        with engine.connect() as connection:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                assert connection.scalar(text(f"SHOW {setting}")) == "on"
        engine.dispose()


def test_each_acknowledgement_on_sqlite_follows_its_fdatasync(tmp_path):
    """Power may fail, too: what a kill leaves in the system's cache has to be on the disk."""
    strace = shutil.which("strace")
    assert strace, "strace is missing. Debian: apt-get install strace"
    address = f"sqlite:///{tmp_path / 'notes.db'}"
    make_outside(address).dispose()
    served = Served(address)
    trace = tmp_path / "trace"
    try:
        served.start(strace, "-f", "-o", str(trace), "-e", "trace=fdatasync,fsync,sendto,write")
        writes = write_notes(served.port, 50)
        assert writes == [201] * 50
    finally:
        served.stop()
    # One client, one request at a time: so the calls stand in order.
    synced, unsynced, answers = 0, 0, 0
    for line in trace.read_text().splitlines():
        if (re.search(r"\b(fdatasync|fsync)\(", line) and "unfinished" not in line) or (
            "resumed" in line and re.search(r"<\.\.\. (fdatasync|fsync) resumed>", line)
        ):
            synced += 1
        elif "HTTP/1.1 201" in line:
            answers += 1
            unsynced += synced == 0
            synced = 0
    assert (answers, unsynced) == (50, 0)


def write_notes(port, count):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    statuses = []
    for number in range(count):
        body = json.dumps({"key": str(number), "text": "x"})
        connection.request("POST", "/notes", body, {"content-type": "application/json"})
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
    connection.close()
    return statuses
