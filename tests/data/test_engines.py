"""The engines of a database: made once, whoever asks, and all of them closed."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pronghorn.data import Database
from pronghorn.data.connections import engines

THREADS = 8
NAMES = (
    *("engine", "read_engine", "fresh_read_engine"),
    *("sync_engine", "sync_read_engine", "sync_fresh_read_engine"),
)


@pytest.mark.parametrize("name", NAMES)
def test_threads_that_ask_at_once_get_the_same_engine(name, tmp_path, monkeypatch):
    made = []

    def slow(make):
        def make_slowly(*arguments, **options):
            engine = make(*arguments, **options)
            made.append(engine)
            time.sleep(0.05)  # the others come meanwhile
            return engine

        return make_slowly

    for function in ("create_engine", "create_async_engine"):
        monkeypatch.setattr(engines, function, slow(getattr(engines, function)))
    db = Database(f"sqlite:///{tmp_path / 'test.db'}")
    together = threading.Barrier(THREADS)

    def ask(_):
        together.wait(10)
        return getattr(db, name)

    with ThreadPoolExecutor(THREADS) as threads:
        found = set(threads.map(ask, range(THREADS)))
    assert found == set(made)
    assert len(made) == 1
