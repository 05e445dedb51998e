"""Context variables that one part of a request sets are seen by the parts after it."""

from contextlib import contextmanager
from contextvars import ContextVar

import anyio
import pytest
from drivers.asgi import Answer, exchange

from pronghorn import BackgroundTasks, Depends, FastAPI, HTTPException
from pronghorn.concurrency import contextmanager_in_threadpool

pytestmark = pytest.mark.anyio

user: ContextVar[str] = ContextVar("user", default="nobody")


def set_in_thread(name: str = "Ada"):
    user.set(name)


async def set_in_loop(name: str = "Ada"):
    user.set(name)


def set_and_yield(name: str = "Ada"):
    token = user.set(name)
    yield
    assert user.get() == name
    del token


async def set_and_yield_in_loop(name: str = "Ada"):
    token = user.set(name)
    yield
    # Left in the same context as it was entered in, so the token is good.
    user.reset(token)


@pytest.mark.parametrize(
    "dependency", [set_in_thread, set_in_loop, set_and_yield, set_and_yield_in_loop]
)
@pytest.mark.parametrize("is_async", [False, True])
async def test_the_endpoint_sees_what_a_dependency_set(dependency, is_async):
    app = FastAPI()
    later = []

    def between():
        return user.get()

    async def endpoint(tasks: BackgroundTasks, between=Depends(between)):
        tasks.add_task(lambda: later.append(user.get()))
        return [between, user.get()]

    def blocking(tasks: BackgroundTasks, between=Depends(between)):
        tasks.add_task(lambda: later.append(user.get()))
        return [between, user.get()]

    app.add_api_route("/", endpoint if is_async else blocking, dependencies=[Depends(dependency)])
    assert (await exchange(app, "GET", "/?name=Grace")).json == ["Grace", "Grace"]
    assert later == ["Grace"]


@pytest.mark.parametrize("before", [None, "middleware"])
@pytest.mark.parametrize("fails", [False, True])
async def test_a_dependency_may_reset_at_its_exit_what_it_has_set(before, fails):
    app = FastAPI()
    seen = []

    async def watch_the_end():
        try:
            yield
        finally:
            seen.append(user.get())

    def set_and_reset():
        token = user.set("dependency")
        try:
            yield
        finally:
            seen.append(user.get())
            user.reset(token)

    @app.get("/", dependencies=[Depends(watch_the_end), Depends(set_and_reset, scope="function")])
    async def endpoint():
        seen.append(user.get())
        user.set("endpoint")
        if fails:
            raise HTTPException(400)

    async def ask():
        if before is not None:
            user.set(before)
        await exchange(app, "GET", "/")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
    assert seen == ["dependency", "endpoint", before or "nobody"]


async def test_what_is_entered_may_be_left_in_another_task():
    @contextmanager
    def set_and_reset():
        token = user.set("entered")
        yield
        user.reset(token)

    manager = contextmanager_in_threadpool(set_and_reset())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(manager.__aenter__)
    user.set("Ada")
    await manager.__aexit__(None, None, None)
    assert user.get() == "Ada"


async def test_one_request_does_not_see_what_another_one_set():
    app = FastAPI()

    @app.get("/", dependencies=[Depends(set_in_thread)])
    async def endpoint(name: str):
        await anyio.sleep(0.001)
        return [name, user.get()]

    answers = {}

    async def ask(number):
        answers[number] = await exchange(app, "GET", f"/?name={number}", answer=Answer())

    async with anyio.create_task_group() as tasks:
        for number in range(32):
            tasks.start_soon(ask, number)
    assert {n: a.json for n, a in answers.items()} == {n: [str(n), str(n)] for n in range(32)}
    assert user.get() == "nobody"


async def test_what_a_blocking_endpoint_sets_is_seen_at_the_exits():
    app = FastAPI()
    seen = []

    async def watch():
        yield
        seen.append(user.get())

    @app.get("/", dependencies=[Depends(watch), Depends(watch, scope="function")])
    def endpoint():
        user.set("endpoint")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(exchange, app, "GET", "/")
    assert seen == ["endpoint", "endpoint"]


async def test_what_middleware_set_is_seen_by_all():
    app = FastAPI()

    class Named:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            user.set("middleware")
            await self.app(scope, receive, send)

    app.add_middleware(Named)

    @app.get("/")
    def endpoint(dependency=Depends(lambda: user.get())):
        return [dependency, user.get()]

    async with anyio.create_task_group() as tasks:
        answer = Answer()

        async def ask():
            await exchange(app, "GET", "/", answer=answer)

        tasks.start_soon(ask)
    assert answer.json == ["middleware", "middleware"]
