"""Four workers start at the same time on an empty database, and none gets in another's way.

`STARTS=20 pytest tests/rooms/test_blog_starts.py` does it twenty times on each database.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from servers.blog import running_blog
from servers.postgres import fresh_database

STARTS = int(os.environ.get("STARTS", "1"))
WORKERS = 4
PATIENCE = 60


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
        ada = {"email": "ada@example.com", "name": "Ada", "password": "correct horse"}
        assert httpx.post(f"http://{blog.address}/users", json=ada).status_code == 201
    assert "Traceback" not in log
    assert "startup failed" not in log
