"""The document as a whole: what stands beside the paths, and which routes are in it."""

import pytest
from pydantic import BaseModel, ValidationError
from starlette.responses import PlainTextResponse

from pronghorn import APIRouter, FastAPI, WebSocket
from pronghorn.openapi.document import get_openapi
from pronghorn.routing import iter_route_contexts


class Parcel(BaseModel):
    weight: float


def endpoint(): ...


def test_an_application_without_routes_has_a_short_document():
    assert FastAPI().openapi() == {
        "openapi": "3.1.0",
        "info": {"title": "FastAPI", "version": "0.1.0"},
        "paths": {},
    }


def test_what_is_said_of_the_application_is_in_the_documents_order():
    document = FastAPI(
        title="Parcels",
        version="2",
        summary="All parcels",
        description="Where they are.",
        terms_of_service="https://parcels.example/terms",
        contact={"email": "post@parcels.dev", "name": "Post"},
        license_info={"name": "MIT", "identifier": "MIT"},
        servers=[{"url": "/v2", "description": "the second"}],
        openapi_tags=[{"name": "parcels", "x-order": 1}],
        openapi_external_docs={"url": "https://parcels.example"},
    ).openapi()
    assert list(document) == ["openapi", "info", "servers", "paths", "tags", "externalDocs"]
    assert list(document["info"].items()) == [
        ("title", "Parcels"),
        ("summary", "All parcels"),
        ("description", "Where they are."),
        ("termsOfService", "https://parcels.example/terms"),
        ("contact", {"name": "Post", "email": "post@parcels.dev"}),
        ("license", {"name": "MIT", "identifier": "MIT"}),
        ("version", "2"),
    ]
    assert document["servers"] == [{"url": "/v2", "description": "the second"}]
    assert document["tags"] == [{"name": "parcels", "x-order": 1}]
    assert document["externalDocs"] == {"url": "https://parcels.example/"}


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({"contact": {"email": "nowhere"}}, r"info\.contact\.email"),
        ({"license_info": {"url": "https://parcels.example"}}, r"info\.license\.name"),
        ({"openapi_tags": [{"description": "no name"}]}, r"tags\.0\.name"),
        ({"servers": [{"description": "no url"}]}, r"servers\.0\.url"),
        ({"version": 1.0}, r"info\.version"),
    ],
)
def test_what_is_no_openapi_is_refused_with_its_place(options, place):
    with pytest.raises(ValidationError, match=place):
        FastAPI(**options).openapi()


def test_a_webhook_whose_extension_is_no_operation_is_refused():
    app = FastAPI()
    app.webhooks.post("sent", openapi_extra={"parameters": "none"})(endpoint)
    with pytest.raises(ValidationError, match=r"webhooks\.sent\.PathItem\.post\.parameters"):
        app.openapi()


def test_routes_on_the_same_path_are_described_together():
    app = FastAPI()
    app.post("/parcels")(endpoint)
    app.get("/other")(endpoint)
    app.get("/parcels")(endpoint)
    paths = app.openapi()["paths"]
    assert [(path, list(methods)) for path, methods in paths.items()] == [
        ("/parcels", ["get", "post"]),
        ("/other", ["get"]),
    ]


def test_hidden_plain_and_socket_routes_are_not_in_the_document():
    app = FastAPI()
    router = APIRouter()
    for owner in (app, router):
        owner.get("/hidden", include_in_schema=False)(endpoint)
        owner.add_route("/plain", lambda request: PlainTextResponse("plain"))

        @owner.websocket("/socket")
        async def socket(websocket: WebSocket, room: int): ...

    app.include_router(router, prefix="/in")
    app.include_router(APIRouter(), prefix="/empty")
    app.mount("/mounted", FastAPI())
    assert app.openapi()["paths"] == {}


def test_routes_are_described_as_their_includes_show_them():
    inner = APIRouter(tags=["inner"])
    outer = APIRouter(prefix="/outer", deprecated=True, responses={404: {"description": "None."}})
    app = FastAPI()
    app.include_router(outer, prefix="/{shop}", tags=["outer"])
    outer.include_router(inner, prefix="/inner")

    @inner.get("/{number}")
    def read_parcel(shop: str, number: int): ...

    [(path, methods)] = app.openapi()["paths"].items()
    assert path == "/{shop}/outer/inner/{number}"
    operation = methods["get"]
    assert operation["tags"] == ["outer", "inner"]
    assert operation["deprecated"] is True
    assert operation["operationId"] == "read_parcel__shop__outer_inner__number__get"
    assert [(p["in"], p["name"]) for p in operation["parameters"]] == [
        ("path", "shop"),
        ("path", "number"),
    ]
    assert list(operation["responses"]) == ["200", "404", "422"]


def test_route_contexts_are_described_like_the_routes_that_they_stand_for():
    app = FastAPI()
    router = APIRouter()
    router.get("/parcels/{number}")(lambda number: None)
    app.include_router(router, prefix="/in")
    app.get("/own")(endpoint)

    @app.websocket("/socket")
    async def socket(websocket: WebSocket): ...

    contexts = list(iter_route_contexts(app.routes))
    options = {"title": "t", "version": "1"}
    expected = get_openapi(routes=app.routes, **options)
    assert get_openapi(routes=contexts, **options) == expected
    assert list(expected["paths"]) == ["/in/parcels/{number}", "/own"]


def test_webhooks_stand_beside_the_paths():
    app = FastAPI()

    @app.webhooks.post("parcel-sent", tags=["parcels"])
    def parcel_sent(parcel: Parcel, times: int = 1) -> None:
        """A parcel left us."""

    document = app.openapi()
    assert document["paths"] == {}
    operation = document["webhooks"]["parcel-sent"]["post"]
    assert operation["description"] == "A parcel left us."
    # The model writes the operations of webhooks, and it begins with what all values have.
    assert [list(p) for p in operation["parameters"]] == [["required", "schema", "name", "in"]]
    assert set(document["components"]["schemas"]) == {
        "HTTPValidationError",
        "Parcel",
        "ValidationError",
    }


def test_callbacks_stand_within_the_operation_that_leads_to_them():
    app = FastAPI()
    callbacks = APIRouter()

    @callbacks.post("{$request.body#/url}/sent", name="sent", responses={410: {}})
    def parcel_sent(parcel: Parcel): ...

    included = APIRouter()
    included.get("/nobody-sees-this")(endpoint)
    callbacks.include_router(included, prefix="/in")

    app.post("/parcels", callbacks=callbacks.routes)(endpoint)
    document = app.openapi()
    [(name, by_path)] = document["paths"]["/parcels"]["post"]["callbacks"].items()
    [(path, methods)] = by_path.items()
    assert (name, path, list(methods)) == ("sent", "{$request.body#/url}/sent", ["post"])
    assert methods["post"]["requestBody"]["required"] is True
    assert list(methods["post"]["responses"]) == ["200", "410", "422"]
    assert "Parcel" in document["components"]["schemas"]


def test_an_operation_id_that_is_taken_is_warned_of_once():
    app = FastAPI()
    app.get("/one", operation_id="endpoint")(endpoint)
    app.get("/two", operation_id="endpoint")(endpoint)
    with pytest.warns(UserWarning, match="Duplicate") as caught:
        app.openapi()
    [message] = [str(warning.message) for warning in caught]
    assert message == f"Duplicate Operation ID endpoint for function endpoint at {__file__}"


def test_documents_of_the_same_application_share_nothing():
    app = FastAPI(openapi_tags=[{"name": "parcels"}])
    app.post("/parcels", response_model=list[Parcel])(lambda limit: None)
    first = app.openapi()
    first["tags"].clear()
    first["paths"]["/parcels"].clear()
    first["components"]["schemas"]["Parcel"].clear()
    app.openapi_schema = None
    second = app.openapi()
    assert second["tags"] == [{"name": "parcels"}]
    assert second["components"]["schemas"]["Parcel"]["title"] == "Parcel"
    assert second["paths"]["/parcels"]["post"]["operationId"]
