"""The short way to the form in which the document's model would write it."""

import random
from enum import Enum, StrEnum

import pytest
from pydantic import ValidationError

from pronghorn.encoders import jsonable_encoder
from pronghorn.openapi import models, normal_form
from pronghorn.openapi.normal_form import write_document

RANDOM_DOCUMENTS = 100


def by_model(document):
    model = models.OpenAPI(**document)
    return jsonable_encoder(model, by_alias=True, exclude_none=True)


def exactly(value):
    """*value* with the order of its keys and the types of its numbers."""
    if isinstance(value, dict):
        return [(exactly(key), exactly(item)) for key, item in value.items()]
    if isinstance(value, list):
        return [exactly(item) for item in value]
    return (type(value), repr(value))


def outcome(function, document):
    try:
        return exactly(function(document))
    except Exception as error:  # noqa: BLE001 - whatever the model raises is expected of both
        return type(error), str(error)


class Colour(StrEnum):
    RED = "red"


class Size(Enum):
    BIG = "big"


class Invention:
    """Makes up documents, mostly such as routes describe, with something odd here and there."""

    ODD = (None, 1, 2.5, True, "t", [], {}, [None], (1,), 2**60, Colour.RED, Size.BIG)
    ODDER = ({"a": None}, {"_sa_x": 1}, {"$ref": "#/x"}, {1: 2}, {"schema_": {}}, {"xml": {}})

    def __init__(self, seed, oddness):
        self.random = random.Random(seed)
        self.oddness = oddness

    def value(self, make):
        if self.random.random() < self.oddness:
            return self.random.choice(self.ODD + self.ODDER)
        return make()

    def some(self, required=(), /, **makers):
        optional = [key for key in makers if key not in required]
        chosen = [*required, *self.random.sample(optional, self.random.randint(0, len(optional)))]
        self.random.shuffle(chosen)
        return {key.strip("_").replace("ref", "$ref"): self.value(makers[key]) for key in chosen}

    def many(self, make):
        return lambda: [self.value(make) for _ in range(self.random.randint(0, 2))]

    def named(self, make):
        return lambda: {name: self.value(make) for name in self.random.sample("abc", 2)}

    def text(self):
        is_rare = self.random.random() < 0.01
        return Colour.RED if is_rare else self.random.choice(["name", "#/components/schemas/A"])

    def flag(self):
        return self.random.random() < 0.5

    def plain(self):
        return self.random.choice([1, 1.5, "x", None, {"b": 1, "a": None}, [None, {"c": None}]])

    def schema(self, depth=0):
        if depth == 3 or self.random.random() < 0.4:
            small = [{"title": "T", "type": "string"}, {"$ref": "#/components/schemas/A"}, {}]
            return self.random.choice([*small, True] if depth else small)
        return self.some(
            title=self.text,
            ref=self.text,
            minimum=lambda: self.random.choice([0, 1, 1.5]),
            multipleOf=lambda: self.random.choice([1, 2.5]),
            maxLength=lambda: 3,
            default=self.plain,
            examples=self.many(self.plain),
            type=lambda: self.random.choice(["integer", ["string", "null"]]),
            items=lambda: self.schema(depth + 1),
            properties=self.named(lambda: self.schema(depth + 1)),
            anyOf=self.many(lambda: self.schema(depth + 1)),
            required=self.many(self.text),
            deprecated=self.flag,
            discriminator=lambda: {"propertyName": "kind"},
            x_extra=self.plain,
        )

    def content(self):
        return self.some(
            schema=self.schema,
            example=self.plain,
            examples=self.named(
                lambda: self.some(summary=self.text, value=self.plain, description=self.text)
            ),
            itemSchema=self.schema,
        )

    def operation(self):
        return self.some(
            tags=self.many(self.text),
            summary=self.text,
            deprecated=self.flag,
            requestBody=lambda: self.some(
                ("content",), content=self.named(self.content), required=self.flag
            ),
            responses=self.named(
                lambda: self.some(
                    ("description",),
                    description=self.text,
                    content=self.named(self.content),
                    headers=self.named(lambda: self.some(schema=self.schema, required=self.flag)),
                )
            ),
            security=self.many(self.named(self.many(self.text))),
            parameters=self.many(
                lambda: self.some(
                    ("name", "in_"),
                    name=self.text,
                    in_=lambda: "query",
                    required=self.flag,
                    schema=self.schema,
                )
            ),
            x_extra=self.plain,
        )

    def path_item(self):
        return self.some(
            get=self.operation, post=self.operation, query=self.operation, summary=self.text
        )

    def document(self):
        return {
            "openapi": "3.1.0",
            "info": self.some(
                ("title", "version"), title=self.text, version=self.text, summary=self.text
            ),
            "components": {"schemas": self.named(self.schema)()},
            "paths": self.named(self.path_item)(),
            "webhooks": self.named(self.path_item)(),
            "tags": self.many(lambda: self.some(("name",), name=self.text, x_order=self.plain))(),
        }


@pytest.mark.parametrize("oddness", [0, 0.002, 0.02])
def test_invented_documents_are_written_as_the_model_writes_them(oddness):
    for seed in range(RANDOM_DOCUMENTS):
        document = Invention(seed, oddness).document()
        assert outcome(write_document, document) == outcome(by_model, document), document


def wrapped(path_item):
    return {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/": path_item}}


def test_keys_stand_in_the_order_of_the_model():
    answers = {"200": {"content": {}, "description": "d"}}
    written = write_document(wrapped({"get": {"responses": answers, "x-a": 1, "summary": "s"}}))
    assert list(written) == ["openapi", "info", "paths"]
    operation = written["paths"]["/"]["get"]
    assert list(operation) == ["summary", "responses", "x-a"]
    assert list(operation["responses"]["200"]) == ["description", "content"]


def test_operations_with_parameters_keep_the_order_in_which_they_are_described():
    parameter = {"name": "q", "in": "query", "required": False, "schema": {"minimum": 1}}
    operation = {"summary": "s", "operationId": "o", "parameters": [parameter], "responses": {}}
    written = write_document(wrapped({"get": operation}))["paths"]["/"]["get"]
    assert exactly(written) == exactly(operation)


def test_limits_are_floats_where_the_model_wants_them():
    schemas = {"A": {"maxLength": 2, "minimum": 1}}
    document = {**wrapped({}), "components": {"schemas": schemas}}
    written = write_document(document)["components"]["schemas"]["A"]
    assert exactly(written) == exactly({"minimum": 1.0, "maxLength": 2})


def test_nothing_is_shared_with_what_was_described():
    content = {"200": {"description": "d", "content": {"a/b": {"example": [{"x": 1}]}}}}
    document = wrapped({"get": {"responses": content}})
    write_document(document)["paths"]["/"]["get"]["responses"]["200"]["content"].clear()
    assert content["200"]["content"] == {"a/b": {"example": [{"x": 1}]}}


def test_what_is_no_document_is_refused_with_its_place_in_the_document():
    with pytest.raises(ValidationError, match=r"tags\.1\.name"):
        write_document({**wrapped({}), "tags": [{"name": "a"}, {"description": "b"}]})


def test_usual_documents_never_ask_the_model(monkeypatch):
    def refuse(kind):
        pytest.fail(f"asked {kind}")

    monkeypatch.setattr(normal_form, "adapter_of", refuse)
    schemas = {"Item": {"title": "Item", "type": "object", "properties": {"a": {"minimum": 0}}}}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"}}}}
    operation = {"tags": [Colour.RED], "requestBody": body, "responses": {}}
    write_document({**wrapped({"post": operation}), "components": {"schemas": schemas}})
