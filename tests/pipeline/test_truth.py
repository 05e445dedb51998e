"""No tricks: each request is answered by its own call of the endpoint, with its own values."""

import threading
from typing import Annotated

import anyio
import anyio.lowlevel
import pytest
from drivers.asgi import Answer, exchange
from pydantic import BaseModel

from pronghorn import Depends, FastAPI, Header, Response

pytestmark = pytest.mark.anyio


class Item(BaseModel):
    name: str
    number: int


async def ask_all(app, requests):
    answers = [Answer() for _ in requests]
    async with anyio.create_task_group() as tasks:
        for answer, (method, target, options) in zip(answers, requests, strict=True):

            async def ask(answer=answer, method=method, target=target, options=options):
                await exchange(app, method, target, answer=answer, **options)

            tasks.start_soon(ask)
    return answers


async def test_a_thousand_answers_that_all_differ_are_all_right():
    app = FastAPI()

    async def doubled(number: int):
        await anyio.lowlevel.checkpoint()
        yield number * 2
        await anyio.lowlevel.checkpoint()

    async def token(x_token: Annotated[str, Header()], response: Response):
        response.headers["x-token"] = x_token
        return x_token

    @app.post("/{number}")
    async def endpoint(
        number: int,
        item: Item,
        q: str,
        doubled=Depends(doubled, scope="function"),
        token=Depends(token),
    ):
        await anyio.lowlevel.checkpoint()
        return [number, doubled, q, token, item]

    requests = [
        (
            "POST",
            f"/{n}?q=q{n}",
            {
                "json_body": {"name": f"n{n}", "number": n},
                "headers": [(b"x-token", b"t%d" % n)],
            },
        )
        for n in range(1000)
    ]
    answers = await ask_all(app, requests)
    for n, answer in enumerate(answers):
        assert answer.json == [n, n * 2, f"q{n}", f"t{n}", {"name": f"n{n}", "number": n}]
        assert answer.headers["x-token"] == f"t{n}"


@pytest.mark.parametrize("is_async", [False, True])
async def test_an_endpoint_that_counts_counts(is_async):
    app = FastAPI()
    lock = threading.Lock()
    count = 0

    def blocking():
        nonlocal count
        with lock:
            count += 1
            return count

    async def endpoint():
        return blocking()

    app.add_api_route("/", endpoint if is_async else blocking)
    answers = await ask_all(app, [("GET", "/", {})] * 300)
    assert sorted(answer.json for answer in answers) == list(range(1, 301))


async def test_a_value_that_is_changed_between_two_requests_is_sent_anew():
    app = FastAPI()
    value = {"a": 1}

    @app.get("/")
    async def endpoint():
        return value

    assert (await exchange(app, "GET", "/")).json == {"a": 1}
    value["a"] = 2
    assert (await exchange(app, "GET", "/")).json == {"a": 2}


async def test_a_global_that_an_endpoint_reads_is_read_each_time():
    app = FastAPI()

    @app.get("/")
    async def endpoint():
        return SETTING

    global SETTING
    for SETTING in range(3):
        assert (await exchange(app, "GET", "/")).json == SETTING


async def test_a_default_that_an_endpoint_changes_is_fresh_for_the_next_request():
    app = FastAPI()

    @app.get("/")
    async def endpoint(
        tags: Annotated[list[str] | None, Header()] = None, options: dict | None = None
    ):
        if options is None:
            options = {"b": [1]}
        if tags is None:
            tags = ["a"]
        tags.append("x")
        options["b"].append(2)
        return [tags, options]

    for _ in range(3):
        assert (await exchange(app, "GET", "/")).json == [["a", "x"], {"b": [1, 2]}]


async def test_a_failure_of_one_request_is_not_told_to_another():
    app = FastAPI()

    @app.get("/{number}")
    async def endpoint(number: int, q: int = 0):
        await anyio.lowlevel.checkpoint()
        return number + q

    requests = [("GET", f"/{n}?q={'x' if n % 3 else 1}", {}) for n in range(200)]
    for n, answer in enumerate(await ask_all(app, requests)):
        if n % 3:
            assert [error["loc"] for error in answer.json["detail"]] == [["query", "q"]]
        else:
            assert answer.json == n + 1
