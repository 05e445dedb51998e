"""What others edit or set on applications, routers and routes counts.

Each stand-in does what the package does that it is named after, in its own words.
"""

import functools
import types
from contextlib import asynccontextmanager
from typing import Annotated, Any

from drivers.watched import Layer, log_app
from starlette.middleware.errors import ServerErrorMiddleware

from pronghorn import (
    APIRouter,
    Depends,
    FastAPI,
    HTTPException,
    Request,
    WebSocket,
    routing,
)
from pronghorn.dependencies.utils import (
    get_parameterless_sub_dependant,
)
from pronghorn.responses import JSONResponse
from pronghorn.testclient import TestClient

# --- the dependant of a route -----------------------------------------------------------------


def test_a_route_whose_dependant_nobody_asked_for_has_none():
    app = log_app([])
    TestClient(app).get("/")
    app.openapi()
    assert all(getattr(route, "_dependant", None) is None for route in app.routes)


def test_a_dependant_is_kept_and_its_changes_count():
    log: list[str] = []
    app = log_app(log)
    client = TestClient(app)
    assert client.get("/").json() == "value"
    route: Any = app.routes[-2]
    assert route.dependant is route.dependant
    extra = get_parameterless_sub_dependant(
        depends=Depends(lambda page: log.append(f"page {page}")), path="/"
    )
    route.dependant.dependencies.insert(0, extra)
    log.clear()
    assert client.get("/?page=2").json() == "value"
    assert log == ["page 2", "dependency", "endpoint"]
    parameters = app.openapi()["paths"]["/"]["get"]["parameters"]
    assert [parameter["name"] for parameter in parameters] == ["page"]


def test_the_call_of_a_dependant_may_be_another():
    app = log_app([])
    http, socket = app.routes[-2:]
    http.dependant.call = lambda value: value + "!"

    async def talk(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("other")
        await websocket.close()

    socket.dependant.call = talk
    client = TestClient(app)
    assert client.get("/").json() == "value!"
    with client.websocket_connect("/ws") as session:
        assert session.receive_text() == "other"


def test_includes_see_a_route_as_it_was_written():
    router = APIRouter()

    @router.get("/items")
    def read() -> str:
        return "original"

    router.routes[0].dependant.call = lambda: "other"
    app = FastAPI()
    app.include_router(router, prefix="/api")
    assert TestClient(app).get("/api/items").json() == "original"
    [view] = app.routes[-1].effective_route_contexts()
    view.dependant.call = lambda: "other"
    assert TestClient(app).get("/api/items").json() == "other"


# --- what OpenTelemetry's instrumentation does ----------------------------------------------------


def instrument(app: FastAPI, log: list[str]) -> None:
    original = app.build_middleware_stack

    def build_middleware_stack(_: FastAPI) -> Any:
        stack = original()
        assert isinstance(stack, ServerErrorMiddleware)
        stack.app = Layer(stack.app, log)
        return ServerErrorMiddleware(Layer(stack, log))

    app.build_middleware_stack = types.MethodType(
        functools.wraps(original)(build_middleware_stack), app
    )
    app.original = original


def test_a_replaced_build_middleware_stack_gets_starlettes_layers():
    app = log_app([])
    log: list[str] = []
    instrument(app, log)
    client = TestClient(app, raise_server_exceptions=False)
    assert client.get("/").json() == "value"
    assert log == ["/", "/"]
    app.build_middleware_stack = app.original
    app.middleware_stack = app.build_middleware_stack()
    assert not isinstance(app.middleware_stack, ServerErrorMiddleware)
    log.clear()
    assert client.get("/").json() == "value"
    assert log == []


def test_a_subclass_may_stand_in_the_place_of_the_application(monkeypatch):
    import pronghorn

    log: list[str] = []

    class Instrumented(FastAPI):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            instrument(self, log)

    monkeypatch.setattr(pronghorn, "FastAPI", Instrumented)
    app = pronghorn.FastAPI()

    @app.get("/")
    def read() -> int:
        return 1

    assert TestClient(app).get("/").json() == 1
    assert log == ["/", "/"]


# --- what fastapi-pagination does -------------------------------------------------------------------


def test_an_app_that_is_set_on_a_route_answers():
    log: list[str] = []
    app = log_app(log)
    client = TestClient(app)
    assert client.get("/").json() == "value"
    route: Any = app.routes[-2]
    extra = get_parameterless_sub_dependant(
        depends=Depends(lambda: log.append("page")), path=route.path_format
    )
    route.dependant.dependencies.append(extra)
    route.app = routing.request_response(route.get_route_handler())
    log.clear()
    assert client.get("/").json() == "value"
    assert log == ["dependency", "page", "endpoint"]


def test_the_app_of_a_route_can_be_put_into_another():
    app = FastAPI()

    @app.get("/")
    def read(fails: bool = False) -> str:
        if fails:
            raise HTTPException(418)
        return "value"

    log: list[str] = []
    route: Any = app.routes[-1]
    route.app = Layer(route.app, log)
    client = TestClient(app)
    assert client.get("/").json() == "value"
    assert client.get("/?fails=1").status_code == 418
    assert log == ["/", "/"]


# --- what NiceGUI and Gradio do -----------------------------------------------------------------


def test_routes_are_removed_and_the_stack_is_built_again():
    app = log_app([])
    client = TestClient(app)
    assert client.get("/").json() == "value"
    app.routes.remove(app.routes[-2])
    app.middleware_stack = None
    app.add_middleware(Layer, log=(log := []))
    assert client.get("/").status_code == 404
    assert log == ["/"]


def test_a_replaced_method_of_requests_reads_bodies(monkeypatch):
    read = Request.body

    @functools.wraps(read)
    async def body(self):
        return (await read(self)).upper()

    monkeypatch.setattr(Request, "body", body)
    app = FastAPI()

    @app.post("/names")
    def read_names(names: list[str]):
        return names

    assert TestClient(app).post("/names", json=["jane"]).json() == ["JANE"]


def test_a_body_that_a_replaced_method_cannot_read_is_refused(monkeypatch):
    async def body(self):
        raise ExceptionGroup("several", [ValueError("one")])

    monkeypatch.setattr(Request, "body", body)
    app = FastAPI()

    @app.post("/names")
    def read_names(names: list[str]):
        return names

    answer = TestClient(app).post("/names", json=["jane"])
    assert (answer.status_code, answer.json()) == (
        400,
        {"detail": "There was an error parsing the body"},
    )


def test_a_replaced_method_of_json_responses_writes_what_has_no_model(monkeypatch):
    monkeypatch.setattr(JSONResponse, "render", lambda self, content: b"[%d]" % len(content))
    app = FastAPI()

    @app.get("/")
    def read():
        return {"a": 1, "b": 2}

    @app.get("/typed")
    def read_typed() -> dict[str, int]:
        return {"a": 1}

    with TestClient(app) as client:
        assert client.get("/").json() == [2]
        assert client.get("/typed").json() == {"a": 1}


def test_a_lifespan_may_be_put_around_the_one_that_is_there():
    log = []

    def logging(name: str, within: Any = None) -> Any:
        @asynccontextmanager
        async def lifespan(app: Any) -> Any:
            log.append(name)
            if within is None:
                yield
            else:
                async with within(app) as state:
                    yield state

        return lifespan

    app = FastAPI(lifespan=logging("own"))
    app.include_router(APIRouter(lifespan=logging("included")))
    app.router.lifespan_context = logging("set", app.router.lifespan_context)
    with TestClient(app):
        pass
    assert log == ["set", "own", "included"]


# --- overrides of others, documents of others --------------------------------------------------------


def test_overrides_of_a_provider_that_tells_nothing_are_read_in_each_request():
    class Provider:
        dependency_overrides: Any = {}  # noqa: RUF012 - that it is a plain dict is the point

    provider = Provider()
    router = APIRouter(dependency_overrides_provider=provider)

    def dependency() -> str:
        return "original"

    @router.get("/")
    def read(value: Annotated[str, Depends(dependency)]) -> str:
        return value

    client = TestClient(router)
    assert client.get("/").json() == "original"
    provider.dependency_overrides[dependency] = lambda: "first"
    assert client.get("/").json() == "first"
    provider.dependency_overrides = {dependency: lambda: "second"}
    assert client.get("/").json() == "second"
    provider.dependency_overrides.clear()
    assert client.get("/").json() == "original"


def test_a_provider_that_passes_on_overrides_of_an_application_is_read_too():
    app = FastAPI()

    class Provider:
        @property
        def dependency_overrides(self) -> Any:
            return app.dependency_overrides

    router = APIRouter(dependency_overrides_provider=Provider())

    def number():
        return 2

    @router.get("/")
    def read(value: Annotated[int, Depends(number)]) -> int:
        return value

    client = TestClient(router)
    assert client.get("/").json() == 2
    app.dependency_overrides[number] = lambda: 5
    assert client.get("/").json() == 5


def test_the_document_may_be_another():
    app = log_app([])
    app.openapi = lambda: {"made": "by others"}
    assert TestClient(app).get("/openapi.json").json() == {"made": "by others"}


def test_a_document_that_is_set_is_kept_until_routes_change():
    app = log_app([])
    app.openapi()
    app.openapi_schema = {"set": 1}
    assert TestClient(app).get("/openapi.json").json() == {"set": 1}
    app.get("/later")(lambda: None)
    assert "/later" in TestClient(app).get("/openapi.json").json()["paths"]


def test_lifespans_may_be_merged_by_fastapis_private_function():
    log = []

    def noting(name):
        @asynccontextmanager
        async def lifespan(app):
            log.append(f"{name} begins")
            yield {name: True, "who": name}
            log.append(f"{name} ends")

        return lifespan

    app = FastAPI(lifespan=noting("own"))

    @app.get("/")
    def read(request: Request):
        return request.state.who

    router = app.router
    router.lifespan_context = routing._merge_lifespan_context(
        router.lifespan_context, noting("added")
    )
    with TestClient(app) as client:
        assert client.get("/").json() == "own"
    assert log == ["own begins", "added begins", "added ends", "own ends"]
