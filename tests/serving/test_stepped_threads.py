"""Threads within a `BaseHTTPMiddleware`: what runs in one is waited for, and told to end."""

import asyncio
import time
from contextlib import suppress
from typing import Annotated

import anyio
import anyio.to_thread
from anyio import from_thread
from drivers.asgi import exchange

from pronghorn import Depends, FastAPI


def run(main):
    return asyncio.run(main())


def make_app(endpoint):
    app = FastAPI()
    app.get("/")(endpoint)

    @app.middleware("http")
    async def hurried(request, call_next):
        with anyio.fail_after(0.02):
            return await call_next(request)

    return app


async def answered(app, log):
    with suppress(TimeoutError):
        await exchange(app, "GET", "/")
    log.append("over")


def test_an_endpoint_in_a_thread_is_waited_for_before_its_dependencies_end():
    log = []

    async def session():
        yield
        log.append("not reached")

    async def closing():
        try:
            yield
        finally:
            log.append("closed")

    def endpoint(_: Annotated[None, Depends(closing)], __: Annotated[None, Depends(session)]):
        time.sleep(0.1)
        log.append("endpoint")

    async def main():
        await answered(make_app(endpoint), log)

    run(main)
    assert log == ["endpoint", "closed", "over"]


def test_exits_of_dependencies_keep_their_order_when_the_middleware_raises():
    log = []
    app = FastAPI()

    async def session():
        try:
            yield "session"
        finally:
            log.append("session closed")

    def unit(_: Annotated[str, Depends(session)]):
        try:
            yield "unit"
        finally:
            time.sleep(0.02)
            log.append("unit flushed")

    @app.get("/")
    async def read(_: Annotated[str, Depends(unit)]):
        return 1

    @app.middleware("http")
    async def refusing(request, call_next):
        await call_next(request)
        raise LookupError("refused")

    async def main():
        with suppress(LookupError):
            await exchange(app, "GET", "/")

    run(main)
    assert log == ["unit flushed", "session closed"]


def test_a_thread_keeps_its_token_until_it_has_ended():
    running, most = 0, 0

    def endpoint():
        nonlocal running, most
        running += 1
        most = max(most, running)
        time.sleep(0.05)
        running -= 1

    async def main():
        limiter = anyio.to_thread.current_default_thread_limiter()
        limiter.total_tokens = 3
        app = make_app(endpoint)
        for _ in range(2):
            await asyncio.gather(*(answered(app, []) for _ in range(8)))
        return limiter.borrowed_tokens

    assert run(main) == 0
    assert most <= 3


def test_a_thread_is_told_that_nobody_waits_for_its_answer():
    told = []

    def endpoint():
        for _ in range(200):
            time.sleep(0.01)
            try:
                from_thread.check_cancelled()
            except BaseException as error:
                told.append(type(error).__name__)
                raise

    async def main():
        await answered(make_app(endpoint), [])

    run(main)
    assert told == ["CancelledError"]


def test_a_coroutine_that_a_thread_runs_is_told_too():
    told = []

    async def waiting():
        try:
            await anyio.sleep(5)
        except BaseException as error:
            told.append(type(error).__name__)
            raise

    def endpoint():
        from_thread.run(waiting)

    async def main():
        with anyio.move_on_after(3) as patience:
            await answered(make_app(endpoint), [])
        return patience.cancelled_caught

    assert not run(main)
    assert told == ["CancelledError"]
