"""Stacks of generators end as the standard library's do, whether or not a scope surrounds them."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from itertools import product

import anyio
import pytest

from pronghorn._pipeline.stack import Exits, is_in_cancel_scope

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend():
    return "asyncio"


def make_generator(kind, name, log):
    async def plain():
        log.append(f"enter {name}")
        try:
            yield name
        except BaseException as error:
            log.append(f"{name} sees {error!r}")
            if kind == "swallows":
                return
            if kind == "replaces":
                raise ValueError(name) from None
            raise
        if kind == "fails":
            raise LookupError(name)
        if kind == "goes on":
            yield "more"
        log.append(f"leave {name}")

    async def empty():
        log.append(f"enter {name}")
        if kind == "waits":
            yield name
            await asyncio.sleep(0)
            log.append(f"leave {name}")

    return empty if kind in ("empty", "waits") else plain


KINDS = ("plain", "swallows", "replaces", "fails", "goes on", "waits")


async def run_library(kinds, failure, log):
    async with AsyncExitStack() as stack:
        for name, kind in zip("abc", kinds, strict=True):
            await stack.enter_async_context(asynccontextmanager(make_generator(kind, name, log))())
        if failure is not None:
            raise failure
    log.append("over")


async def run_ours(kinds, failure, log):
    stack = Exits()
    shield = stack.cleanup_shield()
    try:
        for name, kind in zip("abc", kinds, strict=True):
            await stack.enter_generator(make_generator(kind, name, log)(), shield)
        if failure is not None:
            raise failure
    except BaseException as error:
        if not await stack.end_with(error):
            raise
    else:
        await stack.end()
    log.append("over")


async def seen(run, kinds, failure):
    log = []
    try:
        await run(kinds, failure, log)
    except BaseException as error:  # noqa: BLE001 - what comes out is compared
        log.append(repr(error))
    return log


CASES = [
    (kinds, failure)
    for kinds in product(KINDS, repeat=3)
    for failure in (None, KeyError("x"), SystemExit(3), StopIteration(1))
]


def test_generators_end_as_those_of_the_library():
    """All mixtures of three, without a cancel scope around them."""

    async def compare():
        assert not is_in_cancel_scope()
        for kinds, failure in CASES:
            wanted = await seen(run_library, kinds, failure)
            assert await seen(run_ours, kinds, failure) == wanted, kinds

    asyncio.run(compare())


async def test_generators_end_alike_within_a_cancel_scope():
    with anyio.CancelScope():
        assert is_in_cancel_scope()
        for kinds, failure in CASES:
            wanted = await seen(run_library, kinds, failure)
            assert await seen(run_ours, kinds, failure) == wanted, kinds


@pytest.mark.parametrize("around", [nullcontext, anyio.CancelScope])
def test_a_generator_that_yields_nothing_is_refused(around):
    async def begin():
        with around():
            stack = Exits()
            shield = stack.cleanup_shield()
            try:
                await stack.enter_generator(make_generator("empty", "a", [])(), shield)
            finally:
                await stack.end()

    with pytest.raises(RuntimeError, match="generator didn't yield"):
        asyncio.run(begin())


def test_what_others_push_is_left_in_order():
    log = []

    async def run():
        stack = Exits()
        await stack.enter_generator(make_generator("waits", "a", log)(), None)
        stack.callback(log.append, "pushed")
        await stack.enter_generator(make_generator("waits", "b", log)(), None)
        await stack.end()

    asyncio.run(run())
    assert log == ["enter a", "enter b", "leave b", "pushed", "leave a"]


async def test_an_exit_is_done_before_a_cancellation_takes_effect():
    log = []

    async def slow():
        yield
        await asyncio.sleep(0.01)
        log.append("done")

    with anyio.CancelScope() as scope:
        stack = Exits()
        await stack.enter_generator(slow(), stack.cleanup_shield())
        scope.cancel()
        await stack.end()
        log.append("went on")
    assert log == ["done"]


async def test_a_scope_that_a_generator_holds_is_left_in_order():
    async def holding():
        async with anyio.create_task_group():
            yield

    with anyio.CancelScope() as scope:
        stack = Exits()
        await stack.enter_generator(holding(), stack.cleanup_shield())
        await stack.enter_generator(holding(), stack.cleanup_shield())
        scope.cancel()
        await stack.end()
    assert scope.cancelled_caught


def test_under_trio_a_scope_is_there():
    async def ask():
        return is_in_cancel_scope()

    trio = pytest.importorskip("trio", reason="trio is not in this environment")
    assert trio.run(ask)
