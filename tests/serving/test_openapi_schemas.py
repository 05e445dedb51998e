"""The schemas of models and of fields that say the same."""

from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Generic, TypeVar

import pytest
from pydantic import BaseModel, ConfigDict, Field, computed_field, create_model, field_serializer
from pydantic.fields import FieldInfo

from pronghorn import FastAPI, Query, params
from pronghorn._pipeline.fields import ModelField
from pronghorn.openapi.schemas import (
    Likes,
    get_definitions,
    get_flat_models_from_fields,
    get_model_name_map,
    get_schema_from_model_field,
)

T = TypeVar("T")


def schemas_of(*functions, **options):
    """The definitions of an application whose routes are *functions*."""
    app = FastAPI(**options)
    for number, function in enumerate(functions):
        app.post(f"/{number}")(function)
    return app.openapi()["components"]["schemas"]


def field(annotation: Any, mode="validation", **options) -> ModelField:
    return ModelField(FieldInfo.from_annotation(Annotated[annotation, Field(**options)]), "x", mode)


def model_in(module, name, **fields):
    return create_model(name, __module__=module, **fields)


class Parcel(BaseModel):
    """A thing in a box.\f Nobody reads this."""

    weight: float = Field(gt=0)
    note: str | None = None


# Names


def test_models_with_the_same_name_are_told_apart_by_their_modules():
    parcel = model_in("shop.parts", "Parcel", colour=(str, ...))
    other = model_in("shop.mail", "Parcel", sent=(bool, ...))

    def one(body: parcel): ...

    def two(body: other): ...

    names = schemas_of(one, two).keys() - {"HTTPValidationError", "ValidationError"}
    assert names == {"shop__parts__Parcel", "shop__mail__Parcel"}


def test_models_with_the_same_name_and_schema_are_defined_once():
    parcel = model_in("shop.parts", "Parcel", colour=(str, ...))
    other = model_in("shop.mail", "Parcel", colour=(str, ...))

    def one(body: parcel): ...

    def two(body: other): ...

    assert list(schemas_of(one, two)) == ["HTTPValidationError", "Parcel", "ValidationError"]


def test_generic_models_are_named_after_their_arguments():
    class Page(BaseModel, Generic[T]):
        items: list[T]

    def read(body: Page[Parcel]): ...

    assert schemas_of(read)["Page_Parcel_"]["properties"]["items"] == {
        "type": "array",
        "items": {"$ref": "#/components/schemas/Parcel"},
        "title": "Items",
    }


def test_what_follows_a_form_feed_is_left_out():
    def read(body: Parcel): ...

    assert schemas_of(read)["Parcel"]["description"] == "A thing in a box."


def test_keys_of_schemas_stand_in_the_order_of_the_model():
    def read(body: Parcel): ...

    schema = schemas_of(read)["Parcel"]
    assert list(schema) == ["properties", "type", "required", "title", "description"]
    assert list(schema["properties"]["weight"].items()) == [
        ("type", "number"),
        ("exclusiveMinimum", 0.0),
        ("title", "Weight"),
    ]


# What is read and what is written


class Account(BaseModel):
    balance: int
    owed: float = Field(exclude=True, default=0)

    @computed_field
    @property
    def is_rich(self) -> bool:
        return self.balance > 1000


class Timed(BaseModel):
    hours: int = 1

    @field_serializer("hours")
    def write_hours(self, hours: int) -> str:
        return f"{hours} h"


def test_a_model_that_is_written_as_something_else_has_two_schemas():
    def exchange(body: Timed) -> Timed: ...

    schemas = schemas_of(exchange)
    assert schemas["Timed-Input"]["properties"]["hours"]["type"] == "integer"
    assert schemas["Timed-Output"]["properties"]["hours"]["type"] == "string"


def test_a_model_that_is_written_as_it_is_read_has_one():
    def exchange(body: Parcel) -> Parcel: ...

    assert "Parcel" in schemas_of(exchange)


def test_the_two_schemas_can_be_made_one_except_for_computed_fields():
    def exchange(body: Timed) -> Timed: ...

    def bank(body: Account) -> dict[str, Account]: ...

    schemas = schemas_of(exchange, bank, separate_input_output_schemas=False)
    assert schemas.keys() - {"HTTPValidationError", "ValidationError"} == {
        "Timed",
        "Account-Input",
        "Account-Output",
    }
    assert list(schemas["Account-Output"]["properties"]) == ["balance", "is_rich"]


def test_a_model_that_nothing_refers_to_is_defined_all_the_same():
    class Box(BaseModel):
        parcel: Parcel

        @field_serializer("parcel")
        def write_parcel(self, parcel: Parcel) -> str:
            return str(parcel)

    def read() -> Box: ...

    assert list(schemas_of(read)) == ["Box", "Parcel"]


# Bytes


def test_bytes_are_described_by_their_media_type():
    class Raw(BaseModel):
        data: bytes

    class Encoded(BaseModel):
        model_config = ConfigDict(val_json_bytes="base64", ser_json_bytes="base64")
        data: bytes = Field(max_length=9)

    def exchange(raw: Raw, encoded: Encoded): ...

    schemas = schemas_of(exchange)
    binary = {"type": "string", "contentMediaType": "application/octet-stream", "title": "Data"}
    assert schemas["Raw"]["properties"]["data"] == binary
    encoded = {**binary, "contentEncoding": "base64", "maxLength": 9}
    assert schemas["Encoded"]["properties"]["data"] == encoded


# Fields that say the same


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (field(int), field(int)),
        (field(int, default=1), field(int, default=1)),
        (field(list[int] | None, ge=0), field(list[int] | None, ge=0)),
        (field(int, alias="a"), field(int, alias="b")),
        (field(Parcel), field(Parcel, "serialization")),
        (field(str, description="d"), field(str, description="d")),
    ],
)
def test_fields_that_say_the_same_are_alike(one, other):
    assert Likes().find(one) is one
    likes = Likes()
    assert likes.find(one) is likes.find(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (field(int), field(float)),
        (field(int, default=1), field(int, default=True)),
        (field(float, default=1), field(float, default=1.0)),
        (field(float, default=0.0), field(float, default=-0.0)),
        (field(int | str), field(str | int)),
        (field(int, ge=1), field(int, ge=True)),
        (field(int, ge=1), field(int, gt=1)),
        (field(str, title="a"), field(str, title="b")),
        (field(list, default=[]), field(list, default=[])),
        (field(int, examples=[1]), field(int, examples=[1])),
        (
            ModelField(FieldInfo(annotation=int), "x", config=ConfigDict(title="a")),
            ModelField(FieldInfo(annotation=int), "x", config=ConfigDict(title="b")),
        ),
    ],
)
def test_fields_that_may_differ_are_not_alike(one, other):
    likes = Likes()
    assert likes.find(one) is not likes.find(other)


def test_fields_that_are_alike_keep_their_titles():
    def read(first: int, second_one: int, third: Annotated[int, Query(title="The third")]): ...

    app = FastAPI()
    app.get("/")(read)
    parameters = app.openapi()["paths"]["/"]["get"]["parameters"]
    assert [p["schema"] for p in parameters] == [
        {"type": "integer", "title": "First"},
        {"type": "integer", "title": "Second One"},
        {"type": "integer", "title": "The third"},
    ]


def test_no_adapter_is_built_for_fields_that_are_like_others():
    fields = [field(int, default=10) for _ in range(3)]
    get_definitions(fields=fields, model_name_map={})
    assert [each._adapter is not None for each in fields] == [True, False, False]


# The functions


class Kind(Enum):
    BOX = "box"


@dataclass
class Label:
    parcel: Parcel


class Crate(BaseModel):
    parcels: dict[str, list[Parcel]]
    inner: "Crate | None" = None


def test_models_are_found_within_models_and_within_types():
    fields = [field(list[Crate | None]), field(Kind), field(Label), field(int)]
    assert get_flat_models_from_fields(fields, known_models=set()) == {Crate, Parcel, Kind}
    assert get_flat_models_from_fields([field(Crate)], known_models={Crate}) == {Crate}


def test_names_of_models_are_made_fit_for_references():
    odd = create_model("Odd name[1]")
    assert get_model_name_map({odd, Kind}) == {odd: "Odd_name_1_", Kind: "Kind"}


def test_the_schema_of_a_field_is_found_with_the_definitions_beside_it():
    body = ModelField(params.Body(annotation=list[Parcel], alias="all"), "parcels")
    mapping, definitions = get_definitions(fields=[body], model_name_map={})
    assert list(definitions) == ["Parcel"]
    options = {"model_name_map": {}, "field_mapping": mapping}
    schema = get_schema_from_model_field(field=body, **options)
    assert schema["title"] == "All"
    schema["changed"] = True
    again = get_schema_from_model_field(field=body, field_alias="as_said", **options)
    assert again["title"] == "As Said"
    assert "changed" not in again
