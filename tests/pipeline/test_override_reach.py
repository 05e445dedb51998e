"""Overrides are followed wherever they reach: own route classes, mounts, sockets, other threads."""

import threading

import anyio
import pytest
from drivers.asgi import Answer, exchange
from drivers.overridden import get, make_app, original, other
from drivers.own_routes import OwnHandle, OwnHandler, OwnMatches

from pronghorn import APIRouter, Depends, FastAPI, WebSocket
from pronghorn.testclient import TestClient

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


@pytest.mark.parametrize("route_class", [OwnHandler, OwnHandle, OwnMatches])
@pytest.mark.parametrize("is_included", [False, True])
async def test_a_route_class_of_its_own_follows_the_overrides(route_class, is_included):
    app = FastAPI()
    router = APIRouter(route_class=route_class) if is_included else app.router
    router.route_class = route_class

    @router.get("/")
    async def endpoint(value=Depends(original)):
        return value

    if is_included:
        app.include_router(router)
    assert await get(app) == "original"
    app.dependency_overrides[original] = other
    assert await get(app) == "other"
    app.dependency_overrides.clear()
    assert await get(app) == "original"


async def test_a_router_that_matches_in_a_way_of_its_own_follows_the_overrides():
    class OwnRouter(APIRouter):
        def matches(self, scope):
            return super().matches(scope)

    app = FastAPI()
    router = OwnRouter()

    @router.get("/")
    async def endpoint(value=Depends(original)):
        return value

    app.include_router(router)
    assert await get(app) == "original"
    app.dependency_overrides[original] = other
    assert await get(app) == "other"


async def test_overrides_of_an_object_that_is_no_application_are_followed():
    class Provider:
        def __init__(self):
            self.dependency_overrides = {}

    provider = Provider()
    router = APIRouter(dependency_overrides_provider=provider)

    @router.get("/")
    async def endpoint(value=Depends(original)):
        return value

    app = FastAPI()
    app.mount("/api", router)
    assert await get(app, "/api/") == "original"
    provider.dependency_overrides[original] = other
    assert await get(app, "/api/") == "other"
    provider.dependency_overrides = {}
    assert await get(app, "/api/") == "original"


async def test_a_mounted_application_has_overrides_of_its_own():
    app, mounted = FastAPI(), make_app()
    app.mount("/mounted", mounted)
    assert await get(app, "/mounted/") == "original"
    app.dependency_overrides[original] = other
    assert await get(app, "/mounted/") == "original"
    mounted.dependency_overrides[original] = other
    assert await get(app, "/mounted/") == "other"


def test_a_dependency_of_a_web_socket_is_overridden():
    app = FastAPI()

    @app.websocket("/")
    async def talk(websocket: WebSocket, value=Depends(original)):
        await websocket.accept()
        await websocket.send_text(value)
        await websocket.close()

    client = TestClient(app)
    for overrides, expected in (({}, "original"), ({original: other}, "other"), ({}, "original")):
        app.dependency_overrides = overrides
        with client.websocket_connect("/") as session:
            assert session.receive_text() == expected


async def test_overrides_change_under_many_concurrent_requests():
    app = FastAPI()
    entered = 0

    async def slow():
        await anyio.sleep(0.001)
        return "original"

    @app.get("/")
    async def endpoint(value=Depends(slow)):
        nonlocal entered
        entered += 1
        await anyio.sleep(0.001)
        return value

    answers = {}

    async def ask(number):
        answers[number] = await exchange(app, "GET", "/", answer=Answer())

    async def change():
        for number in range(20):
            app.dependency_overrides[slow] = lambda number=number: "other"
            await anyio.sleep(0.0005)
            app.dependency_overrides.clear()
            await anyio.sleep(0.0005)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(change)
        for number in range(32 * 4):
            tasks.start_soon(ask, number)
            if number % 32 == 31:
                await anyio.sleep(0.005)
    assert entered == 128
    assert {answer.status for answer in answers.values()} == {200}
    assert {answer.json for answer in answers.values()} <= {"original", "other"}
    assert await get(app) == "original"


def test_overrides_change_while_other_threads_serve():
    app = make_app()
    stop = threading.Event()
    found = set()
    failures = []

    async def ask_until_stopped():
        while not stop.is_set():
            found.add(await get(app))

    def serve():
        try:
            anyio.run(ask_until_stopped)
        except BaseException as error:  # noqa: BLE001  Told by the test's own thread.
            failures.append(error)

    threads = [threading.Thread(target=serve) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(100):
        app.dependency_overrides[original] = other
        stop.wait(0.001)
        app.dependency_overrides.clear()
        stop.wait(0.001)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    assert found == {"original", "other"}
    assert anyio.run(get, app) == "original"
