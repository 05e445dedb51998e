"""`dependency_overrides`: set, changed, cleared and replaced at any time."""

from typing import Annotated

import pytest
from drivers.asgi import exchange
from drivers.overridden import get, make_app, original, other
from pydantic import BaseModel

from pronghorn import APIRouter, Body, Depends, FastAPI, Form, Header, Security
from pronghorn.security import SecurityScopes

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


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


async def test_an_unshared_dependency_below_an_override_is_called_each_time():
    app = FastAPI()
    calls = []

    def count():
        calls.append(1)
        return len(calls)

    def above(value=Depends(original)):
        return value

    def override(count=Depends(count, use_cache=False)):
        return count

    @app.get("/")
    async def endpoint(a=Depends(above), b=Depends(above)):
        return [a, b]

    app.dependency_overrides[original] = override
    assert await get(app) == [1, 1]
    assert len(calls) == 2


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
