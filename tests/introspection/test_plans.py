"""What `app.plan()` and `app.plans()` tell is what the application does."""

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, TypeVar

import pytest
from pydantic import BaseModel, Field
from pydantic.dataclasses import dataclass as pydantic_dataclass
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import BaseRoute, Match, Route
from starlette.staticfiles import StaticFiles
from typing_extensions import TypeAliasType

import pronghorn.routing
from pronghorn import (
    APIRouter,
    BackgroundTasks,
    Body,
    Cookie,
    Depends,
    FastAPI,
    File,
    Form,
    Header,
    Path,
    Query,
    Request,
    Response,
    Security,
    UploadFile,
    WebSocket,
)
from pronghorn._routes.models import models_in
from pronghorn._serve import target
from pronghorn.introspection import NO_DEFAULT, RouteLookupError
from pronghorn.routing import APIRoute, iter_route_contexts
from pronghorn.security import OAuth2PasswordBearer
from pronghorn.sse import EventSourceResponse
from pronghorn.testclient import TestClient


class Part(BaseModel):
    number: int


@dataclass
class Label:
    text: str


class Item(BaseModel):
    name: str
    parts: list[Part] = []


class Filters(BaseModel):
    page_size: int = 10
    word: str = Field(alias="q")


oauth2 = OAuth2PasswordBearer("token", scopes={"read": "Read.", "write": "Write."})


def database():
    yield "database"


async def read_user(
    token: Annotated[str, Security(oauth2, scopes=["read"])], db: Annotated[str, Depends(database)]
):
    return token


def own_plans(app):
    """The routes of *app* but for those of its document and docs pages."""
    return [plan for plan in app.plans() if plan.path.split("/")[-1] not in DOCS]


DOCS = ("openapi.json", "docs", "redoc", "oauth2-redirect")


# --- routes ------------------------------------------------------------------------------------


def test_a_route_is_told_with_path_methods_and_names():
    app = FastAPI()

    @app.api_route("/files/{name:path}", methods=["put", "get"], tags=["files"], deprecated=True)
    def store(name: str): ...

    plan = app.plan(store)

    assert (plan.kind, plan.path, plan.path_format) == (
        "operation",
        "/files/{name:path}",
        "/files/{name}",
    )
    assert (plan.methods, plan.name, plan.tags) == (("GET", "PUT"), "store", ("files",))
    assert (plan.deprecated, plan.include_in_schema) == (True, True)
    assert plan.route is app.routes[-1]
    assert plan.endpoint is store


def test_one_route_is_told_once_for_each_include_that_shows_it():
    app, outer, inner = FastAPI(), APIRouter(prefix="/outer"), APIRouter(tags=["inner"])

    @inner.get("/{tenant}/users")
    def read_users(tenant: str): ...

    def check(): ...

    outer.include_router(inner, prefix="/inner")
    app.include_router(outer, dependencies=[Depends(check)])
    app.include_router(inner, prefix="/other", tags=["again"])
    first, second = own_plans(app)

    assert (first.path, second.path) == ("/outer/inner/{tenant}/users", "/other/{tenant}/users")
    assert first.route is second.route
    assert (first.tags, second.tags) == (("inner",), ("again", "inner"))
    assert (first.depends_on(check), second.depends_on(check)) == (True, False)
    assert first.operation_id != second.operation_id


def test_a_path_parameter_of_a_prefix_is_read_from_the_path_in_that_view_alone():
    app, router = FastAPI(), APIRouter()

    @router.get("/users")
    def read_users(tenant: str): ...

    app.include_router(router, prefix="/{tenant}")
    app.include_router(router, prefix="/all")

    places = [plan.parameters[0].place for plan in own_plans(app)]
    assert places == ["path", "query"]


def test_routes_below_mounts_have_their_whole_path():
    app, sub, plain = FastAPI(), FastAPI(), Starlette()

    @sub.get("/items/{item_id}")
    def read_item(item_id: int): ...

    async def page(request): ...

    plain.add_route("/page", page)
    sub.mount("/deep", plain)
    app.mount("/sub/{tenant}", sub, name="sub")

    told = {plan.path: plan.kind for plan in own_plans(app)}
    assert told == {
        "/sub/{tenant}": "mount",
        "/sub/{tenant}/items/{item_id}": "operation",
        "/sub/{tenant}/deep": "mount",
        "/sub/{tenant}/deep/page": "foreign",
    }
    assert app.plan("GET /sub/{tenant}").endpoint is sub
    assert app.plan("GET /sub/a/items/7").endpoint is read_item
    assert app.plan("GET /sub/a/deep/page").endpoint is page


def test_an_application_that_is_mounted_below_itself_is_told_once():
    app = FastAPI(openapi_url=None)

    @app.get("/")
    def read(): ...

    app.mount("/again", app)

    assert [plan.path for plan in app.plans()] == ["/", "/again"]


def test_a_host_is_told_with_what_it_answers():
    app, api = FastAPI(openapi_url=None), FastAPI(openapi_url=None)

    @api.get("/items")
    def read_items(): ...

    app.host("api.example.org", api)
    host, items = app.plans()

    assert (host.kind, host.host, host.endpoint) == ("host", "api.example.org", api)
    assert (items.host, items.path) == ("api.example.org", "/items")


def test_what_is_not_ours_is_told_by_path_and_endpoint(tmp_path):
    app = FastAPI(openapi_url=None)
    files = StaticFiles(directory=tmp_path)

    async def page(request): ...

    class Echo(BaseRoute):
        def matches(self, scope):
            return Match.NONE, {}

    app.add_route("/page/{name}", page, methods=["POST"])
    app.mount("/static", files)
    app.router.routes.append(Echo())
    plain, static, echo = app.plans()

    assert (plain.kind, plain.endpoint, plain.methods) == ("foreign", page, ("POST",))
    assert (plain.root, plain.source, plain.parameters, plain.dependencies) == (None, None, (), ())
    assert (static.kind, static.endpoint, static.path) == ("mount", files, "/static")
    assert (echo.kind, echo.path) == ("foreign", "")


def test_a_frontend_is_told_with_its_dependencies(tmp_path):
    (tmp_path / "index.html").write_text("front")
    app, router = FastAPI(), APIRouter(prefix="/site", dependencies=[Depends(read_user)])
    router.frontend("/", directory=tmp_path)
    app.include_router(router, prefix="/v1")

    (plan,) = own_plans(app)

    assert (plan.kind, plan.path, plan.methods) == ("frontend", "/v1/site", ("GET", "HEAD"))
    assert plan.depends_on(database)
    assert "endpoint" in plan.source
    assert app.plan("GET /v1/site/any/file.js").kind == "frontend"


def test_a_websocket_is_told_with_what_it_asks_for():
    app, router = FastAPI(), APIRouter()

    @router.websocket("/rooms/{room}")
    async def chat(
        socket: WebSocket, request: Request, room: str, user: Annotated[str, Depends(read_user)]
    ): ...

    app.include_router(router, prefix="/chat")
    plan = app.plan("WEBSOCKET /chat/rooms/kitchen")

    assert (plan.kind, plan.methods, plan.endpoint) == ("websocket", (), chat)
    assert [(given.name, given.given) for given in plan.root.injected] == [("socket", "websocket")]
    assert [parameter.name for parameter in plan.parameters] == ["room"]
    assert plan.depends_on(database)
    assert "await endpoint_" in plan.source
    assert plan == app.plan(chat) == app.plan("WS /chat/rooms/{room}")


# --- asking for one ----------------------------------------------------------------------------


@pytest.fixture
def shop():
    app, router = FastAPI(), APIRouter()

    @router.get("/items/{item_id:int}")
    def read_item(item_id: int): ...

    @router.delete("/items/{item_id:int}")
    def delete_item(item_id: int): ...

    app.include_router(router, prefix="/v1")
    app.include_router(router, prefix="/v2")
    return app


@pytest.mark.parametrize(
    "text", ["GET /v1/items/{item_id:int}", "get /v1/items/{item_id}", "GET /v1/items/7"]
)
def test_a_text_means_the_route_that_is_so_written_or_that_would_answer(shop, text):
    assert shop.plan(text).path == "/v1/items/{item_id:int}"


def test_a_route_context_means_one_view_of_a_route(shop):
    contexts = [
        context for context in iter_route_contexts(shop.routes) if context.path[:3] == "/v2"
    ]

    told = [shop.plan(context) for context in contexts]
    assert [(plan.path, plan.methods) for plan in told] == [
        ("/v2/items/{item_id:int}", ("GET",)),
        ("/v2/items/{item_id:int}", ("DELETE",)),
    ]


def test_an_effective_route_of_a_request_means_itself(shop):
    (include, _) = [route for route in shop.routes if hasattr(route, "effective_route_contexts")]
    view = next(include.effective_route_contexts())

    assert shop.plan(view).path == "/v1/items/{item_id:int}"


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda app: "GET /nothing", "No route of the application has the path '/nothing'."),
        (lambda app: "POST /v1/items/7", "The route at '/v1/items/7' answers GET, and not POST."),
        (
            lambda app: "/v1/items/{item_id}",
            "means 2 routes: `GET /v1/items/{item_id:int}`, `DELETE /v1/items/{item_id:int}`. Ask",
        ),
        (
            lambda app: app.plans()[4].endpoint,
            "read_item() means 2 routes: `GET /v1/items/{item_id:int}`, `GET /v2/items/{item_id:",
        ),
        (lambda app: app.plans()[4].route, "means 2 routes: `GET /v1/items"),
        (lambda app: app.routes[-1], "is an include, not a route: `app.plans()` lists the routes"),
        (lambda app: database, "database() is no route of the application: `app.plans()` lists"),
        (lambda app: next(iter_route_contexts(FastAPI().routes)), "/openapi.json is no route of"),
    ],
)
def test_what_means_no_route_or_several_is_refused_with_what_to_do(shop, ask, said):
    with pytest.raises(RouteLookupError) as caught:
        shop.plan(ask(shop))
    assert said in str(caught.value)


def test_a_router_that_matches_in_a_way_of_its_own_is_seen_through():
    class Versioned(APIRouter):
        def matches(self, scope):
            return super().matches(scope)

    app, router = FastAPI(), Versioned()

    @router.get("/items/{item_id}")
    def read_item(item_id: int): ...

    app.include_router(router, prefix="/v1")

    assert app.plan("GET /v1/items/7") == app.plan(read_item)


# --- parameters --------------------------------------------------------------------------------


def test_a_parameter_is_told_with_place_name_alias_type_and_default():
    app = FastAPI()

    def make_number():
        return 3

    @app.post("/{item_id}")
    def read(
        item_id: Annotated[int, Path(ge=1)],
        word: Annotated[str | None, Query(alias="q")] = None,
        size: int = 10,
        number: int = Query(default_factory=make_number),
        user_agent: Annotated[str, Header()] = "none",
        x_raw: Annotated[str, Header(convert_underscores=False)] = "none",
        session: Annotated[str, Cookie(include_in_schema=False)] = "",
    ): ...

    found = {parameter.name: parameter for parameter in app.plan(read).parameters}

    assert {name: (p.place, p.alias, p.type, p.required) for name, p in found.items()} == {
        "item_id": ("path", "item_id", int, True),
        "word": ("query", "q", str | None, False),
        "size": ("query", "size", int, False),
        "number": ("query", "number", int, False),
        "user_agent": ("header", "user-agent", str, False),
        "x_raw": ("header", "x_raw", str, False),
        "session": ("cookie", "session", str, False),
    }
    assert {name: p.default for name, p in found.items()} == {
        "item_id": NO_DEFAULT,
        "word": None,
        "size": 10,
        "number": NO_DEFAULT,
        "user_agent": "none",
        "x_raw": "none",
        "session": "",
    }
    assert found["number"].default_factory is make_number
    assert found["item_id"].field_info.metadata[0].ge == 1
    assert not found["session"].include_in_schema


def test_the_fields_of_a_model_are_parameters_of_their_own():
    app = FastAPI()

    @app.get("/")
    def read(
        filters: Annotated[Filters, Query()], other: Annotated[Filters | None, Header()] = None
    ): ...

    plan = app.plan(read)
    declared = {parameter.name: parameter for parameter in plan.root.parameters}

    assert declared["filters"].type is Filters
    assert [(p.place, p.name, p.alias, p.required) for p in plan.parameters] == [
        ("query", "page_size", "page_size", False),
        ("query", "word", "q", True),
        ("header", "page_size", "page-size", False),
        ("header", "word", "q", False),
    ]


def test_the_parameters_are_those_of_the_document():
    app = FastAPI()

    def page(size: int = 10, word: str = ""): ...

    @app.get("/{item_id}/{word}")
    def read(
        item_id: int,
        word: str,
        paging: Annotated[None, Depends(page)],
        filters: Annotated[Filters, Header()],
        size: Annotated[int, Query()],
    ): ...

    documented = app.openapi()["paths"]["/{item_id}/{word}"]["get"]["parameters"]
    told = app.plan(read).parameters

    assert sorted((p.place, p.alias, p.required) for p in told) == sorted(
        (shown["in"], shown["name"], shown["required"]) for shown in documented
    )


# --- dependencies ------------------------------------------------------------------------------


def test_dependencies_are_told_as_a_tree():
    app = FastAPI()

    @app.get("/", dependencies=[Depends(database, scope="function")])
    async def read(
        user: Annotated[str, Security(read_user, scopes=["write"])],
        once: Annotated[str, Depends(database, use_cache=False, max_concurrency=3)],
        tasks: BackgroundTasks,
        response: Response,
    ): ...

    plan = app.plan(read)
    listed, user, once = plan.dependencies
    token, shared = user.dependencies

    assert (plan.root.call, plan.root.kind) == (read, "coroutine function")
    assert [(given.name, given.given) for given in plan.root.injected] == [
        ("tasks", "background"),
        ("response", "response"),
    ]
    assert (listed.call, listed.name, listed.scope) == (database, None, "function")
    assert (user.call, user.name, user.kind, user.scope) == (
        read_user,
        "user",
        "coroutine function",
        None,
    )
    assert (shared.call, shared.kind, shared.scope, shared.use_cache) == (
        database,
        "generator function",
        "request",
        True,
    )
    assert (once.use_cache, once.max_concurrency) == (False, 3)
    assert token.security_scheme is oauth2
    assert (user.security_scopes, token.security_scopes) == (("write",), ("write", "read"))
    assert [below.call for below in plan.root.walk()] == [
        read,
        database,
        read_user,
        oauth2,
        database,
        database,
    ]


def test_an_override_is_told_with_what_it_stands_for():
    app = FastAPI()

    def settings(mode: str = "test"): ...

    async def fake(chosen: Annotated[None, Depends(settings)]): ...

    @app.get("/")
    def read(user: Annotated[str, Security(read_user, scopes=["write"])]): ...

    before = app.plan(read)
    app.dependency_overrides[read_user] = fake
    (user,) = app.plan(read).dependencies

    assert before.dependencies[0].overridden is None
    assert (user.call, user.overridden, user.name) == (fake, read_user, "user")
    assert [below.call for below in user.dependencies] == [settings]
    assert app.plan(read).depends_on(read_user)
    assert app.plan(read).depends_on(fake)
    assert not app.plan(read).depends_on(database)
    assert [parameter.name for parameter in app.plan(read).parameters] == ["mode"]
    app.dependency_overrides.clear()
    assert app.plan(read) == before


def test_what_is_shared_over_and_over_is_told_once():
    app = FastAPI()

    def lowest(word: str = ""): ...

    below = lowest
    for _ in range(40):

        def middle(left=Depends(below), right=Depends(below)): ...

        below = middle

    @app.get("/")
    def read(top: Annotated[None, Depends(below)]): ...

    plan = app.plan(read)

    assert len(list(plan.root.walk())) == 2 + 40 * 2
    assert plan.depends_on(lowest)
    assert [parameter.name for parameter in plan.parameters] == ["word"]


def test_overrides_within_an_override_count_too():
    app = FastAPI()

    async def fake(db: Annotated[str, Depends(database)]): ...

    def other(): ...

    @app.get("/")
    def read(user: Annotated[str, Depends(read_user)]): ...

    app.dependency_overrides.update({read_user: fake, database: other})

    (user,) = app.plan(read).dependencies
    assert [(below.call, below.overridden) for below in user.dependencies] == [(other, database)]


# --- bodies, answers, models -------------------------------------------------------------------


def test_a_body_is_told_with_media_type_model_and_parameters():
    app = FastAPI()

    @app.post("/whole")
    def whole(item: Item): ...

    @app.post("/keys")
    def keys(item: Item, size: Annotated[int, Body(alias="s")] = 1): ...

    @app.post("/form")
    def form(name: Annotated[str, Form()]): ...

    @app.post("/upload")
    def upload(
        file: UploadFile, name: Annotated[str, Form()], more: Annotated[bytes, File()] = b""
    ): ...

    @app.get("/none")
    def none(): ...

    told = {plan.name: plan.body for plan in own_plans(app)}

    assert told["none"] is None
    assert (told["whole"].media_type, told["whole"].model) == ("application/json", Item)
    assert (told["whole"].embedded, told["whole"].required) == (False, True)
    assert [p.alias for p in told["keys"].parameters] == ["item", "s"]
    assert told["keys"].embedded
    assert set(told["keys"].model.model_fields) == {"item", "size"}
    assert told["form"].media_type == "application/x-www-form-urlencoded"
    assert told["upload"].media_type == "multipart/form-data"
    assert [p.name for p in told["upload"].parameters] == ["file", "name", "more"]


def test_the_answers_are_those_that_were_declared():
    app = FastAPI()

    @app.post(
        "/items",
        status_code=201,
        responses={
            404: {"model": Part, "description": "Gone"},
            "4xx": {"content": {"text/csv": {}}},
            "default": {},
            201: {"content": {"image/png": {}}, "description": "Made"},
        },
    )
    def make() -> Item: ...

    usual, gone, refused, other = app.plan(make).responses

    assert (usual.status_code, usual.media_types, usual.model, usual.stream) == (
        201,
        ("application/json", "image/png"),
        Item,
        None,
    )
    assert usual.description == "Made"
    assert (gone.status_code, gone.model, gone.media_types) == (404, Part, ("application/json",))
    assert (refused.status_code, refused.media_types) == ("4XX", ("text/csv",))
    assert (other.status_code, other.media_types, other.model) == ("default", (), None)


def test_streams_and_other_classes_are_told_as_such():
    app = FastAPI()

    @app.get("/lines")
    async def lines() -> list[Part]: ...

    @app.get("/json")
    def json() -> Iterable[Part]:
        yield Part(number=1)

    @app.get("/events", response_class=EventSourceResponse)
    def events() -> Iterable[Part]:
        yield Part(number=1)

    @app.get("/page", response_class=HTMLResponse)
    def page(): ...

    @app.get("/text")
    def text() -> PlainTextResponse: ...

    @app.delete("/gone", status_code=204)
    def gone(): ...

    told = {plan.name: plan.responses[0] for plan in own_plans(app)}
    shown = {name: (a.media_types, a.stream, a.model) for name, a in told.items()}

    assert shown == {
        "lines": (("application/json",), None, list[Part]),
        "json": (("application/jsonl",), "json lines", Part),
        "events": (("text/event-stream",), "events", Part),
        "page": (("text/html",), None, None),
        "text": (("application/json",), None, None),
        "gone": ((), None, None),
    }


def test_models_are_told_each_once_with_those_within_them():
    app = FastAPI()

    class Leaf(BaseModel):
        label: Label

    class Tree(BaseModel):
        leaves: dict[str, Leaf | None]
        children: "list[Tree]" = []

    Tree.model_rebuild(_types_namespace={"Tree": Tree})

    def filters(filters: Annotated[Filters, Query()]): ...

    @app.post("/", responses={404: {"model": Part}}, dependencies=[Depends(filters)])
    def make(tree: Tree) -> list[Item]: ...

    assert app.plan(make).models == (Tree, Leaf, Label, Filters, Item, Part)


Tree = TypeAliasType("Tree", "list[Tree] | Part | str")
T = TypeVar("T")
Several = TypeAliasType("Several", list[T], type_params=(T,))


@dataclass
class Base:
    part: "Part"
    label: "list[Label] | None" = None


@dataclass
class Derived(Base):
    item: "Item | None" = None
    derived: "Derived | None" = None
    unknown: "list[Nobody]" = dataclasses.field(default_factory=list)  # noqa: F821  nobody is


@pytest.mark.parametrize(
    ("annotation", "models"),
    [
        (Tree, (Part,)),
        (dict[str, Tree], (Part,)),
        (Several[Part], (Part,)),
        (list[Annotated[Part, {"no": "hash"}]], (Part,)),
        (list[Annotated[int, {"no": "hash"}]], ()),
        (Derived, (Derived, Part, Label, Item)),
        (pydantic_dataclass(type("Own", (), {"__annotations__": {"part": Part}})), ("Own", Part)),
        (Annotated[list[Label], Part], (Label,)),
    ],
)
def test_models_are_found_whatever_holds_them(annotation, models):
    assert [m if m in models else m.__name__ for m in models_in([annotation])] == list(models)


# --- the handler -------------------------------------------------------------------------------


def texts_of(app):
    """The handlers of the routes of *app* that were compiled."""
    compiled = [found for found in target.all_living() if found.compiled is not None]
    mine = [found for found in compiled if found.described.dependency_overrides_provider is app]
    return [found.compiled.source.text for found in mine]


def test_the_source_is_that_of_the_handler_that_answers():
    app = FastAPI()

    @app.post("/items/{item_id}")
    def make(item_id: int, item: Item, user: Annotated[str, Depends(read_user)]) -> Item:
        return item

    text = app.plan(make).source
    assert texts_of(app) == []
    with TestClient(app) as client:
        client.post("/items/7", json={"name": "spoon"}, headers={"Authorization": "Bearer x"})
    assert texts_of(app) == [text]

    app.dependency_overrides[read_user] = lambda: "somebody"
    text = app.plan(make).source
    with TestClient(app) as client:
        assert client.post("/items/7", json={"name": "spoon"}).status_code == 200
    assert texts_of(app) == [text]


def test_the_source_of_a_route_with_a_handler_of_its_own_is_what_that_calls():
    class Timed(APIRoute):
        def get_route_handler(self):
            return super().get_route_handler()

    app, router = FastAPI(), APIRouter(route_class=Timed)

    @router.get("/")
    def read(): ...

    app.include_router(router, prefix="/v1")

    assert "def handle(request):" in app.plan(read).source


def test_the_source_is_open_while_names_are_replaced(monkeypatch):
    app = FastAPI()

    @app.get("/")
    def read(): ...

    async def run(**options): ...

    monkeypatch.setattr(pronghorn.routing, "run_endpoint_function", run)

    assert ".run_endpoint_function(" in app.plan(read).source


def test_a_route_that_was_given_an_application_has_no_source():
    app = FastAPI()

    @app.get("/")
    def read(): ...

    app.routes[-1].app = PlainTextResponse("mine")
    plan = app.plan(read)

    assert plan.source is None
    assert plan.root.call is read


def test_a_dependant_that_was_edited_is_told_as_it_is_now():
    app = FastAPI()

    @app.get("/")
    def read(): ...

    def other(page: int = 1): ...

    app.routes[-1].dependant.call = other

    assert app.plan(read).root.call is other
    assert app.plan(read).endpoint is read


# --- that nobody notices -----------------------------------------------------------------------


def test_looking_changes_nothing_and_compiles_nothing():
    app, router = FastAPI(), APIRouter()
    log = []

    class Noted(APIRoute):
        def get_route_handler(self):
            log.append(self.path)
            return super().get_route_handler()

    router.add_api_route("/own", read_user, route_class_override=Noted)
    router.add_api_route("/ours", read_user)
    app.include_router(router, prefix="/v1")
    before, version = list(log), app.router._routes_version

    for plan in app.plans():
        assert plan.source or plan.kind == "foreign"
        app.path_template({"type": "http", "method": "GET", "path": plan.path, "headers": []})

    assert log == before
    assert app.router._routes_version == version
    assert texts_of(app) == []
    assert router.routes[-1]._dependant is None


def test_plans_are_frozen_and_equal_as_long_as_nothing_changes():
    app = FastAPI()

    @app.get("/{item_id}")
    def read(item_id: int, tags: Annotated[list[str], Query()] = []) -> Item: ...  # noqa: B006

    plan = app.plan(read)

    assert plan == app.plan(read)
    assert hash(plan) == hash(app.plan(read))
    for part in (plan, plan.root, plan.parameters[0], plan.responses[0]):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(part, dataclasses.fields(part)[0].name, None)
        with pytest.raises((AttributeError, TypeError)):
            part.other = 1


def test_routes_that_come_later_are_told_later():
    app, router = FastAPI(openapi_url=None), APIRouter()
    app.include_router(router)
    assert app.plans() == []

    router.add_api_route("/late", read_user)

    assert [plan.path for plan in app.plans()] == ["/late"]


def test_a_mounted_application_tells_the_whole_path_of_its_request():
    app, sub = FastAPI(), FastAPI()
    told = []

    @sub.get("/items/{item_id}")
    def read_item(request: Request, item_id: int):
        told.append(request.app.path_template(request.scope))

    app.mount("/sub", sub)
    TestClient(app).get("/sub/items/7")
    TestClient(sub).get("/items/7")
    assert told == ["/sub/items/{item_id}", "/items/{item_id}"]


# --- path templates ----------------------------------------------------------------------------


@pytest.fixture
def watched():
    """An application whose middleware notes the template before and after each request."""
    seen = []

    class Watch:
        def __init__(self, app):
            self.app = app

        async def __call__(self, scope, receive, send):
            before = outer.path_template(scope)
            await self.app(scope, receive, send)
            seen.append((scope["path"], before, outer.path_template(scope)))

    outer, router, sub = FastAPI(), APIRouter(), FastAPI()
    outer.add_middleware(Watch)

    @router.get("/items/{item_id}")
    def read_item(item_id: int): ...

    @router.websocket("/rooms/{room}")
    async def chat(socket: WebSocket, room: str):
        await socket.accept()
        await socket.close()

    async def plain(request):
        return PlainTextResponse("plain")

    router.routes.append(Route("/plain/{name}", plain))
    outer.include_router(router, prefix="/v1")
    sub.include_router(router, prefix="/deep")
    outer.mount("/sub/{tenant}", sub)
    outer.mount("/opaque", PlainTextResponse("opaque"))
    return TestClient(outer, root_path="/proxy"), seen


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/v1/items/7", "/v1/items/{item_id}"),
        ("/v1/items/none", "/v1/items/{item_id}"),
        ("/v1/plain/x", "/v1/plain/{name}"),
        ("/sub/a/deep/items/7", "/sub/{tenant}/deep/items/{item_id}"),
        ("/sub/a/deep/plain/x", "/sub/{tenant}/deep/plain/{name}"),
        ("/opaque/any", "/opaque"),
        ("/docs", "/docs"),
        ("/nothing/7", None),
        ("/sub/a/nothing", None),
    ],
)
def test_a_middleware_has_the_template_of_a_request(watched, path, template):
    client, seen = watched

    client.get(f"/proxy{path}")

    assert seen == [(f"/proxy{path}", template, template)]


def test_a_template_is_there_for_a_method_that_is_refused_and_for_websockets(watched):
    client, seen = watched

    client.delete("/proxy/v1/items/7")
    with client.websocket_connect("/proxy/v1/rooms/kitchen"):
        pass

    assert [after for _, _, after in seen] == ["/v1/items/{item_id}", "/v1/rooms/{room}"]
