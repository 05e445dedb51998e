"""The models of the OpenAPI document."""

import subprocess
import sys

import pytest
from pydantic import ValidationError

from pronghorn.openapi import models


def dump(model):
    return model.model_dump(mode="json", by_alias=True, exclude_none=True)


DOCUMENT = {
    "openapi": "3.1.0",
    "info": {
        "title": "Shop",
        "version": "1",
        "contact": {"name": "Ada", "email": "ada@example.org"},
        "x-audience": "all",
    },
    "paths": {
        "/items": {
            "get": {
                "parameters": [
                    {"name": "q", "in": "query", "schema": {"type": ["string", "null"]}},
                    {"$ref": "#/components/parameters/Limit"},
                ],
                "responses": {
                    "200": {
                        "description": "OK",
                        "content": {"application/json": {"schema": {"$ref": "#/x"}}},
                    }
                },
                "callbacks": {"done": {"{$url}": {"post": {"operationId": "done"}}}},
            }
        }
    },
    "components": {
        "schemas": {
            "Item": {
                "type": "object",
                "properties": {"a": True, "b": {"not": {"const": 1}}},
                "additionalProperties": False,
                "$defs": {"X": {"if": {"minLength": 1}, "else": False}},
            }
        },
        "securitySchemes": {
            "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
            "login": {"type": "oauth2", "flows": {"password": {"tokenUrl": "t", "scopes": {}}}},
        },
    },
}


def test_a_document_comes_back_as_it_was_with_keys_of_its_own():
    assert dump(models.OpenAPI.model_validate(DOCUMENT)) == DOCUMENT


def find_models():
    for name, value in vars(models).items():
        if name == "BaseModel":
            continue
        if isinstance(value, type) and issubclass(value, models.BaseModel):
            yield pytest.param(value, id=name)


@pytest.mark.parametrize("model", list(find_models()))
def test_every_model_can_be_built(model):
    assert model.model_rebuild() is not False
    assert model.__pydantic_complete__


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (models.Schema, {"type": "text"}),
        (models.Schema, {"minLength": -1}),
        (models.Schema, {"multipleOf": 0}),
        (models.ServerVariable, {"default": "a", "enum": []}),
        (models.HTTPBearer, {"scheme": "basic"}),
        (models.Parameter, {"name": "q", "in": "body"}),
        (models.Contact, {"email": "nobody"}),
        (models.Info, {"title": "x"}),
    ],
)
def test_what_the_specification_forbids_is_refused(kind, fields):
    with pytest.raises(ValidationError):
        kind.model_validate(fields)


WITHOUT_EMAIL_VALIDATOR = """
import importlib.util, logging, sys
logging.basicConfig(format="%(name)s: %(message)s", stream=sys.stdout)
find_spec = importlib.util.find_spec
importlib.util.find_spec = lambda name, *rest: None if name == "email_validator" else find_spec(name)
from pronghorn.openapi.models import Contact
print(Contact(email="nobody").email)
print(Contact.model_json_schema()["properties"]["email"]["anyOf"][0])
"""


def test_without_email_validator_any_text_is_an_address():
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_EMAIL_VALIDATOR], capture_output=True, text=True, check=True
    )
    warning, hint, address, schema = done.stdout.splitlines()
    assert warning.startswith("fastapi: email-validator not installed")
    assert hint.endswith("pip install email-validator")
    assert (address, schema) == ("nobody", "{'format': 'email', 'type': 'string'}")
