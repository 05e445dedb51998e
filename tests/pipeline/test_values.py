"""A plan that stops after the dependencies: `solve_dependencies` returns values and errors."""

from contextlib import AsyncExitStack
from typing import Annotated

import pytest
from drivers.asgi import make_scope
from pydantic import BaseModel

from pronghorn import BackgroundTasks, Body, Depends, Header, Query, Request, Response, WebSocket
from pronghorn.dependencies.utils import get_dependant, solve_dependencies

pytestmark = pytest.mark.anyio


class Overriding:
    def __init__(self, overrides):
        self.dependency_overrides = overrides


async def solve(dependant, target="/", headers=(), make=Request, **options):
    """What *dependant* asks for; a callable is made one."""
    if callable(dependant):
        dependant = get_dependant(path="/{path_value}", call=dependant)
    protocol = "http" if make is Request else "websocket"
    scope = make_scope("GET", target, headers=headers, protocol=protocol)
    scope["path_params"] = {"path_value": "p"}
    async with AsyncExitStack() as until_end, AsyncExitStack() as until_reply:
        scope["fastapi_inner_astack"] = until_end
        scope["fastapi_function_astack"] = until_reply
        channels = () if make is Request else (None, None)
        return await solve_dependencies(
            request=make(scope, *channels),
            dependant=dependant,
            async_exit_stack=until_end,
            **{"embed_body_fields": False, **options},
        )


async def test_values_are_returned_under_the_names_of_their_arguments():
    def shared():
        return "shared"

    async def call(
        request: Request,
        response: Response,
        path_value: str,
        numbers: Annotated[list[int], Query()],
        x_token: Annotated[str, Header()],
        q: str = "default",
        shared=Depends(shared),
    ):
        raise AssertionError("never called")

    solved = await solve(call, "/?numbers=1&numbers=2", [(b"x-token", b"t")])
    assert solved.errors == []
    assert isinstance(solved.values.pop("request"), Request)
    assert solved.values.pop("response") is solved.response
    assert solved.values == {
        "path_value": "p",
        "numbers": [1, 2],
        "x_token": "t",
        "q": "default",
        "shared": "shared",
    }
    assert list(solved.dependency_cache.values()) == ["shared"]


async def test_errors_are_returned_beside_the_values_that_there_are():
    def broken(number: int):
        raise AssertionError("never called")

    def call(good: str, bad: int, broken=Depends(broken)):
        pass

    solved = await solve(call, "/?good=x&bad=y&number=z")
    assert [error["loc"] for error in solved.errors] == [("query", "number"), ("query", "bad")]
    assert solved.values == {"good": "x"}


async def test_a_body_is_handed_in():
    class Item(BaseModel):
        name: str

    def whole(item: Item):
        pass

    def parts(item: Item, number: Annotated[int, Body()]):
        pass

    solved = await solve(whole, body={"name": "a"})
    assert solved.values == {"item": Item(name="a")}
    solved = await solve(parts, body={"item": {"name": "a"}, "number": 1}, embed_body_fields=True)
    assert solved.values == {"item": Item(name="a"), "number": 1}
    solved = await solve(whole)
    assert [error["loc"] for error in solved.errors] == [("body",)]


async def test_tasks_and_response_are_those_that_were_handed_in():
    def add(tasks: BackgroundTasks, response: Response):
        tasks.add_task(print)
        response.headers["x-a"] = "b"

    def call(added=Depends(add)):
        pass

    tasks, response = BackgroundTasks(), Response()
    solved = await solve(call, background_tasks=tasks, response=response)
    assert solved.background_tasks is tasks
    assert solved.response is response
    assert len(tasks.tasks) == 1
    assert response.headers["x-a"] == "b"
    solved = await solve(call)
    assert len(solved.background_tasks.tasks) == 1
    assert (await solve(lambda: None)).background_tasks is None


async def test_overrides_are_followed_as_they_are_now():
    def original():
        return "original"

    def call(value=Depends(original)):
        pass

    dependant = get_dependant(path="/", call=call)
    provider = Overriding({})
    for overrides, expected in (
        ({}, "original"),
        ({original: lambda: "other"}, "other"),
        ({}, "original"),
    ):
        provider.dependency_overrides = overrides
        solved = await solve(dependant, dependency_overrides_provider=provider)
        assert solved.values == {"value": expected}


async def test_values_that_are_there_already_are_taken_from_the_cache():
    calls = []

    def count():
        calls.append(1)
        return len(calls)

    def call(shared=Depends(count), own=Depends(count, use_cache=False)):
        pass

    first = await solve(call)
    assert first.values == {"shared": 1, "own": 2}
    second = await solve(call, dependency_cache=first.dependency_cache)
    assert second.values == {"shared": 1, "own": 3}
    assert second.dependency_cache is first.dependency_cache


async def test_generators_are_left_with_the_stacks_of_the_scope():
    journal = []

    def hold():
        journal.append("enter")
        yield "held"
        journal.append("leave")

    async def hold_in_loop():
        yield "held too"
        journal.append("leave too")

    def call(held=Depends(hold, scope="function"), too=Depends(hold_in_loop, scope="request")):
        pass

    solved = await solve(call)
    assert solved.values == {"held": "held", "too": "held too"}
    assert journal == ["enter", "leave", "leave too"]


async def test_a_web_socket_is_given_where_a_request_is_not():
    def call(websocket: WebSocket, path_value: str, request: Request = None):
        pass

    solved = await solve(call, make=WebSocket)
    assert isinstance(solved.values.pop("websocket"), WebSocket)
    assert solved.values == {"path_value": "p"}


async def test_a_dependant_that_was_changed_is_solved_as_it_is_now():
    def call(a: int = 1):
        pass

    def other(b: int = 2):
        pass

    dependant = get_dependant(path="/", call=call)
    assert (await solve(dependant)).values == {"a": 1}
    dependant.query_params.extend(get_dependant(path="/", call=other).query_params)
    assert (await solve(dependant)).values == {"a": 1, "b": 2}
    sub = get_dependant(path="/", call=lambda: "sub", name="sub")
    dependant.dependencies.append(sub)
    assert (await solve(dependant)).values == {"a": 1, "b": 2, "sub": "sub"}
