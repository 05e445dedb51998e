"""Worker threads: what runs in one cannot tell it from one of AnyIO's."""

import asyncio
import concurrent.futures
import gc
import subprocess
import sys
import threading
import time
import weakref
from contextlib import suppress
from contextvars import ContextVar
from functools import partial

import anyio
import anyio.from_thread
import anyio.lowlevel
import anyio.to_thread
import pytest
import trio
from drivers.cycles import cycles_of

from pronghorn import _pool
from pronghorn.concurrency import call_in_thread, contextmanager_in_threadpool

if sys.platform == "win32":
    FACTORIES = [asyncio.new_event_loop]
else:
    import uvloop

    FACTORIES = [asyncio.new_event_loop, uvloop.new_event_loop]

every_loop = pytest.mark.parametrize("factory", FACTORIES, ids=lambda made: made.__module__)
both_ways = pytest.mark.parametrize("call", [call_in_thread, anyio.to_thread.run_sync])

name: ContextVar[str] = ContextVar("name", default="unset")


def run(main, factory=asyncio.new_event_loop):
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(main())


def workers():
    return [one for one in threading.enumerate() if one.name == "AnyIO worker thread"]


def join_workers():
    for worker in workers():
        worker.join(5)
    assert workers() == []


class Blocked:
    """A function that blocks in its thread until it is let go."""

    def __init__(self):
        self.has_begun = threading.Event()
        self.go_on = threading.Event()
        self.is_done = False

    def __call__(self):
        self.has_begun.set()
        assert self.go_on.wait(10)
        self.is_done = True

    async def begun(self):
        with anyio.fail_after(5):
            while not self.has_begun.is_set():
                await anyio.sleep(0.001)


# Many at once.


@every_loop
def test_calls_that_wait_for_each_other_all_run_at_once(factory):
    barrier = threading.Barrier(40)

    async def main():
        for _ in range(3):
            await asyncio.gather(*(call_in_thread(barrier.wait, 10) for _ in range(40)))

    run(main, factory)


@every_loop
def test_a_call_that_blocks_holds_up_no_other(factory):
    async def main():
        # Threads that are there, asleep, in the way of each other.
        await asyncio.gather(*(call_in_thread(time.sleep, 0.001) for _ in range(8)))
        for _ in range(200):
            blocked = [Blocked() for _ in range(4)]
            tasks = [asyncio.create_task(call_in_thread(one)) for one in blocked]
            async with asyncio.timeout(5):
                await asyncio.gather(*(call_in_thread(int, "3") for _ in range(4)))
                for one in blocked:
                    await one.begun()
                    one.go_on.set()
                await asyncio.gather(*tasks)

    run(main, factory)


@every_loop
def test_many_calls_each_get_their_own_result(factory):
    async def several(base):
        for number in range(100):
            assert await call_in_thread(lambda x: x, base + number) == base + number

    async def main():
        await asyncio.gather(*(several(1000 * base) for base in range(32)))

    run(main, factory)


def test_two_event_loops_do_not_disturb_each_other():
    async def main():
        loop = asyncio.get_running_loop()
        for _ in range(100):
            thread, seen = await call_in_thread(
                lambda: (
                    anyio.from_thread.run_sync(threading.get_ident),
                    anyio.from_thread.run_sync(asyncio.get_running_loop),
                )
            )
            assert (thread, seen) == (threading.get_ident(), loop)
        done.append(loop)

    done = []
    threads = [threading.Thread(target=partial(run, main)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert len(set(done)) == 2


# The limiter.


@every_loop
def test_no_more_run_than_the_limiter_has_tokens(factory):
    async def main():
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = 3
        running = set()
        most = 0

        def function():
            nonlocal most
            running.add(threading.get_ident())
            most = max(most, len(running))
            time.sleep(0.002)
            running.discard(threading.get_ident())

        await asyncio.gather(*(call_in_thread(function) for _ in range(20)))
        assert most == 3
        assert limiter.borrowed_tokens == 0

    run(main, factory)


def test_tokens_are_shared_with_calls_of_anyio_and_ours_are_told():
    async def main():
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = 2
        ours, theirs = Blocked(), Blocked()
        our_task = asyncio.create_task(call_in_thread(ours))
        await ours.begun()
        assert limiter.borrowed_tokens == 1
        assert limiter.statistics().borrowers == (our_task,)
        their_task = asyncio.create_task(anyio.to_thread.run_sync(theirs))
        await theirs.begun()
        third = asyncio.create_task(call_in_thread(int))
        fourth = asyncio.create_task(anyio.to_thread.run_sync(int))
        await asyncio.sleep(0.01)
        assert limiter.statistics().tasks_waiting == 2
        theirs.go_on.set()
        assert await asyncio.gather(third, fourth) == [0, 0]
        ours.go_on.set()
        await asyncio.gather(our_task, their_task)
        assert limiter.borrowed_tokens == 0

    run(main)


def test_tokens_that_come_later_let_more_run():
    async def main():
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = 1
        first, second = Blocked(), Blocked()
        tasks = [asyncio.create_task(call_in_thread(one)) for one in (first, second)]
        await first.begun()
        await asyncio.sleep(0.01)
        assert not second.has_begun.is_set()
        limiter.total_tokens = 2
        await second.begun()
        first.go_on.set()
        second.go_on.set()
        await asyncio.gather(*tasks)

    run(main)


def test_who_waits_first_runs_first_whoever_waits():
    async def main():
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = 1
        blocked = Blocked()
        order = []
        tasks = [asyncio.create_task(call_in_thread(blocked))]
        await blocked.begun()
        for number in range(6):
            call = call_in_thread if number % 2 else anyio.to_thread.run_sync
            tasks.append(asyncio.create_task(call(order.append, number)))
            while limiter.statistics().tasks_waiting <= number:
                await asyncio.sleep(0)
        blocked.go_on.set()
        # A token that is free belongs to who waits for it, and not to who comes along.
        while limiter.borrowed_tokens and not order:
            await asyncio.sleep(0)
        await call_in_thread(order.append, "late")
        await asyncio.gather(*tasks)
        assert order == [0, 1, 2, 3, 4, 5, "late"]

    run(main)


@both_ways
def test_who_holds_a_token_already_is_told(call):
    async def main():
        async with anyio.to_thread.current_default_thread_limiter():
            with pytest.raises(RuntimeError, match="already holding"):
                await call(int)

    run(main)


# What works inside.


@every_loop
def test_the_event_loop_can_be_reached(factory):
    def function():
        anyio.from_thread.run(anyio.sleep, 0)
        anyio.from_thread.check_cancelled()
        return anyio.from_thread.run_sync(threading.get_ident), threading.get_ident()

    async def main():
        loop, thread = await call_in_thread(function)
        assert loop == threading.get_ident() != thread

    run(main, factory)


@both_ways
def test_a_thread_can_run_an_event_loop_of_its_own(call):
    def function():
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        with anyio.from_thread.start_blocking_portal() as portal:
            portal.call(anyio.sleep, 0)
        return anyio.run(anyio.to_thread.run_sync, threading.get_ident)

    async def main():
        assert await call(function) != threading.get_ident()
        await anyio.lowlevel.checkpoint()

    # By AnyIO, which then tells by a context variable which library is running.
    anyio.run(main)


@both_ways
def test_profilers_and_tracers_of_threads_are_called(call):
    async def main():
        seen = []
        threading.setprofile(lambda frame, event, argument: seen.append(frame.f_code.co_name))
        try:
            await call(time.sleep, 0)

            def function_that_is_seen():
                return threading.current_thread()

            thread = await call(function_that_is_seen)
        finally:
            threading.setprofile(None)
        assert "function_that_is_seen" in seen
        assert (thread.name, thread.daemon) == ("AnyIO worker thread", False)

    run(main)


def test_variables_of_the_request_that_starts_a_thread_are_not_kept():
    class Value:
        pass

    async def request():
        value = Value()
        name.set(value)
        await call_in_thread(int)
        return weakref.ref(value)

    async def main():
        value = await asyncio.create_task(request())
        # The event loop itself holds the task for one more round.
        await asyncio.sleep(0)
        assert value() is None

    run(main)


# Cancellation.


@both_ways
@every_loop
def test_who_is_cancelled_waits_until_the_thread_is_done(call, factory):
    async def main():
        blocked = Blocked()
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(call, blocked)
                await blocked.begun()
                scope.cancel()
                asyncio.get_running_loop().call_later(0.02, blocked.go_on.set)
            pytest.fail("It was not cancelled.")
        assert blocked.is_done
        assert scope.cancelled_caught

    run(main, factory)


@both_ways
def test_who_is_cancelled_goes_on_to_the_next_checkpoint(call):
    async def main():
        reached = []
        with anyio.CancelScope() as scope:
            assert await call(anyio.from_thread.run_sync, scope.cancel) is None
            reached.append("after the call")
            await anyio.sleep(5)
        assert reached == ["after the call"]
        assert scope.cancelled_caught

    run(main)


@both_ways
def test_a_thread_can_ask_whether_it_was_cancelled(call):
    def function():
        anyio.from_thread.check_cancelled()
        anyio.from_thread.run_sync(scope.cancel)
        anyio.from_thread.check_cancelled()
        pytest.fail("It was cancelled.")

    async def main():
        nonlocal scope
        with anyio.CancelScope() as scope:
            await call(function)
        assert scope.cancelled_caught

    scope = None
    run(main)


@both_ways
def test_a_coroutine_that_a_thread_runs_is_cancelled_with_it(call):
    async def wait():
        scope.cancel()
        await anyio.sleep(10)

    def function():
        with pytest.raises((asyncio.CancelledError, concurrent.futures.CancelledError)):
            anyio.from_thread.run(wait)
        reached.append("the end")

    async def main():
        nonlocal scope
        with anyio.CancelScope() as scope:
            await call(function)
            await anyio.lowlevel.checkpoint()
        assert scope.cancelled_caught
        assert reached == ["the end"]

    scope, reached = None, []
    run(main)


@both_ways
def test_nothing_begins_if_it_was_cancelled_before(call):
    async def main():
        begun = []
        with anyio.CancelScope() as scope:
            scope.cancel()
            await call(begun.append, 1)
        assert scope.cancelled_caught

        async def cancelled():
            asyncio.current_task().cancel()
            await call(begun.append, 1)

        with pytest.raises(asyncio.CancelledError):
            await asyncio.create_task(cancelled())
        assert begun == []

    run(main)


@both_ways
def test_what_was_cancelled_once_may_call_again(call):
    async def main():
        async def cleaned():
            try:
                await asyncio.sleep(5)
            finally:
                done.append(await call(int))

        done = []
        task = asyncio.create_task(cleaned())
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert done == [0]

    run(main)


@both_ways
@every_loop
def test_the_cancellation_of_a_task_leaves_the_thread_alone(call, factory):
    async def main():
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = 1
        blocked = Blocked()
        task = asyncio.create_task(call(blocked))
        await blocked.begun()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        # The token is free, and the thread is not.
        assert await call(threading.get_ident)
        blocked.go_on.set()

    run(main, factory)
    join_workers()


@every_loop
def test_what_cleans_up_runs_in_a_task_that_is_just_being_cancelled(factory):
    class Manager:
        is_left = threading.Event()

        def __enter__(self):
            pass

        def __exit__(self, *details):
            self.is_left.set()

    async def main():
        async with contextmanager_in_threadpool(Manager()):
            asyncio.current_task().cancel()

    for _ in range(20):
        Manager.is_left.clear()
        with pytest.raises(asyncio.CancelledError):
            run(main, factory)
        assert Manager.is_left.wait(5)


def test_variables_of_a_call_that_was_left_alone_are_not_taken_over():
    blocked = Blocked()

    def function():
        name.set("in the middle of something")
        blocked()

    async def main():
        async def caller():
            try:
                await call_in_thread(function)
            finally:
                seen.append(name.get())

        seen = []
        task = asyncio.create_task(caller())
        await blocked.begun()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        blocked.go_on.set()
        assert seen == ["unset"]

    run(main)


def test_a_call_that_is_cancelled_while_it_waits_for_room_gives_its_turn_away():
    async def main():
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = 1
        blocked = Blocked()
        first = asyncio.create_task(call_in_thread(blocked))
        await blocked.begun()
        second = asyncio.create_task(call_in_thread(pytest.fail, "It was cancelled."))
        third = asyncio.create_task(call_in_thread(int))
        await asyncio.sleep(0.01)
        second.cancel()
        blocked.go_on.set()
        assert await third == 0
        await first
        assert (limiter.borrowed_tokens, limiter.statistics().tasks_waiting) == (0, 0)

    run(main)


# Exceptions.


@both_ways
@pytest.mark.parametrize("error", [LookupError("x"), SystemExit(3), KeyboardInterrupt()])
def test_an_exception_is_raised_where_the_function_was_called(call, error):
    def fail():
        raise error

    async def main():
        with pytest.raises(type(error)) as caught:
            await call(fail)
        assert caught.value is error
        names = [entry.name for entry in caught.traceback]
        assert names[-1] == "fail"
        assert await call(int) == 0

    run(main)


@both_ways
def test_a_stop_of_an_iteration_becomes_an_error(call):
    async def main():
        with pytest.raises(RuntimeError, match="coroutine raised StopIteration") as caught:
            await call(next, iter(()))
        assert isinstance(caught.value.__cause__, StopIteration)

    run(main)


@both_ways
@every_loop
def test_the_exit_of_a_thread_ends_the_program(call, factory):
    async def main():
        await call(sys.exit, 3)

    with pytest.raises(SystemExit) as caught:
        run(main, factory)
    assert caught.value.code == 3


@every_loop
def test_a_call_leaves_nothing_for_the_collector(factory):
    def fail():
        raise LookupError

    async def main():
        async def once():
            await call_in_thread(int)
            with suppress(LookupError):
                await call_in_thread(fail)

        assert await cycles_of(once) == 0

    run(main, factory)


def test_an_exception_keeps_no_value_alive():
    class Value:
        def fail(self):
            raise LookupError

    async def main():
        value = Value()
        kept = weakref.ref(value)
        with suppress(LookupError):
            await call_in_thread(value.fail)
        del value
        # The thread has gone on to wait for another call.
        await call_in_thread(int)
        assert kept() is None

    gc.disable()
    try:
        run(main)
    finally:
        gc.enable()


# How threads end.


@every_loop
def test_no_thread_outlives_what_its_loop_was_started_for(factory):
    async def main():
        await asyncio.gather(*(call_in_thread(time.sleep, 0.01) for _ in range(5)))
        assert len(workers()) >= 5

    run(main, factory)
    join_workers()
    assert _pool.pools == {}


@every_loop
def test_a_loop_that_runs_again_has_threads_again(factory):
    loop = factory()
    try:
        for _ in range(3):
            assert loop.run_until_complete(call_in_thread(int)) == 0
            join_workers()
    finally:
        loop.close()


@every_loop
def test_a_loop_may_run_forever_and_its_threads_end_with_it(factory):
    loop = factory()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        for _ in range(20):
            future = asyncio.run_coroutine_threadsafe(call_in_thread(int), loop)
            assert future.result(5) == 0
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
    join_workers()


@every_loop
def test_a_loop_may_be_closed_while_a_thread_runs(factory):
    blocked = Blocked()
    loop = factory()

    async def main():
        task = asyncio.create_task(call_in_thread(blocked))
        await blocked.begun()
        return task

    task = loop.run_until_complete(main())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(task)
    loop.close()
    blocked.go_on.set()
    join_workers()
    assert blocked.is_done


def test_threads_end_when_a_loop_was_closed_with_its_tasks_unfinished(monkeypatch):
    monkeypatch.setattr(_pool, "IDLE_SECONDS", 0.05)
    loop = asyncio.new_event_loop()

    async def main():
        await call_in_thread(int)
        loop.stop()
        await asyncio.sleep(60)

    task = loop.create_task(main())
    loop.run_forever()
    assert workers()
    loop.close()
    join_workers()
    # Or else asyncio says so when it is collected.
    task._log_destroy_pending = False
    assert _pool.pools == {}


@every_loop
def test_threads_that_nobody_needs_end(factory, monkeypatch):
    monkeypatch.setattr(_pool, "IDLE_SECONDS", 0.05)

    async def main():
        await asyncio.gather(*(call_in_thread(time.sleep, 0.01) for _ in range(8)))
        assert len(workers()) == 8
        with anyio.fail_after(5):
            while len(workers()) > 1:
                await asyncio.sleep(0.01)
        # The last one stays, and what it keeps for its thread with it.
        (last,) = workers()
        assert await call_in_thread(threading.current_thread) is last
        # More come when they are needed again.
        barrier = threading.Barrier(8)
        await asyncio.gather(*(call_in_thread(barrier.wait, 5) for _ in range(8)))

    run(main, factory)


def test_nothing_hangs_at_the_end_of_the_process():
    program = """
import asyncio, sys, threading
from pronghorn.concurrency import call_in_thread, contextmanager_in_threadpool

async def main():
    await asyncio.gather(*(call_in_thread(int) for _ in range(5)))
    asyncio.create_task(call_in_thread(threading.Event().wait, 0.2))
    await asyncio.sleep(0.05)
    sys.exit(3)

asyncio.run(main())
"""
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, check=False, timeout=20, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (3, "")


# Other ways to run.


def test_it_works_in_debug_mode():
    async def main():
        assert await asyncio.gather(*(call_in_thread(int, "7") for _ in range(5))) == [7] * 5

    asyncio.run(main(), debug=True)


def test_under_trio_threads_are_trios():
    async def main():
        name.set("Ada")
        seen = []

        def function():
            seen.append(name.get())
            name.set("Grace")
            seen.append(anyio.from_thread.run_sync(threading.get_ident))
            return threading.current_thread().name

        assert "AnyIO" not in await call_in_thread(function)
        assert seen == ["Ada", threading.get_ident()]
        assert name.get() == "Grace"
        with trio.CancelScope() as scope:
            await call_in_thread(anyio.from_thread.run_sync, scope.cancel)
            await trio.lowlevel.checkpoint()
        assert scope.cancelled_caught

    trio.run(main)


def test_in_trio_as_a_guest_of_asyncio_threads_are_trios():
    async def inner():
        return await call_in_thread(lambda: threading.current_thread().name)

    async def main():
        done = asyncio.get_running_loop().create_future()
        trio.lowlevel.start_guest_run(
            inner,
            run_sync_soon_threadsafe=asyncio.get_running_loop().call_soon_threadsafe,
            done_callback=done.set_result,
        )
        return (await done).unwrap()

    assert "AnyIO" not in asyncio.run(main())


def test_with_an_anyio_that_is_made_in_another_way_threads_are_anyios(monkeypatch):
    monkeypatch.setattr(_pool, "find_insides", lambda: None)

    async def main():
        name.set("Ada")
        assert await call_in_thread(name.get) == "Ada"
        await call_in_thread(name.set, "Grace")
        assert name.get() == "Grace"
        with pytest.raises(ZeroDivisionError):
            await call_in_thread(divmod, 1, 0)
        assert _pool.pools == {}

    run(main)
