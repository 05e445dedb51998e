"""Names of `openapi.utils` that other packages replace."""

import inspect
import warnings

import pytest
from pydantic import BaseModel

from pronghorn import FastAPI
from pronghorn.exceptions import FastAPIDeprecationWarning
from pronghorn.openapi import utils


class Item(BaseModel):
    name: str


@pytest.fixture
def app():
    app = FastAPI()

    @app.post("/items")
    def create_item(item: Item): ...

    return app


def test_a_replaced_request_body_is_written(app, monkeypatch):
    described = utils.get_openapi_operation_request_body

    def describe(*, body_field, **options):
        body = described(body_field=body_field, **options)
        body["content"]["application/msgpack"] = body["content"]["application/json"]
        return body

    monkeypatch.setattr(utils, "get_openapi_operation_request_body", describe)
    body = app.openapi()["paths"]["/items"]["post"]["requestBody"]
    assert list(body["content"]) == ["application/json", "application/msgpack"]


def test_replaced_definitions_of_errors_are_written(app, monkeypatch):
    fault = {"title": "Fault", "type": "object"}
    monkeypatch.setattr(utils, "validation_error_response_definition", fault)
    monkeypatch.setitem(utils.validation_error_definition, "title", "Changed")
    schemas = app.openapi()["components"]["schemas"]
    assert schemas["HTTPValidationError"] == {"title": "Fault", "type": "object"}
    assert schemas["ValidationError"]["title"] == "Changed"


@pytest.mark.parametrize(
    ("name", "replacement", "key", "expected"),
    [
        ("generate_operation_summary", lambda *, route, method: method, "summary", "POST"),
        (
            "get_openapi_operation_metadata",
            lambda *, route, method, operation_ids: {"operationId": "mine"},
            "operationId",
            "mine",
        ),
    ],
)
def test_replaced_heads_of_operations_are_written(
    app, monkeypatch, name, replacement, key, expected
):
    monkeypatch.setattr(utils, name, replacement)
    assert app.openapi()["paths"]["/items"]["post"][key] == expected


def test_replaced_paths_are_written(app, monkeypatch):
    monkeypatch.setattr(
        utils,
        "get_openapi_path",
        lambda *, route, **options: ({"get": {"summary": "mine"}}, {}, {}),
    )
    assert app.openapi()["paths"] == {"/items": {"get": {"summary": "mine"}}}


def test_an_operation_id_can_still_be_made_the_old_way(app):
    with pytest.warns(FastAPIDeprecationWarning, match="generate_operation_id"):
        made = utils.generate_operation_id(route=app.routes[-1], method="POST")
    assert made == "create_item_items_post"


def test_a_given_operation_id_is_kept_the_old_way(app):
    app.post("/other", operation_id="chosen")(lambda: None)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert utils.generate_operation_id(route=app.routes[-1], method="POST") == "chosen"


def test_the_options_are_those_of_fastapi():
    parameters = inspect.signature(utils.get_openapi).parameters
    assert [name for name, p in parameters.items() if p.default is p.empty] == [
        "title",
        "version",
        "routes",
    ]
    assert parameters["openapi_version"].default == "3.1.0"
    assert parameters["separate_input_output_schemas"].default is True
    assert all(p.kind is p.KEYWORD_ONLY for p in parameters.values())
