"""Work after the answer."""

import threading

import pytest
from starlette.background import BackgroundTasks as StarletteBackgroundTasks

from pronghorn.background import BackgroundTasks

pytestmark = pytest.mark.anyio


async def test_tasks_run_in_order_with_their_arguments_blocking_ones_in_threads():
    done = []

    def blocking(value, *, key):
        done.append((value, key, threading.get_ident() == threading.main_thread().ident))

    async def quick(value):
        done.append(value)

    tasks = BackgroundTasks()
    tasks.add_task(blocking, 1, key=2)
    tasks.add_task(quick, 3)
    assert isinstance(tasks, StarletteBackgroundTasks)
    assert done == []
    await tasks()
    assert done == [(1, 2, False), 3]
