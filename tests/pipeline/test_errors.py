"""Errors of one request are collected over all that is read, in the order of declaration."""

from typing import Annotated

import pytest
from drivers.asgi import exchange
from pydantic import BaseModel

from pronghorn import Body, Cookie, Depends, FastAPI, Header, HTTPException, Path, Query

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


class Item(BaseModel):
    name: str
    price: float


def locations(answer):
    assert answer.status == 422
    return [tuple(error["loc"]) for error in answer.json["detail"]]


async def test_errors_come_dependencies_first_then_path_query_header_cookie_body():
    app = FastAPI()

    def first(a: int, x_b: Annotated[int, Header()]):
        pass

    def second(c: int, first=Depends(first)):
        pass

    @app.post("/{d}", dependencies=[Depends(second)])
    async def endpoint(
        item: Item,
        e: Annotated[int, Cookie()],
        x_f: Annotated[int, Header()],
        g: int,
        d: int,
    ):
        pass

    answer = await exchange(app, "POST", "/x", json_body={"price": "much"})
    assert locations(answer) == [
        ("query", "a"),
        ("header", "x-b"),
        ("query", "c"),
        ("path", "d"),
        ("query", "g"),
        ("header", "x-f"),
        ("cookie", "e"),
        ("body", "name"),
        ("body", "price"),
    ]


async def test_an_error_tells_its_type_its_message_and_what_was_sent():
    app = FastAPI()

    @app.get("/{item_id}")
    async def endpoint(item_id: Annotated[int, Path(ge=10)], q: str):
        pass

    answer = await exchange(app, "GET", "/7")
    assert answer.json == {
        "detail": [
            {
                "type": "greater_than_equal",
                "loc": ["path", "item_id"],
                "msg": "Input should be greater than or equal to 10",
                "input": "7",
                "ctx": {"ge": 10},
            },
            {"type": "missing", "loc": ["query", "q"], "msg": "Field required", "input": None},
        ]
    }


async def test_a_dependency_with_errors_is_skipped_and_its_siblings_run():
    app = FastAPI()
    calls = []

    def before():
        calls.append("before")

    def broken(number: int):
        calls.append("broken")

    def on_broken(broken=Depends(broken)):
        calls.append("on broken")

    def after():
        calls.append("after")

    @app.get("/")
    async def endpoint(
        a=Depends(before), b=Depends(broken), c=Depends(on_broken), d=Depends(after)
    ):
        calls.append("endpoint")

    answer = await exchange(app, "GET", "/?number=x")
    assert locations(answer) == [("query", "number"), ("query", "number")]
    assert calls == ["before", "after"]


async def test_the_errors_of_a_shared_dependency_are_told_once_for_each_use():
    app = FastAPI()

    def shared(number: int):
        return number

    def first(shared=Depends(shared)):
        pass

    def second(shared=Depends(shared), other: int = 0):
        pass

    @app.get("/")
    async def endpoint(a=Depends(first), b=Depends(second), shared=Depends(shared)):
        pass

    answer = await exchange(app, "GET", "/?number=x&other=y")
    assert locations(answer) == [
        ("query", "number"),
        ("query", "number"),
        ("query", "other"),
        ("query", "number"),
    ]


async def test_a_dependency_whose_own_parameter_fails_still_lets_those_below_it_run():
    app = FastAPI()
    calls = []

    def below():
        calls.append("below")

    def above(number: int, below=Depends(below)):
        calls.append("above")

    @app.get("/")
    async def endpoint(above=Depends(above)):
        calls.append("endpoint")

    assert locations(await exchange(app, "GET", "/")) == [("query", "number")]
    assert calls == ["below"]


async def test_what_a_dependency_raises_comes_before_the_errors_of_later_parameters():
    app = FastAPI()

    def guard():
        raise HTTPException(401, "Who are you?")

    @app.get("/{item_id}")
    async def endpoint(item_id: int, guard=Depends(guard)):
        pass

    answer = await exchange(app, "GET", "/x")
    assert (answer.status, answer.json) == (401, {"detail": "Who are you?"})


async def test_a_generator_with_errors_is_not_entered_and_others_are_left():
    app = FastAPI()
    events = []

    def good():
        events.append("enter good")
        try:
            yield
        except Exception as error:
            events.append(type(error).__name__)
            raise
        finally:
            events.append("leave good")

    def bad(number: int):
        events.append("enter bad")
        yield
        events.append("leave bad")

    @app.get("/")
    async def endpoint(a=Depends(good), b=Depends(bad)):
        pass

    assert locations(await exchange(app, "GET", "/")) == [("query", "number")]
    assert events == ["enter good", "RequestValidationError", "leave good"]


async def test_several_errors_of_one_value_stand_together():
    app = FastAPI()

    @app.get("/")
    async def endpoint(numbers: Annotated[list[int], Query()], last: int):
        pass

    answer = await exchange(app, "GET", "/?numbers=1&numbers=x&numbers=y")
    assert locations(answer) == [
        ("query", "numbers", 1),
        ("query", "numbers", 2),
        ("query", "last"),
    ]


async def test_errors_of_body_parameters_stand_under_their_own_keys():
    app = FastAPI()

    def audit(reason: Annotated[str, Body()]):
        return reason

    @app.put("/")
    async def endpoint(item: Item, user: Item, reason=Depends(audit)):
        pass

    answer = await exchange(app, "PUT", "/", json_body={"item": {"name": "a"}, "user": 3})
    assert locations(answer) == [
        ("body", "reason"),
        ("body", "item", "price"),
        ("body", "user"),
    ]


@pytest.mark.parametrize("body", [[1], "text", 3, True])
async def test_a_body_that_is_no_object_has_none_of_the_keys(body):
    app = FastAPI()

    @app.put("/")
    async def endpoint(a: Annotated[int, Body()], b: Annotated[int, Body()] = 1):
        pass

    answer = await exchange(app, "PUT", "/", json_body=body)
    assert locations(answer) == [("body", "a"), ("body", "b")]


async def test_the_error_names_the_endpoint_its_file_and_the_path_that_was_asked_for():
    app = FastAPI()
    caught = []

    @app.get("/items/{item_id}")
    async def read_item(item_id: int):
        pass

    async def handler(request, error):
        caught.append(error)
        raise HTTPException(400)

    from pronghorn.exceptions import RequestValidationError

    app.add_exception_handler(RequestValidationError, handler)
    outer = FastAPI()
    outer.mount("/api", app)
    answer = await exchange(outer, "GET", "/api/items/x")
    assert answer.status == 400
    (error,) = caught
    assert error.endpoint_path == "GET /api/items/{item_id}"
    assert error.endpoint_function == "read_item"
    assert error.endpoint_file == __file__
    assert error.endpoint_line == read_item.__code__.co_firstlineno
    assert error.body is None
