"""What an endpoint returns, and the bytes that are sent for it."""

import json
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

import pytest
from drivers.asgi import exchange, exchange_failing
from pydantic import BaseModel, ConfigDict, Field, computed_field

from pronghorn import Depends, FastAPI, HTTPException, Query, Response
from pronghorn.exceptions import ResponseValidationError
from pronghorn.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def anyio_backend():
    return "asyncio"


class Item(BaseModel):
    name: str
    price: float = 1.5
    tags: list[str] = []


class Color(Enum):
    RED = "red"


class Number(int, Enum):
    ONE = 1


@dataclass
class Point:
    x: int
    y: int


class Row:
    """Like an object of an ORM: attributes, and one that is its library's own."""

    def __init__(self):
        self.name = "row"
        self._sa_instance_state = object()


async def answer_of(value, **options):
    app = FastAPI()

    @app.get("/", **options)
    async def endpoint():
        return value() if callable(value) else value

    return await exchange(app, "GET", "/")


VALUES = [
    (None, "null"),
    (True, "true"),
    (7, "7"),
    (1.0, "1.0"),
    (1e100, "1e+100"),
    (2**70, str(2**70)),
    ("text é \u2028", '"text é \u2028"'),
    ("\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"), '"😀"'),
    ({}, "{}"),
    ([1, (2, 3), {"a": None}], '[1,[2,3],{"a":null}]'),
    ({1: "a", None: "b", False: "c", 1.5: "d"}, '{"1":"a","null":"b","false":"c","1.5":"d"}'),
    ({Color.RED: 1}, '{"red":1}'),
    ({date(2026, 1, 2): 1}, '{"2026-01-02":1}'),
    (Color.RED, '"red"'),
    (Number.ONE, "1"),
    (Decimal("1.10"), "1.1"),
    (Decimal(3), "3"),
    (UUID(int=1), '"00000000-0000-0000-0000-000000000001"'),
    (Item(name="a"), '{"name":"a","price":1.5,"tags":[]}'),
    ([Item(name="a")], '[{"name":"a","price":1.5,"tags":[]}]'),
    ({"item": Item(name="a")}, '{"item":{"name":"a","price":1.5,"tags":[]}}'),
    (Point(1, 2), '{"x":1,"y":2}'),
    ({3}, "[3]"),
    (lambda: (n for n in range(3)), "[0,1,2]"),
    (lambda: {"rows": (n for n in range(3)), UUID(int=1): 1}, None),
    (lambda: {"rows": (n for n in range(3)), "name": "_sample"}, None),
    (lambda: {"rows": list(range(3)), "_sa_state": 1, "a": {"_sa_b": 1}}, None),
    (Row, '{"name":"row"}'),
    (b"bytes", '"bytes"'),
]
EXPECTED = {
    24: '{"rows":[0,1,2],"00000000-0000-0000-0000-000000000001":1}',
    25: '{"rows":[0,1,2],"name":"_sample"}',
    26: '{"rows":[0,1,2],"a":{}}',
}


@pytest.mark.parametrize("number", range(len(VALUES)))
async def test_a_value_without_a_model_is_written_as_fastapi_writes_it(number):
    value, expected = VALUES[number]
    answer = await answer_of(value)
    assert answer.status == 200
    assert answer.body.decode() == (expected or EXPECTED[number])
    assert answer.headers == {
        "content-type": "application/json",
        "content-length": str(len(answer.body)),
    }


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [{"a": float("-inf")}]])
async def test_not_a_number_without_a_model_is_a_server_error(value):
    app = FastAPI()

    @app.get("/")
    async def endpoint():
        return value

    answer, error = await exchange_failing(app, "GET", "/")
    assert answer.status == 500
    assert isinstance(error, ValueError)
    assert "not JSON compliant" in str(error)


async def test_not_a_number_with_a_model_is_null():
    answer = await answer_of({"a": float("nan")}, response_model=dict[str, float])
    assert answer.body == b'{"a":null}'


async def test_a_value_that_cannot_be_written_is_a_server_error():
    app = FastAPI()

    @app.get("/")
    async def endpoint():
        return {"a": object}

    answer, error = await exchange_failing(app, "GET", "/")
    assert answer.status == 500
    assert error is not None


async def test_a_model_filters_what_it_does_not_have():
    class Public(BaseModel):
        name: str

    class Private(Public):
        password: str

    expected = b'{"name":"a"}'
    for value in (Private(name="a", password="b"), {"name": "a", "password": "b"}):
        assert (await answer_of(value, response_model=Public)).body == expected
        assert (await answer_of([value], response_model=list[Public])).body == b"[%b]" % expected


async def test_options_of_the_model_leave_things_out():
    class Aliased(BaseModel):
        model_config = ConfigDict(validate_by_name=True)
        name: str = Field(alias="theName")
        price: float = 1.5
        note: str | None = None

        @computed_field
        def double(self) -> float:
            return self.price * 2

    item = {"theName": "a", "price": 1.5}
    for options, expected in (
        ({}, {"theName": "a", "price": 1.5, "note": None, "double": 3.0}),
        ({"response_model_by_alias": False}, {"name": "a", "price": 1.5, "note": None}),
        ({"response_model_exclude_unset": True}, {"theName": "a", "price": 1.5}),
        ({"response_model_exclude_defaults": True}, {"theName": "a"}),
        ({"response_model_exclude_none": True}, {"theName": "a", "price": 1.5}),
        ({"response_model_include": {"name"}}, {"theName": "a"}),
        ({"response_model_exclude": {"name", "double"}}, {"price": 1.5, "note": None}),
    ):
        for kind in (None, JSONResponse):
            more = {} if kind is None else {"response_class": kind}
            answer = await answer_of(item, response_model=Aliased, **options, **more)
            assert {"double": 3.0, **answer.json} == {"double": 3.0, **expected}


async def test_an_answer_that_does_not_fit_its_model_is_a_server_error():
    app = FastAPI()

    @app.get("/items")
    async def endpoint() -> Item:
        return {"price": "much"}

    answer, error = await exchange_failing(app, "GET", "/items")
    assert answer.status == 500
    assert isinstance(error, ResponseValidationError)
    assert [e["loc"] for e in error.errors()] == [("response", "name"), ("response", "price")]
    assert error.body == {"price": "much"}
    assert (error.endpoint_function, error.endpoint_path) == ("endpoint", "GET /items")


async def test_a_response_is_sent_as_it_is():
    app = FastAPI()

    @app.get("/", status_code=201, response_model=Item)
    async def endpoint(response: Response):
        response.headers["x-injected"] = "yes"
        response.status_code = 202
        return PlainTextResponse("as it is", 203, headers={"x-own": "yes"})

    answer = await exchange(app, "GET", "/")
    assert (answer.status, answer.body) == (203, b"as it is")
    assert answer.headers["x-own"] == "yes"
    assert "x-injected" not in answer.headers


@pytest.mark.parametrize("model", [None, Item])
@pytest.mark.parametrize("kind", [None, JSONResponse])
async def test_an_injected_response_sets_status_headers_and_cookies(model, kind):
    app = FastAPI()

    def cookie(response: Response):
        response.set_cookie("a", "1")
        response.status_code = 418

    options = {} if kind is None else {"response_class": kind}

    @app.get("/", status_code=201, response_model=model, dependencies=[Depends(cookie)], **options)
    async def endpoint(response: Response, status: int | None = None):
        response.headers["x-a"] = "b"
        if status:
            response.status_code = status
        return {"name": "a"}

    answer = await exchange(app, "GET", "/")
    assert (answer.status, answer.headers["x-a"]) == (418, "b")
    assert answer.headers["set-cookie"].startswith("a=1;")
    assert answer.json["name"] == "a"
    assert (await exchange(app, "GET", "/?status=206")).status == 206
    sent = await exchange(app, "GET", "/")
    names = [name for name, _ in sent.messages[0]["headers"]]
    assert names.count(b"content-length") == 1
    assert names.count(b"content-type") == 1


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize("kind", [None, JSONResponse])
@pytest.mark.parametrize("injected", [False, True])
async def test_a_status_without_a_body_has_none(status, kind, injected):
    app = FastAPI()
    options = {} if kind is None else {"response_class": kind}
    if injected:

        @app.get("/", **options)
        async def endpoint(response: Response):
            response.status_code = status
            return {"a": 1}
    else:

        @app.get("/", status_code=status, **options)
        async def endpoint():
            return {"a": 1}

    answer = await exchange(app, "GET", "/")
    assert (answer.status, answer.body) == (status, b"")
    if not injected:
        assert "content-length" not in answer.headers


async def test_status_205_says_that_its_body_is_empty():
    answer = await answer_of({"a": 1}, status_code=205)
    assert (answer.status, answer.body) == (205, b"")
    assert answer.headers.get("content-length", "0") == "0"


async def test_a_chosen_class_gets_plain_data():
    assert (await answer_of("<b>", response_class=HTMLResponse)).body == b"<b>"
    answer = await answer_of("/other", response_class=RedirectResponse, status_code=303)
    assert (answer.status, answer.headers["location"]) == (303, "/other")
    received = []

    class Own(JSONResponse):
        media_type = "application/vnd.own+json"

        def render(self, content: Any) -> bytes:
            received.append(content)
            return super().render(content)

    answer = await answer_of(Item(name="a"), response_class=Own, response_model=Item)
    assert answer.headers["content-type"] == "application/vnd.own+json"
    assert received == [{"name": "a", "price": 1.5, "tags": []}]


async def test_a_default_class_of_the_application_is_used():
    app = FastAPI(default_response_class=PlainTextResponse)
    app.add_api_route("/", lambda: "text")
    answer = await exchange(app, "GET", "/")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


async def test_an_instance_of_the_model_is_not_validated_again():
    calls = []

    class Counted(BaseModel):
        name: str

        def model_post_init(self, context):
            calls.append(1)

    item = Counted(name="a")
    assert (await answer_of(item, response_model=Counted)).json == {"name": "a"}
    assert len(calls) == 1


async def test_attributes_of_an_object_are_read_for_the_model():
    class Named(BaseModel):
        name: str

    assert (await answer_of(Row, response_model=Named)).body == b'{"name":"row"}'
    assert (
        await answer_of(lambda: [Row()], response_model=list[Named])
    ).body == b'[{"name":"row"}]'


async def test_the_detail_and_headers_of_an_http_exception_are_sent():
    app = FastAPI()

    @app.get("/{status}")
    async def endpoint(status: int):
        raise HTTPException(status, {"why": [1, None]}, headers={"x-a": "b"})

    answer = await exchange(app, "GET", "/418")
    assert (answer.status, answer.json) == (418, {"detail": {"why": [1, None]}})
    assert answer.headers["x-a"] == "b"
    assert (await exchange(app, "GET", "/204")).body == b""
    assert (await exchange(app, "GET", "/304")).body == b""


async def test_a_get_route_answers_no_head_but_a_head_route_does():
    app = FastAPI()
    app.add_api_route("/get", lambda: 1)

    @app.head("/head")
    async def head(response: Response):
        response.headers["x-a"] = "b"

    @app.api_route("/both", methods=["GET", "HEAD"])
    async def both():
        return "text"

    assert (await exchange(app, "HEAD", "/get")).status == 405
    answer = await exchange(app, "HEAD", "/head")
    assert (answer.status, answer.headers["x-a"]) == (200, "b")
    for method in ("GET", "HEAD"):
        answer = await exchange(app, method, "/both")
        assert (answer.status, answer.headers["content-length"]) == (200, "6")


async def test_docs_answer_head():
    app = FastAPI()
    for target in ("/docs", "/openapi.json"):
        assert (await exchange(app, "HEAD", target)).status == 200


async def test_each_answer_is_complete_and_begins_once():
    app = FastAPI()

    @app.get("/")
    async def endpoint(q: Annotated[str, Query(max_length=3)] = ""):
        return q

    for target in ("/", "/?q=abc", "/?q=abcd", "/nowhere"):
        assert (await exchange(app, "GET", target)).is_complete


async def test_what_is_returned_is_not_changed_by_being_sent():
    value = {"a": [1, {"b": Color.RED}], "item": Item(name="a")}
    before = repr(value)
    assert json.loads((await answer_of(value)).body)["a"] == [1, {"b": "red"}]
    assert repr(value) == before


@pytest.mark.parametrize("beside", [{Color.RED: 1}, {b"red": 1}, "_sa_name", 1])
@pytest.mark.parametrize("kind", [iter, lambda pairs: zip(*zip(*pairs, strict=True), strict=True)])
async def test_what_can_be_read_only_once_is_read_once(beside, kind):
    answer = await answer_of(lambda: {"pairs": kind([("a", 1), ("b", 2)]), "beside": beside})
    assert answer.json["pairs"] == {"a": 1, "b": 2}
