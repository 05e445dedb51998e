"""A dependency that is asked for twice is called once, unless it says otherwise."""

from functools import partial, wraps
from typing import Annotated

import pytest
from drivers.asgi import exchange

from pronghorn import Depends, FastAPI, Query, Security
from pronghorn.security import SecurityScopes

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


class Counter:
    """A dependency that counts its calls."""

    def __init__(self):
        self.calls = 0

    def __call__(self):
        self.calls += 1
        return self.calls


class AsyncCounter(Counter):
    async def __call__(self):
        self.calls += 1
        return self.calls


async def get(app, target="/"):
    answer = await exchange(app, "GET", target)
    assert answer.status == 200, answer.body
    return answer.json


@pytest.mark.parametrize("make", [Counter, AsyncCounter])
async def test_a_shared_dependency_is_called_once_for_each_request(make):
    app = FastAPI()
    counter = make()

    def middle(value=Depends(counter)):
        return value

    @app.get("/", dependencies=[Depends(counter)])
    async def endpoint(a=Depends(counter), b=Depends(middle), c=Depends(counter)):
        return [a, b, c]

    assert await get(app) == [1, 1, 1]
    assert await get(app) == [2, 2, 2]


async def test_an_unshared_dependency_is_called_each_time():
    app = FastAPI()
    counter = Counter()

    def middle(value=Depends(counter)):
        return value

    @app.get("/")
    async def endpoint(
        a=Depends(counter),
        b=Depends(counter, use_cache=False),
        c=Depends(middle),
        d=Depends(counter, use_cache=False),
        e=Depends(counter),
    ):
        return [a, b, c, d, e]

    assert await get(app) == [1, 2, 1, 3, 1]


async def test_the_first_of_unshared_ones_is_shared_with_those_who_share():
    app = FastAPI()
    counter = Counter()

    @app.get("/")
    async def endpoint(a=Depends(counter, use_cache=False), b=Depends(counter)):
        return [a, b]

    assert await get(app) == [1, 1]


async def test_what_an_unshared_dependency_depends_on_is_still_shared():
    app = FastAPI()
    below, above = Counter(), Counter()

    def middle(below=Depends(below)):
        return [below, above()]

    @app.get("/")
    async def endpoint(a=Depends(middle, use_cache=False), b=Depends(middle, use_cache=False)):
        return [a, b]

    assert await get(app) == [[1, 1], [1, 2]]


async def test_an_unshared_dependency_below_a_shared_one_is_called_with_it():
    app = FastAPI()
    dice = Counter()

    def throw(dice=Depends(dice, use_cache=False)):
        return dice

    @app.get("/")
    async def endpoint(a=Depends(throw), b=Depends(throw), c=Depends(throw, use_cache=False)):
        return [a, b, c]

    first, second, third = await get(app)
    assert first == second
    assert third != first
    # FastAPI throws for `b` as well, and does not look at the result.
    assert dice.calls == 3


async def test_the_same_parameters_are_read_alike_wherever_they_are_asked_for():
    app = FastAPI()

    def page(limit: int = 10, q: Annotated[list[str], Query()] = ()):
        return [limit, *q]

    def other(page=Depends(page), limit: int = 20):
        return [*page, limit]

    @app.get("/")
    async def endpoint(page=Depends(page), other=Depends(other), limit: str = "30"):
        return [page, other, limit]

    assert await get(app) == [[10], [10, 20], "30"]
    assert await get(app, "/?limit=5&q=a&q=b") == [[5, "a", "b"], [5, "a", "b", 5], "5"]


async def test_scopes_make_a_dependency_another_one_only_if_it_looks_at_them():
    app = FastAPI()
    blind = Counter()
    seeing_calls = []

    def seeing(scopes: SecurityScopes):
        seeing_calls.append(scopes.scopes)
        return scopes.scopes

    @app.get("/")
    async def endpoint(
        a=Security(seeing, scopes=["a"]),
        b=Security(seeing, scopes=["b"]),
        c=Security(seeing, scopes=["a"]),
        d=Depends(seeing),
        e=Depends(blind),
    ):
        return [a, b, c, d, e]

    assert await get(app) == [["a"], ["b"], ["a"], [], 1]
    assert seeing_calls == [["a"], ["b"], []]


async def test_scopes_are_collected_on_the_way_down_each_once():
    app = FastAPI()

    def below(scopes: SecurityScopes):
        return [scopes.scopes, scopes.scope_str]

    def above(below=Security(below, scopes=["c", "a"])):
        return below

    @app.get("/")
    async def endpoint(above=Security(above, scopes=["a", "b"])):
        return above

    assert await get(app) == [["a", "b", "c"], "a b c"]


async def test_the_two_lifetimes_of_a_generator_are_two_values():
    app = FastAPI()
    counter = Counter()

    def connect():
        yield counter()

    @app.get("/")
    async def endpoint(
        a=Depends(connect, scope="function"),
        b=Depends(connect),
        c=Depends(connect, scope="request"),
        d=Depends(connect, scope="function"),
    ):
        return [a, b, c, d]

    assert await get(app) == [1, 2, 2, 1]


async def test_all_that_can_be_called_can_be_depended_on():
    app = FastAPI()

    class Page:
        def __init__(self, limit: int = 10):
            self.limit = limit

        def method(self, offset: int = 1):
            return offset

    def plain(a: int, b: int = 2):
        return [a, b]

    async def slow(a: int, *, b: int = 2):
        return [a, b]

    @wraps(slow)
    async def wrapped(*args, **kwargs):
        return ["wrapped", *await slow(*args, **kwargs)]

    page = Page()

    @app.get("/")
    async def endpoint(
        cls: Annotated[Page, Depends()],
        method=Depends(page.method),
        partly=Depends(partial(plain, b=5)),
        partly_slow=Depends(partial(slow, 7)),
        wrapped=Depends(wrapped),
        built_in=Depends(lambda: 1),
    ):
        return [cls.limit, method, partly, partly_slow, wrapped, built_in]

    assert await get(app, "/?a=1") == [10, 1, [1, 5], [7, 2], ["wrapped", 1, 2], 1]


async def test_positional_only_and_variable_arguments_get_their_values():
    app = FastAPI()

    def keywords(**options: int):
        return options

    @app.get("/")
    async def endpoint(keywords=Depends(keywords)):
        return keywords

    assert await get(app, "/?options=3") == {"options": 3}


async def test_dependencies_are_called_in_order_one_after_the_other():
    app = FastAPI()
    order = []

    def first():
        order.append("first")

    async def second():
        order.append("second")

    def third(second=Depends(second)):
        order.append("third")

    @app.get("/", dependencies=[Depends(first), Depends(third)])
    async def endpoint(second=Depends(second), last=Depends(lambda: order.append("last"))):
        order.append("endpoint")

    await get(app)
    assert order == ["first", "second", "third", "last", "endpoint"]


async def test_equal_callables_are_called_each_in_its_way():
    class Equal:
        def __eq__(self, other):
            return isinstance(other, Equal)

        def __hash__(self):
            return 1

    class Blocking(Equal):
        def __call__(self):
            return "blocking"

    class Async(Equal):
        async def __call__(self):
            return "async"

    app = FastAPI()

    @app.get("/")
    async def read(
        # Within `Annotated`, Python itself would take the two for one.
        one: str = Depends(Async(), use_cache=False),
        other: str = Depends(Blocking(), use_cache=False),
    ):
        return [one, other]

    assert await get(app) == ["async", "blocking"]


async def test_what_is_asked_for_twice_at_each_of_many_levels_is_read_once():
    calls = []

    def lowest(page: int):
        calls.append(page)
        return page

    def above(dependency):
        def level(one=Depends(dependency), other=Depends(dependency)):
            return one

        return level

    dependency = lowest
    # Twice as many with each level: read one by one, these would take years.
    for _ in range(60):
        dependency = above(dependency)

    app = FastAPI()

    @app.get("/")
    def read(value: Annotated[int, Depends(dependency)]):
        return value

    assert await get(app, "/?page=3") == 3
    assert calls == [3]
    assert len(app.openapi()["paths"]["/"]["get"]["parameters"]) == 1
    app.dependency_overrides[lowest] = lambda: 4
    assert await get(app, "/") == 4


async def test_the_endpoint_may_be_a_callable_that_cannot_be_hashed():
    class Reading:
        __hash__ = None

        def __call__(self):
            return "read"

    app = FastAPI()
    app.add_api_route("/", Reading())
    assert await get(app) == "read"

    app.dependency_overrides[get] = lambda: None
    assert await get(app) == "read"
