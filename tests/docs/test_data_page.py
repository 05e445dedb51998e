"""The page about data is followed from an empty folder, with a server, curl and a PostgreSQL."""

import inspect
import re
import shutil

import pytest
from docs.following import PATIENCE, ROOT, Follower, blocks_of
from servers.postgres import durable_postgres, fresh_database

from pronghorn.data import Database
from pronghorn.data.connections.engines import PoolSettings, Settings
from pronghorn.data.testing.missing import give_up

PAGE = ROOT / "docs" / "data.md"
ADDRESS = "postgresql://shop:secret@127.0.0.1/shop"


@pytest.mark.slow
@pytest.mark.timeout(600)  # it starts some thirty programs
def test_the_page_is_followed_from_an_empty_folder_to_a_migrated_postgresql(tmp_path):
    if shutil.which("curl") is None:
        give_up("curl is not installed")
    with durable_postgres() as postgres, fresh_database(postgres.url) as url:
        follower = Follower(tmp_path, {ADDRESS: url})
        follower.environment["TEST_POSTGRES_URL"] = postgres.url
        try:
            for kind, text, before in blocks_of(PAGE):
                if before == "PostgreSQL is stopped":
                    postgres.stop()
                elif before == "PostgreSQL is started":
                    postgres.start()
                if kind == "python":
                    follower.write(text)
                else:
                    assert kind == "console"
                    follower.run_all(text, PATIENCE if before == "a moment later" else 0)
            assert ": up to 20 connections." in follower.log()
        finally:
            follower.stop()


def test_each_option_of_a_database_has_a_row_with_its_default():
    table = PAGE.read_text().partition("\n## Settings\n")[2].partition("\n### ")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", table, re.MULTILINE))
    others = {"is_guarded", "replica", "replica_key", "replica_window", "session_class"}

    assert rows.keys() == Settings.__annotations__.keys() | others
    assert others == inspect.signature(Database).parameters.keys() - {"url", "settings"}
    for name in Settings.__annotations__:
        default = getattr(PoolSettings(), name)
        shown = f"`{default!r}`" if isinstance(default, str | bool) else str(default)
        assert rows[name] == shown.replace("'", '"'), name
