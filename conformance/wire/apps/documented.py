"""What an OpenAPI document can say: callbacks, webhooks, responses, names, examples."""

import enum
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import (
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
    Response,
    Security,
    UploadFile,
)
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse
from fastapi.security import HTTPBearer, OAuth2, OAuth2PasswordBearer
from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    Json,
    WithJsonSchema,
    computed_field,
)
from pydantic.json_schema import SkipJsonSchema

T = TypeVar("T")


class Size(enum.IntEnum):
    """How large."""

    small = 1
    large = 2


class Base(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "a"}]}, title="Named Base")
    name: str = Field(description="A name.\fNot shown.", examples=["Ann"], max_length=5)


class Item(Base):
    """An item.

    With two paragraphs.
    """

    price: Decimal = Field(Decimal(1), ge=0, decimal_places=2)
    size: Size | None = None
    when: datetime | None = Field(None, deprecated=True)
    parent: "Item | None" = None
    extra: dict[str, Any] = Field({}, json_schema_extra={"x-extra": True})
    hidden: SkipJsonSchema[int | None] = None
    odd: Annotated[Any, WithJsonSchema({"type": "string", "format": "odd"})] = None
    pair: tuple[int, Literal["a", "b"]] = (1, "a")

    @computed_field(description="Computed.")
    @property
    def label(self) -> str:
        return f"{self.name}!"


class Page(BaseModel, Generic[T]):
    items: list[T]
    total: int = 0


class Problem(BaseModel):
    detail: str


def unique(route) -> str:
    return f"{(route.tags or ['none'])[0]}-{route.name}"


callback = APIRouter()
oauth2 = OAuth2(
    flows={"clientCredentials": {"tokenUrl": "token", "scopes": {"a": "A"}}}, description="flows"
)
bearer = HTTPBearer(scheme_name="named", description="named")
password = OAuth2PasswordBearer("token", scopes={"x": "X"}, auto_error=False)

app = FastAPI(
    title="Documented",
    summary="Summary",
    description="**Long**",
    version="9",
    terms_of_service="https://example.org/terms",
    contact={"name": "Ann", "url": "https://example.org", "email": "ann@example.org"},
    license_info={"name": "MIT", "identifier": "MIT"},
    openapi_tags=[
        {"name": "one", "description": "One", "externalDocs": {"url": "https://example.org"}}
    ],
    servers=[{"url": "https://example.org", "variables": {"a": {"default": "b"}}}],
    openapi_external_docs={"url": "https://example.org/docs"},
    generate_unique_id_function=unique,
    responses={"4XX": {"model": Problem}, "default": {"description": "other"}},
    separate_input_output_schemas=True,
)


@callback.post("{$request.query.url}/done", tags=["callback"])
def done(body: Item) -> Problem: ...


@app.webhooks.post("new-item", tags=["hook"])
def new_item(body: Item, x: Annotated[str, Header()]):
    """Called for each new item."""


@app.post(
    "/items/{n}",
    tags=["one", Size.small],
    summary="Own summary",
    response_description="Own answer",
    status_code=201,
    callbacks=callback.routes,
    responses={
        200: {"model": Page[Item], "description": "a page", "content": {"image/png": {}}},
        "404": {"description": "gone", "links": {"a": {"operationId": "b"}}},
    },
    openapi_extra={"x-own": [1], "parameters": [{"in": "query", "name": "added"}]},
    deprecated=True,
)
async def create(
    n: Annotated[int, Path(title="N", ge=1, examples=[1, 2])],
    item: Annotated[Item, Body(openapi_examples={"one": {"summary": "s", "value": {"name": "a"}}})],
    size: Annotated[Size, Query(deprecated=True, description="Size")] = Size.small,
    when: Annotated[datetime | None, Query(alias="at")] = None,
    many: Annotated[set[int], Query(max_length=2)] = frozenset(),
    x_token: Annotated[list[str] | None, Header(examples=["t"])] = None,
    session: Annotated[str, Cookie(include_in_schema=False)] = "",
    other: Annotated[int | str, Query(title="Other")] = 1,
    either: Annotated[str | None, Query(validation_alias=AliasChoices("a", "b"))] = None,
    value: Annotated[Json[list[int]] | None, Query()] = None,
    user: Annotated[object, Security(oauth2, scopes=["a"])] = None,
):
    """Create an item.

    * with Markdown
    \f
    and a part that is not shown.
    """
    return item


@app.put("/items", response_model=Page[Item], dependencies=[Depends(bearer)], tags=["two"])
async def put(items: list[Item], again: Item, flag: Annotated[bool, Body(deprecated=True)] = False):
    return {"items": items}


@app.patch("/forms", response_class=HTMLResponse)
async def forms(
    file: UploadFile,
    data: Annotated[bytes, File(description="bytes")],
    text: Annotated[str, Form(max_length=3)] = "a",
    sizes: Annotated[list[Size], Form()] = [],
):
    return "<p>"


@app.api_route("/many", methods=["GET", "DELETE", "HEAD", "OPTIONS", "PATCH"], tags=["one"])
async def many(token: Annotated[str | None, Depends(password)] = None) -> Page[Page[int]] | Problem:
    return Problem(detail="a")


@app.get("/file", response_class=FileResponse, responses={200: {"content": {"text/x": {}}}})
async def file():
    return "static/notes.txt"


@app.get("/text", response_class=PlainTextResponse, operation_id="own-id", name="named")
async def text() -> str:
    return "text"


@app.get("/nothing", status_code=204)
async def nothing() -> None: ...


@app.get("/raw", response_model=None, responses={500: {"model": Problem}})
async def raw() -> Response:
    return JSONResponse({})


@app.get("/hidden", include_in_schema=False)
async def hidden():
    return "hidden"


@app.get("/union", responses={200: {"description": "either"}})
async def union(which: Literal["a", 1, None] = "a") -> Item | list[Problem] | int:
    return 1


@app.post("/nested")
async def nested(body: dict[Size, list[tuple[Item, ...]]] | None = None) -> dict[str, Item | None]:
    return {}


@app.get("/items/{n}/{path:path}")
async def of_path(
    n: float, path: str, q: Annotated[str, Query(min_length=1, pattern="^a")] = "a"
): ...


merged = FastAPI(
    separate_input_output_schemas=False, openapi_url="/api.json", docs_url=None, title="Merged"
)


@merged.post("/items")
async def merged_items(item: Item) -> Item:
    return item


app.mount("/merged", merged)
