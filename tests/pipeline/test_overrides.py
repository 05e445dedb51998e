"""`dependency_overrides`: set, changed, cleared and replaced at any time, under load too."""

import threading
from typing import Annotated

import anyio
import pytest
from drivers.asgi import Answer, exchange
from pydantic import BaseModel

from pronghorn import APIRouter, Body, Depends, FastAPI, Form, Header, Security, WebSocket
from pronghorn.routing import APIRoute
from pronghorn.security import SecurityScopes
from pronghorn.testclient import TestClient

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


def original():
    return "original"


def other():
    return "other"


async def get(app, target="/", **options):
    answer = await exchange(app, "GET", target, **options)
    assert answer.status == 200, answer.body
    return answer.json


def make_app():
    app = FastAPI()

    @app.get("/")
    async def endpoint(value=Depends(original)):
        return value

    return app


def by_item(app):
    app.dependency_overrides[original] = other


def by_update(app):
    app.dependency_overrides.update({original: other})


def by_union(app):
    app.dependency_overrides |= {original: other}


def by_setdefault(app):
    app.dependency_overrides.setdefault(original, other)


def by_replacing(app):
    app.dependency_overrides = {original: other}


@pytest.mark.parametrize("override", [by_item, by_update, by_union, by_setdefault, by_replacing])
@pytest.mark.parametrize("is_warm", [False, True])
async def test_an_override_counts_from_the_next_request_on(override, is_warm):
    app = make_app()
    if is_warm:
        assert await get(app) == "original"
    override(app)
    assert await get(app) == "other"


def by_clear(app):
    app.dependency_overrides.clear()


def by_del(app):
    del app.dependency_overrides[original]


def by_pop(app):
    app.dependency_overrides.pop(original)


def by_popitem(app):
    app.dependency_overrides.popitem()


def by_empty(app):
    app.dependency_overrides = {}


@pytest.mark.parametrize("clear", [by_clear, by_del, by_pop, by_popitem, by_empty])
async def test_without_its_override_a_dependency_is_itself_again(clear):
    app = make_app()
    app.dependency_overrides[original] = other
    assert await get(app) == "other"
    clear(app)
    assert app.dependency_overrides == {}
    assert await get(app) == "original"


async def test_an_override_can_be_changed_to_another_one():
    app = make_app()
    for name in ("a", "b", "c"):
        app.dependency_overrides[original] = lambda name=name: name
        # The default makes `name` a query parameter, with that default.
        assert await get(app) == name
    assert await get(app, "/?name=d") == "d"


async def test_the_dict_that_was_replaced_has_no_effect_any_more():
    app = make_app()
    old = app.dependency_overrides
    app.dependency_overrides = {}
    old[original] = other
    assert await get(app) == "original"


async def test_an_override_brings_its_own_parameters_and_dependencies():
    app = FastAPI()
    calls = []

    def below(x_token: Annotated[str, Header()]):
        calls.append("below")
        return x_token

    def needs(a: int):
        return a

    def override(b: int, token=Depends(below), limit: int = 10):
        return [b, token, limit]

    @app.get("/")
    async def endpoint(value=Depends(needs)):
        return value

    assert (await exchange(app, "GET", "/")).json["detail"][0]["loc"] == ["query", "a"]
    app.dependency_overrides[needs] = override
    headers = [(b"x-token", b"t")]
    assert await get(app, "/?b=2", headers=headers) == [2, "t", 10]
    answer = await exchange(app, "GET", "/?limit=x")
    locations = [error["loc"] for error in answer.json["detail"]]
    assert locations == [["header", "x-token"], ["query", "b"], ["query", "limit"]]
    assert calls == ["below"]


async def test_what_an_override_depends_on_is_overridden_too():
    app = FastAPI()

    def above(value=Depends(original)):
        return ["above", value]

    def override(value=Depends(original)):
        return ["override", value]

    @app.get("/")
    async def endpoint(value=Depends(above)):
        return value

    app.dependency_overrides = {above: override, original: other}
    assert await get(app) == ["override", "other"]


async def test_a_dependency_deep_below_is_overridden():
    app = FastAPI()

    def middle(value=Depends(original)):
        return [value]

    def above(value=Depends(middle)):
        return [value]

    @app.get("/")
    async def endpoint(value=Depends(above)):
        return value

    assert await get(app) == [["original"]]
    app.dependency_overrides[original] = other
    assert await get(app) == [["other"]]


async def test_an_override_of_something_else_changes_nothing():
    app = make_app()
    assert await get(app) == "original"
    app.dependency_overrides[print] = other
    assert await get(app) == "original"


@pytest.mark.parametrize("kind", ["sync", "async", "generator", "async generator", "class"])
async def test_an_override_may_be_of_another_kind(kind):
    app = make_app()
    left = []

    async def coroutine():
        return "other"

    def generator():
        yield "other"
        left.append(1)

    async def async_generator():
        yield "other"
        left.append(1)

    class Class(str):
        def __new__(cls):
            return super().__new__(cls, "other")

    app.dependency_overrides[original] = {
        "sync": other,
        "async": coroutine,
        "generator": generator,
        "async generator": async_generator,
        "class": Class,
    }[kind]
    assert await get(app) == "other"
    assert left == ([1] if "generator" in kind else [])


async def test_an_overridden_dependency_is_still_shared_or_not_as_it_was_asked_for():
    app = FastAPI()
    calls = []

    def count():
        calls.append(1)
        return len(calls)

    @app.get("/")
    async def endpoint(
        a=Depends(original), b=Depends(original), c=Depends(original, use_cache=False)
    ):
        return [a, b, c]

    app.dependency_overrides[original] = count
    assert await get(app) == [1, 1, 2]


async def test_two_dependencies_with_the_same_override_are_two_values():
    app = FastAPI()
    calls = []

    def count():
        calls.append(1)
        return len(calls)

    def second():
        return "second"

    @app.get("/")
    async def endpoint(a=Depends(original), b=Depends(second)):
        return [a, b]

    app.dependency_overrides = {original: count, second: count}
    assert await get(app) == [1, 2]


async def test_an_override_with_a_body_on_a_route_without_one_misses_it():
    app = make_app()

    class Item(BaseModel):
        name: str

    def override(item: Item):
        return item

    def optional(item: Item | None = None):
        return item

    def key(name: Annotated[str, Body()] = "nobody"):
        return name

    def form(name: Annotated[str, Form()] = "nobody"):
        return name

    app.dependency_overrides[original] = override
    answer = await exchange(app, "GET", "/", json_body={"name": "a"})
    assert answer.status == 422
    assert answer.json["detail"][0]["type"] == "missing"
    app.dependency_overrides[original] = optional
    assert await get(app, "/", json_body={"name": "a"}) is None
    for call in (key, form):
        app.dependency_overrides[original] = call
        assert await get(app, "/", json_body={"name": "a"}) == "nobody"


async def test_an_override_without_the_body_leaves_the_body_of_the_route():
    app = FastAPI()

    def named(name: Annotated[str, Body()]):
        return name

    @app.post("/")
    async def endpoint(other: Annotated[int, Body()], name=Depends(named)):
        return [other, name]

    app.dependency_overrides[named] = original
    answer = await exchange(app, "POST", "/", json_body={"other": 1})
    assert answer.json == [1, "original"]


async def test_an_override_gets_the_scopes_of_what_it_replaces():
    app = FastAPI()

    def user(scopes: SecurityScopes):
        return scopes.scopes

    def fake(scopes: SecurityScopes):
        return ["fake", *scopes.scopes]

    @app.get("/")
    async def endpoint(user=Security(user, scopes=["a", "b"])):
        return user

    app.dependency_overrides[user] = fake
    assert await get(app) == ["fake", "a", "b"]


async def test_the_endpoint_itself_is_not_overridden():
    app = FastAPI()

    async def endpoint():
        return "endpoint"

    app.add_api_route("/", endpoint)
    app.dependency_overrides[endpoint] = other
    assert await get(app) == "endpoint"


@pytest.mark.parametrize("kind", ["app", "router", "include", "route"])
async def test_dependencies_whose_values_nobody_takes_are_overridden(kind):
    calls = []

    def replaced():
        calls.append("replaced")

    def replacing():
        calls.append("replacing")

    given = [Depends(replaced)]
    app = FastAPI(dependencies=given if kind == "app" else None)
    router = APIRouter(dependencies=given if kind == "router" else None)
    router.add_api_route("/", lambda: 1, dependencies=given if kind == "route" else None)
    app.include_router(router, dependencies=given if kind == "include" else None)
    await get(app)
    app.dependency_overrides[replaced] = replacing
    await get(app)
    assert calls == ["replaced", "replacing"]


class OwnHandler(APIRoute):
    def get_route_handler(self):
        handler = super().get_route_handler()

        async def own(request):
            return await handler(request)

        return own


class OwnHandle(APIRoute):
    async def handle(self, scope, receive, send):
        await super().handle(scope, receive, send)


class OwnMatches(APIRoute):
    def matches(self, scope):
        return super().matches(scope)


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
