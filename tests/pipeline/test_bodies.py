"""The body is read before the dependencies run, and validated after them."""

from datetime import timedelta
from typing import Annotated

import anyio
import pytest
from drivers.asgi import PATIENCE, Client, exchange, make_scope
from pydantic import BaseModel
from pydantic.dataclasses import dataclass as pydantic_dataclass

from pronghorn import Body, Depends, FastAPI, HTTPException, Request
from pronghorn.exceptions import RequestValidationError
from pronghorn.responses import PlainTextResponse

pytestmark = pytest.mark.anyio

JSON = (b"content-type", b"application/json")


class Item(BaseModel):
    name: str


def refuse():
    raise HTTPException(401)


def make_app(**options):
    app = FastAPI(**options)

    @app.post("/")
    async def echo(item: Item):
        return item

    @app.post("/any")
    async def echo_any(value: Annotated[int | list | dict | str | None, Body()]):
        return {"value": value}

    @app.post("/default")
    async def echo_default(value: Annotated[list | None, Body()] = [1]):  # noqa: B006 - it is copied
        return {"value": value}

    @app.post("/guarded", dependencies=[Depends(refuse)])
    async def guarded(item: Item):
        return item

    return app


async def post(target, body, *headers, **options):
    return await exchange(make_app(**options), "POST", target, body=body, headers=headers)


async def test_a_refused_client_learns_nothing_of_its_invalid_model():
    assert (await post("/guarded", b'{"name": 3}', JSON)).status == 401


async def test_malformed_json_is_refused_before_the_client_is():
    answer = await post("/guarded", b'{"name": ', JSON)
    assert answer.status == 422
    assert answer.json == {
        "detail": [
            {
                "type": "json_invalid",
                "loc": ["body", 9],
                "msg": "JSON decode error",
                "input": {},
                "ctx": {"error": "Expecting value"},
            }
        ]
    }


async def test_a_body_that_is_absent_is_missing():
    answer = await post("/", b"", JSON)
    assert answer.status == 422
    assert answer.json["detail"] == [
        {"type": "missing", "loc": ["body"], "msg": "Field required", "input": None}
    ]


async def test_null_is_a_value_and_an_absent_body_is_none():
    assert (await post("/default", b"null", JSON)).json == {"value": None}
    assert (await post("/default", b"", JSON)).json == {"value": [1]}
    assert (await post("/any", b"null", JSON)).json == {"value": None}
    assert (await post("/any", b"", JSON)).status == 422


async def test_a_default_is_not_shared_between_requests():
    app = FastAPI()

    @app.post("/")
    async def append(values: Annotated[list, Body()] = []):  # noqa: B006 - it is copied
        values.append(1)
        return values

    for _ in range(3):
        assert (await exchange(app, "POST", "/")).json == [1]


@pytest.mark.parametrize(
    "content_type",
    [
        b"application/json",
        b"application/json; charset=utf-8",
        b"APPLICATION/JSON",
        b"application/problem+json",
        b"application/vnd.api+json;version=1",
    ],
)
async def test_a_json_type_is_parsed(content_type):
    answer = await post("/", b'{"name": "a"}', (b"content-type", content_type))
    assert (answer.status, answer.json) == (200, {"name": "a"})


@pytest.mark.parametrize("content_type", [b"text/plain", b"application/xml", b"json", b"", None])
async def test_any_other_type_is_bytes_and_no_model(content_type):
    headers = [] if content_type is None else [(b"content-type", content_type)]
    answer = await post("/", b'{"name": "a"}', *headers)
    assert answer.status == 422
    (error,) = answer.json["detail"]
    assert (error["type"], error["loc"]) == ("model_attributes_type", ["body"])
    assert error["input"] == '{"name": "a"}'


async def test_without_a_type_the_body_is_json_where_the_application_says_so():
    answer = await post("/", b'{"name": "a"}', strict_content_type=False)
    assert (answer.status, answer.json) == (200, {"name": "a"})


@pytest.mark.parametrize("body", [b"\xff\xfe\x00", b'"\xc3\x28"'])
async def test_bytes_that_are_no_text_are_refused(body):
    answer = await post("/any", body, JSON)
    assert answer.status == 400
    assert answer.json == {"detail": "There was an error parsing the body"}


async def test_json_that_is_too_deep_is_refused():
    answer = await post("/any", b"[" * 100_000 + b"]" * 100_000, JSON)
    assert answer.status == 400


async def test_a_body_in_pieces_is_one_body():
    client = Client([b'{"na', b'me": ', b'"a"}', b""])
    await make_app()(make_scope("POST", "/", headers=[JSON]), client.receive, client.send)
    assert client.answer.json == {"name": "a"}


async def test_a_client_that_leaves_within_its_body_makes_no_crash():
    client = Client([b'{"na', b"never sent"])
    client.waiting.pop()
    client.leave()
    await make_app()(make_scope("POST", "/", headers=[JSON]), client.receive, client.send)
    assert client.answer.status == 400


async def test_a_dependency_that_has_the_request_can_read_the_body_too():
    app = FastAPI()

    async def raw(request: Request):
        return (await request.body()).decode()

    @app.post("/")
    async def echo(item: Item, request: Request, raw=Depends(raw)):
        return [item, raw, await request.json()]

    answer = await exchange(app, "POST", "/", json_body={"name": "a"})
    assert answer.json == [{"name": "a"}, '{"name": "a"}', {"name": "a"}]


async def test_a_handler_of_the_errors_gets_the_body():
    app = make_app()
    bodies = []

    @app.exception_handler(RequestValidationError)
    async def keep(request, error):
        bodies.append(error.body)
        raise HTTPException(400)

    for body in (b'{"name": 3}', b"[1]", b'{"name": ', b""):
        await exchange(app, "POST", "/", body=body, headers=[JSON])
    assert bodies == [{"name": 3}, [1], '{"name": ', None]


@pytest.mark.parametrize("limit", [None, 1000])
@pytest.mark.parametrize("body", [b'{"name": 3}', b'{"name": ', b""])
async def test_a_handler_of_the_errors_can_read_the_body_again(limit, body):
    app = FastAPI()

    @app.post("/", max_body_size=limit)
    async def echo(item: Item):
        return item

    @app.exception_handler(RequestValidationError)
    async def tell(request, error):
        return PlainTextResponse(await request.body(), 422)

    with anyio.fail_after(PATIENCE):
        answer = await exchange(app, "POST", "/", body=body, headers=[JSON])
    assert (answer.status, answer.body) == (422, body)


async def test_one_parameter_is_the_whole_body_and_two_are_its_keys():
    app = FastAPI()

    @app.post("/one")
    async def one(item: Item):
        return item.name

    @app.post("/two")
    async def two(item: Item, other: Item):
        return [item.name, other.name]

    @app.post("/embedded")
    async def embedded(item: Annotated[Item, Body(embed=True)]):
        return item.name

    a, b = {"name": "a"}, {"name": "b"}
    assert (await exchange(app, "POST", "/one", json_body=a)).json == "a"
    assert (await exchange(app, "POST", "/two", json_body={"item": a, "other": b})).json == [
        "a",
        "b",
    ]
    assert (await exchange(app, "POST", "/embedded", json_body={"item": a})).json == "a"


async def test_the_body_of_a_dependency_makes_keys_of_both():
    app = FastAPI()

    def other(other: Item):
        return other

    @app.post("/")
    async def both(item: Item, other=Depends(other)):
        return [item.name, other.name]

    body = {"item": {"name": "a"}, "other": {"name": "b"}}
    assert (await exchange(app, "POST", "/", json_body=body)).json == ["a", "b"]


async def test_the_same_body_asked_for_twice_is_one_whole():
    app = FastAPI()

    def again(item: Item):
        return item

    @app.post("/")
    async def both(item: Item, again=Depends(again)):
        return [item.name, again.name]

    assert (await exchange(app, "POST", "/", json_body={"name": "a"})).json == ["a", "a"]


async def test_not_a_number_in_a_body_is_no_crash():
    app = FastAPI()

    @app.post("/")
    async def echo(value: Annotated[float, Body(allow_inf_nan=False)]):
        return value

    answer = await exchange(app, "POST", "/", body=b"NaN", headers=[JSON])
    assert answer.status == 422


def make_early_app():
    """Routes whose bodies are made values while they are read."""
    app = FastAPI()

    @app.exception_handler(RequestValidationError)
    async def show(request, error):
        places = [found["loc"][0] for found in error.errors()]
        return PlainTextResponse(f"{places} {error.body!r}", 422)

    @app.post("/items/{number}")
    async def items(number: int, item: Item):
        return item

    @app.post("/perhaps/{number}")
    async def perhaps(number: int, item: Item | None = None):
        return item

    @app.post("/texts/{number}")
    async def texts(number: int, text: Annotated[str, Body()]):
        return text

    @app.post("/times/{number}")
    async def times(number: int, time: Annotated[timedelta, Body()]):
        return time

    return app


FINE = ["path"]
WRONG = ["path", "body"]


@pytest.mark.parametrize(
    ("path", "body", "headers", "places", "shown"),
    [
        ("/items", b'{"name": "a", "size": 1}', [JSON], FINE, {"name": "a", "size": 1}),
        ("/items", b'\xef\xbb\xbf{"name": "a"}', [JSON], FINE, {"name": "a"}),
        ("/items", b'{"name": 1}', [JSON], WRONG, {"name": 1}),
        ("/perhaps", b"", [JSON], FINE, None),
        ("/perhaps", b"null", [JSON], FINE, None),
        ("/texts", b'"a"', [JSON], FINE, "a"),
        ("/texts", b'"\\ud800"', [JSON], FINE, "\ud800"),
        ("/texts", b'"a"', [], FINE, b'"a"'),
        ("/texts", b"a", [], FINE, b"a"),
        ("/times", b"true", [JSON], FINE, True),
    ],
)
async def test_beside_the_errors_of_others_the_body_is_shown_as_it_was_parsed(
    path, body, headers, places, shown
):
    answer = await exchange(make_early_app(), "POST", f"{path}/one", body=body, headers=headers)
    assert answer.status == 422
    assert answer.body.decode() == f"{places} {shown!r}"


@pytest.mark.parametrize("body", [b'{"name": "a"}', b'\xef\xbb\xbf{"name": "a"}', b'{"name": 3}'])
@pytest.mark.parametrize("asks", [True, False])
async def test_what_a_dependency_changes_of_the_parsed_body_is_validated(body, asks):
    app = FastAPI()

    async def rename(request: Request):
        (await request.json())["name"] = "changed"

    async def endpoint(item: Item):
        return item.name

    async def asking_endpoint(item: Item, request: Request):
        assert (await request.json()) == {"name": "changed"}
        return item.name

    app.post("/", dependencies=[Depends(rename)])(asking_endpoint if asks else endpoint)
    answer = await exchange(app, "POST", "/", body=body, headers=[JSON])
    assert (answer.status, answer.json) == (200, "changed")


async def test_a_dependency_that_leaves_the_body_alone_changes_nothing():
    app = FastAPI()

    async def look(request: Request):
        return request.headers

    @app.post("/", dependencies=[Depends(look)])
    async def endpoint(item: Item, request: Request):
        return [item.name, await request.json()]

    answer = await exchange(app, "POST", "/", body=b'{"name": "a"}', headers=[JSON])
    assert answer.json == ["a", {"name": "a"}]


@pydantic_dataclass(config={"extra": "allow"}, slots=True)
class Narrow:
    name: str


async def test_what_goes_wrong_in_a_validator_goes_wrong_where_the_parameter_is():
    """What is extra has no place in a class with slots; pydantic finds that out too late."""
    app = FastAPI()
    calls = []

    @app.post("/", dependencies=[Depends(lambda: calls.append(1))])
    async def endpoint(item: Narrow):
        return item.name

    with pytest.raises(AttributeError):
        await exchange(app, "POST", "/", body=b'{"name": "a", "size": 1}', headers=[JSON])
    assert calls == [1]


@pytest.mark.parametrize(("path", "sent"), [("/", b'{"name": "a"}'), ("/any", b"1")])
async def test_a_parser_that_replaces_json_loads_is_asked(monkeypatch, path, sent):
    app = make_app()
    assert (await exchange(app, "POST", path, body=sent, headers=[JSON])).status == 200

    def fail(text):
        raise LookupError

    monkeypatch.setattr("json.loads", fail)
    answer = await exchange(app, "POST", path, body=sent, headers=[JSON])
    assert answer.status == 400
    assert b"There was an error parsing the body" in answer.body
