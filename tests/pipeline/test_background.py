"""Background tasks: run after the answer, in order, and never dropped."""

import threading

import pytest
from drivers.asgi import Answer, exchange, exchange_failing, make_scope

from pronghorn import (
    APIRouter,
    BackgroundTasks,
    Depends,
    FastAPI,
    HTTPException,
    Response,
    WebSocketDisconnect,
    routing,
)
from pronghorn.responses import JSONResponse, StreamingResponse
from pronghorn.routing import APIRoute

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


@pytest.fixture
def done():
    return []


def own_task(done, name):
    tasks = BackgroundTasks()
    tasks.add_task(done.append, name)
    return tasks


async def test_the_endpoint_and_its_dependencies_add_to_the_same_tasks(done):
    app = FastAPI()

    def first(tasks: BackgroundTasks):
        tasks.add_task(done.append, "first")
        return tasks

    async def second(tasks: BackgroundTasks, first=Depends(first)):
        assert tasks is first
        tasks.add_task(done.append, "second")

    @app.get("/", dependencies=[Depends(second)])
    async def endpoint(tasks: BackgroundTasks):
        tasks.add_task(done.append, "endpoint")

    await exchange(app, "GET", "/")
    assert done == ["first", "second", "endpoint"]


async def test_the_tasks_of_one_request_are_not_those_of_the_next(done):
    app = FastAPI()

    @app.get("/")
    async def endpoint(tasks: BackgroundTasks, name: str):
        tasks.add_task(done.append, name)

    for name in ("a", "b"):
        await exchange(app, "GET", f"/?name={name}")
    assert done == ["a", "b"]


async def test_a_task_runs_after_the_answer_was_sent(done):
    app = FastAPI()

    @app.get("/")
    async def endpoint(tasks: BackgroundTasks):
        async def task():
            done.append(len(messages))

        tasks.add_task(task)
        return 1

    answer = Answer()
    messages = answer.messages
    await exchange(app, "GET", "/", answer=answer)
    assert done == [2]


async def test_a_blocking_task_runs_in_a_thread(done):
    app = FastAPI()

    @app.get("/")
    async def endpoint(tasks: BackgroundTasks):
        tasks.add_task(lambda: done.append(threading.get_ident()))

    await exchange(app, "GET", "/")
    assert done != [threading.get_ident()]


@pytest.mark.parametrize("kind", [Response, JSONResponse])
async def test_a_returned_response_runs_the_tasks_too(done, kind):
    app = FastAPI()

    @app.get("/")
    async def endpoint(tasks: BackgroundTasks):
        tasks.add_task(done.append, "added")
        return kind("text")

    await exchange(app, "GET", "/")
    assert done == ["added"]


async def test_a_returned_response_with_tasks_of_its_own_runs_both(done):
    app = FastAPI()

    @app.get("/")
    async def endpoint(tasks: BackgroundTasks):
        tasks.add_task(done.append, "added")
        return Response("text", background=own_task(done, "own"))

    await exchange(app, "GET", "/")
    assert done == ["own", "added"]


async def test_a_returned_response_that_has_the_injected_tasks_runs_them_once(done):
    app = FastAPI()

    @app.get("/")
    async def endpoint(tasks: BackgroundTasks):
        tasks.add_task(done.append, "added")
        return Response("text", background=tasks)

    await exchange(app, "GET", "/")
    assert done == ["added"]


@pytest.mark.parametrize("scope", ["function", "request"])
@pytest.mark.parametrize("answer", ["data", "response", "response with tasks", "stream", "lines"])
@pytest.mark.parametrize("route_class", [None, "custom"])
async def test_a_task_that_is_added_after_yield_is_run(done, scope, answer, route_class):
    class Custom(APIRoute):
        def get_route_handler(self):
            handler = super().get_route_handler()

            async def custom(request):
                return await handler(request)

            return custom

    app = FastAPI()
    router = APIRouter(route_class=Custom if route_class else APIRoute)

    def audit(tasks: BackgroundTasks):
        tasks.add_task(done.append, "before yield")
        yield
        tasks.add_task(done.append, "after yield")

    async def chunks():
        yield b"chunk"

    dependencies = [Depends(audit, scope=scope)]
    if answer == "lines":

        @router.get("/", dependencies=dependencies)
        async def endpoint():
            yield 1
    else:

        @router.get("/", dependencies=dependencies)
        async def endpoint():
            if answer == "data":
                return 1
            if answer == "stream":
                return StreamingResponse(chunks())
            background = own_task(done, "own") if answer == "response with tasks" else None
            return Response("text", background=background)

    app.include_router(router)
    await exchange(app, "GET", "/")
    own = ["own"] if answer == "response with tasks" else []
    assert done == [*own, "before yield", "after yield"]


@pytest.mark.parametrize("scope", ["function", "request"])
async def test_a_task_that_is_only_added_after_yield_is_run_beside_own_ones(done, scope):
    app = FastAPI()

    def audit(tasks: BackgroundTasks):
        yield
        tasks.add_task(done.append, "after yield")

    @app.get("/", dependencies=[Depends(audit, scope=scope)])
    async def endpoint():
        return Response("text", background=own_task(done, "own"))

    await exchange(app, "GET", "/")
    assert done == ["own", "after yield"]


async def test_no_task_runs_when_the_endpoint_fails(done):
    app = FastAPI()

    @app.get("/")
    async def endpoint(tasks: BackgroundTasks):
        tasks.add_task(done.append, "task")
        raise HTTPException(400)

    answer = await exchange(app, "GET", "/")
    assert answer.status == 400
    assert done == []


async def test_a_failing_task_comes_too_late_for_the_answer(done):
    app = FastAPI()

    def fail():
        raise LookupError("gone")

    @app.get("/")
    async def endpoint(tasks: BackgroundTasks):
        tasks.add_task(fail)
        tasks.add_task(done.append, "next")
        return 1

    answer, error = await exchange_failing(app, "GET", "/")
    assert (answer.status, answer.json) == (200, 1)
    assert answer.is_complete
    assert isinstance(error, LookupError)
    assert done == []


async def test_an_injected_response_and_tasks_go_together(done):
    app = FastAPI()

    @app.get("/", status_code=201)
    async def endpoint(tasks: BackgroundTasks, response: Response) -> dict[str, int]:
        tasks.add_task(done.append, "task")
        response.headers["x-a"] = "b"
        return {"a": 1}

    answer = await exchange(app, "GET", "/")
    assert (answer.status, answer.json, answer.headers["x-a"]) == (201, {"a": 1}, "b")
    assert done == ["task"]


# --- WebSockets -------------------------------------------------------------------------------


async def connect(app):
    """A connection that says nothing, and hears nothing."""
    await app(make_scope("", "/", protocol="websocket"), None, None)


@pytest.fixture
def socket_app(done):
    app = FastAPI()

    @app.websocket("/")
    async def endpoint(tasks: BackgroundTasks):
        tasks.add_task(done.append, "run")
        done.append("returned")

    return app


async def test_the_tasks_of_a_websocket_run_where_others_solve_its_dependencies(
    socket_app, done, monkeypatch
):
    solve = routing.solve_dependencies
    monkeypatch.setattr(routing, "solve_dependencies", lambda **options: solve(**options))
    await connect(socket_app)
    assert done == ["returned", "run"]


async def test_the_tasks_of_a_websocket_run_in_an_app_of_its_route(socket_app, done):
    await connect(socket_app.routes[-1].app)
    assert done == ["returned", "run"]


async def test_an_exception_drops_the_tasks_of_a_websocket(done):
    app = FastAPI()

    @app.websocket("/")
    async def endpoint(tasks: BackgroundTasks):
        tasks.add_task(done.append, "run")
        raise WebSocketDisconnect

    with pytest.raises(WebSocketDisconnect):
        await connect(app)
    assert done == []


async def test_a_response_that_is_returned_again_does_not_collect_tasks(done):
    app = FastAPI()
    kept = Response(b"kept")
    kept_tasks = Response(b"tasks", background=own_task(done, "own"))

    @app.get("/{name}/{number}")
    async def read(name: str, number: int, tasks: BackgroundTasks):
        tasks.add_task(done.append, number)
        return kept if name == "kept" else kept_tasks

    for number in range(3):
        assert (await exchange(app, "GET", f"/kept/{number}")).body == b"kept"
    assert done == [0, 1, 2]
    done.clear()
    for number in range(2):
        await exchange(app, "GET", f"/tasks/{number}")
    assert done == ["own", 0, "own", 1]
    assert kept.background is None
