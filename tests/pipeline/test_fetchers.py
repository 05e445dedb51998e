"""Something may be returned in place of an answer, and is fetched within the function's scope."""

from typing import Annotated, Any

import pytest
from pydantic import BaseModel

from pronghorn import Depends, FastAPI, HTTPException, Response
from pronghorn.exceptions import ResponseValidationError
from pronghorn.responses import JSONResponse
from pronghorn.routing import APIRoute
from pronghorn.testclient import TestClient


class Item(BaseModel):
    id: int
    name: str | None = None


class Order:
    def __init__(self, *items: Any) -> None:
        self.items = items


class Warehouse:
    takes = Order

    def __init__(self) -> None:
        self.asked = []
        self.log = []

    def __answer_fetcher__(self, annotation):
        self.asked.append(annotation)
        return self

    async def fetch(self, value):
        self.log.append("fetch")
        return list(value.items)

    def fetch_blocking(self, value):
        self.log.append("fetch_blocking")
        return list(value.items)


def body_of(app, path="/"):
    response = TestClient(app).get(path)
    assert response.status_code == 200, response.text
    return response.text


@pytest.fixture
def warehouse():
    return Warehouse()


def test_what_is_returned_is_fetched_and_written_as_the_model_says(warehouse):
    app = FastAPI()

    @app.get("/")
    async def read() -> Annotated[list[Item], warehouse]:
        return Order({"id": "1"}, {"id": 2, "other": 3})

    assert body_of(app) == '[{"id":1,"name":null},{"id":2,"name":null}]'
    assert warehouse.log == ["fetch"]
    assert set(map(str, warehouse.asked)) == {str(list[Item])}


def test_a_blocking_endpoint_has_it_fetched_in_its_thread(warehouse):
    app = FastAPI()

    @app.get("/")
    def read() -> Annotated[list[Item], warehouse]:
        return Order({"id": 1})

    assert body_of(app) == '[{"id":1,"name":null}]'
    assert warehouse.log == ["fetch_blocking"]


@pytest.mark.parametrize(
    "returned", [[Item(id=1)], [{"id": 1}], JSONResponse([{"id": 1, "name": None}])]
)
def test_whatever_else_is_returned_goes_the_usual_way(warehouse, returned):
    app = FastAPI()

    @app.get("/")
    async def read() -> Annotated[list[Item], warehouse]:
        return returned

    @app.get("/blocking")
    def read_blocking() -> Annotated[list[Item], warehouse]:
        return returned

    assert body_of(app) == body_of(app, "/blocking") == '[{"id":1,"name":null}]'
    assert warehouse.log == []


def test_every_option_of_a_response_model_does_what_it_does(warehouse):
    app = FastAPI()

    @app.get(
        "/", response_model=Annotated[list[Item], warehouse], response_model_exclude_unset=True
    )
    async def read():
        return Order({"id": 1}, {"id": 2, "name": "b"})

    class Loud(JSONResponse):
        def render(self, content):
            return super().render(content) + b"!"

    app.get("/loud", response_model=Annotated[list[Item], warehouse], response_class=Loud)(read)
    assert body_of(app) == '[{"id":1},{"id":2,"name":"b"}]'
    assert body_of(app, "/loud").endswith('"name":"b"}]!')


def test_what_is_fetched_and_is_not_what_the_model_says_is_a_server_error(warehouse):
    app = FastAPI()

    @app.get("/")
    async def read() -> Annotated[list[Item], warehouse]:
        return Order({"id": "x"})

    with pytest.raises(ResponseValidationError, match="int_parsing"):
        TestClient(app).get("/")


def test_it_is_fetched_before_dependencies_of_function_scope_end(warehouse):
    app = FastAPI()

    def connection():
        yield
        warehouse.log.append("exit")

    @app.get("/", dependencies=[Depends(connection, scope="function")])
    async def read() -> Annotated[list[Item], warehouse]:
        return Order()

    assert body_of(app) == "[]"
    assert warehouse.log == ["fetch", "exit"]


@pytest.mark.parametrize("is_blocking", [False, True])
def test_fetching_may_raise_what_is_answered(is_blocking):
    class Empty(Warehouse):
        async def fetch(self, value):
            raise HTTPException(404)

        def fetch_blocking(self, value):
            raise HTTPException(404)

    def read() -> Annotated[list[Item], Empty()]:
        return Order()

    async def read_async() -> Annotated[list[Item], Empty()]:
        return Order()

    app = FastAPI()
    app.get("/")(read if is_blocking else read_async)
    answer = TestClient(app).get("/")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


def test_a_route_of_a_class_of_its_own_fetches_too(warehouse):
    class Own(APIRoute):
        def get_route_handler(self):
            return super().get_route_handler()

    app = FastAPI()
    app.router.route_class = Own

    @app.get("/")
    async def read(response: Response) -> Annotated[list[Item], warehouse]:
        response.headers["x-own"] = "1"
        return Order({"id": 1})

    assert body_of(app) == '[{"id":1,"name":null}]'


def test_a_replaced_way_of_writing_is_given_what_was_fetched(warehouse, monkeypatch):
    from pronghorn import routing

    given = []
    serialize = routing.serialize_response

    async def watched(**options):
        given.append(options["response_content"])
        return await serialize(**options)

    app = FastAPI()

    @app.get("/")
    async def read() -> Annotated[list[Item], warehouse]:
        return Order({"id": 1})

    monkeypatch.setattr(routing, "serialize_response", watched)
    assert body_of(app) == '[{"id":1,"name":null}]'
    assert given == [[{"id": 1}]]


def test_the_document_says_what_the_annotation_says(warehouse):
    def schema(annotation):
        app = FastAPI()
        app.get("/", response_model=annotation)(lambda: None)
        return app.openapi()["paths"]

    assert schema(Annotated[list[Item], warehouse]) == schema(list[Item])


def test_who_cannot_fetch_refuses_where_the_route_is_added():
    class Picky:
        def __answer_fetcher__(self, annotation):
            raise TypeError(f"not {annotation}")

    with pytest.raises(TypeError, match="not <class 'int'>"):
        FastAPI().get("/", response_model=Annotated[int, Picky()])(lambda: 1)


def test_other_metadata_is_none_of_its_business():
    app = FastAPI()
    app.get("/", response_model=Annotated[list[int], "words", Warehouse])(lambda: [1])
    assert body_of(app) == "[1]"
