"""Parameters that routes share, and what is made of a parameter only when it is asked for."""

from typing import Annotated, Optional

import pytest
from pydantic import BaseModel

from pronghorn import APIRouter, Body, FastAPI
from pronghorn._pipeline.declaration import declare
from pronghorn._pipeline.parameter import shared
from pronghorn.exceptions import DeclarationError
from pronghorn.testclient import TestClient


class Item(BaseModel):
    name: str


def fields_of(call, path="/"):
    return [parameter.field for parameter in declare(call, path=path).parameters]


def test_the_same_plain_parameter_is_one_for_all_routes():
    def one(item_id: int, q: str | None = None): ...
    def other(item_id: int, q: str | None = None): ...

    assert fields_of(one, "/{item_id}") == fields_of(other, "/{item_id}")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (0, False),
        ("1", 1),
        (None, "None"),
    ],
)
def test_defaults_that_are_equal_but_not_the_same_are_not_shared(one, other):
    def first(q: int | str | bool | None = one): ...
    def second(q: int | str | bool | None = other): ...

    (field,), (second_field,) = fields_of(first), fields_of(second)
    assert field.get_default() is one
    assert second_field.get_default() is other


def test_unions_that_are_equal_but_not_the_same_are_not_shared():
    def first(q: int | str): ...
    def second(q: str | int): ...
    def third(q: Optional[int] = None): ...  # noqa: UP045 - the older way is wanted
    def fourth(q: int | None = None): ...

    assert fields_of(first)[0].field_info.annotation.__args__ == (int, str)
    assert fields_of(second)[0].field_info.annotation.__args__ == (str, int)
    assert fields_of(third)[0].field_info.annotation is not fields_of(fourth)[0].field_info


def test_a_change_of_one_dependant_is_none_of_another_route():
    app = FastAPI()

    @app.get("/one")
    def one(page: int = 1):
        return page

    @app.get("/other")
    def other(page: int = 1):
        return page

    changed = app.routes[-2].dependant.query_params[0]
    changed.field_info.default = 5
    changed.field_info.description = "The page"
    client = TestClient(app)
    assert client.get("/one").json() == 5
    assert client.get("/other").json() == 1
    paths = client.get("/openapi.json").json()["paths"]
    assert paths["/one"]["get"]["parameters"][0]["description"] == "The page"
    assert "description" not in paths["/other"]["get"]["parameters"][0]
    (untouched,) = app.routes[-1].dependant.query_params
    assert untouched.field_info.metadata is not changed.field_info.metadata


def test_what_a_dependant_has_as_body_is_the_body_of_the_route():
    app = FastAPI()

    @app.post("/")
    def create(item: Item): ...

    route = app.routes[-1]
    assert route.dependant.body_params == [route.body_field]


def test_shared_parameters_do_not_grow_without_end():
    for number in range(5000):
        fields_of(eval(f"lambda q{number}: None"))
    assert len(shared) <= 4096


def test_a_model_that_is_no_mark_has_one_when_it_is_asked_for():
    def create(item: Item): ...

    (field,) = fields_of(create)
    assert field.is_unmarked
    assert (field.alias, field.field_info.annotation, field.field_info.is_required()) == (
        "item",
        Item,
        True,
    )
    assert not field.is_unmarked


class Foreign:
    pass


@pytest.mark.parametrize("annotation", [Foreign, list[Foreign], dict[str, Foreign], Foreign | None])
def test_a_type_without_a_schema_is_refused_where_the_route_is_added(annotation):
    app = FastAPI()
    with pytest.raises(DeclarationError, match="valid Pydantic field type"):

        @app.get("/", response_model=annotation)
        def read(): ...

    with pytest.raises(DeclarationError, match="valid Pydantic field type"):

        @app.post("/")
        def create(item: annotation): ...


def test_a_path_that_starlette_refuses_is_refused_where_the_route_is_added():
    app = FastAPI()
    with pytest.raises(ValueError, match="Duplicated param name item_id"):
        app.get("/{item_id}/{item_id}")(lambda: None)
    with pytest.raises(AssertionError, match="Unknown path convertor"):
        app.get("/{item_id:nonsense}")(lambda: None)


def test_a_route_tells_its_path_as_starlette_does():
    app = FastAPI()

    @app.get("/items/{item_id}/{rest:path}")
    def read(item_id: int, rest: str): ...

    route = app.routes[-1]
    assert "path_regex" not in vars(route)
    assert route.path_format == "/items/{item_id}/{rest}"
    assert route.path_regex.match("/items/3/a/b").groupdict() == {"item_id": "3", "rest": "a/b"}
    assert list(route.param_convertors) == ["item_id", "rest"]
    assert route.url_path_for("read", item_id="3", rest="a/b") == "/items/3/a/b"


def test_what_a_route_was_not_given_is_its_own_when_it_is_asked_for():
    app = FastAPI()
    app.get("/one")(lambda: None)
    app.get("/other")(lambda: None)
    one, other = app.routes[-2:]
    one.tags.append("tag")
    one.responses[404] = {"description": "None"}
    one.callbacks.append(one)
    assert (one.tags, other.tags) == (["tag"], [])
    assert (other.responses, other.callbacks) == ({}, [])
    one.callbacks.clear()
    assert "404" in app.openapi()["paths"]["/one"]["get"]["responses"]


def test_a_class_of_routes_does_not_decide_what_its_routes_were_given():
    class Route(FastAPI().router.route_class):
        include_in_schema = False
        summary = "Of the class"

    app = FastAPI()
    app.router.route_class = Route
    app.get("/")(lambda: None)
    assert (app.routes[-1].include_in_schema, app.routes[-1].summary) == (True, None)


def test_a_model_is_its_own_adapter():
    def create(item: Item): ...
    def described(item: Annotated[Item, Body(title="An item")]): ...

    (field,), (other,) = fields_of(create), fields_of(described)
    assert field._type_adapter.validator is Item.__pydantic_validator__
    assert other._type_adapter.validator is not Item.__pydantic_validator__


def test_an_include_takes_a_declaration_over_when_it_is_asked_for():
    router = APIRouter()

    @router.get("/{item_id}")
    def read(item_id: int): ...

    app = FastAPI()
    app.include_router(router, prefix="/items")
    (view,) = app.routes[-1].effective_route_contexts()
    assert "_declaration" not in vars(view)
    assert view.declaration.parameters == router.routes[0].declaration.parameters
    assert view.declaration.path == "/items/{item_id}"


def test_ids_that_count_are_made_in_the_order_of_the_routes():
    made = []

    def counting(route):
        made.append(route.path_format)
        return str(len(made))

    router = APIRouter(generate_unique_id_function=counting)
    for path in ("/one", "/two"):
        router.get(path)(lambda: None)
    app = FastAPI()
    app.include_router(router, prefix="/all")
    views = list(app.routes[-1].effective_route_contexts())
    assert made == ["/one", "/two", "/all/one", "/all/two"]
    assert [view.unique_id for view in views] == ["3", "4"]
