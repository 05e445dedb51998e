"""How many connections all workers may open is known at start."""

import os
import re
import sys
from contextlib import AsyncExitStack, ExitStack
from subprocess import PIPE, Popen

import pytest
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from pronghorn import FastAPI
from pronghorn.data import Database
from pronghorn.data.connections.sizes import count_workers, told, too_many


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        (["uvicorn", "app:app"], {}, 1),
        (["uvicorn", "app:app", "--workers", "4"], {}, 4),
        (["uvicorn", "--workers=3", "app:app"], {"WEB_CONCURRENCY": "8"}, 3),
        (["granian", "--workers", "2", "app:app"], {}, 2),
        (["granian", "app:app"], {"GRANIAN_WORKERS": "5"}, 5),
        (["uvicorn", "app:app"], {"WEB_CONCURRENCY": "8"}, 8),
        (["/bin/gunicorn", "-w", "6", "app:app"], {}, 6),
        (["/bin/gunicorn", "app:app"], {"GUNICORN_CMD_ARGS": "--bind=:80 --workers=7"}, 7),
        (["/bin/gunicorn", "app:app"], {"GUNICORN_CMD_ARGS": "--bind='"}, 1),
        (["pytest", "-w", "6"], {}, 1),
        (["uvicorn", "app:app", "--workers"], {}, 1),
        (["uvicorn", "app:app", "--workers", "many"], {}, 1),
        ([], {}, 1),
    ],
)
def test_workers_are_counted_as_servers_are_told(arguments, environment, expected):
    assert count_workers(arguments, environment) == expected


def test_the_total_is_told_and_warned_of_only_where_the_server_has_less():
    assert told(20, 1, "place", may_block=False) == "place: up to 20 connections."
    assert (
        told(20, 4, "place", may_block=True)
        == "place: up to 80 connections (4 workers, 20 each). Blocking sessions, if there are any,"
        " open up to 80 more."
    )
    assert too_many(20, 4, 80) is None
    warning = too_many(20, 5, 97)
    assert warning is not None
    assert "100 connections" in warning
    assert "pool_size=4, max_overflow=4" in warning


@pytest.fixture
def in_production(monkeypatch):
    monkeypatch.setattr("pronghorn.data.database.mode_of", lambda _: "production")


@pytest.mark.anyio
@pytest.mark.usefixtures("in_production")
async def test_an_application_tells_it_when_it_starts(
    postgres_database, monkeypatch, capfd, caplog
):
    monkeypatch.setenv("WEB_CONCURRENCY", "50")
    db = Database(postgres_database)
    async with db.lifespan(FastAPI()):
        pass
    line = capfd.readouterr().err
    assert re.search(r"up to 1000 connections \(50 workers, 20 each\)", line)
    assert db.address.url.password not in line
    assert "may open 1000 connections" in caplog.text
    assert "put a pooler before the server" in caplog.text


@pytest.mark.anyio
@pytest.mark.usefixtures("in_production")
async def test_the_promised_number_is_what_can_be_opened(postgres_database, capfd):
    """Held all at once, from both servers' pools, asynchronous and blocking."""
    other = postgres_database.replace("127.0.0.1", "localhost")
    assert other != postgres_database
    db = Database(postgres_database, replica=other, pool_size=1, max_overflow=1, pool_timeout=0.1)
    async with db.lifespan(FastAPI()):
        lines = capfd.readouterr().err.splitlines()
        count = {db.address: 0, db.replica: 0}
        async with AsyncExitStack() as stack:
            for engine in (db.engine, db.fresh_read_engine, db.read_engine):
                address = db.replica if engine is db.read_engine else db.address
                with pytest.raises(PoolTimeoutError):
                    while True:
                        await stack.enter_async_context(engine.connect())
                        count[address] += 1
            for blocking in (db.sync_engine, db.sync_fresh_read_engine, db.sync_read_engine):
                address = db.replica if blocking is db.sync_read_engine else db.address
                with pytest.raises(PoolTimeoutError):
                    while True:
                        stack.enter_context(blocking.connect())
                        count[address] += 1
    assert list(count.values()) == [8, 4]
    for line, total in zip(lines, count.values(), strict=True):
        half = total // 2
        assert line.endswith(
            f": up to {half} connections. Blocking sessions, if there are any, open up to {half}"
            " more."
        )


WORKER = """
import sys
from pronghorn.data.connections.sizes import is_first_worker
print(is_first_worker(sys.argv[1]), is_first_worker(sys.argv[1]), flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(os.name != "posix", reason="there is no lock that ends with its process")
def test_of_all_workers_the_first_one_tells_it(tmp_path):
    """The workers are processes with the same parent."""
    place = str(tmp_path)

    def start():
        command = [sys.executable, "-c", WORKER, place]
        return Popen(command, stdin=PIPE, stdout=PIPE, text=True)

    with ExitStack() as stack:
        workers = [stack.enter_context(start()) for _ in range(3)]
        answers = [worker.stdout.readline() for worker in workers]
        assert sorted(answers) == ["False False\n", "False False\n", "True True\n"]
        # The one that takes the place of the first tells it again.
        first = workers[answers.index("True True\n")]
        first.kill()
        first.wait(10)
        assert stack.enter_context(start()).stdout.readline() == "True True\n"
