"""What one route says of its parameters, its body, its answers and its security."""

from collections.abc import AsyncIterator, Iterator
from enum import Enum, StrEnum
from typing import Annotated, Literal

import pytest
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from pronghorn import (
    APIRouter,
    Body,
    Cookie,
    Depends,
    FastAPI,
    File,
    Form,
    Header,
    Path,
    Query,
    Security,
    UploadFile,
)
from pronghorn.responses import (
    FileResponse,
    HTMLResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from pronghorn.security import APIKeyHeader, HTTPBearer, OAuth2PasswordBearer
from pronghorn.sse import EventSourceResponse, ServerSentEvent

REFUSAL = {
    "description": "Validation Error",
    "content": {
        "application/json": {"schema": {"$ref": "#/components/schemas/HTTPValidationError"}}
    },
}


class Parcel(BaseModel):
    weight: float


class Fault(BaseModel):
    reason: str


def described(function, path="/", method="get", **options):
    """The only operation of an application that has *function* alone."""
    app = FastAPI()
    app.api_route(path, methods=[method.upper()], **options)(function)
    return app.openapi()["paths"][path][method]


def answers(function, **options):
    return described(function, **options)["responses"]


def schema_of_answer(function, **options):
    [content] = answers(function, **options)["200"]["content"].values()
    return content["schema"]


def endpoint(): ...


# The head


def test_the_summary_comes_from_the_name_and_the_description_from_the_docstring():
    def read_the_parcel():
        """Read it.

        All of it.\f
        Not this.
        """

    operation = described(read_the_parcel)
    assert list(operation) == ["summary", "description", "operationId", "responses"]
    assert operation["summary"] == "Read The Parcel"
    assert operation["description"] == "Read it.\n\nAll of it."
    assert operation["operationId"] == "read_the_parcel__get"


def test_tags_may_be_members_of_enums():
    class Name(StrEnum):
        PARCELS = "parcels"

    class Thing(Enum):
        PARCELS = "things"

    assert described(endpoint, tags=[Name.PARCELS, "b"])["tags"] == ["parcels", "b"]
    assert described(endpoint, tags=[Thing.PARCELS])["tags"] == ["things"]


def test_a_method_that_openapi_does_not_know_is_described_without_a_body():
    def search(parcel: Parcel): ...

    operation = described(search, method="query")
    assert "requestBody" not in operation
    assert operation["responses"]["422"] == REFUSAL


# Parameters


def test_parameters_stand_place_by_place_those_of_dependencies_among_them():
    def page(x_page: Annotated[int, Header()], shop: Annotated[str, Path()], limit: int = 10): ...

    def read(
        session: Annotated[str, Cookie()],
        order: Literal["up", "down"],
        number: int,
        _page: Annotated[None, Depends(page)],
        _again: Annotated[None, Depends(page)],
    ): ...

    parameters = described(read, path="/{shop}/{number}")["parameters"]
    assert [(p["in"], p["name"], p["required"]) for p in parameters] == [
        ("path", "number", True),
        ("path", "shop", True),
        ("query", "order", True),
        ("query", "limit", False),
        ("header", "x-page", True),
        ("cookie", "session", True),
    ]
    assert [p["schema"] for p in parameters][2:4] == [
        {"type": "string", "enum": ["up", "down"], "title": "Order"},
        {"type": "integer", "default": 10, "title": "Limit"},
    ]


def test_of_parameters_with_the_same_name_the_required_one_counts():
    def optional(q: int = 1): ...

    def required(q: str): ...

    def last(q: float = 1.5): ...

    def read(
        a: Annotated[None, Depends(optional)],
        b: Annotated[None, Depends(required)],
        c: Annotated[None, Depends(last)],
    ): ...

    [parameter] = described(read)["parameters"]
    assert parameter == {
        "name": "q",
        "in": "query",
        "required": True,
        "schema": {"type": "string", "title": "Q"},
    }


def test_what_is_said_of_a_parameter_is_in_the_document():
    def read(
        number: Annotated[
            int,
            Path(title="No.", description="The number.", ge=1, deprecated=True, examples=[7]),
        ],
        q: Annotated[
            str | None,
            Query(alias="search", openapi_examples={"one": {"value": "x", "summary": "An x"}}),
        ] = None,
        _secret: Annotated[str, Query(include_in_schema=False)] = "",
    ): ...

    number, search = described(read, path="/{number}")["parameters"]
    assert number == {
        "name": "number",
        "in": "path",
        "required": True,
        "schema": {
            "type": "integer",
            "minimum": 1,
            "title": "No.",
            "description": "The number.",
            "examples": [7],
            "deprecated": True,
        },
        "description": "The number.",
        "deprecated": True,
    }
    assert search == {
        "name": "search",
        "in": "query",
        "required": False,
        "schema": {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "Search"},
        "examples": {"one": {"value": "x", "summary": "An x"}},
    }


def test_the_fields_of_a_model_are_parameters_of_their_own():
    class Filters(BaseModel):
        x_limit: int
        order_by: str = Field("age", description="What comes first.", alias="Order-By")
        since: str = Field("", validation_alias=AliasChoices("from", "since"))

    def read(headers: Annotated[Filters, Header()]): ...

    parameters = described(read)["parameters"]
    assert [(p["name"], p["required"]) for p in parameters] == [
        ("x-limit", True),
        ("Order-By", False),
        ("from", False),
    ]
    assert parameters[1]["description"] == "What comes first."

    def read_if_given(
        headers: Annotated[Filters | None, Header(convert_underscores=False)] = None,
        hidden: Annotated[Filters | None, Query(include_in_schema=False)] = None,
    ): ...

    parameters = described(read_if_given)["parameters"]
    assert [(p["name"], p["required"]) for p in parameters] == [
        ("x_limit", False),
        ("Order-By", False),
        ("from", False),
    ]


# Bodies


def test_one_body_is_described_by_its_model():
    def create(parcel: Parcel): ...

    body = described(create, method="post")["requestBody"]
    assert body == {
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Parcel"}}},
        "required": True,
    }


def test_a_body_with_a_default_is_not_required_and_has_its_examples():
    examples = {"light": {"summary": "Light", "value": {"weight": 0.1}}}

    def create(
        parcel: Annotated[
            Parcel | None,
            Body(media_type="application/x-parcel", title="A parcel", openapi_examples=examples),
        ] = None,
    ): ...

    assert described(create, method="post")["requestBody"] == {
        "content": {
            "application/x-parcel": {
                "schema": {
                    "anyOf": [{"$ref": "#/components/schemas/Parcel"}, {"type": "null"}],
                    "title": "A parcel",
                },
                "examples": examples,
            }
        }
    }


def body_schema(function):
    app = FastAPI()
    app.post("/")(function)
    document = app.openapi()
    [(media_type, content)] = document["paths"]["/"]["post"]["requestBody"]["content"].items()
    name = content["schema"]["$ref"].rpartition("/")[2]
    return media_type, name, document["components"]["schemas"][name]


def test_several_bodies_are_keys_of_one_object():
    def create(parcel: Parcel, price: Annotated[int, Body(gt=0)]): ...

    assert body_schema(create) == (
        "application/json",
        "Body_create__post",
        {
            "type": "object",
            "title": "Body_create__post",
            "required": ["parcel", "price"],
            "properties": {
                "parcel": {"$ref": "#/components/schemas/Parcel"},
                "price": {"type": "integer", "exclusiveMinimum": 0.0, "title": "Price"},
            },
        },
    )


def test_files_and_form_fields_are_one_form():
    def upload(
        scan: UploadFile,
        raw: Annotated[bytes, File()],
        note: Annotated[str, Form(min_length=3)] = "none",
    ): ...

    media_type, _, schema = body_schema(upload)
    assert media_type == "multipart/form-data"
    binary = {"type": "string", "contentMediaType": "application/octet-stream"}
    assert schema["properties"] == {
        "scan": {**binary, "title": "Scan"},
        "raw": {**binary, "title": "Raw"},
        "note": {"type": "string", "minLength": 3, "title": "Note", "default": "none"},
    }
    assert schema["required"] == ["scan", "raw"]


def test_a_form_of_models_and_fields_is_composed():
    class Sender(BaseModel):
        sender_name: str = Field(alias="sender")

    class Receiver(BaseModel):
        receiver: str

    def send(
        sender: Annotated[Sender, Form()],
        receiver: Annotated[Receiver | None, Form()] = None,
        weight: Annotated[float, Form()] = 1,
    ): ...

    media_type, _, schema = body_schema(send)
    assert media_type == "application/x-www-form-urlencoded"
    assert schema["properties"] == {"weight": {"type": "number", "title": "Weight", "default": 1.0}}
    own, optional = schema["allOf"]
    assert own["$ref"] == "#/components/schemas/Sender"
    absent = {"not": {"anyOf": [{"required": ["receiver"]}]}}
    assert optional["anyOf"][0] == absent
    assert optional["anyOf"][1]["anyOf"] == [{"$ref": "#/components/schemas/Receiver"}]


# Answers


def test_the_usual_answer_has_the_status_and_description_of_the_route():
    found = answers(endpoint, status_code=201, response_description="Made.")
    assert found == {
        "201": {"description": "Made.", "content": {"application/json": {"schema": {}}}}
    }


@pytest.mark.parametrize("status_code", [204, 304])
def test_an_answer_without_body_has_no_content(status_code):
    found = answers(endpoint, status_code=status_code)
    assert found == {str(status_code): {"description": "Successful Response"}}


@pytest.mark.parametrize(
    ("response_class", "status", "content"),
    [
        (HTMLResponse, "200", {"text/html": {"schema": {"type": "string"}}}),
        (PlainTextResponse, "200", {"text/plain": {"schema": {"type": "string"}}}),
        (RedirectResponse, "307", None),
        (FileResponse, "200", None),
        (Response, "200", None),
    ],
)
def test_the_class_of_the_answer_tells_media_type_and_status(response_class, status, content):
    [(found, answer)] = answers(endpoint, response_class=response_class).items()
    assert (found, answer.get("content")) == (status, content)


def test_a_class_that_takes_no_status_answers_200():
    class Sealed(Response):
        media_type = "application/seal"

        def __init__(self, content): ...

    assert list(answers(endpoint, response_class=Sealed)) == ["200"]


def test_the_model_of_the_answer_is_titled_unless_it_is_defined_elsewhere():
    def one() -> Parcel: ...

    def all_of_them() -> list[Parcel]: ...

    assert schema_of_answer(one) == {"$ref": "#/components/schemas/Parcel"}
    assert schema_of_answer(all_of_them) == {
        "type": "array",
        "items": {"$ref": "#/components/schemas/Parcel"},
        "title": "Response All Of Them  Get",
    }


def test_streams_tell_what_one_item_is():
    async def lines() -> AsyncIterator[Parcel]:
        yield

    def untyped():
        yield

    item = {"$ref": "#/components/schemas/Parcel"}
    assert answers(lines)["200"]["content"] == {"application/jsonl": {"itemSchema": item}}
    assert answers(untyped)["200"]["content"] == {"application/jsonl": {"itemSchema": {}}}


def test_events_tell_what_their_data_is():
    def typed() -> Iterator[Parcel]:
        yield

    def free() -> Iterator[ServerSentEvent]:
        yield

    def event_of(function):
        content = answers(function, response_class=EventSourceResponse)["200"]["content"]
        return content["text/event-stream"]["itemSchema"]

    event = event_of(typed)
    assert event["required"] == ["data"]
    assert event["properties"]["data"] == {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": {"$ref": "#/components/schemas/Parcel"},
    }
    assert event["properties"]["retry"] == {"type": "integer", "minimum": 0}
    event = event_of(free)
    assert "required" not in event
    assert event["properties"]["data"] == {"type": "string"}


def test_additional_answers_are_merged_with_what_is_there():
    def read() -> Parcel: ...

    responses = {
        200: {"description": "Here.", "content": {"image/png": {}}},
        404: {"model": Fault, "headers": {"X-Why": {"schema": {"type": "string"}}}},
        "4xx": {"description": "Your fault."},
        "5XX": {},
        "default": {"model": Fault, "description": "Else."},
        799: {},
    }
    found = answers(read, responses=responses)
    fault = {"application/json": {"schema": {"$ref": "#/components/schemas/Fault"}}}
    assert found == {
        "200": {
            "description": "Here.",
            "content": {
                "application/json": {"schema": {"$ref": "#/components/schemas/Parcel"}},
                "image/png": {},
            },
        },
        "404": {
            "description": "Not Found",
            "headers": {"X-Why": {"schema": {"type": "string"}}},
            "content": fault,
        },
        "4XX": {"description": "Your fault."},
        "5XX": {"description": "Server Error"},
        "default": {"description": "Else.", "content": fault},
        "799": {"description": "Additional Response"},
    }
    assert responses[404].keys() == {"model", "headers"}


def test_merging_does_not_reach_other_routes():
    app = FastAPI()

    def read() -> dict[str, list[int]]: ...

    more = {"schema": {"additionalProperties": {"items": {"minimum": 3}}}}
    app.get("/more", responses={200: {"content": {"application/json": more}}})(read)
    extra = {"responses": {"200": {"content": {"application/json": more}}}}
    app.get("/extra", openapi_extra=extra)(read)
    app.get("/less")(read)
    paths = app.openapi()["paths"]

    def items(path):
        content = paths[path]["get"]["responses"]["200"]["content"]
        return content["application/json"]["schema"]["additionalProperties"]["items"]

    assert items("/more") == items("/extra") == {"type": "integer", "minimum": 3}
    assert items("/less") == {"type": "integer"}


def test_an_additional_answer_to_no_status_is_refused():
    with pytest.raises(ValueError, match="hello"):
        answers(endpoint, responses={"hello": {"description": "?"}})


@pytest.mark.parametrize("status", [422, "4XX", "default"])
def test_invalid_input_is_not_described_twice(status):
    def read(q: int): ...

    found = answers(read, responses={status: {"description": "Mine."}})
    assert found[str(status)] == {"description": "Mine."}
    assert len(found) == 2


def test_what_is_added_to_an_operation_is_merged_last():
    def read(q: int): ...

    extra = {
        "tags": ["b"],
        "x-limit": {"per": "minute", "none": None},
        "parameters": [{"name": "z", "in": "query", "schema": {"type": "string"}}],
        "summary": "Another",
    }
    operation = described(read, tags=["a"], openapi_extra=extra)
    assert operation["tags"] == ["a", "b"]
    assert operation["x-limit"] == {"per": "minute"}
    assert [p["name"] for p in operation["parameters"]] == ["q", "z"]
    assert operation["summary"] == "Another"
    assert extra["parameters"] == [{"name": "z", "in": "query", "schema": {"type": "string"}}]


# Security


def test_schemes_are_named_and_scopes_collected():
    login = OAuth2PasswordBearer(tokenUrl="login", scopes={"read": "Read.", "send": "Send."})
    key = APIKeyHeader(name="X-Key", scheme_name="Key", description="Of a shop.")

    def user(token: Annotated[str, Security(login, scopes=["read"])]): ...

    def sender(name: Annotated[str, Security(user, scopes=["send", "read"])]): ...

    app = FastAPI()
    router = APIRouter(dependencies=[Depends(HTTPBearer())])

    @router.get("/parcels", dependencies=[Security(login, scopes=["list"])])
    def read(
        a: Annotated[str, Depends(sender)],
        b: Annotated[str, Depends(user)],
        c: Annotated[str, Depends(key)],
    ): ...

    app.include_router(router)
    document = app.openapi()
    assert document["paths"]["/parcels"]["get"]["security"] == [
        {"HTTPBearer": []},
        {"OAuth2PasswordBearer": ["list", "send", "read"]},
        {"Key": []},
    ]
    assert document["components"] == {
        "securitySchemes": {
            "HTTPBearer": {"type": "http", "scheme": "bearer"},
            "OAuth2PasswordBearer": {
                "type": "oauth2",
                "flows": {
                    "password": {
                        "scopes": {"read": "Read.", "send": "Send."},
                        "tokenUrl": "login",
                    }
                },
            },
            "Key": {
                "type": "apiKey",
                "description": "Of a shop.",
                "in": "header",
                "name": "X-Key",
            },
        }
    }


def test_a_model_of_parameters_that_forbids_others_is_described_all_the_same():
    class Filters(BaseModel):
        model_config = ConfigDict(extra="forbid")
        limit: int = Field(100, gt=0, le=100)

    def read(filters: Annotated[Filters, Query()]): ...

    [parameter] = described(read)["parameters"]
    assert parameter["schema"] == {
        "type": "integer",
        "maximum": 100,
        "exclusiveMinimum": 0,
        "default": 100,
        "title": "Limit",
    }
