"""Threads for what blocks, and limits."""

import gc
import threading
import weakref
from contextlib import contextmanager
from contextvars import ContextVar

import anyio
import anyio.from_thread
import anyio.lowlevel
import anyio.to_thread
import pytest

from pronghorn.concurrency import (
    ConcurrencyLimit,
    call_in_thread,
    contextmanager_in_threadpool,
    iterate_in_threadpool,
    run_in_threadpool,
)

pytestmark = pytest.mark.anyio

name: ContextVar[str] = ContextVar("name")
other: ContextVar[str] = ContextVar("other", default="unset")


class Recorder:
    """A context manager that tells where and with what it was left."""

    def __init__(self, *, suppress=False, error=None):
        self.suppress = suppress
        self.error = error
        self.threads = []
        self.left_with = []

    def __enter__(self):
        self.threads.append(threading.get_ident())
        return "value"

    def __exit__(self, kind, error, traceback):
        self.threads.append(threading.get_ident())
        self.left_with.append(error)
        if self.error is not None:
            raise self.error
        return self.suppress


@pytest.fixture
async def full_pool():
    """Take all room in the pool; give it back at the end."""
    limiter = anyio.to_thread.current_default_thread_limiter()
    total = limiter.total_tokens
    limiter.total_tokens = 1
    taken = object()

    async def fill():
        await limiter.acquire_on_behalf_of(taken)

    yield fill
    if limiter.borrowed_tokens:
        limiter.release_on_behalf_of(taken)
    limiter.total_tokens = total


async def test_a_function_runs_in_another_thread_with_its_arguments():
    def function(*args, **kwargs):
        return threading.get_ident(), args, kwargs

    thread, args, kwargs = await call_in_thread(function, 1, function=2)
    assert thread != threading.get_ident()
    assert (args, kwargs) == ((1,), {"function": 2})


async def test_a_function_in_a_thread_sees_the_context_of_its_caller():
    name.set("Ada")
    assert await call_in_thread(name.get) == "Ada"


async def test_what_a_function_in_a_thread_sets_stays_set():
    name.set("before")
    await call_in_thread(name.set, "after")
    assert name.get() == "after"


async def test_what_a_function_set_before_it_raised_stays_set():
    def fail():
        name.set("before the error")
        raise LookupError

    with pytest.raises(LookupError):
        await call_in_thread(fail)
    assert name.get() == "before the error"


async def test_what_a_function_did_not_set_stays_as_it_is():
    name.set("Ada")
    token = object()

    def function():
        reset = other.set("for a while")
        other.reset(reset)
        return token

    assert await call_in_thread(function) is token
    assert (name.get(), other.get()) == ("Ada", "unset")


async def test_the_event_loop_can_be_reached_from_the_thread():
    def function():
        return anyio.from_thread.run(anyio.sleep, 0), anyio.from_thread.run_sync(
            threading.get_ident
        )

    assert await call_in_thread(function) == (None, threading.get_ident())


async def test_after_a_call_the_event_loop_still_knows_itself():
    await call_in_thread(name.set, "x")
    await anyio.lowlevel.checkpoint()
    with anyio.fail_after(5):
        await call_in_thread(anyio.run, anyio.sleep, 0)


async def test_starlettes_word_for_it_takes_no_variables_over():
    name.set("before")

    def function(*args, **kwargs):
        name.set("after")
        return threading.get_ident(), args, kwargs

    thread, args, kwargs = await run_in_threadpool(function, 1, key=2)
    assert thread != threading.get_ident()
    assert (args, kwargs, name.get()) == ((1,), {"key": 2}, "before")


async def test_an_iterator_may_block_and_may_yield_none():
    threads = set()

    def items():
        for item in (1, None, 3):
            threads.add(threading.get_ident())
            yield item

    assert [item async for item in iterate_in_threadpool(items())] == [1, None, 3]
    assert [item async for item in iterate_in_threadpool([])] == []
    assert threading.get_ident() not in threads


async def test_an_iterator_that_raises_has_given_what_it_gave():
    def items():
        yield 1
        raise LookupError

    given = iterate_in_threadpool(items())
    assert await anext(given) == 1
    with pytest.raises(LookupError):
        await anext(given)


async def test_a_context_manager_is_entered_and_left_in_threads():
    recorder = Recorder()
    async with contextmanager_in_threadpool(recorder) as value:
        assert value == "value"
    assert recorder.left_with == [None]
    assert threading.get_ident() not in recorder.threads


async def test_what_is_set_on_entering_is_visible_inside():
    @contextmanager
    def manager():
        name.set("inside")
        yield

    async with contextmanager_in_threadpool(manager()):
        assert name.get() == "inside"


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt])
async def test_it_is_left_with_the_error_and_may_suppress_it(kind):
    error = kind()
    recorder = Recorder()
    with pytest.raises(kind) as caught:
        async with contextmanager_in_threadpool(recorder):
            raise error
    assert caught.value is error
    assert recorder.left_with == [error]

    recorder = Recorder(suppress=True)
    async with contextmanager_in_threadpool(recorder):
        raise error
    assert recorder.left_with == [error]


async def test_an_error_on_leaving_takes_the_place_of_the_first():
    with pytest.raises(LookupError) as caught:
        async with contextmanager_in_threadpool(Recorder(error=LookupError())):
            raise ValueError
    assert isinstance(caught.value.__context__, ValueError)


async def test_it_is_left_when_it_is_cancelled():
    recorder = Recorder()
    with anyio.CancelScope() as scope:
        async with contextmanager_in_threadpool(recorder):
            scope.cancel()
            await anyio.sleep(5)
    assert scope.cancelled_caught
    assert isinstance(recorder.left_with[0], anyio.get_cancelled_exc_class())
    assert recorder.threads[1] != threading.get_ident()


async def test_it_is_left_though_it_is_cancelled_at_the_end():
    recorder = Recorder()
    with anyio.CancelScope() as scope:
        async with contextmanager_in_threadpool(recorder):
            scope.cancel()
    assert recorder.left_with == [None]


async def test_leaving_does_not_wait_for_room_in_the_pool(full_pool):
    recorder = Recorder()
    with anyio.fail_after(5):
        async with contextmanager_in_threadpool(recorder):
            await full_pool()
    assert recorder.left_with == [None]


async def test_entering_waits_for_room_in_the_pool_and_may_be_cancelled(full_pool):
    recorder = Recorder()
    await full_pool()
    with anyio.move_on_after(0.05) as scope:
        async with contextmanager_in_threadpool(recorder):
            pytest.fail("There was no room.")
    assert scope.cancelled_caught
    assert (recorder.threads, recorder.left_with) == ([], [])


async def test_a_limit_has_one_semaphore_in_an_event_loop():
    limit = ConcurrencyLimit(2)
    semaphore = limit.semaphore()
    assert semaphore is limit.semaphore() is limit.get_semaphore()
    assert (semaphore.value, limit.max_concurrency) == (2, 2)
    assert ConcurrencyLimit(2).semaphore() is not semaphore


def test_a_limit_has_another_semaphore_in_another_event_loop():
    limit = ConcurrencyLimit(1)

    async def get():
        return limit.semaphore()

    assert anyio.run(get) is not anyio.run(get)


async def test_a_limit_that_is_gone_leaves_no_semaphore_behind():
    limit = ConcurrencyLimit(1)
    semaphore = weakref.ref(limit.semaphore())
    del limit
    gc.collect()
    assert semaphore() is None
