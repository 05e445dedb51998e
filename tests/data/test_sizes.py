"""How many connections all workers may open is known at start."""

import re

import pytest

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
    assert told(20, 1, "place") == "place: up to 20 connections."
    assert told(20, 4, "place") == "place: up to 80 connections (4 workers, 20 each)."
    assert too_many(20, 4, 80) is None
    warning = too_many(20, 5, 97)
    assert "100 connections" in warning
    assert "pool_size=4, max_overflow=4" in warning


@pytest.mark.anyio
async def test_an_application_tells_it_when_it_starts(
    postgres_database, monkeypatch, capfd, caplog
):
    monkeypatch.setattr("pronghorn.data.database.mode_of", lambda _: "production")
    monkeypatch.setenv("WEB_CONCURRENCY", "50")
    db = Database(postgres_database)
    async with db.lifespan(FastAPI()):
        pass
    line = capfd.readouterr().err
    assert re.search(r"up to 1000 connections \(50 workers, 20 each\)", line)
    assert db.address.url.password not in line
    assert "may open 1000 connections" in caplog.text
    assert "put a pooler before the server" in caplog.text
