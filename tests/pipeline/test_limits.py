"""`max_concurrency`: so many at once, held as long as what is held is in use."""

from contextlib import asynccontextmanager

import anyio
import anyio.to_thread
import pytest
from drivers.asgi import Answer, exchange, exchange_failing

from pronghorn import BackgroundTasks, Depends, FastAPI, HTTPException
from pronghorn.responses import StreamingResponse
from pronghorn.sse import EventSourceResponse

pytestmark = pytest.mark.anyio


class Gauge:
    """How many are in use now, and how many have been at most."""

    def __init__(self):
        self.now = 0
        self.most = 0

    def enter(self):
        self.now += 1
        self.most = max(self.most, self.now)

    def leave(self):
        self.now -= 1

    async def call(self):
        self.enter()
        await anyio.sleep(0.001)
        self.leave()

    async def hold(self):
        self.enter()
        try:
            yield self
        finally:
            self.leave()

    def hold_in_thread(self):
        self.enter()
        try:
            yield self
        finally:
            self.leave()


@pytest.fixture
def gauge():
    return Gauge()


@asynccontextmanager
async def many(app, number, target="/"):
    answers = [Answer() for _ in range(number)]
    async with anyio.create_task_group() as tasks:
        for answer in answers:

            async def ask(answer=answer):
                await exchange(app, "GET", target, answer=answer)

            tasks.start_soon(ask)
        yield answers


async def test_a_call_is_limited_while_it_runs(gauge):
    app = FastAPI()

    @app.get("/", dependencies=[Depends(gauge.call, max_concurrency=3)])
    async def endpoint():
        return 1

    async with many(app, 12) as answers:
        pass
    assert [answer.json for answer in answers] == [1] * 12
    assert gauge.most == 3
    assert gauge.now == 0


@pytest.mark.parametrize("name", ["hold", "hold_in_thread"])
@pytest.mark.parametrize("scope", ["function", "request"])
async def test_a_generator_is_limited_until_it_is_left(gauge, name, scope):
    app = FastAPI()
    depends = Depends(getattr(gauge, name), max_concurrency=2, scope=scope)

    @app.get("/", dependencies=[depends])
    async def endpoint():
        await anyio.sleep(0.001)
        return 1

    async with many(app, 8) as answers:
        pass
    assert [answer.json for answer in answers] == [1] * 8
    assert gauge.most == 2
    assert gauge.now == 0


async def test_the_limit_is_held_through_a_stream(gauge):
    app = FastAPI()
    go_on = anyio.Event()

    @app.get("/")
    async def endpoint(held=Depends(gauge.hold, max_concurrency=1)):
        async def chunks():
            yield b"a"
            await go_on.wait()
            yield b"b"

        return StreamingResponse(chunks())

    async with many(app, 3) as answers:
        with anyio.fail_after(5):
            while not any(answer.body for answer in answers):
                await anyio.sleep(0.001)
        await anyio.sleep(0.01)
        assert sum(bool(answer.messages) for answer in answers) == 1
        assert gauge.now == 1
        go_on.set()
    assert [answer.body for answer in answers] == [b"ab"] * 3
    assert gauge.most == 1


async def test_the_limit_is_held_through_a_stream_of_events(gauge):
    app = FastAPI()

    @app.get("/", response_class=EventSourceResponse)
    async def endpoint(held=Depends(gauge.hold, max_concurrency=1)):
        yield gauge.now
        await anyio.sleep(0.005)
        yield gauge.now

    async with many(app, 3) as answers:
        pass
    assert [answer.body for answer in answers] == [b"data: 1\n\ndata: 1\n\n"] * 3
    assert gauge.most == 1


async def test_the_limit_is_held_through_background_tasks(gauge):
    app = FastAPI()
    go_on = anyio.Event()

    @app.get("/")
    async def endpoint(tasks: BackgroundTasks, held=Depends(gauge.hold, max_concurrency=1)):
        tasks.add_task(go_on.wait)
        return 1

    async with many(app, 2) as answers:
        with anyio.fail_after(5):
            while not any(answer.body for answer in answers):
                await anyio.sleep(0.001)
        await anyio.sleep(0.01)
        assert sum(bool(answer.messages) for answer in answers) == 1
        go_on.set()
    assert [answer.json for answer in answers] == [1, 1]


async def test_the_limit_of_function_scope_is_given_back_before_the_answer(gauge):
    app = FastAPI()
    go_on = anyio.Event()

    @app.get("/")
    async def endpoint(
        tasks: BackgroundTasks, held=Depends(gauge.hold, max_concurrency=1, scope="function")
    ):
        tasks.add_task(go_on.wait)
        return 1

    async with many(app, 2) as answers:
        with anyio.fail_after(5):
            while not all(answer.body for answer in answers):
                await anyio.sleep(0.001)
        go_on.set()


async def test_the_same_mark_shares_its_limit_over_routes_and_applications(gauge):
    depends = Depends(gauge.call, max_concurrency=2)
    apps = [FastAPI(), FastAPI()]
    for app in apps:
        app.add_api_route("/a", lambda: 1, dependencies=[depends])
        app.add_api_route("/b", lambda: 1, dependencies=[depends])
    async with many(apps[0], 4, "/a"), many(apps[0], 4, "/b"), many(apps[1], 4, "/a"):
        pass
    assert gauge.most == 2


async def test_two_marks_have_limits_of_their_own(gauge):
    app = FastAPI()
    app.add_api_route("/a", lambda: 1, dependencies=[Depends(gauge.call, max_concurrency=1)])
    app.add_api_route("/b", lambda: 1, dependencies=[Depends(gauge.call, max_concurrency=1)])
    async with many(app, 4, "/a"), many(app, 4, "/b"):
        pass
    assert gauge.most == 2


async def test_what_fails_gives_its_place_back(gauge):
    app = FastAPI()

    async def fail():
        raise HTTPException(400)

    @app.get("/call", dependencies=[Depends(fail, max_concurrency=1)])
    async def call():
        return 1

    @app.get("/hold", dependencies=[Depends(gauge.hold, max_concurrency=1)])
    async def hold():
        raise LookupError

    with anyio.fail_after(5):
        for _ in range(3):
            assert (await exchange(app, "GET", "/call")).status == 400
            assert (await exchange_failing(app, "GET", "/hold"))[0].status == 500


async def test_who_waits_holds_no_thread(gauge):
    app = FastAPI()
    go_on = anyio.Event()

    @app.get("/limited", dependencies=[Depends(gauge.hold_in_thread, max_concurrency=1)])
    async def limited():
        await go_on.wait()
        return 1

    @app.get("/free")
    def free():
        return 1

    limiter = anyio.to_thread.current_default_thread_limiter()
    before = limiter.total_tokens
    limiter.total_tokens = 2
    try:
        async with many(app, 6, "/limited"):
            await anyio.sleep(0.01)
            with anyio.fail_after(5):
                assert (await exchange(app, "GET", "/free")).json == 1
            go_on.set()
    finally:
        limiter.total_tokens = before


async def test_a_waiting_request_that_is_cancelled_leaves_no_trace(gauge):
    app = FastAPI()
    go_on = anyio.Event()

    @app.get("/", dependencies=[Depends(gauge.hold, max_concurrency=1)])
    async def endpoint():
        await go_on.wait()
        return 1

    async with many(app, 1) as answers:
        await anyio.sleep(0.01)
        with anyio.move_on_after(0.01):
            await exchange(app, "GET", "/")
        go_on.set()
    assert answers[0].json == 1
    assert gauge.most == 1
    with anyio.fail_after(5):
        assert (await exchange(app, "GET", "/")).json == 1


def test_a_limit_is_counted_apart_in_each_event_loop(gauge):
    app = FastAPI()

    @app.get("/", dependencies=[Depends(gauge.call, max_concurrency=1)])
    async def endpoint():
        return 1

    async def run():
        async with many(app, 3) as answers:
            pass
        return [answer.json for answer in answers]

    for backend in ("asyncio", "trio", "asyncio"):
        assert anyio.run(run, backend=backend) == [1, 1, 1]
