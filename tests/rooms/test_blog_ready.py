"""The database of the example goes away and comes back: it stays alive, and says when it is ready."""

import time
from pathlib import Path

import httpx
from servers.blog import running_blog

from pronghorn.data.testing.postgres import fresh_database, running_postgres

PATIENCE = 20


def test_a_database_that_goes_away_and_comes_back(tmp_path: Path) -> None:
    with (
        running_postgres() as server,
        fresh_database(server.url) as database,
        running_blog("uvicorn", database, tmp_path) as blog,
        httpx.Client(base_url=f"http://{blog.address}", timeout=PATIENCE) as client,
    ):
        assert client.get("/ready").json() == {"status": "ready"}
        server.stop(immediate=True)
        for path in ("/ready", "/users", "/posts"):
            answer = client.get(path)
            assert answer.status_code == 503
            assert answer.headers["Retry-After"] == "1"
        assert client.get("/health").json() == {"status": "ok"}
        server.start()
        deadline = time.monotonic() + PATIENCE
        while client.get("/ready").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.1)
        assert client.get("/users").json() == []
