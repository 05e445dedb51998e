"""Four start at the same time on an empty database, and none gets in another's way.

`STARTS=20 pytest tests/rooms/test_blog_starts.py` does it twenty times on each database.
"""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from servers.blog import APP, running_blog
from servers.ports import free_port
from servers.postgres import fresh_database

STARTS = int(os.environ.get("STARTS", "1"))
WORKERS = 4
PATIENCE = 60
ADA = {"email": "ada@example.com", "name": "Ada", "password": "correct horse"}


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/blog.db"
    else:
        with fresh_database(request.getfixturevalue("postgres")) as address:
            yield address


@pytest.mark.parametrize("attempt", range(STARTS))
def test_workers_start_together(database: str, tmp_path: Path, attempt: int) -> None:
    with running_blog("uvicorn", database, tmp_path, "--workers", str(WORKERS)) as blog:
        deadline = time.monotonic() + PATIENCE
        while (log := blog.log.read_text()).count("startup complete") < WORKERS:
            assert time.monotonic() < deadline, log
            time.sleep(0.05)
        assert httpx.post(f"http://{blog.address}/users", json=ADA).status_code == 201
    assert "Traceback" not in log
    assert "startup failed" not in log


@pytest.mark.parametrize("attempt", range(STARTS))
def test_those_who_upgrade_the_database_start_together(
    database: str, tmp_path: Path, attempt: int
) -> None:
    logs = [tmp_path / f"log{number}" for number in range(WORKERS)]
    ports = [free_port() for _ in logs]
    settings = {
        "DATABASE_URL": database,
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": secrets.token_urlsafe(48),
    }
    with ExitStack() as stack:
        for log, port in zip(logs, ports, strict=True):
            process = subprocess.Popen(
                [sys.executable, "serve.py"],
                cwd=APP,
                env=os.environ | settings | {"PORT": str(port)},
                stdout=stack.enter_context(log.open("w")),
                stderr=subprocess.STDOUT,
            )
            stack.callback(process.wait, PATIENCE)
            stack.callback(process.terminate)
        deadline = time.monotonic() + PATIENCE
        while not all("startup complete" in log.read_text() for log in logs):
            assert time.monotonic() < deadline, [log.read_text() for log in logs]
            time.sleep(0.05)
        made = httpx.post(f"http://127.0.0.1:{ports[0]}/users", json=ADA)
        assert made.status_code == 201
        for port in ports:
            assert httpx.get(f"http://127.0.0.1:{port}/users").json() == [made.json()]
    written = "".join(log.read_text() for log in logs)
    assert written.count("Database  upgraded to") == 1
    assert "Traceback" not in written
